-- One batch of the wide table into vulnerability, product, affected and reference.
-- Rows that are there already, with the same values, are not written again.
with batch as materialized (
    select *,
        md5(concat_ws(E'\x1f', vendor, product))::uuid as product_id,
        md5(concat_ws(E'\x1f', version, less_than, version_type, version_status, platforms))::uuid as entry
    from {stage} where n > $1 and n <= $2
),
one as materialized (
    select distinct on (cve_id) * from batch order by cve_id, n desc
),
vulnerabilities as (
    insert into examples.vulnerability as old
        (cve_id, state, published, updated, title, cwe_ids, score, severity, vector, exploitation,
         exploited_since, description)
    select cve_id, state, published, updated, title, cwe_ids, score, severity, vector, exploitation,
        exploited_since, description
    from one
    on conflict (cve_id) do update set
        (state, published, updated, title, cwe_ids, score, severity, vector, exploitation,
         exploited_since, description) =
        (excluded.state, excluded.published, excluded.updated, excluded.title, excluded.cwe_ids,
         excluded.score, excluded.severity, excluded.vector, excluded.exploitation,
         excluded.exploited_since, excluded.description)
    where old is distinct from excluded
    returning xmax = 0 as added
),
products as (
    insert into examples.product (product_id, vendor, product)
    select distinct on (product_id) product_id, vendor, product from batch
    on conflict do nothing
    returning true as added
),
entries as (
    insert into examples.affected
        (cve_id, product_id, entry, version, less_than, version_type, version_status, platforms)
    select distinct on (cve_id, product_id, entry)
        cve_id, product_id, entry, version, less_than, version_type, version_status, platforms
    from batch
    on conflict do nothing
    returning true as added
),
links as (
    insert into examples.reference (cve_id, link, url)
    select distinct on (cve_id, url) cve_id, md5(url)::uuid, url
    from one, unnest(string_to_array(links, ' ')) as url
    where url <> ''
    on conflict do nothing
    returning true as added
),
written as (
    select added from vulnerabilities union all select added from products
    union all select added from entries union all select added from links
)
select count(*) filter (where added), count(*) filter (where not added) from written
