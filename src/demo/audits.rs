//! The audits of the demonstration: its targets, for whom they are audited, and the route that starts one.
//!
//! Each target is a project at several times: the next audit for the same person takes the next of them, so that people
//! see what a newer lockfile mends.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::{fs, io};

use axum::extract::State;
use axum::response::Response;
use ruzstd::decoding::StreamingDecoder;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::audit::Audit;
use super::front::{Front, accepted};
use super::samples::folder;
use super::{Demo, PATIENCE};
use crate::http::Problem;
use crate::http::query::Query;

const ADVISORIES: &[u8] =
    include_bytes!("../../examples/data/rustsec-advisories-2025-02-24.tar.zst");
const LOCKFILES: &[u8] = include_bytes!("../../examples/data/cargo-lockfiles.tar.zst");
const REPORTS: &[u8] = include_bytes!("../../examples/data/zap-bodgeit.tar.zst");

/// For whom the demonstration audits.
pub const PEOPLE: [&str; 3] = ["ada", "grace", "linus"];

/// A target, at several times.
pub struct Target {
    /// Its name in a path.
    pub id: &'static str,
    title: &'static str,
    /// How many packages or entries the newest one has.
    packages: u64,
    unit: &'static str,
    /// Files below the folder of samples, oldest first, and of when they are.
    sources: &'static [(&'static str, &'static str)],
}

/// The targets.
pub const TARGETS: [Target; 5] = [
    Target {
        id: "mini-redis",
        title: "Mini-Redis",
        packages: 160,
        unit: "packages",
        sources: &[
            (
                "cargo-lockfiles/mini-redis-2020-11-09-da29371460bb/Cargo.lock",
                "9 November 2020",
            ),
            (
                "cargo-lockfiles/mini-redis-2024-03-05-f58e13fb08eb/Cargo.lock",
                "5 March 2024",
            ),
        ],
    },
    Target {
        id: "zero-to-production",
        title: "Zero To Production",
        packages: 349,
        unit: "packages",
        sources: &[
            (
                "cargo-lockfiles/zero-to-production-2020-12-29-9dd9aaffd6b6/Cargo.lock",
                "29 December 2020",
            ),
            (
                "cargo-lockfiles/zero-to-production-2022-03-13-9e6339f72935/Cargo.lock",
                "13 March 2022",
            ),
            (
                "cargo-lockfiles/zero-to-production-2024-08-30-18f58ed05e62/Cargo.lock",
                "30 August 2024",
            ),
        ],
    },
    Target {
        id: "ripgrep",
        title: "ripgrep",
        packages: 58,
        unit: "packages",
        sources: &[
            (
                "cargo-lockfiles/ripgrep-2018-05-07-49f36c7dcdc0/Cargo.lock",
                "7 May 2018",
            ),
            (
                "cargo-lockfiles/ripgrep-2021-06-18-caba5c434876/Cargo.lock",
                "18 June 2021",
            ),
            (
                "cargo-lockfiles/ripgrep-2023-12-17-3f2fe0afee0d/Cargo.lock",
                "17 December 2023",
            ),
        ],
    },
    Target {
        id: "rustup",
        title: "rustup",
        packages: 328,
        unit: "packages",
        sources: &[
            (
                "cargo-lockfiles/rustup-2022-09-20-1b823015e691/Cargo.lock",
                "20 September 2022",
            ),
            (
                "cargo-lockfiles/rustup-2024-05-30-a13437189e59/Cargo.lock",
                "30 May 2024",
            ),
        ],
    },
    Target {
        id: "bodgeit",
        title: "BodgeIt web shop, by ZAP",
        packages: 15,
        unit: "entries",
        sources: &[
            ("zap-bodgeit/2021-06-18.xml", "18 June 2021"),
            ("zap-bodgeit/2021-06-20.xml", "20 June 2021"),
            ("zap-bodgeit/cut.xml", "20 June 2021, cut off"),
        ],
    },
];

/// The targets as a page sees them.
pub fn list() -> Vec<Value> {
    let target = |target: &Target| json!({"id": target.id, "title": target.title, "packages": target.packages, "unit": target.unit});
    TARGETS.iter().map(target).collect()
}

/// Writes the samples into the folder of samples, and one of them cut off as an interrupted download is.
pub fn unpack(folder: &Path) -> io::Result<()> {
    fs::write(folder.join("advisories.tar.zst"), ADVISORIES)?;
    for archive in [LOCKFILES, REPORTS] {
        let decoder = StreamingDecoder::new(archive).map_err(io::Error::other)?;
        tar::Archive::new(decoder).unpack(folder)?;
    }
    let whole = fs::read(folder.join("zap-bodgeit/2021-06-20.xml"))?;
    let half = whole.split_at(whole.len() / 2).0;
    fs::write(folder.join("zap-bodgeit/cut.xml"), half)
}

/// How often each target was audited for each person.
#[derive(Default)]
pub struct Turns(Mutex<HashMap<(&'static str, String), usize>>);

impl Turns {
    fn next(&self, target: &'static str, person: &str) -> usize {
        let mut turns = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let turn = turns.entry((target, person.to_owned())).or_default();
        *turn += 1;
        *turn - 1
    }
}

impl Demo {
    /// The next audit of a target for a person.
    pub(super) fn audit(
        &self,
        target: &Target,
        person: &str,
        (turns, halt): (&Turns, &CancellationToken),
    ) -> Audit {
        let folder = folder(&self.data);
        let turn = turns.next(target.id, person) % target.sources.len().max(1);
        let (source, day) = target.sources.get(turn).copied().unwrap_or_default();
        Audit {
            target: target.id.into(),
            title: format!("{} of {day}", target.title),
            source: folder.join(source),
            advisories: Some(folder.join("advisories.tar.zst")),
            owner: Some(person.into()),
            pace: self.pace,
            halt: halt.clone(),
        }
    }
}

/// Starts an audit: 202 as soon as its job exists.
pub async fn start(State(front): State<Front>, mut query: Query) -> Result<Response, Problem> {
    let known = TARGETS.map(|target| target.id).join(", ");
    let find = |id: &str| TARGETS.iter().find(|target| target.id == id);
    let target = query.parsed("target", &format!("one of {known}"), find)?;
    let people = PEOPLE.join(", ");
    let find = |name: &str| PEOPLE.iter().find(|person| **person == name);
    let person = query.parsed("owner", &format!("one of {people}"), find)?;
    query.done()?;
    let (Some(target), Some(person)) = (target, person) else {
        let text = format!("say which target, one of {known}, and for whom, one of {people}");
        return Err(Problem::malformed(text));
    };
    let permit = front.permit()?;
    let audit = front
        .demo
        .audit(target, person, (&front.audits, &front.stop));
    let begun = audit.begin(&front.demo.reporter);
    let job = begun.job.id().to_owned();
    begun.job.known(PATIENCE).await;
    let database = front.demo.database.clone();
    front.tasks.spawn(async move {
        super::log(begun.finish(&database).await);
        drop(permit);
    });
    Ok(accepted(&job))
}
