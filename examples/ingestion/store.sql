-- One document from where it was staged to where it is found, in place of what was there before.
insert into examples.document as d (
    collection, path, job, content, hash, encoding, licence, kind, pages, number, title, authors, published,
    obsoletes, updates, language, words, sections, sketch, twin)
select $3, s.path, s.job, s.content, s.hash, s.encoding, s.head || s.tail, s.kind, s.pages, a.number, a.title, a.authors,
    a.published, a.obsoletes, a.updates, a.language::regconfig, a.words, a.sections, s.sketch, s.twin
from examples.staged_document s, jsonb_to_record(s.about) as a (
    number integer, title text, authors text[], published text, obsoletes integer[], updates integer[], language text,
    words integer, sections integer)
where s.job = $1 and s.path = $2 and s.step = 'indexed'
on conflict (collection, path) do update set
    (job, content, hash, encoding, licence, kind, pages, number, title, authors, published, obsoletes, updates,
     language, words, sections, sketch, twin, stored_at) =
    (excluded.job, excluded.content, excluded.hash, excluded.encoding, excluded.licence, excluded.kind, excluded.pages,
     excluded.number, excluded.title, excluded.authors, excluded.published, excluded.obsoletes, excluded.updates,
     excluded.language, excluded.words, excluded.sections, excluded.sketch, excluded.twin, now())
returning d.id
