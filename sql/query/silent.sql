-- The jobs whose worker has been silent beyond its lease, or that nobody has claimed in time. Time in which no node
-- could write does not count, nor do the last $2 seconds, of which what a worker said may not be booked yet.
-- `verdict`: what the machine shall be asked.
with quiet as (
    select j.project, j.id, j.version, j.status, j.stalled_at is not null as stalled,
           j.lease_seconds, j.lost_after_seconds, j.start_within_seconds,
           greatest(j.seen_at, case when j.status <> 'queued' then l.seen_at end) as seen
    from jobs j
    left join leases l on l.project = j.project and l.id = j.id and l.attempt = j.attempt
    where j.status in ('queued', 'running', 'cancelling')
      and (j.status <> 'queued' or j.start_within_seconds > 0)
),
timed as (
    select q.*, extract(epoch from clock_timestamp() - q.seen)
                - coalesce((select sum(extract(epoch from o.ended - greatest(o.started, q.seen)))
                            from outages o where o.ended > q.seen), 0)
                - case when q.status = 'queued' then 0 else $2::float8 end as silence
    from quiet q
)
select project, id, version,
       case when status = 'queued' then 'never_started'
            when silence >= lease_seconds + lost_after_seconds and stalled then 'lose'
            else 'stall' end as verdict
from timed
where case when status = 'queued' then silence >= start_within_seconds
           when stalled then silence >= lease_seconds + lost_after_seconds
           else silence >= lease_seconds end
limit $1
