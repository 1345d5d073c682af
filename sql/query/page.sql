-- The whole selection, in the order of ids after $8, with the snapshot that sees it. Conditions that are null or
-- empty do not count; of $10 and $11, what whoever asks may see, an empty one lets nothing through.
select s.seen, j.project, j.id, j.version, j.status, j.kind, j.subject, j.owner, j.parent, j.xid, j.frame
from (select pg_current_snapshot()::text as seen) as s
left join lateral (
    select project, id, version, status, kind, subject, owner, parent, xid::text::bigint as xid, frame
    from jobs
    where project = $1
      and (cardinality($2::text[]) = 0 or id = any($2))
      and ($3::text is null or kind = $3)
      and ($4::text is null or subject = $4)
      and ($5::text is null or owner = $5)
      and ($6::text is null or parent = $6)
      and (cardinality($7::text[]) = 0 or status = any($7))
      and ($8::text is null or id > $8)
      and ($10::text[] is null or id = any($10))
      and ($11::text[] is null or owner = any($11))
    order by id limit $9
) as j on true
