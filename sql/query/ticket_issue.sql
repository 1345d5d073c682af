-- A new ticket, good for $6 seconds or as long as its token; answers until when.
insert into tickets (digest, project, allows, seal, expires_at) values ($1, $2, $3, $4, $5)
returning least(issued_at + make_interval(secs => $6), expires_at) as until
