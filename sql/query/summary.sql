-- The tiles of a project: counts by kind and status, and how many stand as stalled or ended in the last 24 hours.
select kind, status, count(*) as jobs, count(*) filter (where stalled_at is not null and finished_at is null) as stalled,
       count(*) filter (where finished_at > clock_timestamp() - interval '24 hours') as recent
from jobs where project = $1 group by kind, status
