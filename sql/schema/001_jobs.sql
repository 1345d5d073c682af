-- The jobs, their history, their leases, and what must be remembered of the database itself.
-- Append-only: a later change is a file of its own.

-- One row: which database this is. `epoch` goes into every cursor; `system` is the cluster it was made in, so that
-- a dump restored elsewhere, whose transaction ids mean nothing there, is noticed.
create table meta (
    single  boolean primary key default true constraint meta_single check (single),
    epoch   bigint  not null,
    system  text    not null
);

-- A job as it stands. `frame` is the very text that is sent; what queries need lies beside it. `memory` is what the
-- machine remembers unseen, `creation` what the job was made with. Nothing that a tick changes is indexed, so that
-- ticks are HOT updates.
create table jobs (
    project              text collate "C" not null,
    id                   text collate "C" not null,
    version              bigint      not null,
    status               text        not null,
    kind                 text collate "C" not null,
    subject              text collate "C",
    owner                text collate "C",
    parent               text collate "C",
    retry_of             text collate "C",
    title                text,
    attempt              bigint      not null,
    created_at           timestamptz not null,
    finished_at          timestamptz,
    stalled_at           timestamptz,
    -- The last sign of life by the database's clock; for a queued job, when it began to wait.
    seen_at              timestamptz not null default clock_timestamp(),
    lease_seconds        integer     not null,
    lost_after_seconds   integer     not null,
    start_within_seconds integer     not null,
    children_total       bigint,
    children_finished    bigint,
    children_failed      bigint,
    notices              bigint      not null,
    lines                bigint      not null,
    counters             text        not null,
    frame                text        not null,
    memory               text        not null,
    creation             text        not null,
    -- Who wrote this version, so that an outcome lost with a connection can be looked up.
    node                 uuid        not null,
    batch                bigint      not null,
    -- The transaction that wrote this version, and the one that ended the job: what cursors are compared with.
    xid                  xid8        not null default pg_current_xact_id(),
    ended_xid            xid8,
    primary key (project, id),
    constraint jobs_project_alphabet    check (project ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    constraint jobs_id_alphabet         check (id ~ '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$'),
    constraint jobs_version_positive    check (version >= 1),
    constraint jobs_status_known        check (status in ('queued', 'running', 'cancelling', 'completed', 'failed', 'cancelled')),
    constraint jobs_terminal_has_end    check ((status in ('completed', 'failed', 'cancelled')) = (finished_at is not null)),
    constraint jobs_terminal_has_xid    check ((finished_at is null) = (ended_xid is null)),
    constraint jobs_at_work_has_attempt check (attempt >= 1 or status in ('queued', 'failed', 'cancelled')),
    constraint jobs_stalled_has_attempt check (stalled_at is null or attempt >= 1),
    constraint jobs_lease_range         check (lease_seconds between 5 and 3600 and lost_after_seconds between 0 and 86400 and start_within_seconds >= 0),
    constraint jobs_children_sane       check (children_total is null or children_total >= children_finished and children_finished >= children_failed),
    constraint jobs_frame_size          check (octet_length(frame) <= 65536)
) with (fillfactor = 70, toast_tuple_target = 8160, autovacuum_vacuum_scale_factor = 0.05);

-- Frames are short and rewritten often: neither compressed nor moved out of the row as long as they fit a page.
alter table jobs alter column frame set storage main;

-- "What changed since": active jobs are few and looked through; ended ones are found by the transaction that ended them.
create index jobs_active   on jobs (project, id)        where status in ('queued', 'running', 'cancelling');
create index jobs_ended    on jobs (project, ended_xid) where ended_xid is not null;
create index jobs_newest   on jobs (project, created_at desc, id desc);
create index jobs_kind     on jobs (project, kind, id);
create index jobs_subject  on jobs (project, subject, id) where subject is not null;
create index jobs_owner    on jobs (project, owner, id)   where owner is not null;
create index jobs_parent   on jobs (project, parent, id)  where parent is not null;
create index jobs_finished on jobs (finished_at)          where finished_at is not null;
create unique index jobs_retry on jobs (project, retry_of) where retry_of is not null;

-- The second line behind the machine: a version is the old one plus one, and terminal is final. Only the stamp of
-- the writing transaction may be renewed (a database restored in another cluster).
create function jobs_guard() returns trigger language plpgsql as $$
begin
    if old.finished_at is not null then
        raise exception 'job %/% is terminal and cannot change', old.project, old.id
            using errcode = '23514', constraint = 'jobs_terminal_is_final';
    end if;
    raise exception 'job %/%: version % cannot follow version %', old.project, old.id, new.version, old.version
        using errcode = '23514', constraint = 'jobs_version_without_gap';
end $$;

create trigger jobs_guard before update on jobs for each row
    when ((old.finished_at is not null or new.version <> old.version + 1)
          and (new.version, new.frame, new.status) is distinct from (old.version, old.frame, old.status))
    execute function jobs_guard();

-- Every change of status and phase, and every notice (`notice` is its number), not the ticks.
create table history (
    project text collate "C" not null,
    id      text collate "C" not null,
    number  bigint      not null,
    version bigint      not null,
    at      timestamptz not null,
    type    text        not null,
    notice  bigint,
    data    text        not null,
    node    uuid        not null,
    batch   bigint      not null,
    xid     xid8        not null default pg_current_xact_id(),
    primary key (project, id, number),
    constraint history_number_positive check (number >= 1)
);

-- Heartbeats, apart from the job, so that they cost no version. Written by the database's clock.
create table leases (
    project text collate "C" not null,
    id      text collate "C" not null,
    attempt bigint      not null,
    seen_at timestamptz not null,
    primary key (project, id)
) with (fillfactor = 50);

-- Ids that were given up, and until when they are not given again.
create table graves (
    project text collate "C" not null,
    id      text collate "C" not null,
    until   timestamptz not null,
    -- Its labels, so that whoever selected by them can be told.
    kind    text collate "C" not null,
    subject text collate "C",
    owner   text collate "C",
    parent  text collate "C",
    xid     xid8        not null default pg_current_xact_id(),
    primary key (project, id)
);
create index graves_xid   on graves (xid);
create index graves_until on graves (until);

-- When a node last could write, and the stretches in which none could: they do not count as silence of a worker.
create table pulse (
    single boolean primary key default true constraint pulse_single check (single),
    at     timestamptz not null default clock_timestamp()
);
insert into pulse default values;

create table outages (
    started timestamptz not null,
    ended   timestamptz not null,
    constraint outages_order check (ended > started)
);
