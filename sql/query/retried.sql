-- The job that repeats this one, if there is one already.
select project, id, version, status, kind, subject, owner, parent, xid::text::bigint as xid, frame
from jobs where project = $1 and retry_of = $2
