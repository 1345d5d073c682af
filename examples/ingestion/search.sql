-- The best chunk of every document that matches, best first; near duplicates of a hit are named with it.
-- $1 what was typed, $2 the collection or null, $3 how many.
with query as materialized (
    select l.language::regconfig as language, 
        websearch_to_tsquery(l.language::regconfig, examples.fold($1)) as query
    from (select distinct language::text from examples.document where $2::text is null or collection = $2) l
), hit as materialized (
    select distinct on (c.document) c.document, c.number, q.query, 
        ts_rank('{0.01, 0.2, 0.5, 1}', c.words, q.query) as rank
    from query q
    join examples.chunk c on c.words @@ q.query and c.language = q.language
    join examples.document d on d.id = c.document and ($2::text is null or d.collection = $2)
    order by c.document, rank desc, c.number
), shown as (
    select h.*, d.collection, d.path, d.kind, d.title, d.authors, d.published, d.twin, count(*) over () as documents
    from hit h join examples.document d on d.id = h.document
    where not exists (
        select from hit h2 join examples.document t on t.id = h2.document
        where t.collection = d.collection and t.path = d.twin)
    order by h.rank desc, d.collection, d.path
    limit $3
)
select s.collection, s.path, s.kind, s.title, s.authors, s.published, s.documents, c.heading, s.rank,
    c.body, f.folded, coalesce(
        ts_headline(c.language, f.folded, f.any_of,
            U&'StartSel=\E000, StopSel=\E001, FragmentDelimiter=\E002, MaxFragments=2, MaxWords=32, MinWords=12'),
        left(f.folded, 200)) as marked,
    array(select t.path::text from examples.document t where t.collection = s.collection and t.twin = s.path
          order by t.path) as twins
from shown s
join examples.chunk c on (c.document, c.number) = (s.document, s.number)
-- What is marked: any of the words, since all of them together may be too far apart for one snippet, and phrases that hold
-- a compound (`rabbit-hole`) are not marked at all.
cross join lateral (
    select examples.fold(c.body) as folded,
        regexp_replace(nullif(nullif(querytree(s.query), ''), 'T'), ' (&|<->|<\d+>) ', ' | ', 'g')::tsquery as any_of) f
order by s.rank desc, s.collection, s.path
