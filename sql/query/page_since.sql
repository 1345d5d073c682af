-- What changed in a selection since snapshot $10, in the order of ids after $8. A job that has left the statuses $7
-- since then is in it once more: `$11` are the history types that lead into these statuses, `$12` all that change
-- one. $13 and $14 are what whoever asks may see.
select s.seen, j.project, j.id, j.version, j.status, j.kind, j.subject, j.owner, j.parent, j.xid, j.frame
from (select pg_current_snapshot()::text as seen) as s
left join lateral (
    select c.project, c.id, c.version, c.status, c.kind, c.subject, c.owner, c.parent, c.xid::text::bigint as xid, c.frame
    from (
        select * from jobs a
        where a.project = $1 and a.status in ('queued', 'running', 'cancelling')
          and not pg_visible_in_snapshot(a.xid, $10::text::pg_snapshot)
        union all
        select * from jobs e
        where e.project = $1 and e.ended_xid is not null
          and e.ended_xid >= pg_snapshot_xmin($10::text::pg_snapshot)
          and not pg_visible_in_snapshot(e.ended_xid, $10::text::pg_snapshot)
    ) as c
    where (cardinality($2::text[]) = 0 or c.id = any($2))
      and ($3::text is null or c.kind = $3)
      and ($4::text is null or c.subject = $4)
      and ($5::text is null or c.owner = $5)
      and ($6::text is null or c.parent = $6)
      and (cardinality($7::text[]) = 0 or c.status = any($7) or exists (
          select from history h join history l on l.project = h.project and l.id = h.id and l.number > h.number
          where h.project = c.project and h.id = c.id and h.type = any($11::text[]) and l.type = any($12::text[])
            and not pg_visible_in_snapshot(l.xid, $10::text::pg_snapshot)))
      and ($8::text is null or c.id > $8)
      and ($13::text[] is null or c.id = any($13))
      and ($14::text[] is null or c.owner = any($14))
    order by c.id limit $9
) as j on true
