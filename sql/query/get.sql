-- One job's newest frame, for whoever may see these owners (null = all).
select project, id, version, status, kind, subject, owner, parent, xid::text::bigint as xid, frame
from jobs where project = $1 and id = $2 and ($3::text[] is null or owner = any($3))
