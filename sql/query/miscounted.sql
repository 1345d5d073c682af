-- Active jobs whose count of parts is behind: a node died between the end of a part and the recount.
select p.project, p.id
from jobs p
join lateral (
    select count(*) as total, count(c.finished_at) as finished, count(*) filter (where c.status = 'failed') as failed
    from jobs c where c.project = p.project and c.parent = p.id
) as n on n.total > 0
where p.status in ('queued', 'running', 'cancelling')
  and (n.total > coalesce(p.children_total, 0) or n.finished > coalesce(p.children_finished, 0)
       or n.failed > coalesce(p.children_failed, 0))
limit $1
