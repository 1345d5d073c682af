-- Findings of now, one array for each column; says how many were not there before.
with told as (
    insert into examples.scanned_finding (repository, path, rule, subject, severity, line, message)
    select $1::text, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::bigint[], $7::text[])
    on conflict (repository, path, rule, subject) do update set
        (severity, line, message) = (excluded.severity, excluded.line, excluded.message)
    returning xmax = 0 as is_new
)
select count(*) from told where is_new
