-- What changed in these projects since a snapshot ($2; one for each project), but for the frames themselves.
select j.project, j.id, j.version
from unnest($1::text[], $2::text[]) as w(project, since)
cross join lateral (
    select a.project, a.id, a.version from jobs a
    where a.project = w.project and a.status in ('queued', 'running', 'cancelling')
      and not pg_visible_in_snapshot(a.xid, w.since::pg_snapshot)
    union all
    select e.project, e.id, e.version from jobs e
    where e.project = w.project and e.ended_xid is not null
      and e.ended_xid >= pg_snapshot_xmin(w.since::pg_snapshot)
      and not pg_visible_in_snapshot(e.ended_xid, w.since::pg_snapshot)
) as j
