//! `application/problem+json` (RFC 9457): the one shape of every refusal, and the one place where an error of the
//! tracker becomes a status code. No text of an inner error gets in here.

use std::borrow::Cow;

use axum::Json;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::auth::Denied;
use crate::limit::TooMany;
use crate::progress::{Refusal, Status};
use crate::random;
use crate::tracker::Error;
use crate::wire::{Fault, Frame, Invalid};

/// The code and the detail of a refusal, in the extensions of its response: for the log.
#[derive(Debug, Clone)]
pub struct Refused(pub &'static str, pub String);

/// A refusal, as it is answered: alone, or in place of one item of a list.
#[derive(Debug, Clone)]
pub struct Problem(Box<Parts>); // boxed: it is the error of nearly every function here

#[derive(Debug, Clone)]
struct Parts {
    status: StatusCode,
    code: &'static str,
    detail: String,
    errors: Vec<Fault>,
    headers: Vec<(HeaderName, HeaderValue)>,
    retry_after: Option<u64>,
    job: Option<Standing>,
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, writer: S) -> Result<S::Ok, S::Error> {
        Body {
            r#type: "about:blank",
            title: self.0.status.canonical_reason().unwrap_or("Error"),
            status: self.0.status.as_u16(),
            detail: &self.0.detail,
            code: self.0.code,
            errors: &self.0.errors,
            retry_after_seconds: self.0.retry_after,
            job: self.0.job.as_ref(),
        }
        .serialize(writer)
    }
}

/// The members in their order. What is of the job has a name of its own, since `status` is taken.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    title: &'static str,
    status: u16,
    detail: &'a str,
    code: &'static str,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Fault],
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    job: Option<&'a Standing>,
}

/// What a 409 says of the job, so that a worker need not ask again.
#[derive(Debug, Clone, Serialize)]
struct Standing {
    status: &'static str,
    /// Left out where the frame at hand is older than the refusal: a version names one state only.
    #[serde(skip_serializing_if = "Option::is_none")]
    version: Option<u64>,
    attempt: u64,
}

impl Problem {
    /// A problem with an HTTP `status` (500 where it is none), a stable `code` in snake case, and a sentence for
    /// people that names the remedy.
    #[must_use]
    pub fn new(status: u16, code: &'static str, detail: impl Into<String>) -> Self {
        Self(Box::new(Parts {
            status: StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR),
            code,
            detail: detail.into(),
            errors: Vec::new(),
            headers: Vec::new(),
            retry_after: None,
            job: None,
        }))
    }

    /// 400: something of the request line or the headers is malformed.
    #[must_use]
    pub fn malformed(detail: impl Into<String>) -> Self {
        Self::new(400, "malformed", detail)
    }

    /// Also says which part of the body is wrong.
    #[must_use]
    pub fn pointer(
        mut self,
        pointer: impl Into<String>,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        self.0.errors.push(Fault {
            pointer: pointer.into(),
            detail: detail.into(),
        });
        self
    }

    /// Also carries a header.
    #[must_use]
    pub fn header(mut self, name: HeaderName, value: HeaderValue) -> Self {
        self.0.headers.push((name, value));
        self
    }

    /// Also says when to come back: `least` seconds, or up to three more, so that not all come at once.
    #[must_use]
    pub fn retry_after(mut self, least: u64) -> Self {
        let seconds = least + random::below(4);
        self.0.retry_after = Some(seconds);
        self.header(header::RETRY_AFTER, seconds.into())
    }

    /// The HTTP status.
    #[must_use]
    pub fn status(&self) -> u16 {
        self.0.status.as_u16()
    }

    /// The stable word.
    #[must_use]
    pub fn code(&self) -> &'static str {
        self.0.code
    }

    /// The body as a value: what is written is the same, in the order of RFC 9457.
    #[must_use]
    pub fn to_json(&self) -> Value {
        serde_json::to_value(self).unwrap_or_default()
    }

    fn with_job(mut self, frame: &Frame, status: Status, attempt: Option<u64>) -> Self {
        self.0.job = Some(Standing {
            status: status.as_str(),
            version: (status == frame.status).then_some(frame.version),
            attempt: attempt.unwrap_or_else(|| attempt_in(frame)),
        });
        self
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = (self.0.status, Json(&self)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        headers.extend(self.0.headers);
        response
            .extensions_mut()
            .insert(Refused(self.0.code, self.0.detail));
        response
    }
}

