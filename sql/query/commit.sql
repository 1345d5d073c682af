-- Writes many decided versions at once: new jobs (expect = 0) and next versions (expect = the one decided on), with
-- their history. Answers who won; the rest is read and decided again. Rows are locked in one order, so that two
-- batches wait for each other instead of deadlocking.
with c as materialized (
    select * from unnest(
        $1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::timestamptz[],
        $8::timestamptz[], $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[],
        $15::text[], $16::text[], $17::boolean[], $18::boolean[])
    as c(project, id, expect, version, status, attempt, finished_at,
         stalled_at, children_total, children_finished, children_failed, notices, lines, counters,
         frame, memory, alive, silent)
),
n as materialized (
    select * from unnest(
        $19::text[], $20::text[], $21::text[], $22::text[], $23::text[], $24::text[], $25::text[], $26::text[],
        $27::timestamptz[], $28::integer[], $29::integer[], $30::integer[], $31::text[])
    as n(project, id, kind, subject, owner, parent, retry_of, title,
         created_at, lease_seconds, lost_after_seconds, start_within_seconds, creation)
),
held as materialized (
    select j.project, j.id from jobs j join c using (project, id)
    where c.expect > 0 order by 1, 2 for no key update of j
),
up as (
    update jobs j set
        version = c.version, status = c.status, attempt = c.attempt, finished_at = c.finished_at,
        stalled_at = c.stalled_at, children_total = c.children_total, children_finished = c.children_finished,
        children_failed = c.children_failed, notices = c.notices, lines = c.lines, counters = c.counters,
        frame = c.frame, memory = c.memory, node = $32, batch = $33, xid = pg_current_xact_id(),
        ended_xid = case when c.finished_at is not null then pg_current_xact_id() end,
        seen_at = case when c.alive then clock_timestamp() else j.seen_at end
    from c join held using (project, id)
    where j.project = c.project and j.id = c.id and j.version = c.expect
      and j.status in ('queued', 'running', 'cancelling')
      and not (c.silent and exists (
          select from leases l where l.project = j.project and l.id = j.id and l.attempt = j.attempt
             and l.seen_at > clock_timestamp() - make_interval(secs => j.lease_seconds)))
    returning j.project, j.id
),
ins as (
    insert into jobs (project, id, version, status, kind, subject, owner, parent, retry_of, title, attempt,
                      created_at, lease_seconds, lost_after_seconds, start_within_seconds, notices, lines, counters,
                      frame, memory, creation, node, batch)
    select c.project, c.id, c.version, c.status, n.kind, n.subject, n.owner, n.parent, n.retry_of, n.title, c.attempt,
           n.created_at, n.lease_seconds, n.lost_after_seconds, n.start_within_seconds, c.notices, c.lines, c.counters,
           c.frame, c.memory, n.creation, $32, $33
    from c join n using (project, id)
    where c.expect = 0
      and not exists (select from graves g where g.project = c.project and g.id = c.id and g.until > clock_timestamp())
      and (n.parent is null or exists (
          select from jobs p where p.project = c.project and p.id = n.parent
             and p.status in ('queued', 'running', 'cancelling')))
    order by 1, 2
    on conflict do nothing
    returning project, id
),
won as (select * from up union all select * from ins),
h as (
    insert into history (project, id, number, version, at, type, notice, data, node, batch)
    select h.project, h.id, h.number, h.version, h.at, h.type, h.notice, h.data, $32, $33
    from unnest($34::text[], $35::text[], $36::bigint[], $37::bigint[], $38::timestamptz[], $39::text[],
                $40::bigint[], $41::text[])
         as h(project, id, number, version, at, type, notice, data)
    join won using (project, id)
)
select won.project, won.id, pg_current_xact_id()::text::bigint as xid, clock_timestamp() as now from won
