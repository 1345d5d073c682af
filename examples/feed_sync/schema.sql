-- What the last sync of each feed saw.
create schema if not exists examples;
create table if not exists examples.rule (
    feed text not null,
    rule_id text not null,
    path text not null,
    title text not null,
    level text not null,
    author text not null,
    hash bytea not null, -- SHA-1 of the file
    primary key (feed, rule_id)
);
