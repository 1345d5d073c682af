-- The sums of the counters of a project's jobs that are active or ended within 24 hours, by kind.
select j.kind, c.key as name, sum(c.value::float8) as sum
from jobs j cross join lateral json_each_text(j.counters::json) as c
where j.project = $1 and j.counters <> '{}'
  and (j.finished_at is null or j.finished_at > clock_timestamp() - interval '24 hours')
group by j.kind, c.key
