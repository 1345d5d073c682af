//! Jobs as the committer holds them, and frames as viewers get them.

use std::sync::Arc;

use tokio_postgres::Row;
use uuid::Uuid;

use super::time::from_sql;
use super::{Error, Store};
use crate::progress::{Job, JobKey, Kind, Labels, Name, Status, Timestamp};
use crate::wire::{Frame, memory, stored};

/// A job as the committer decides on it.
#[derive(Debug, Clone)]
pub struct Held {
    /// State and memory.
    pub job: Job,
    /// How many lines its history has.
    pub lines: u64,
    /// Its newest frame.
    pub frame: Arc<Frame>,
    /// The node that wrote this version.
    pub node: Uuid,
    /// The batch of that node.
    pub batch: i64,
}

impl Store {
    /// These jobs, whole; those that do not exist are missing in the answer. Also the database's clock.
    pub async fn hold(&self, keys: &[JobKey]) -> Result<(Vec<Held>, Option<Timestamp>), Error> {
        let (projects, ids) = split(keys);
        let rows = self
            .read(include_str!("../../sql/query/hold.sql"), &[&projects, &ids])
            .await?;
        let now = rows.first().map(|row| from_sql(row.get("now")));
        Ok((rows.iter().map(held).collect::<Result<_, _>>()?, now))
    }

    /// The newest frames of these jobs.
    pub async fn frames(&self, keys: &[JobKey]) -> Result<Vec<Arc<Frame>>, Error> {
        let (projects, ids) = split(keys);
        let rows = self
            .read(
                include_str!("../../sql/query/frames.sql"),
                &[&projects, &ids],
            )
            .await?;
        rows.iter().map(|row| frame(row).map(Arc::new)).collect()
    }

    /// One job's newest frame, if its owner is one of these (`None` = whoever that is).
    pub async fn frame(
        &self,
        key: &JobKey,
        owners: Option<&[Name]>,
    ) -> Result<Option<Arc<Frame>>, Error> {
        let owners = owners.map(|all| all.iter().map(Name::as_str).collect::<Vec<_>>());
        let params: super::Params<'_> = &[&key.project.as_str(), &key.id.as_str(), &owners];
        let rows = self
            .read(include_str!("../../sql/query/get.sql"), params)
            .await?;
        rows.first().map(|row| frame(row).map(Arc::new)).transpose()
    }

    /// The job that repeats this one.
    pub async fn retried(&self, key: &JobKey) -> Result<Option<Arc<Frame>>, Error> {
        let params: super::Params<'_> = &[&key.project.as_str(), &key.id.as_str()];
        let rows = self
            .read(include_str!("../../sql/query/retried.sql"), params)
            .await?;
        rows.first().map(|row| frame(row).map(Arc::new)).transpose()
    }

    /// Status and creation (as it was stored) of a job.
    pub async fn creation(&self, key: &JobKey) -> Result<Option<(Status, String)>, Error> {
        let params: super::Params<'_> = &[&key.project.as_str(), &key.id.as_str()];
        let rows = self
            .read(include_str!("../../sql/query/creation.sql"), params)
            .await?;
        let Some(row) = rows.first() else {
            return Ok(None);
        };
        let status = Status::parse(row.get("status"))
            .ok_or_else(|| Error::Broken("unknown status".into()))?;
        Ok(Some((status, row.get("creation"))))
    }

    /// Why a job could not be made: (its id lies in a grave, its parent is there and active).
    pub async fn unborn(&self, key: &JobKey, parent: Option<&Name>) -> Result<(bool, bool), Error> {
        let parent = parent.map(Name::as_str);
        let params: super::Params<'_> = &[&key.project.as_str(), &key.id.as_str(), &parent];
        let rows = self
            .read(include_str!("../../sql/query/unborn.sql"), params)
            .await?;
        Ok(rows.first().map_or((false, true), |row| {
            (row.get("buried"), row.get("parented"))
        }))
    }

    /// Forgets a terminal job and keeps its id from being given again for `grave_seconds`. Answers whether it was
    /// there, and its labels if it has gone.
    pub async fn delete(
        &self,
        key: &JobKey,
        grave_seconds: f64,
    ) -> Result<(bool, Option<Labels>), Error> {
        let params: super::Params<'_> = &[&key.project.as_str(), &key.id.as_str(), &grave_seconds];
        let rows = self
            .query(include_str!("../../sql/query/delete.sql"), params)
            .await?;
        // `there` is read by the snapshot of the same statement, before the deletion.
        let Some(row) = rows.first() else {
            return Ok((false, None));
        };
        let gone = if row.get("gone") {
            Some(labels(row)?)
        } else {
            None
        };
        Ok((row.get("there"), gone))
    }

    /// The versions of these jobs.
    pub async fn versions(&self, keys: &[JobKey]) -> Result<Vec<(JobKey, u64)>, Error> {
        let (projects, ids) = split(keys);
        let rows = self
            .read(
                include_str!("../../sql/query/versions.sql"),
                &[&projects, &ids],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((key(row)?, number(row, "version"))))
            .collect()
    }
}

/// Projects and ids as two arrays.
pub(super) fn split(keys: &[JobKey]) -> (Vec<&str>, Vec<&str>) {
    keys.iter()
        .map(|k| (k.project.as_str(), k.id.as_str()))
        .unzip()
}

/// The key in a row.
pub(super) fn key(row: &Row) -> Result<JobKey, Error> {
    Ok(JobKey {
        project: name(row.get("project"))?,
        id: name(row.get("id"))?,
    })
}

/// A count that Postgres keeps as `bigint`.
pub(super) fn number(row: &Row, column: &str) -> u64 {
    row.get::<_, i64>(column).cast_unsigned()
}

/// The labels in a row.
pub(super) fn labels(row: &Row) -> Result<Labels, Error> {
    let label = |column| row.get::<_, Option<&str>>(column).map(name).transpose();
    Ok(Labels {
        kind: Kind::parse(row.get("kind")).map_err(|e| Error::Broken(e.to_string()))?,
        subject: label("subject")?,
        owner: label("owner")?,
        parent: label("parent")?,
    })
}

/// The frame in a row.
pub(super) fn frame(row: &Row) -> Result<Frame, Error> {
    let status =
        Status::parse(row.get("status")).ok_or_else(|| Error::Broken("unknown status".into()))?;
    let frame = Frame::new(
        key(row)?,
        number(row, "version"),
        status,
        labels(row)?,
        row.get("frame"),
    );
    Ok(frame.written_by(number(row, "xid")))
}

fn name(text: &str) -> Result<Name, Error> {
    Name::parse(text).map_err(|e| Error::Broken(e.to_string()))
}

fn held(row: &Row) -> Result<Held, Error> {
    let text: &str = row.get("frame");
    let broken = |e: &dyn std::fmt::Display| Error::Broken(e.to_string());
    let memory = memory::read(row.get("memory")).map_err(|e| broken(&e))?;
    let job = stored::read(text, memory).map_err(|e| broken(&e))?;
    let frame = Frame::new(
        job.key.clone(),
        job.version,
        job.status,
        job.labels.clone(),
        text,
    );
    Ok(Held {
        lines: number(row, "lines"),
        frame: Arc::new(frame.written_by(number(row, "xid"))),
        node: row.get("node"),
        batch: row.get("batch"),
        job,
    })
}
