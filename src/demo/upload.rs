//! A received file: written to a folder as it comes, never more than the limit, gone with its import.

use std::path::{Path, PathBuf};
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use futures_util::StreamExt;
use tokio::fs;
use tokio::io::AsyncWriteExt;
use tokio::time::timeout;

use super::new_id;
use crate::http::Problem;

/// How long an upload may stand still.
const STILL: Duration = Duration::from_secs(30);

/// A received file, removed when it is no longer needed.
pub struct Spool(PathBuf);

impl Drop for Spool {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

impl Spool {
    /// Writes a body to a file of its own in `folder`.
    pub async fn receive(
        folder: &Path,
        (headers, body): (&HeaderMap, Body),
        limit: u64,
    ) -> Result<Self, Problem> {
        let declared = headers
            .get(header::CONTENT_LENGTH)
            .and_then(|v| v.to_str().ok()?.parse().ok());
        if declared.is_some_and(|length: u64| length > limit) {
            return Err(too_large(limit));
        }
        let spool = Self(folder.join(format!("{}.csv", new_id())));
        spool.fill(body, limit).await?;
        Ok(spool)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }

    async fn fill(&self, body: Body, limit: u64) -> Result<(), Problem> {
        let unwritable = |error: std::io::Error| {
            tracing::warn!(%error, path = %self.0.display(), "cannot write an upload");
            Problem::new(
                500,
                "storage",
                "the upload could not be stored; the log says why",
            )
        };
        let mut file = fs::File::create(&self.0).await.map_err(unwritable)?;
        let (mut chunks, mut size) = (body.into_data_stream(), 0);
        while let Some(chunk) = timeout(STILL, chunks.next())
            .await
            .map_err(|_| Problem::new(408, "incomplete", "the upload stood still"))?
        {
            let chunk =
                chunk.map_err(|_| Problem::new(400, "incomplete", "the upload was cut off"))?;
            size += chunk.len() as u64;
            if size > limit {
                return Err(too_large(limit));
            }
            file.write_all(&chunk).await.map_err(unwritable)?;
        }
        file.flush().await.map_err(unwritable)
    }
}

fn too_large(limit: u64) -> Problem {
    let text = format!("more than {limit} bytes: use the csv_import example for larger files");
    Problem::new(413, "too_large", text)
}
