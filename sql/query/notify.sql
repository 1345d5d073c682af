-- Hints to the other nodes.
select pg_notify('milepost', hint) from unnest($1::text[]) as hint
