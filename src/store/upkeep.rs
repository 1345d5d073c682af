//! What keeps the rows true without a report: the catch-up reads, heartbeats, silence, recounts, expiry.

use super::jobs::{key, labels, number, split};
use super::time::from_sql;
use super::{Error, Store};
use crate::progress::{Change, Children, JobKey, Labels, Name, Timestamp};
use crate::wire::Snapshot;

impl Store {
    /// What a statement sees now, and the database's clock.
    pub async fn snapshot(&self) -> Result<(Snapshot, Timestamp), Error> {
        let rows = self
            .read(include_str!("../../sql/query/snapshot.sql"), &[])
            .await?;
        let row = rows
            .first()
            .ok_or_else(|| Error::Broken("no snapshot".into()))?;
        let seen = Snapshot::parse(row.get("seen"))
            .ok_or_else(|| Error::Broken("not a snapshot".into()))?;
        Ok((seen, from_sql(row.get("now"))))
    }

    /// The versions of what changed in these projects since a snapshot each.
    pub async fn changed(&self, since: &[(Name, Snapshot)]) -> Result<Vec<(JobKey, u64)>, Error> {
        let (projects, snapshots) = watched(since);
        let rows = self
            .read(
                include_str!("../../sql/query/changed.sql"),
                &[&projects, &snapshots],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((key(row)?, number(row, "version"))))
            .collect()
    }

    /// What was deleted or expired in these projects since a snapshot each.
    pub async fn buried(&self, since: &[(Name, Snapshot)]) -> Result<Vec<(JobKey, Labels)>, Error> {
        let (projects, snapshots) = watched(since);
        let rows = self
            .read(
                include_str!("../../sql/query/buried.sql"),
                &[&projects, &snapshots],
            )
            .await?;
        rows.iter()
            .map(|row| Ok((key(row)?, labels(row)?)))
            .collect()
    }

    /// Signs of life of these attempts; answers the jobs that stand as stalled.
    pub async fn heartbeat(&self, beats: &[(JobKey, u64)]) -> Result<Vec<JobKey>, Error> {
        let projects: Vec<&str> = beats.iter().map(|(k, _)| k.project.as_str()).collect();
        let ids: Vec<&str> = beats.iter().map(|(k, _)| k.id.as_str()).collect();
        let attempts: Vec<i64> = beats
            .iter()
            .map(|(_, attempt)| attempt.cast_signed())
            .collect();
        let params: super::Params<'_> = &[&projects, &ids, &attempts];
        let rows = self
            .query(include_str!("../../sql/query/heartbeat.sql"), params)
            .await?;
        rows.iter().map(key).collect()
    }

    /// Says that the database takes writes now. Answers how long none was taken (seconds), or nothing where another
    /// node is at it. A gap above `threshold` seconds is booked as an outage.
    pub async fn pulse(&self, threshold: f64) -> Result<Option<f64>, Error> {
        let rows = self
            .query(include_str!("../../sql/query/pulse.sql"), &[&threshold])
            .await?;
        Ok(rows.first().map(|row| row.get("gap")))
    }

    /// The jobs that have been silent too long, each with what the machine shall be asked. What was said within the
    /// last `grace` seconds may not be booked yet.
    pub async fn silent(&self, limit: i64, grace: f64) -> Result<Vec<(JobKey, Change)>, Error> {
        let rows = self
            .read(
                include_str!("../../sql/query/silent.sql"),
                &[&limit, &grace],
            )
            .await?;
        let verdict = |word: &str| match word {
            "never_started" => Change::NeverStarted,
            "lose" => Change::Lose,
            _ => Change::Stall,
        };
        rows.iter()
            .map(|row| Ok((key(row)?, verdict(row.get("verdict")))))
            .collect()
    }

    /// Drops leases, graves, outages, tickets and old notices that nobody needs. A ticket's stream may be away for
    /// `away_seconds`.
    pub async fn tidy(&self, notices: i64, away_seconds: f64) -> Result<(), Error> {
        let params: super::Params<'_> = &[&notices, &away_seconds];
        self.query(include_str!("../../sql/query/tidy.sql"), params)
            .await
            .map(drop)
    }

    /// Forgets jobs that ended more than `keep_seconds` ago, at most `limit`.
    pub async fn expire(
        &self,
        keep_seconds: f64,
        grave_seconds: f64,
        limit: i64,
    ) -> Result<Vec<(JobKey, Labels)>, Error> {
        let params: super::Params<'_> = &[&keep_seconds, &limit, &grave_seconds];
        let rows = self
            .query(include_str!("../../sql/query/expire.sql"), params)
            .await?;
        rows.iter()
            .map(|row| Ok((key(row)?, labels(row)?)))
            .collect()
    }

    /// How the parts of these jobs fare.
    pub async fn recount(&self, parents: &[JobKey]) -> Result<Vec<(JobKey, Children)>, Error> {
        let (projects, ids) = split(parents);
        let rows = self
            .read(
                include_str!("../../sql/query/recount.sql"),
                &[&projects, &ids],
            )
            .await?;
        let children = |row| Children {
            total: number(row, "total"),
            finished: number(row, "finished"),
            failed: number(row, "failed"),
        };
        rows.iter()
            .map(|row| Ok((key(row)?, children(row))))
            .collect()
    }

    /// Active jobs whose count of parts is behind.
    pub async fn miscounted(&self, limit: i64) -> Result<Vec<JobKey>, Error> {
        let rows = self
            .read(include_str!("../../sql/query/miscounted.sql"), &[&limit])
            .await?;
        rows.iter().map(key).collect()
    }
}

fn watched(since: &[(Name, Snapshot)]) -> (Vec<&str>, Vec<&str>) {
    since
        .iter()
        .map(|(project, snapshot)| (project.as_str(), snapshot.as_str()))
        .unzip()
}
