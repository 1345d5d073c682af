-- The versions of these jobs.
select j.project, j.id, j.version from unnest($1::text[], $2::text[]) as k(project, id) join jobs j using (project, id)
