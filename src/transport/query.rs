//! The selection in a query string, read by hand: what is unknown, repeated or badly encoded is refused.

use crate::auth::Grant;
use crate::http::query::MAX_JOBS;
use crate::http::{self, Problem};
use crate::progress::{Kind, Name, Selector, Status, StatusSet};

/// A query that selects jobs, and the parameters beside the selection.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Query {
    /// What is selected; normal.
    pub selector: Selector,
    /// Whether any condition was given.
    pub selects: bool,
    others: Vec<(&'static str, String)>,
}

impl Query {
    /// Reads `text`, the query of a URL without its `?`. `others` are the names of the parameters that the endpoint
    /// knows beside the selection; none of them may be repeated.
    ///
    /// # Errors
    /// 400 `malformed`, naming the parameter.
    pub fn read(text: &str, others: &[&'static str]) -> Result<Self, Problem> {
        let mut query = Self::default();
        for (name, value) in http::query::Query::parse(Some(text))?.pairs() {
            query.take(&name, value, others)?;
        }
        query.selector = query.selector.normal();
        Ok(query)
    }

    /// The same, of what a credential leaves of it.
    #[must_use]
    pub fn within(mut self, grant: &Grant) -> Self {
        self.selector = self.selector.within(grant.narrowing.as_ref());
        self
    }

    /// The value of a parameter beside the selection.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.others.iter().find(|(n, _)| *n == name)?;
        Some(&found.1)
    }

    /// The value of a parameter that is `true` or `false`, the latter without it.
    ///
    /// # Errors
    /// 400 for another value.
    pub fn flag(&self, name: &'static str) -> Result<bool, Problem> {
        match self.get(name) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(bad(format!("'{name}' is true or false"))),
        }
    }

    /// The value of a parameter that is a number.
    ///
    /// # Errors
    /// 400 for anything but digits that fit.
    pub fn number(&self, name: &'static str) -> Result<Option<u64>, Problem> {
        let Some(text) = self.get(name) else {
            return Ok(None);
        };
        let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let number = text.parse().ok().filter(|_| digits);
        number
            .map(Some)
            .ok_or_else(|| bad(format!("'{name}' is a whole number, not negative")))
    }

    fn take(&mut self, name: &str, value: String, others: &[&'static str]) -> Result<(), Problem> {
        if condition(&mut self.selector, name, &value).map_err(bad)? {
            self.selects = true;
            return Ok(());
        }
        let Some(known) = others.iter().find(|known| **known == name) else {
            return Err(http::query::unknown_parameter());
        };
        if self.get(known).is_some() {
            return Err(bad(repeated(known)));
        }
        self.others.push((known, value));
        Ok(())
    }
}

/// Adds a condition to a selection; `false` = no such condition.
///
/// # Errors
/// What is wrong: a bad value, too many ids, a repetition.
pub fn condition(selector: &mut Selector, name: &str, value: &str) -> Result<bool, String> {
    let slot = match name {
        "job" => {
            if selector.jobs.len() >= MAX_JOBS {
                return Err(format!("at most {MAX_JOBS} jobs can be named"));
            }
            selector.jobs.push(label("job", value)?);
            return Ok(true);
        }
        "status" => {
            selector.status = selector.status.and(status(value)?);
            return Ok(true);
        }
        "kind" => {
            let kind = Kind::parse(value).map_err(|e| format!("'kind': {e}"))?;
            return match selector.kind.replace(kind) {
                None => Ok(true),
                Some(_) => Err(repeated("kind")),
            };
        }
        "subject" => &mut selector.subject,
        "owner" => &mut selector.owner,
        "parent" => &mut selector.parent,
        _ => return Ok(false),
    };
    match slot.replace(label(name, value)?) {
        None => Ok(true),
        Some(_) => Err(repeated(name)),
    }
}

fn label(name: &str, value: &str) -> Result<Name, String> {
    Name::parse(value).map_err(|e| format!("'{name}': {e}"))
}

fn status(word: &str) -> Result<StatusSet, String> {
    if word == "active" {
        return Ok(StatusSet::active());
    }
    let status = Status::parse(word)
        .ok_or("'status' is queued, running, cancelling, completed, failed, cancelled or active")?;
    Ok(StatusSet::default().with(status))
}

fn repeated(name: &str) -> String {
    format!("'{name}' can be given once")
}

fn bad(detail: impl Into<String>) -> Problem {
    Problem::new(400, "malformed", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let problem = Query::read(text, &["cursor", "wait"]).unwrap_err();
        format!("{problem:?}")
    }

    #[test]
    fn a_selection_is_read_and_normal() {
        let q = Query::read(
            "job=b&job=a&job=b&kind=feed%3Async&status=failed&status=active&cursor=x%2Dy",
            &["cursor"],
        )
        .unwrap();
        let ids: Vec<&str> = q.selector.jobs.iter().map(Name::as_str).collect();
        assert_eq!(ids, ["a", "b"]);
        assert_eq!(q.selector.kind.as_ref().unwrap().as_str(), "feed:sync");
        assert_eq!(
            q.selector.status.words(),
            ["queued", "running", "cancelling", "failed"]
        );
        assert_eq!(q.get("cursor"), Some("x-y"));
        assert!(q.selects);
        assert!(!Query::read("", &[]).unwrap().selects);
    }

    #[test]
    fn what_is_wrong_is_refused_by_name() {
        for (text, says) in [
            ("job=%zz", "broken"),
            ("job=%2", "broken"),
            ("job=%ff", "broken"),
            ("job=a%00b", "broken"),
            ("job=..%2f..%2fetc", "'job'"),
            ("job=", "'job'"),
            ("subject=a&subject=b", "'subject' can be given once"),
            ("kind=a&kind=b", "'kind' can be given once"),
            ("wait=1&wait=2", "'wait' can be given once"),
            ("kind=Feed", "'kind'"),
            ("status=done", "'status'"),
            ("status=RUNNING", "'status'"),
            ("colour=red", "a parameter that is not known here"),
            ("a%0d%0aX:y=1", "a parameter that is not known here"),
        ] {
            assert!(refused(text).contains(says), "{text}: {}", refused(text));
        }
    }

    #[test]
    fn two_hundred_jobs_and_no_more() {
        let many = |n: usize| {
            (0..n)
                .map(|i| format!("job=j{i}"))
                .collect::<Vec<_>>()
                .join("&")
        };
        assert!(Query::read(&many(200), &[]).is_ok());
        assert!(refused(&many(201)).contains("200"));
    }

    #[test]
    fn numbers_and_flags_are_strict() {
        let q = |text| Query::read(text, &["wait", "follow"]).unwrap();
        assert_eq!(q("wait=07").number("wait").unwrap(), Some(7));
        assert_eq!(q("").number("wait").unwrap(), None);
        for bad in [
            "wait=-1",
            "wait=",
            "wait=1.5",
            "wait=%2B1",
            "wait=99999999999999999999",
        ] {
            assert!(q(bad).number("wait").is_err(), "{bad}");
        }
        assert!(q("follow=true").flag("follow").unwrap());
        assert!(q("follow=1").flag("follow").is_err());
    }
}
