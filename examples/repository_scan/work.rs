//! The five phases of a scan: discovery, fetch, parse, validate, persist.
//!
//! The files are streamed three times and never held; what is held of a document is what it says of
//! itself. A file that is as it was in the last scan is read, to know that, but not checked again.

use std::{
    collections::{BTreeSet, HashSet},
    time::Duration,
};

use milepost::worker::{Job, Level};
use serde_json::json;
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::task::AbortOnDropHandle;

use super::{
    FILES_PER_SECOND, Scan, ScanError,
    collection::{self, Surroundings},
    document::{Checked, Facts},
    finding::{Finding, plain},
    front_matter::FrontMatter,
    known::{Known, carried},
    persist::{Outcome, Worst, prepare},
    rule::Severity,
    source::{Entry, entries},
    summary::Summary,
    validate::validate,
};

/// Does the work. Cancelled, it has written nothing.
pub async fn run(scan: &Scan, database: &Config, job: &Job) -> Result<(Summary, Worst), ScanError> {
    let (mut client, connection) = database.connect(NoTls).await?;
    let _connection = AbortOnDropHandle::new(tokio::spawn(connection));
    prepare(&mut client).await?;
    let work = Work { scan, job };
    tokio::select! {
        turn = work.turn(&client) => turn?,
        () = job.cancelled().cancelled() => job.bail_if_cancelled()?,
    }
    let (total, companion) = work.discover().await?;
    let known = Known::load(&client, &scan.repository).await?;
    let mut fetched = work.fetch(total, &known).await?;
    fetched.summary.findings = carried(&client, &scan.repository, &fetched.unchanged).await?;
    work.count(&fetched.summary);
    let read = work.parse(&fetched).await?;
    let (checked, collective) = work.validate(read, companion, &known, &mut fetched).await?;
    let outcome = Outcome {
        repository: &scan.repository,
        checked: &checked,
        collective: &collective,
        gone: &known.gone(&fetched.now),
    };
    let mut summary = fetched.summary;
    let worst = work.persist(&mut client, &outcome, &mut summary).await?;
    Ok((summary, worst))
}

struct Work<'a> {
    scan: &'a Scan,
    job: &'a Job,
}

/// Which files there are, and which of them changed.
#[derive(Default)]
struct Fetched {
    now: HashSet<String>,
    unchanged: HashSet<String>,
    twice: BTreeSet<String>,
    summary: Summary,
}

/// A file that was read apart, or why it could not be.
struct Read {
    path: String,
    hash: Vec<u8>,
    front: Result<FrontMatter, Finding>,
}

