-- The sums of the counters of a project's jobs that are active or ended within 24 hours, by kind. Summed as decimals
-- and held within what a float takes: a float's sum would fail for all on the overflow of one.
select kind, name, greatest(-1.7976931348623157e308, least(1.7976931348623157e308, total))::float8 as sum
from (
    select j.kind, c.key as name, sum(c.value::numeric) as total
    from jobs j cross join lateral json_each_text(j.counters::json) as c
    where j.project = $1 and j.counters <> '{}'
      and (j.finished_at is null or j.finished_at > clock_timestamp() - interval '24 hours')
    group by j.kind, c.key
) as sums
