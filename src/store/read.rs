//! What viewers and people ask: pages of a selection, the list, the history, the tiles.

use std::sync::Arc;

use tokio_postgres::Row;

use super::conditions::{Conditions, Visible};
use super::jobs::{frame, number};
use super::time::{from_sql, to_sql};
use super::{Error, Store};
use crate::progress::{Happening, JobKey, Name, Object, Selector, Status, StatusSet, Timestamp};
use crate::wire::{Frame, Snapshot};

/// A stretch of a selection, and the snapshot that sees it.
#[derive(Debug)]
pub struct Stretch {
    /// In the order of ids.
    pub items: Vec<Arc<Frame>>,
    /// What the statement saw.
    pub seen: Snapshot,
}

/// Where a stretch begins and ends.
#[derive(Debug, Clone, Copy)]
pub struct Bounds<'a> {
    /// Only what this snapshot does not see.
    pub since: Option<&'a Snapshot>,
    /// Only ids after this one.
    pub after: Option<&'a Name>,
    /// At most so many.
    pub limit: i64,
}

/// Which jobs people ask for, beside the selector.
#[derive(Debug, Clone, Default)]
pub struct Filter<'a> {
    /// In the title, whatever the case.
    pub text: Option<&'a str>,
    /// Created at or after.
    pub after: Option<Timestamp>,
    /// Created before.
    pub before: Option<Timestamp>,
    /// After the job created then with this id, newest first.
    pub page: Option<(Timestamp, &'a str)>,
    /// At most so many.
    pub limit: i64,
}

/// A line of the history.
#[derive(Debug)]
pub struct Line {
    /// Counts from 1 within the job.
    pub number: u64,
    /// The version it came with.
    pub version: u64,
    /// When.
    pub at: Timestamp,
    /// The word.
    pub what: String,
    /// What else.
    pub data: Object,
}

/// A row of the tiles.
#[derive(Debug)]
pub struct Tile {
    /// Which kind.
    pub kind: String,
    /// Which status.
    pub status: Status,
    /// How many.
    pub jobs: u64,
    /// How many of them stand as stalled.
    pub stalled: u64,
    /// How many of them ended within 24 hours.
    pub recent: u64,
}

