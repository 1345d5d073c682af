-- The text search vectors of one document's chunks: headings weigh most, then text, then the title, so that its words
-- and those of a chunk are found together; a table of contents and a list of references weigh least.
update examples.staged_chunk c
set words = setweight(to_tsvector(d.language, examples.fold(c.heading)), 'A')
         || setweight(to_tsvector(d.language, examples.fold(c.body)),
                      case when c.heading ~* '(contents|references)$' then 'D'::"char" else 'B' end)
         || setweight(to_tsvector(d.language, examples.fold(d.title)), 'C')
from (select (about ->> 'language')::regconfig as language, about ->> 'title' as title
      from examples.staged_document where job = $1 and path = $2) d
where c.job = $1 and c.path = $2
