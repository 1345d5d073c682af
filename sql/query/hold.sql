-- The jobs that the committer decides on, whole.
select j.project, j.id, j.version, j.lines, j.frame, j.memory, j.node, j.batch, j.xid::text::bigint as xid,
       clock_timestamp() as now
from unnest($1::text[], $2::text[]) as k(project, id) join jobs j using (project, id)
