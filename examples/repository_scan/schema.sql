-- What the last scan of each repository saw. A finding is the same one over scans while its file,
-- rule and subject are: it keeps the day on which it was found first.
create schema if not exists examples;
create table if not exists examples.scanned_document (
    repository text not null,
    path text not null,
    hash bytea not null, -- SHA-256 of the file
    rules integer not null, -- the version of the rules it was checked by
    identifier numeric,
    title text not null,
    status text not null,
    type text not null,
    category text not null,
    created date,
    facts jsonb not null, -- what the rules over all documents ask of it
    checked_at timestamptz not null default now(),
    primary key (repository, path)
);
create table if not exists examples.scanned_finding (
    repository text not null,
    path text not null,
    rule text not null,
    subject text not null,
    severity text not null check (severity in ('critical', 'major', 'minor')),
    line bigint not null,
    message text not null,
    found_at timestamptz not null default now(),
    primary key (repository, path, rule, subject),
    foreign key (repository, path) references examples.scanned_document on delete cascade
);
