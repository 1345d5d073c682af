//! The example workers and the front of the demonstration, against a real Postgres.
// The programs use more of these files than their tests do; a test may end in a panic.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

#[path = "../../examples/feed_sync/archive.rs"]
mod archive;
#[path = "../../examples/vulnerability_audit/audit.rs"]
mod audit;
#[path = "../../examples/feed_sync/difference.rs"]
mod difference;
#[path = "../../examples/csv_import/import.rs"]
mod import;
#[path = "../../examples/ingestion/mod.rs"]
mod ingestion;
#[path = "../../examples/csv_import/mapping.rs"]
mod mapping;
#[path = "../../examples/csv_import/outcome.rs"]
mod outcome;
#[path = "../../examples/pace/pace.rs"]
mod pace;
#[path = "../../examples/feed_sync/rule.rs"]
mod rule;
#[path = "../../examples/repository_scan/scan.rs"]
mod scan;
#[path = "../../examples/csv_import/source.rs"]
mod source;
#[path = "../../examples/csv_import/stage.rs"]
mod stage;
#[path = "../../examples/feed_sync/sync.rs"]
mod sync;

mod audits;
mod csv;
mod demo;
mod documents;
mod feed;
mod folder;
mod recorder;
mod reporting;
mod scans;
mod tables;
