insert into examples.staged_document (job, path, step, content, hash, encoding, kind, pages, head, body, tail)
values ($1, $2, 'parsed', $3, $4, $5, $6, $7, $8, $9, $10)
on conflict (job, path) do nothing
