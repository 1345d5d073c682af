-- The final tables, in a schema of their own. Long keys are held as a digest, so that no text of
-- a file can be too long for an index. A merge adds and updates; it removes nothing.
create schema if not exists examples;
create table if not exists examples.vulnerability (
    cve_id text primary key,
    state text not null,
    published timestamptz,
    updated timestamptz,
    title text not null,
    cwe_ids text not null,
    score float8,
    severity text not null,
    vector text not null,
    exploitation text not null,
    exploited_since date,
    description text not null
);
create table if not exists examples.product (
    product_id uuid primary key, -- md5 of vendor and product
    vendor text not null,
    product text not null
);
create table if not exists examples.affected (
    cve_id text not null references examples.vulnerability,
    product_id uuid not null references examples.product,
    entry uuid not null, -- md5 of the five that follow
    version text not null,
    less_than text not null,
    version_type text not null,
    version_status text not null,
    platforms text not null,
    primary key (cve_id, product_id, entry)
);
create table if not exists examples.reference (
    cve_id text not null references examples.vulnerability,
    link uuid not null, -- md5 of the address
    url text not null,
    primary key (cve_id, link)
);
create table if not exists examples.kev (
    cve_id text primary key,
    vendor text not null,
    product text not null,
    name text not null,
    added date,
    description text not null,
    action text not null,
    due date,
    ransomware text not null,
    notes text not null,
    cwes text not null
);
create table if not exists examples.epss (
    cve_id text primary key,
    epss float8,
    percentile float8
);
create table if not exists examples.imported_row (
    import text not null,
    n bigint not null,
    fields text[] not null,
    primary key (import, n)
);
