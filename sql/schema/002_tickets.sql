-- Tickets: each opens one stream, on any node, and lets that stream come back while the token behind it lives. Of the
-- ticket only the digest is kept, so that what is in the database opens nothing.
create table tickets (
    digest     bytea       primary key,
    project    text collate "C" not null,
    -- What its bearer may do, and the key that its stream's cursors are sealed with.
    allows     text        not null,
    seal       bytea       not null,
    issued_at  timestamptz not null default clock_timestamp(),
    opened_at  timestamptz,
    seen_at    timestamptz not null default clock_timestamp(),
    -- When the token behind it ends; null = never.
    expires_at timestamptz,
    constraint tickets_digest_size check (octet_length(digest) = 32)
);

create index tickets_seen on tickets (seen_at);
