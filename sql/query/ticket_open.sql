-- Opens a ticket that is at most $3 seconds old, or finds that it was opened before (`again`). Of two at once the one
-- that comes second finds that.
with was as (
    select digest, opened_at from tickets
    where digest = $1 and project = $2
      and (opened_at is not null or issued_at > clock_timestamp() - make_interval(secs => $3))
    for update
)
update tickets t set opened_at = coalesce(t.opened_at, clock_timestamp()), seen_at = clock_timestamp()
from was where t.digest = was.digest
returning t.allows, t.seal, was.opened_at is not null as again
