-- Forgets jobs that ended more than $1 seconds ago, the oldest first, at most $2 of them.
with old as (
    select project, id from jobs
    where finished_at < clock_timestamp() - make_interval(secs => $1) order by finished_at limit $2
    for update skip locked
),
dead as (delete from jobs j using old where j.project = old.project and j.id = old.id returning j.project, j.id, j.kind, j.subject, j.owner, j.parent),
h as (delete from history using dead where history.project = dead.project and history.id = dead.id),
l as (delete from leases using dead where leases.project = dead.project and leases.id = dead.id),
g as (
    insert into graves (project, id, until, kind, subject, owner, parent)
    select project, id, clock_timestamp() + make_interval(secs => $3), kind, subject, owner, parent from dead
    on conflict (project, id) do update set until = excluded.until, kind = excluded.kind,
        subject = excluded.subject, owner = excluded.owner, parent = excluded.parent, xid = pg_current_xact_id()
)
select project, id, kind, subject, owner, parent from dead
