-- Whether a batch of this node wrote history for a job: an outcome that was lost with its connection.
select k.project, k.id
from unnest($1::text[], $2::text[], $4::bigint[]) as k(project, id, batch)
where exists (select from history h
              where h.project = k.project and h.id = k.id and h.node = $3 and h.batch = k.batch)
