//! Signatures only, for the sides that call them.
#![allow(missing_docs, unused_variables, clippy::unused_async)]

use std::path::PathBuf;
use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

#[derive(Clone)]
pub struct Demo {
    pub server: String,
    pub database: tokio_postgres::Config,
    pub data: PathBuf,
    pub pace: f64,
    pub upload_limit: u64,
}

pub const UPLOAD_LIMIT: u64 = 256 << 20;

pub fn prepare(demo: &Demo) -> std::io::Result<()> {
    Ok(())
}

pub fn routes(demo: Arc<Demo>, tasks: TaskTracker, stop: CancellationToken) -> axum::Router {
    axum::Router::new()
}

pub async fn run(demo: Arc<Demo>, stop: CancellationToken) {}
