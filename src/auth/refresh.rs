//! Keeps the keys of others fresh: looks at their source from time to time and whenever a token asks for it, puts a
//! changed set in place, and keeps the old one where a look fails.

use std::time::Duration;

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::fetch::{self, Fetched};
use super::jwks::Jwks;
use super::source::JwksSource;
use super::verifier::Inner;
use crate::random;

/// How often a file is looked at: it costs nothing.
const FILE_PERIOD: Duration = Duration::from_secs(2);

/// How often an address is, where it does not say how long its answer is good for,
const URL_PERIOD: Duration = Duration::from_secs(300);

/// and within which bounds it may say so.
const URL_BOUNDS: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(3600));

/// After failures: at first, and at most.
const RETRY: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(30));

/// Looks until it is stopped.
pub(super) async fn run(inner: &Inner, source: &JwksSource, stop: &CancellationToken) {
    let attendance = inner.rounds.attend();
    let mut lookout = Lookout::default();
    let mut due = Instant::now(); // a file was read a moment ago, but may have changed since
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = attendance.asked() => {}
            () = sleep_until(due) => {}
        }
        attendance.begin();
        let pause = tokio::select! {
            () = stop.cancelled() => return,
            pause = lookout.look(inner, source) => pause,
        };
        attendance.end();
        due = Instant::now() + pause;
    }
}

#[derive(Debug, Default)]
struct Lookout {
    /// What was wrong the last time: said once, not every two seconds.
    complaint: Option<String>,
    /// How many looks in a row failed.
    failures: u32,
}

impl Lookout {
    /// Looks once, and says how long to wait for the next time.
    async fn look(&mut self, inner: &Inner, source: &JwksSource) -> Duration {
        let read = read(source.clone()).await;
        let parsed = read.and_then(|fetched| match Jwks::parse(&fetched.text) {
            Ok(keys) => Ok((keys, fetched.max_age)),
            Err(e) => Err(e.to_string()),
        });
        match parsed {
            Ok((jwks, max_age)) => {
                self.succeed(inner, source, jwks);
                pause(source, max_age)
            }
            Err(why) => self.fail(inner, source, why),
        }
    }

    fn succeed(&mut self, inner: &Inner, source: &JwksSource, jwks: Jwks) {
        if self.complaint.take().is_some() {
            tracing::info!(jwks = %source, "the keys of others can be read again");
        }
        self.failures = 0;
        let (usable, passed_over) = (jwks.keys.len(), jwks.passed_over);
        if !inner.trust_others(jwks.keys) {
            return;
        }
        if usable == 0 {
            tracing::warn!(jwks = %source, passed_over, "no key of others is trusted now: none there can be used");
        } else {
            tracing::info!(jwks = %source, usable, passed_over, "the keys of others have changed");
        }
    }

    fn fail(&mut self, inner: &Inner, source: &JwksSource, why: String) -> Duration {
        let kept = inner.trust().complete;
        if self.complaint.as_ref() != Some(&why) {
            tracing::warn!(jwks = %source, %why, kept, "the keys of others cannot be read: see that it is there and is a JWKS");
            self.complaint = Some(why);
        }
        self.failures = self.failures.saturating_add(1);
        match source {
            JwksSource::File(_) => FILE_PERIOD,
            JwksSource::Url(_) => backoff(self.failures),
        }
    }
}

/// Twice as long each time, the latter half of it by chance.
fn backoff(failures: u32) -> Duration {
    let (first, last) = RETRY;
    let doubled = first * 2_u32.saturating_pow(failures.min(16).saturating_sub(1));
    let half = doubled.min(last) / 2;
    half + random_part(half)
}

fn pause(source: &JwksSource, max_age: Option<Duration>) -> Duration {
    match source {
        JwksSource::File(_) => FILE_PERIOD,
        JwksSource::Url(_) => {
            let (least, most) = URL_BOUNDS;
            max_age.map_or(URL_PERIOD, |age| age.clamp(least, most))
        }
    }
}

fn random_part(whole: Duration) -> Duration {
    let millis = u64::try_from(whole.as_millis()).unwrap_or(u64::MAX);
    Duration::from_millis(random::below(millis))
}

async fn read(source: JwksSource) -> Result<Fetched, String> {
    let reading = tokio::task::spawn_blocking(move || match &source {
        JwksSource::File(path) => fetch::file(path),
        JwksSource::Url(url) => fetch::url(url),
    });
    match reading.await {
        Ok(read) => read.map_err(|e| e.to_string()),
        Err(_) => Err("the reading broke off".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_stay_within_their_bounds() {
        let url = JwksSource::parse("https://id.example/keys").unwrap();
        let seconds = |age: Option<u64>| pause(&url, age.map(Duration::from_secs)).as_secs();
        assert_eq!(seconds(None), 300);
        assert_eq!(seconds(Some(0)), 30);
        assert_eq!(seconds(Some(60)), 60);
        assert_eq!(seconds(Some(u64::MAX)), 3600);
        for failures in [1, 2, 5, 100, u32::MAX] {
            let pause = backoff(failures);
            assert!(pause >= RETRY.0 / 2 && pause <= RETRY.1, "{pause:?}");
        }
    }
}
