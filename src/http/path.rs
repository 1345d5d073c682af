//! The names in a path, parsed before anything else sees them.

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use crate::http::problem::Problem;
use crate::progress::{JobKey, Name};

/// `{project}`.
#[derive(Debug, Clone)]
pub struct ProjectPath(pub Name);

/// `{project}` and `{id}`.
#[derive(Debug, Clone)]
pub struct JobPath(pub JobKey);

impl<S: Send + Sync> FromRequestParts<S> for ProjectPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        name(parts, state, "project").await.map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for JobPath {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let project = name(parts, state, "project").await?;
        let id = name(parts, state, "id").await?;
        Ok(Self(JobKey { project, id }))
    }
}

async fn name<S: Send + Sync>(
    parts: &mut Parts,
    state: &S,
    param: &'static str,
) -> Result<Name, Problem> {
    let wrong = || {
        Problem::malformed(format!(
            "the {param} in the path must match [A-Za-z0-9][A-Za-z0-9._-]{{0,63}}"
        ))
    };
    let params = RawPathParams::from_request_parts(parts, state)
        .await
        .map_err(|_| wrong())?;
    let value = params.iter().find(|(name, _)| *name == param);
    value
        .and_then(|(_, text)| Name::parse(text).ok())
        .ok_or_else(wrong)
}