impl From<Invalid> for Problem {
    fn from(invalid: Invalid) -> Self {
        match invalid {
            Invalid::Malformed(detail) => {
                Self::new(400, "malformed_body", detail.clone()).pointer("", detail)
            }
            Invalid::TooMany => Self::new(413, "too_many_items", invalid.to_string()),
            Invalid::Unprocessable(errors) => {
                let first = errors.first().map_or_else(String::new, |f| {
                    let whole = if f.pointer.is_empty() { "the body" } else { "" };
                    format!(": {whole}{} {}", f.pointer, f.detail)
                });
                let detail = format!("the body is not valid{first}");
                let mut problem = Self::new(422, "invalid", detail);
                problem.0.errors = errors;
                problem
            }
        }
    }
}

/// What whoever is refused for a credential is told: nothing of our keys, and nothing of what it might have found.
impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        const BARE: &str = "Bearer realm=\"milepost\"";
        const INVALID: &str = "Bearer realm=\"milepost\", error=\"invalid_token\"";
        let (code, challenge, mend) = match denied {
            Denied::Missing => (
                "unauthorized",
                BARE,
                "send Authorization: Bearer and a token",
            ),
            Denied::Bad => ("invalid_token", INVALID, "ask for another one"),
            Denied::Expired => ("token_expired", INVALID, "ask for a new one"),
            Denied::Unavailable => {
                let detail = format!("{denied}: try again");
                return Self::new(503, "unavailable", detail).retry_after(1);
            }
        };
        let challenge = HeaderValue::from_static(challenge);
        Self::new(401, code, format!("{denied}: {mend}"))
            .header(header::WWW_AUTHENTICATE, challenge)
    }
}

impl From<TooMany> for Problem {
    fn from(refused: TooMany) -> Self {
        Self::new(429, "limited", refused.to_string()).retry_after(1)
    }
}

/// The one mapper: no handler picks a status for an error of the tracker.
impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        let detail = error.to_string();
        match error {
            Error::NotFound => Self::new(404, "not_found", detail),
            Error::Refused { refusal, frame } => refused(&refusal, &frame),
            Error::Exists => Self::new(409, "exists", detail),
            Error::NotFinished => Self::new(409, "not_finished", detail),
            Error::NotRetryable => Self::new(409, "not_retryable", detail),
            Error::BadPage => Self::new(400, "malformed", detail),
            Error::NoParent => {
                Self::new(422, "no_parent", detail.clone()).pointer("/parent", detail)
            }
            Error::Overloaded => Self::new(503, "overloaded", detail).retry_after(1),
            Error::Unavailable => Self::new(503, "unavailable", detail).retry_after(1),
        }
    }
}

fn refused(refusal: &Refusal, frame: &Frame) -> Problem {
    let detail = refusal.to_string();
    let conflict = |code, attempt| {
        let status = match refusal {
            Refusal::Finished { status } => *status,
            _ => frame.status,
        };
        Problem::new(409, code, detail.clone()).with_job(frame, status, attempt)
    };
    match refusal {
        Refusal::NotStarted => conflict("not_started", None),
        Refusal::AlreadyRunning { attempt } => conflict("already_running", Some(*attempt)),
        Refusal::Cancelling => conflict("cancelling", None),
        Refusal::Fenced { attempt, .. } => conflict("fenced", Some(*attempt)),
        Refusal::Finished { .. } => conflict("finished", None),
        Refusal::TooManyNotices => Problem::new(429, "too_many_notices", detail).retry_after(1),
        Refusal::TooLarge { what, pointer } => {
            Problem::new(422, "invalid", detail.clone()).pointer(*pointer, *what)
        }
    }
}

/// The attempt a frame tells: refusals are rare, so it is read from the text rather than carried by every frame.
fn attempt_in(frame: &Frame) -> u64 {
    #[derive(Deserialize)]
    struct Envelope {
        data: State,
    }
    #[derive(Deserialize)]
    struct State {
        attempt: u64,
    }
    serde_json::from_slice::<Envelope>(&frame.json()).map_or(0, |e| e.data.attempt)
}
