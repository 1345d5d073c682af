-- Forgets a terminal job; its id is not given again for a while ($3 seconds).
with dead as (
    delete from jobs where project = $1 and id = $2 and finished_at is not null returning project, id
),
h as (delete from history using dead where history.project = dead.project and history.id = dead.id),
l as (delete from leases using dead where leases.project = dead.project and leases.id = dead.id),
g as (
    insert into graves (project, id, until)
    select project, id, clock_timestamp() + make_interval(secs => $3) from dead
    on conflict (project, id) do update set until = excluded.until, xid = pg_current_xact_id()
)
select exists (select from dead) as gone, exists (select from jobs where project = $1 and id = $2) as there
