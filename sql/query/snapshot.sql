-- The snapshot that this statement sees, the first transaction that has not begun, and the database's clock.
select pg_current_snapshot()::text as seen, clock_timestamp() as now
