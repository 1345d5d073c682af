-- One batch of exploit prediction scores.
with written as (
    insert into examples.epss as old (cve_id, epss, percentile)
    select distinct on (cve_id) cve_id, epss, percentile
    from {stage} where n > $1 and n <= $2
    order by cve_id, n desc
    on conflict (cve_id) do update
        set (epss, percentile) = (excluded.epss, excluded.percentile)
    where old is distinct from excluded
    returning xmax = 0 as new
)
select count(*) filter (where new), count(*) filter (where not new) from written
