-- Documents that are new or changed, one array for each column.
insert into examples.scanned_document
    (repository, path, hash, rules, facts, identifier, title, status, type, category, created)
select $1::text, path, hash, $2::integer, facts, (facts #>> '{identifier,0}')::numeric,
       facts ->> 'title', facts ->> 'status', facts ->> 'type', facts ->> 'category', (facts #>> '{created,0}')::date
from unnest($3::text[], $4::bytea[], $5::text[]) as changed (path, hash, told), lateral (select told::jsonb as facts) as read
on conflict (repository, path) do update set
    (hash, rules, facts, identifier, title, status, type, category, created, checked_at) =
    (excluded.hash, excluded.rules, excluded.facts, excluded.identifier, excluded.title, excluded.status,
     excluded.type, excluded.category, excluded.created, now())
