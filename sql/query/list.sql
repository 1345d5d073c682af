-- The list for people: newest first, after the job ($11, $12) where the page before ended, of what whoever asks
-- may see ($14, $15).
select project, id, version, status, kind, subject, owner, parent, xid::text::bigint as xid, frame, created_at
from jobs
where project = $1
  and (cardinality($2::text[]) = 0 or id = any($2))
  and ($3::text is null or kind = $3)
  and ($4::text is null or subject = $4)
  and ($5::text is null or owner = $5)
  and ($6::text is null or parent = $6)
  and (cardinality($7::text[]) = 0 or status = any($7))
  and ($8::text is null or title ilike '%' || replace(replace(replace($8, '\', '\\'), '%', '\%'), '_', '\_') || '%')
  and ($9::timestamptz is null or created_at >= $9)
  and ($10::timestamptz is null or created_at < $10)
  and ($11::timestamptz is null or (created_at, id) < ($11, $12::text))
  and ($14::text[] is null or id = any($14))
  and ($15::text[] is null or owner = any($15))
order by created_at desc, id desc
limit $13
