-- Signs of life of these attempts. Answers the jobs that stood as stalled: they must be resumed by a write of theirs.
with k as (
    select k.project, k.id, k.attempt from unnest($1::text[], $2::text[], $3::bigint[]) as k(project, id, attempt)
),
live as materialized (
    select k.project, k.id, k.attempt, j.stalled_at is not null as stalled
    from k join jobs j on j.project = k.project and j.id = k.id
    where j.status in ('running', 'cancelling') and j.attempt = k.attempt
),
up as (
    insert into leases (project, id, attempt, seen_at)
    select project, id, attempt, clock_timestamp() from live order by 1, 2
    on conflict (project, id) do update set attempt = excluded.attempt, seen_at = excluded.seen_at
        where leases.attempt <= excluded.attempt
)
select project, id from live where stalled
