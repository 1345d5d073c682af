-- One batch of a table that is not known: its rows under the name of the import.
with written as (
    insert into examples.imported_row (import, n, fields)
    select '{import}', n, fields from {stage} where n > $1 and n <= $2
    on conflict do nothing
    returning true as new
)
select count(*) filter (where new), count(*) filter (where not new) from written