impl Work<'_> {
    /// Waits until no other scan of this repository is under way. The lock ends with the connection.
    async fn turn(&self, client: &Client) -> Result<(), ScanError> {
        let lock = |how: &str| format!("select {how}(hashtextextended($1, 2))");
        let name = &self.scan.repository;
        let free = client
            .query_one(&lock("pg_try_advisory_lock"), &[name])
            .await?;
        if !free.get::<_, bool>(0) {
            self.job
                .message("Waiting for the scan of this repository that is under way");
            client.execute(&lock("pg_advisory_lock"), &[name]).await?;
        }
        Ok(())
    }

    /// After every file: waits as long as the pace asks.
    async fn step(&self) -> Result<(), ScanError> {
        if self.scan.pace > 0.0 {
            let seconds = (self.scan.pace * FILES_PER_SECOND).recip();
            tokio::time::sleep(Duration::from_secs_f64(seconds.min(60.0))).await;
        }
        Ok(self.job.bail_if_cancelled()?)
    }

    /// How many documents there are, and the names of those that may be referred to elsewhere. A
    /// damaged archive fails here, before anything is compared.
    async fn discover(&self) -> Result<(u64, Option<BTreeSet<String>>), ScanError> {
        let phase = self.job.phase("discovery");
        self.job.message("Looking for documents");
        let (mut files, mut total) = (entries(&self.scan.source), 0);
        while let Some(file) = files.recv().await {
            file?;
            total += 1;
            phase.inc(1);
            self.job.bail_if_cancelled()?;
        }
        if total == 0 {
            return Err(ScanError::Empty);
        }
        Ok((total, self.companions().await?))
    }

    async fn companions(&self) -> Result<Option<BTreeSet<String>>, ScanError> {
        let mut names = BTreeSet::new();
        for source in &self.scan.companions {
            let mut files = entries(source);
            while let Some(file) = files.recv().await {
                let path = file?.path;
                names.insert(path.rsplit('/').next().unwrap_or_default().to_owned());
                self.job.bail_if_cancelled()?;
            }
        }
        Ok(Some(names).filter(|_| !self.scan.companions.is_empty()))
    }

    /// Reads every file, and finds those that are as they were.
    async fn fetch(&self, total: u64, known: &Known) -> Result<Fetched, ScanError> {
        let phase = self.job.phase("fetch");
        phase.total(total);
        self.job
            .message("Fetching files and comparing them with the last scan");
        let (mut files, mut fetched) = (entries(&self.scan.source), Fetched::default());
        while let Some(file) = files.recv().await {
            let Entry { path, hash, .. } = file?;
            let summary = &mut fetched.summary;
            if !fetched.now.insert(path.clone()) {
                fetched.twice.insert(path);
            } else if known.is_unchanged(&path, &hash) {
                summary.unchanged += 1;
                fetched.unchanged.insert(path);
            } else if known.has(&path) {
                summary.changed += 1;
            } else {
                summary.added += 1;
            }
            phase.inc(1);
            self.step().await?;
        }
        fetched.summary.documents = fetched.now.len() as u64;
        fetched.summary.removed = known.gone(&fetched.now).len() as u64;
        self.count(&fetched.summary);
        Ok(fetched)
    }

    /// Reads the changed files apart. One that cannot be is told at once.
    async fn parse(&self, fetched: &Fetched) -> Result<Vec<Read>, ScanError> {
        let phase = self.job.phase("parse");
        let changed = fetched.now.len() - fetched.unchanged.len();
        phase.total(changed as u64);
        if changed == 0 {
            return Ok(Vec::new());
        }
        self.job.message("Reading front matter and sections");
        let mut files = entries(&self.scan.source);
        let (mut done, mut read) = (fetched.unchanged.clone(), Vec::new());
        while let Some(file) = files.recv().await {
            let Entry {
                path,
                hash,
                content,
            } = file?;
            if !fetched.now.contains(&path) || !done.insert(path.clone()) {
                continue;
            }
            let front = content
                .map_err(|why| why.finding(&path))
                .and_then(|bytes| FrontMatter::read(&path, &bytes));
            if let Err(finding) = &front {
                self.tell(finding);
            }
            read.push(Read { path, hash, front });
            phase.inc(1);
            self.step().await?;
        }
        Ok(read)
    }

    /// Checks the changed files by their own rules, and all files by the rules over all of them.
    async fn validate(
        &self,
        read: Vec<Read>,
        companion: Option<BTreeSet<String>>,
        known: &Known,
        fetched: &mut Fetched,
    ) -> Result<(Vec<Checked>, Vec<Finding>), ScanError> {
        let phase = self.job.phase("validate");
        phase.total(read.len() as u64);
        self.job.message("Checking the rules");
        let mut checked = Vec::new();
        for Read { path, hash, front } in read {
            let (facts, findings) = match front {
                Ok(front) => {
                    let (facts, findings) = validate(&path, &front);
                    findings.iter().for_each(|finding| self.tell(finding));
                    (facts, findings)
                }
                Err(finding) => (Facts::default(), vec![finding]),
            };
            fetched.summary.take(&findings);
            self.count(&fetched.summary);
            checked.push(Checked {
                path,
                hash,
                facts,
                findings,
            });
            phase.inc(1);
            self.step().await?;
        }
        let around = Surroundings {
            today: jiff::Timestamp::now().strftime("%F").to_string(),
            twice: fetched.twice.clone(),
            companion,
        };
        let collective = collection::check(&known.all(&fetched.unchanged, &checked), &around);
        let is_new = |finding: &&Finding| {
            !fetched.unchanged.contains(&finding.path) || !known.has_finding(finding)
        };
        collective
            .iter()
            .filter(is_new)
            .for_each(|finding| self.tell(finding));
        fetched.summary.take(&collective);
        self.count(&fetched.summary);
        Ok((checked, collective))
    }

    async fn persist(
        &self,
        client: &mut Client,
        outcome: &Outcome<'_>,
        summary: &mut Summary,
    ) -> Result<Worst, ScanError> {
        let phase = self.job.phase("persist");
        phase.total(outcome.rows());
        self.job.message("Writing documents and findings");
        let written = |rows| {
            phase.inc(rows);
            Ok(self.job.bail_if_cancelled()?) // an error drops the transaction, which rolls it back
        };
        let worst = outcome.write(client, summary, written).await?;
        self.count(summary);
        Ok(worst)
    }

    /// A finding as a notice.
    fn tell(&self, finding: &Finding) {
        let level = match finding.severity() {
            Severity::Critical => Level::Error,
            Severity::Major => Level::Warning,
            Severity::Minor => Level::Info,
        };
        let data = json!({
            "severity": finding.severity().name(),
            "file": plain(&finding.path, 120),
            "line": finding.line,
        });
        self.job
            .notice_with(level, finding.rule.id, finding.message(), data);
    }

    fn count(&self, summary: &Summary) {
        for (name, count) in summary.counts() {
            self.job.counter(name).set(count);
        }
    }
}
