//! The query string, taken strictly: an unknown parameter, one given twice, or bytes that are no text are a 400, so
//! that a typing error never widens what is selected.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;

use crate::http::problem::Problem;
use crate::progress::{Kind, Name, Selector, Status, StatusSet, Timestamp};
use crate::wire::write;

/// How many jobs a selector may name.
pub const MAX_JOBS: usize = 200;

/// The parameters of a request that nobody has taken yet.
#[derive(Debug, Default)]
pub struct Query(Vec<(String, String)>);

impl Query {
    /// The parameters of a raw query.
    ///
    /// # Errors
    /// 400 where an escape is broken or the bytes are not UTF-8 without U+0000.
    pub fn parse(raw: Option<&str>) -> Result<Self, Problem> {
        let broken = || Problem::malformed("the query has a broken %-escape or is not UTF-8");
        let pair = |part: &str| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            Some((decode(name)?, decode(value)?))
        };
        let parts = raw.unwrap_or("").split('&').filter(|p| !p.is_empty());
        let pairs: Option<Vec<_>> = parts.map(pair).collect();
        pairs.map(Self).ok_or_else(broken)
    }

    /// The only value of a parameter.
    ///
    /// # Errors
    /// 400 where it is given twice.
    pub fn take(&mut self, name: &str) -> Result<Option<String>, Problem> {
        let mut values = self.take_all(name);
        if values.len() > 1 {
            return Err(Problem::malformed(format!(
                "the parameter `{name}` may be given once"
            )));
        }
        Ok(values.pop())
    }

    /// All values of a repeatable parameter, in order.
    pub fn take_all(&mut self, name: &str) -> Vec<String> {
        let (taken, left) = std::mem::take(&mut self.0)
            .into_iter()
            .partition(|(n, _)| n == name);
        self.0 = left;
        let taken: Vec<(String, String)> = taken;
        taken.into_iter().map(|(_, value)| value).collect()
    }

    /// A value that `read` understands.
    ///
    /// # Errors
    /// 400 where it is given twice, or is not `what`.
    pub fn parsed<T>(
        &mut self,
        name: &str,
        what: &str,
        read: impl FnOnce(&str) -> Option<T>,
    ) -> Result<Option<T>, Problem> {
        let Some(value) = self.take(name)? else {
            return Ok(None);
        };
        let wrong = || Problem::malformed(format!("the parameter `{name}` must be {what}"));
        read(&value).map(Some).ok_or_else(wrong)
    }

    /// A whole number of at least `least`.
    ///
    /// # Errors
    /// 400 where it is given twice or is not that.
    pub fn number(&mut self, name: &str, least: u64, most: u64) -> Result<Option<u64>, Problem> {
        let what = format!("an integer from {least} to {most}");
        self.parsed(name, &what, |text| {
            integer(text).filter(|n| (least..=most).contains(n))
        })
    }

    /// Seconds to wait: above `most` they are `most`.
    ///
    /// # Errors
    /// 400 where it is given twice or is no whole number.
    pub fn wait(&mut self, most: u64) -> Result<Option<Wait>, Problem> {
        let asked = self.parsed("wait", "a whole number of seconds", integer)?;
        Ok(asked.map(|asked| Wait {
            seconds: asked.min(most),
            clamped: asked > most,
        }))
    }

    /// A moment.
    ///
    /// # Errors
    /// 400 where it is given twice or is none.
    pub fn moment(&mut self, name: &str) -> Result<Option<Timestamp>, Problem> {
        self.parsed(name, "a time as of RFC 3339", write::parse_time)
    }

    /// `true` or `false`; false where it is not given.
    ///
    /// # Errors
    /// 400 where it is given twice or is neither.
    pub fn flag(&mut self, name: &str) -> Result<bool, Problem> {
        let read = |text: &str| match text {
            "true" => Some(true),
            "false" => Some(false),
            _ => None,
        };
        Ok(self.parsed(name, "true or false", read)?.unwrap_or(false))
    }

    /// The selector's parameters: `job`, `kind`, `subject`, `owner`, `parent`, `status`.
    ///
    /// # Errors
    /// 400 where one of them is not what it should be.
    pub fn selector(&mut self) -> Result<Selector, Problem> {
        const NAME: &str = "a name: [A-Za-z0-9][A-Za-z0-9._-]{0,63}";
        let name = |text: &str| Name::parse(text).ok();
        let jobs = self.take_all("job");
        if jobs.len() > MAX_JOBS {
            return Err(Problem::malformed(format!(
                "at most {MAX_JOBS} jobs may be named: select by another label"
            )));
        }
        let jobs: Option<Vec<Name>> = jobs.iter().map(|id| name(id)).collect();
        let selector = Selector {
            jobs: jobs.ok_or_else(|| Problem::malformed(format!("`job` must be {NAME}")))?,
            kind: self.parsed("kind", "a kind, like `feed:sync`", |t| Kind::parse(t).ok())?,
            subject: self.parsed("subject", NAME, name)?,
            owner: self.parsed("owner", NAME, name)?,
            parent: self.parsed("parent", NAME, name)?,
            status: statuses(&self.take_all("status"))?,
            within: None,
        };
        Ok(selector.normal())
    }

    /// What nobody has taken, in order.
    #[must_use]
    pub fn pairs(self) -> Vec<(String, String)> {
        self.0
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// 400 where a parameter was not taken.
    pub fn done(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(unknown_parameter())
    }
}

/// 400. Which one is not said back: it may be a secret under a wrong name.
#[must_use]
pub fn unknown_parameter() -> Problem {
    let detail = "the query has a parameter that is not known here: see that each is spelt rightly";
    Problem::new(400, "unknown_parameter", detail)
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Self::parse(parts.uri.query())
    }
}

/// How long an answer may be held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait {
    /// So long.
    pub seconds: u64,
    /// Whether more was asked.
    pub clamped: bool,
}

fn statuses(words: &[String]) -> Result<StatusSet, Problem> {
    let set = |set: StatusSet, word: &String| match word.as_str() {
        "active" => Some(set.and(StatusSet::active())),
        word => Status::parse(word).map(|status| set.with(status)),
    };
    words.iter().try_fold(StatusSet::default(), set).ok_or_else(|| {
        Problem::malformed(
            "`status` must be active, queued, running, cancelling, completed, failed or cancelled",
        )
    })
}

fn integer(text: &str) -> Option<u64> {
    let digits = text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| text.parse().ok()).flatten()
}

/// The text behind %-escapes and `+`; `None` where an escape is broken, or it is no text without U+0000.
fn decode(text: &str) -> Option<String> {
    let mut bytes = text.bytes();
    let mut plain = Vec::with_capacity(text.len());
    let digit = |b: u8| {
        char::from(b)
            .to_digit(16)
            .and_then(|d| u8::try_from(d).ok())
    };
    while let Some(byte) = bytes.next() {
        plain.push(match byte {
            b'%' => digit(bytes.next()?)? * 16 + digit(bytes.next()?)?,
            b'+' => b' ',
            byte => byte,
        });
    }
    let plain = String::from_utf8(plain).ok()?;
    (!plain.contains('\0')).then_some(plain)
}
