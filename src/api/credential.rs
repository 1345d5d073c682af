//! Where a credential stands in a request. Nothing is verified here, and nothing of it may be logged.

use axum::http::{HeaderMap, HeaderValue, header};

use crate::auth::Denied;
use crate::http::problem::Problem;
use crate::http::query::Query;

/// The sub-protocol that carries a token: this, and the token.
const PROTOCOL: &str = "bearer.";

/// The cookie that carries one.
const COOKIE: &str = "milepost_token";

/// Which kind of request it is, as far as credentials are concerned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Any other.
    Plain,
    /// For a stream of events.
    Events,
    /// For a WebSocket.
    Socket,
}

/// A credential, or where it is to come from.
#[derive(Clone, PartialEq, Eq)]
pub enum Credential {
    /// A token.
    Token(String),
    /// A ticket, and the cursor that came with it.
    Ticket(String, Option<String>),
    /// It is said later, over the socket.
    Later,
}

impl std::fmt::Debug for Credential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Token(_) => "Token(..)",
            Self::Ticket(..) => "Ticket(..)",
            Self::Later => "Later",
        })
    }
}

/// The credential of a request. The more a client meant it the more it counts: the `Authorization` header, then the
/// sub-protocol, then the ticket in the URL, and last the cookie, which a browser sends unasked.
///
/// # Errors
/// 401 where there is none, or none that can be read; 400 for what is given twice; 403 for a cookie that some other
/// page may have sent.
pub fn find(kind: Kind, headers: &HeaderMap, query: Option<&str>) -> Result<Credential, Problem> {
    if let Some(token) = bearer(headers)? {
        return Ok(Credential::Token(token));
    }
    if kind == Kind::Socket
        && let Some(token) = protocol(headers)
    {
        return Ok(Credential::Token(token));
    }
    if kind != Kind::Plain
        && let Some(ticket) = one(query, "ticket")?
    {
        let last = headers.get("last-event-id").filter(|id| !id.is_empty());
        let last = last.map(|id| String::from_utf8_lossy(id.as_bytes()).into_owned());
        let cursor = match last.filter(|_| kind == Kind::Events) {
            Some(last) => Some(last),
            None => one(query, "cursor")?,
        };
        return Ok(Credential::Ticket(ticket, cursor));
    }
    if let Some(token) = cookie(headers)? {
        return Ok(Credential::Token(token));
    }
    match kind {
        Kind::Socket => Ok(Credential::Later),
        _ => Err(Denied::Missing.into()),
    }
}

/// The token of `Authorization: Bearer`.
fn bearer(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let Some(value) = values.next() else {
        return Ok(None);
    };
    if values.next().is_some() {
        return Err(Problem::malformed("Authorization must be given once"));
    }
    let text = value.to_str().map_err(|_| Denied::Bad)?;
    let (scheme, token) = text.split_once(' ').ok_or(Denied::Bad)?;
    if scheme.eq_ignore_ascii_case("bearer") && is_token(token) {
        Ok(Some(token.to_owned()))
    } else {
        Err(Denied::Bad.into())
    }
}

/// Whether a text is made as RFC 6750 wants it of a token.
fn is_token(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || b"-._~+/=".contains(&b);
    !text.is_empty() && text.bytes().all(fits)
}

fn protocol(headers: &HeaderMap) -> Option<String> {
    let lines = headers.get_all(header::SEC_WEBSOCKET_PROTOCOL).iter();
    let mut offered = lines
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(','));
    let token = offered.find_map(|p| p.trim().strip_prefix(PROTOCOL));
    token.map(str::to_owned)
}

/// A parameter that is given at most once.
fn one(query: Option<&str>, name: &str) -> Result<Option<String>, Problem> {
    Query::parse(query)?.take(name)
}

