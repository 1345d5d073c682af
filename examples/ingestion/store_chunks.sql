-- The chunks of a document, from where they were staged.
insert into examples.chunk (document, number, heading, body, language, words)
select $3, c.number, c.heading, c.body, d.language, c.words
from examples.staged_chunk c, examples.document d
where c.job = $1 and c.path = $2 and d.id = $3
