//! Polling, plain and long: the same sentence said once, or held back until there is something to say.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{RawQuery, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Response, header};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::query::Query;
use super::sse;
use crate::auth;
use crate::http::Problem;
use crate::http::path::{ProjectPath, Watch};
use crate::hub::{Emission, Sink};
use crate::progress::{JobKey, Name};
use crate::tracker::Page;
use crate::transport::Shared;

/// The longest wait, in seconds.
const MAX_WAIT: u64 = 25;
/// How many frames an answer has, where nothing else is asked, and at most.
const LIMIT: (u64, u64) = (500, 1000);
/// When to come back while something is going on.
const SOON: u64 = 2000;
/// When to come back while nothing is.
const LATER: u64 = 5000;

/// Wakes a poll at the pace of the hub; what it reads then is what is stored.
#[derive(Debug, Default)]
struct Bell(Notify);

impl Sink for Bell {
    fn offer(&self, _: &Emission, _: u32) {
        self.0.notify_one();
    }

    fn gone(&self, _: &JobKey, _: u32) {}
}

/// `GET /v1/projects/{project}/progress`.
///
/// # Errors
/// 400 for a bad query, 404 for a job that does not exist, 406 for who takes no JSON, 503.
pub async fn progress(
    State(app): State<Shared>,
    ProjectPath { project, grant, .. }: ProjectPath<Watch>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response<Body>, Problem> {
    sse::accepts(&headers, "application/json")?;
    let query =
        Query::read(query.as_deref().unwrap_or(""), &["cursor", "limit", "wait"])?.within(&grant);
    let limit = query.number("limit")?.unwrap_or(LIMIT.0);
    let limit = u32::try_from(limit).unwrap_or(0);
    if limit == 0 || u64::from(limit) > LIMIT.1 {
        let detail = format!("'limit' is 1 to {}", LIMIT.1);
        return Err(Problem::new(400, "malformed", detail));
    }
    let wanted = query.number("wait")?.unwrap_or(0);
    let wait = wanted.min(MAX_WAIT);
    // Whoever waits does so no longer than the token holds.
    let left = grant.left(auth::now()).unwrap_or(Duration::MAX);
    let patience = Duration::from_secs(wait).min(left);
    let page = read(&app, (&project, &query), (limit, patience)).await?;
    let stale = app.tracker.hub().health().stale.is_some() || app.tracker.stale_since().is_some();
    let mut response = answer(&page, stale);
    if wanted > wait {
        // RFC 7240: says what was made of the wish.
        let applied = HeaderValue::from_static("wait=25");
        let name = HeaderName::from_static("preference-applied");
        response.headers_mut().insert(name, applied);
    }
    Ok(response)
}

/// What is newer than the cursor; with a wait, not before there is something, or the time is over.
async fn read(
    app: &Shared,
    (project, query): (&Name, &Query),
    (limit, wait): (u32, Duration),
) -> Result<Page, Problem> {
    let cursor = query.get("cursor");
    let (tracker, selector) = (&app.tracker, &query.selector);
    let until = Instant::now() + wait;
    let bell = Arc::new(Bell::default());
    let mut rings = None;
    loop {
        // Subscribed before it is read, so that nothing falls between the two.
        if !wait.is_zero() && rings.is_none() {
            let sink: Arc<dyn Sink> = Arc::clone(&bell) as Arc<dyn Sink>;
            let selector = Arc::new(selector.clone());
            let subscription = tracker.hub().subscribe(project, selector, sink, 0);
            rings = Some((subscription, app.viewers.waiting()));
        }
        let page = tracker.page(project, selector, cursor, limit).await?;
        let news = !page.items.is_empty() || page.reset || page.more;
        if news || wait.is_zero() || Instant::now() >= until {
            return Ok(page);
        }
        tokio::select! {
            () = bell.0.notified() => {}
            () = tokio::time::sleep_until(until) => {}
            () = app.shutdown.cancelled() => return Ok(page),
        }
    }
}

fn answer(page: &Page, stale: bool) -> Response<Body> {
    let active = page.items.iter().any(|f| !f.status.is_terminal());
    let after = match (page.more, active) {
        (true, _) => 0,
        (false, true) => SOON,
        (false, false) => LATER,
    };
    let mut response = Response::new(Body::from(body(page, stale, after)));
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    let no_store = HeaderValue::from_static("no-store");
    headers.insert(header::CACHE_CONTROL, no_store);
    let nosniff = HeaderValue::from_static("nosniff");
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, nosniff);
    headers.insert(header::RETRY_AFTER, after.div_ceil(1000).into());
    response
}

/// The answer, with the frames' bytes as they are everywhere else.
fn body(page: &Page, stale: bool, after: u64) -> Vec<u8> {
    let frames: Vec<_> = page.items.iter().map(|f| f.json()).collect();
    let size: usize = frames.iter().map(|f| f.len() + 1).sum();
    let mut body = Vec::with_capacity(size + 512);
    let cursor = page.cursor.encode();
    let more = if page.more { r#""more":true,"# } else { "" };
    let stale = if stale { r#""stale":true,"# } else { "" };
    let head = format!(
        r#"{{"cursor":"{cursor}","reset":{},"poll_after_ms":{after},{more}{stale}"items":["#,
        page.reset
    );
    body.extend_from_slice(head.as_bytes());
    for (n, frame) in frames.iter().enumerate() {
        if n > 0 {
            body.push(b',');
        }
        body.extend_from_slice(frame);
    }
    body.extend_from_slice(b"]}");
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::{Kind, Labels, Status};
    use crate::wire::{Cursor, Frame, Snapshot};

    fn page(statuses: &[Status], more: bool) -> Page {
        let frame = |(n, status): (usize, &Status)| {
            let key = JobKey {
                project: Name::parse("acme").unwrap(),
                id: Name::parse(&format!("j{n}")).unwrap(),
            };
            let labels = Labels {
                kind: Kind::parse("scan").unwrap(),
                subject: None,
                owner: None,
                parent: None,
            };
            let json = format!(r#"{{"type":"scan:progress","n":{n}}}"#);
            Arc::new(Frame::new(key, 1, *status, labels, &json))
        };
        Page {
            items: statuses.iter().enumerate().map(frame).collect(),
            cursor: Cursor::of(1, Snapshot::parse("9:9:").unwrap()),
            reset: false,
            more,
        }
    }

    #[test]
    fn frames_are_spliced_in_as_they_are() {
        let page = page(&[Status::Running, Status::Failed], false);
        let body = String::from_utf8(body(&page, false, 2000)).unwrap();
        assert!(body.ends_with(
            r#""items":[{"type":"scan:progress","n":0},{"type":"scan:progress","n":1}]}"#
        ));
        let parsed: serde_json::Value = serde_json::from_str(&body).unwrap();
        assert_eq!(parsed["poll_after_ms"], 2000);
        assert_eq!(parsed["reset"], false);
        assert!(parsed.get("more").is_none() && parsed.get("stale").is_none());
    }

    #[test]
    fn when_to_come_back_is_mirrored() {
        let later = |page: &Page| {
            let response = answer(page, true);
            response.headers()[header::RETRY_AFTER]
                .to_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(later(&page(&[Status::Running], false)), "2");
        assert_eq!(later(&page(&[Status::Failed], false)), "5");
        assert_eq!(later(&page(&[Status::Running], true)), "0");
    }
}
