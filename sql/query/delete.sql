-- Forgets a terminal job; its id is not given again for a while ($3 seconds).
with dead as (
    delete from jobs where project = $1 and id = $2 and finished_at is not null returning project, id, kind, subject, owner, parent
),
h as (delete from history using dead where history.project = dead.project and history.id = dead.id),
l as (delete from leases using dead where leases.project = dead.project and leases.id = dead.id),
g as (
    insert into graves (project, id, until, kind, subject, owner, parent)
    select project, id, clock_timestamp() + make_interval(secs => $3), kind, subject, owner, parent from dead
    on conflict (project, id) do update set until = excluded.until, kind = excluded.kind,
        subject = excluded.subject, owner = excluded.owner, parent = excluded.parent, xid = pg_current_xact_id()
)
select exists (select from jobs where project = $1 and id = $2) as there, d.kind is not null as gone,
       d.project, d.id, d.kind, d.subject, d.owner, d.parent
from (select) as one left join dead d on true
