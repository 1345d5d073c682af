-- The jobs of these projects that were deleted or expired since a snapshot ($2; one for each project).
select g.project, g.id, g.kind, g.subject, g.owner, g.parent
from unnest($1::text[], $2::text[]) as w(project, since)
join graves g on g.project = w.project and g.xid >= pg_snapshot_xmin(w.since::pg_snapshot)
             and not pg_visible_in_snapshot(g.xid, w.since::pg_snapshot)
