-- How the parts of these jobs fare.
select k.project, k.id, count(*) as total, count(c.finished_at) as finished,
       count(*) filter (where c.status = 'failed') as failed
from unnest($1::text[], $2::text[]) as k(project, id)
join jobs c on c.project = k.project and c.parent = k.id
group by k.project, k.id
