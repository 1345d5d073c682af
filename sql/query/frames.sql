-- The newest frames of these jobs, for the hub.
select j.project, j.id, j.version, j.status, j.kind, j.subject, j.owner, j.parent, j.xid::text::bigint as xid, j.frame
from unnest($1::text[], $2::text[]) as k(project, id) join jobs j using (project, id)
