-- One batch of the catalog of known exploited vulnerabilities.
with written as (
    insert into examples.kev as old
        (cve_id, vendor, product, name, added, description, action, due, ransomware, notes, cwes)
    select distinct on (cve_id)
        cve_id, vendor, product, name, added, description, action, due, ransomware, notes, cwes
    from {stage} where n > $1 and n <= $2
    order by cve_id, n desc
    on conflict (cve_id) do update set
        (vendor, product, name, added, description, action, due, ransomware, notes, cwes) =
        (excluded.vendor, excluded.product, excluded.name, excluded.added, excluded.description,
         excluded.action, excluded.due, excluded.ransomware, excluded.notes, excluded.cwes)
    where old is distinct from excluded
    returning xmax = 0 as new
)
select count(*) filter (where new), count(*) filter (where not new) from written