fn cookie(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let lines = headers.get_all(header::COOKIE).iter();
    let pairs = lines
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'));
    let named = pairs.filter_map(|p| p.trim().split_once('='));
    let mut tokens = named.filter(|(name, _)| *name == COOKIE).map(|(_, t)| t);
    let Some(token) = tokens.next() else {
        return Ok(None);
    };
    if tokens.next().is_some() || !is_token(token) {
        return Err(Denied::Bad.into());
    }
    // Whatever origin is there was found to be allowed before.
    let asked = headers.contains_key(header::ORIGIN);
    let same = |v: &HeaderValue| v.as_bytes() == b"same-origin";
    if asked || headers.get("sec-fetch-site").is_some_and(same) {
        return Ok(Some(token.to_owned()));
    }
    let detail = "the cookie counts only in what a page of an allowed origin asks: send Authorization instead";
    Err(Problem::new(403, "forbidden_origin", detail))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(kind: Kind, headers: &[(&'static str, &str)], query: &str) -> Result<String, u16> {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(*name, HeaderValue::from_str(value).unwrap());
        }
        match find(kind, &map, Some(query)) {
            Ok(Credential::Token(token)) => Ok(token),
            Ok(Credential::Ticket(ticket, cursor)) => {
                Ok(format!("{ticket} {}", cursor.unwrap_or_default()))
            }
            Ok(Credential::Later) => Ok("later".into()),
            Err(problem) => Err(problem.status()),
        }
    }

    #[test]
    fn each_place_in_its_order() {
        let all = [
            ("authorization", "bearer h"),
            ("sec-websocket-protocol", "milepost.v1, bearer.p"),
            ("cookie", "a=b; milepost_token=c"),
            ("sec-fetch-site", "same-origin"),
        ];
        let socket = |from: usize, query| found(Kind::Socket, &all[from..], query);
        assert_eq!(socket(0, "ticket=t").unwrap(), "h");
        assert_eq!(socket(1, "ticket=t").unwrap(), "p");
        assert_eq!(socket(2, "ticket=t&cursor=x").unwrap(), "t x");
        assert_eq!(socket(2, "").unwrap(), "c");
        assert_eq!(found(Kind::Socket, &[], "").unwrap(), "later");
        assert_eq!(found(Kind::Plain, &all[1..], "ticket=t").unwrap(), "c");
        assert_eq!(found(Kind::Events, &all[1..3], "ticket=t").unwrap(), "t ");
        let last = [("last-event-id", "l")];
        assert_eq!(
            found(Kind::Events, &last, "ticket=t&cursor=x").unwrap(),
            "t l"
        );
        assert_eq!(
            found(Kind::Socket, &last, "ticket=t&cursor=x").unwrap(),
            "t x"
        );
    }

    #[test]
    fn what_is_none_is_refused() {
        for (headers, status) in [
            (&[][..], 401),
            (&[("authorization", "Basic dTpw")], 401),
            (&[("authorization", "Bearer")], 401),
            (&[("authorization", "Bearer ")], 401),
            (&[("authorization", "Bearer  two")], 401),
            (&[("authorization", "Bearer\ttab")], 401),
            (&[("authorization", "Bearer a b")], 401),
            (
                &[("authorization", "Bearer a"), ("authorization", "Bearer a")],
                400,
            ),
            (&[("cookie", "milepost_token=c")], 403),
            (
                &[
                    ("cookie", "milepost_token=c"),
                    ("sec-fetch-site", "cross-site"),
                ],
                403,
            ),
            (&[("cookie", "milepost_token=c; milepost_token=d")], 401),
            (&[("cookie", "xmilepost_token=c")], 401),
        ] {
            assert_eq!(found(Kind::Plain, headers, ""), Err(status), "{headers:?}");
        }
        assert_eq!(found(Kind::Events, &[], "ticket=a&ticket=b"), Err(400));
        let shown = format!("{:?}", Credential::Ticket("secret".into(), None));
        assert!(!shown.contains("secret"));
    }
}
