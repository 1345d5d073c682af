-- Rules that are new or changed, one array for each column.
insert into examples.rule (feed, rule_id, path, title, level, author, hash)
select $1::text, * from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bytea[])
on conflict (feed, rule_id) do update set
    (path, title, level, author, hash) =
    (excluded.path, excluded.title, excluded.level, excluded.author, excluded.hash)
