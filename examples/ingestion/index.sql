-- The text search vectors of one document's chunks: headings weigh most, a table of contents least. `<` and `>` are
-- hidden: the parser takes `<domain-name>` for a tag of a web page, and leaves it out.
update examples.staged_chunk c
set words = setweight(to_tsvector(d.language, translate(c.heading, '<>', '  ')), 'A')
         || setweight(to_tsvector(d.language, translate(c.body, '<>', '  ')),
                      case when c.heading ilike '%contents' then 'D'::"char" else 'B' end)
from (select (about ->> 'language')::regconfig as language
      from examples.staged_document where job = $1 and path = $2) d
where c.job = $1 and c.path = $2
