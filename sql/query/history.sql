-- The history of a job after line $3, oldest first.
select number, version, at, type, data from history
where project = $1 and id = $2 and number > $3 order by number limit $4
