-- Says that the database takes writes now, and books the time since it last did as an outage where that is longer
-- than $1 seconds. One node at a time; answers nothing where another one is at it.
with mine as materialized (select pg_try_advisory_xact_lock(7020, 2) as locked),
old as materialized (select at from pulse, mine where mine.locked for update of pulse),
up as (update pulse set at = clock_timestamp() from old returning pulse.at as ended, old.at as started),
gap as (
    insert into outages (started, ended)
    select started, ended from up where ended - started > make_interval(secs => $1)
)
select extract(epoch from ended - started)::float8 as gap from up
