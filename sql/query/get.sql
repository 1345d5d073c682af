-- One job's newest frame.
select project, id, version, status, kind, subject, owner, parent, xid::text::bigint as xid, frame
from jobs where project = $1 and id = $2
