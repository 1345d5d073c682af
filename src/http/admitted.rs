//! What the gate found out about a request before any handler saw it: whose project, and what may be done there. A
//! handler learns the project from here alone, so none can be reached that the credential is not for.

use std::net::IpAddr;
use std::sync::Arc;

use axum::http::{Extensions, HeaderValue, header};

use super::Problem;
use crate::auth::{Grant, Scope, Seal};
use crate::limit::Caller;
use crate::progress::Name;

/// A request that was let in. In its extensions.
#[derive(Debug, Clone)]
pub struct Admitted {
    /// The project of its path, which the grant covers.
    pub project: Name,
    /// What it may do there; `None` = a WebSocket that has yet to say who it is.
    pub grant: Option<Arc<Grant>>,
    /// What the cursors are sealed with, where a ticket opened a stream.
    pub seal: Option<Seal>,
    /// Where it comes from.
    pub address: IpAddr,
}

impl Admitted {
    /// What was found out about the request with these extensions.
    ///
    /// # Errors
    /// 401 where it did not come through the gate.
    pub fn of(extensions: &Extensions) -> Result<&Self, Problem> {
        extensions.get().ok_or_else(|| {
            let detail = "a credential is needed: send Authorization: Bearer and a token";
            Problem::new(401, "unauthorized", detail)
        })
    }

    /// Who is counted for it.
    #[must_use]
    pub fn caller(&self) -> Caller {
        Caller::of(self.grant.as_deref(), self.address)
    }

    /// Its grant, if that is good for `scope`.
    ///
    /// # Errors
    /// 401 without a grant, 403 without the scope.
    pub fn may(&self, scope: Scope) -> Result<&Arc<Grant>, Problem> {
        let grant = self.grant.as_ref().ok_or(crate::auth::Denied::Missing)?;
        if grant.allows(scope) {
            Ok(grant)
        } else {
            Err(lacks(scope))
        }
    }
}

/// 403: the credential is not good for this.
#[must_use]
pub fn lacks(scope: Scope) -> Problem {
    let scope = scope.as_str();
    let detail = format!("the token lacks the scope `{scope}`: ask for one that has it");
    let challenge =
        format!("Bearer realm=\"milepost\", error=\"insufficient_scope\", scope=\"{scope}\"");
    let problem = Problem::new(403, "forbidden", detail);
    match HeaderValue::try_from(challenge) {
        Ok(challenge) => problem.header(header::WWW_AUTHENTICATE, challenge),
        Err(_) => problem,
    }
}

/// 403: the credential is for other projects.
#[must_use]
pub fn elsewhere() -> Problem {
    let detail = "the token is not for this project: ask for one that is";
    Problem::new(403, "forbidden", detail)
}

/// 403: the credential is narrowed to less than this.
#[must_use]
pub fn narrower(what: &str) -> Problem {
    let detail = format!("the token is narrowed to some jobs or owners, and {what}");
    Problem::new(403, "forbidden", detail)
}
