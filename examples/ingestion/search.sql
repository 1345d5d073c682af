-- The best chunk of every document that matches, best first; near duplicates of a hit are named with it.
-- $1 what was typed, $2 the collection or null, $3 how many.
with query as materialized (
    select l.language::regconfig as language, websearch_to_tsquery(l.language::regconfig, $1) as query
    from (select distinct language::text from examples.document where $2::text is null or collection = $2) l
), hit as materialized (
    select distinct on (c.document) c.document, c.number, q.query, ts_rank_cd(c.words, q.query, 1) as rank
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
    -- Marks are characters that no text has, and `<` and `>` are hidden from the parser, which would drop tags.
    coalesce(
        ts_headline(c.language, w.body, w.any_of,
            U&'StartSel=\E000, StopSel=\E001, MaxFragments=2, MaxWords=32, MinWords=12, FragmentDelimiter=" … "'),
        left(w.body, 200)) as snippet,
    array(select t.path::text from examples.document t where t.collection = s.collection and t.twin = s.path
          order by t.path) as twins
from shown s
join examples.chunk c on (c.document, c.number) = (s.document, s.number)
-- What is highlighted: any of the words, since all of them together may be too far apart for one snippet.
cross join lateral (
    select translate(c.body, '<>', U&'\E002\E003') as body,
        replace(nullif(nullif(querytree(s.query), ''), 'T'), ' & ', ' | ')::tsquery as any_of) w
order by s.rank desc, s.collection, s.path