impl Store {
    /// A stretch of a selection.
    pub async fn stretch(
        &self,
        project: &Name,
        selector: &Selector,
        bounds: Bounds<'_>,
    ) -> Result<Stretch, Error> {
        let (project, c) = (project.as_str(), Conditions::of(selector));
        let after = bounds.after.map(Name::as_str);
        let (into, all) = (leading_into(selector.status), leading_into(all_statuses()));
        let rows = match bounds.since.map(Snapshot::as_str) {
            None => {
                let params: super::Params<'_> = &[
                    &project,
                    &c.jobs,
                    &c.kind,
                    &c.subject,
                    &c.owner,
                    &c.parent,
                    &c.status,
                    &after,
                    &bounds.limit,
                    &c.visible.jobs,
                    &c.visible.owners,
                ];
                self.read(include_str!("../../sql/query/page.sql"), params)
                    .await?
            }
            Some(since) => {
                let params: super::Params<'_> = &[
                    &project,
                    &c.jobs,
                    &c.kind,
                    &c.subject,
                    &c.owner,
                    &c.parent,
                    &c.status,
                    &after,
                    &bounds.limit,
                    &since,
                    &into,
                    &all,
                    &c.visible.jobs,
                    &c.visible.owners,
                ];
                self.read(include_str!("../../sql/query/page_since.sql"), params)
                    .await?
            }
        };
        let seen = rows
            .first()
            .and_then(|row| Snapshot::parse(row.get("seen")));
        let seen = seen.ok_or_else(|| Error::Broken("no snapshot in the answer".into()))?;
        let there = rows
            .iter()
            .filter(|row| row.get::<_, Option<&str>>("id").is_some());
        Ok(Stretch {
            items: there
                .map(|row| frame(row).map(Arc::new))
                .collect::<Result<_, _>>()?,
            seen,
        })
    }

    /// The list for people, newest first, with the time each was created.
    pub async fn list(
        &self,
        project: &Name,
        selector: &Selector,
        filter: &Filter<'_>,
    ) -> Result<Vec<(Arc<Frame>, Timestamp)>, Error> {
        let (project, c) = (project.as_str(), Conditions::of(selector));
        let (after, before) = (filter.after.map(to_sql), filter.before.map(to_sql));
        let (page_at, page_id) = (filter.page.map(|p| to_sql(p.0)), filter.page.map(|p| p.1));
        let params: super::Params<'_> = &[
            &project,
            &c.jobs,
            &c.kind,
            &c.subject,
            &c.owner,
            &c.parent,
            &c.status,
            &filter.text,
            &after,
            &before,
            &page_at,
            &page_id,
            &filter.limit,
            &c.visible.jobs,
            &c.visible.owners,
        ];
        let rows = self
            .read(include_str!("../../sql/query/list.sql"), params)
            .await?;
        rows.iter()
            .map(|row| Ok((Arc::new(frame(row)?), from_sql(row.get("created_at")))))
            .collect()
    }

    /// Which of the ids that a selector names exist for whoever asks, and whether they have ended.
    pub async fn known(
        &self,
        project: &Name,
        selector: &Selector,
    ) -> Result<Vec<(String, bool)>, Error> {
        let visible = |id: &&Name| selector.within.as_ref().is_none_or(|w| w.has_id(id));
        let named = selector.jobs.iter().filter(visible);
        let ids: Vec<&str> = named.map(Name::as_str).collect();
        let owners = Visible::of(selector).owners;
        let params: super::Params<'_> = &[&project.as_str(), &ids, &owners];
        let rows = self
            .read(include_str!("../../sql/query/known.sql"), params)
            .await?;
        Ok(rows
            .iter()
            .map(|row: &Row| (row.get("id"), row.get("ended")))
            .collect())
    }

    /// A job's history after line `after`, oldest first, at most `limit` lines.
    pub async fn history(&self, key: &JobKey, after: u64, limit: u32) -> Result<Vec<Line>, Error> {
        let (after, limit) = (i64::try_from(after).unwrap_or(i64::MAX), i64::from(limit));
        let params: super::Params<'_> = &[&key.project.as_str(), &key.id.as_str(), &after, &limit];
        let rows = self
            .read(include_str!("../../sql/query/history.sql"), params)
            .await?;
        let line = |row: &Row| Line {
            number: number(row, "number"),
            version: number(row, "version"),
            at: from_sql(row.get("at")),
            what: row.get("type"),
            data: Object::checked(row.get("data")),
        };
        Ok(rows.iter().map(line).collect())
    }

    /// The tiles of a project.
    pub async fn tiles(&self, project: &Name) -> Result<Vec<Tile>, Error> {
        let rows = self
            .read(
                include_str!("../../sql/query/summary.sql"),
                &[&project.as_str()],
            )
            .await?;
        let tile = |row: &Row| {
            Some(Tile {
                kind: row.get("kind"),
                status: Status::parse(row.get("status"))?,
                jobs: number(row, "jobs"),
                stalled: number(row, "stalled"),
                recent: number(row, "recent"),
            })
        };
        Ok(rows.iter().filter_map(tile).collect())
    }

    /// The sums of counters: kind, name, sum.
    pub async fn counter_sums(&self, project: &Name) -> Result<Vec<(String, String, f64)>, Error> {
        let rows = self
            .read(
                include_str!("../../sql/query/summary_counters.sql"),
                &[&project.as_str()],
            )
            .await?;
        Ok(rows
            .iter()
            .map(|row| (row.get("kind"), row.get("name"), row.get("sum")))
            .collect())
    }
}

fn all_statuses() -> StatusSet {
    Status::ALL
        .into_iter()
        .fold(StatusSet::default(), StatusSet::with)
}

/// The history types after which a job is in one of these statuses.
fn leading_into(statuses: StatusSet) -> Vec<&'static str> {
    let into = |status: Status| match status {
        Status::Queued => vec![Happening::Created, Happening::Retrying],
        Status::Running => vec![Happening::Started],
        Status::Cancelling => vec![Happening::Cancelling],
        Status::Completed => vec![Happening::Completed],
        Status::Failed => vec![Happening::Failed],
        Status::Cancelled => vec![Happening::Cancelled],
    };
    let wanted = Status::ALL
        .into_iter()
        .filter(|s| !statuses.is_empty() && statuses.holds(*s));
    wanted.flat_map(into).map(Happening::as_str).collect()
}
