-- Documents, their chunks, and what an ingestion under way has got to.
create schema if not exists examples;

-- A text as it is searched, character for character as long as it was: lower case and plain apostrophes, and spaces for
-- punctuation that is not ASCII. In a database with the locale C, the parser takes all of these for letters; and in any,
-- it takes `<domain-name>` for a tag of a web page and leaves it out.
create or replace function examples.fold(t text) returns text language sql immutable strict parallel safe as $$
    select translate(
        regexp_replace(t,
            '[<>\u00A0-\u00A9\u00AB-\u00B4\u00B6-\u00B9\u00BB-\u00BF\u00D7\u00F7\u2000-\u2017\u201A-\u206F\u3000-\u303F]',
            ' ', 'g'),
        'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞŒŠŽŸ‘’',
        'abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþœšžÿ''''')
$$;

create table if not exists examples.document (
    id bigint generated always as identity primary key,
    collection text not null,
    path text collate "C" not null,
    job text not null,          -- the ingestion that stored it
    content bytea not null,     -- the file, whole and unmodified
    hash bytea not null,        -- SHA-256 of that
    encoding text not null,
    licence text not null,      -- what stands before and after a book: kept, not searched
    kind text not null,
    pages integer not null,
    number integer,
    title text not null,
    authors text[] not null,
    published text,
    obsoletes integer[] not null,
    updates integer[] not null,
    language regconfig not null,
    words integer not null,
    sections integer not null,
    sketch bigint[] not null,   -- what near duplicates are found by
    twin text collate "C",      -- an earlier document of the collection that it nearly is
    stored_at timestamptz not null default now(),
    unique (collection, path)
);
create index if not exists document_sketch on examples.document using gin (sketch);

create table if not exists examples.chunk (
    document bigint not null references examples.document on delete cascade,
    number integer not null,
    heading text not null,
    body text not null,
    language regconfig not null,
    words tsvector not null,
    primary key (document, number)
);
create index if not exists chunk_words on examples.chunk using gin (words);

-- What an attempt leaves to the next one. Rows go when their document is stored, or with their job.
create table if not exists examples.staged_document (
    job text not null,
    path text collate "C" not null,
    step text not null check (step in ('refused', 'parsed', 'extracted', 'indexed')),
    content bytea,
    hash bytea,
    encoding text,
    kind text,
    pages integer,
    head text,
    body text,
    tail text,
    about jsonb,
    sketch bigint[],
    twin text collate "C",
    staged_at timestamptz not null default now(),
    primary key (job, path)
);
create table if not exists examples.staged_chunk (
    job text not null,
    path text collate "C" not null,
    number integer not null,
    heading text not null,
    body text not null,
    words tsvector,
    primary key (job, path, number),
    foreign key (job, path) references examples.staged_document on delete cascade
);
