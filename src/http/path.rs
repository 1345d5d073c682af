//! The names in a path, and the right to use them: neither is to be had without the other.

use std::marker::PhantomData;
use std::sync::Arc;

use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;

use super::admitted::Admitted;
use crate::auth::{Grant, Scope};
use crate::http::problem::Problem;
use crate::progress::{JobKey, Name};

/// What a route does with a project, as a type, so that a handler cannot forget to say it.
pub trait May: Send {
    /// The scope that is needed.
    const SCOPE: Scope;
}

macro_rules! may {
    ($($name:ident)*) => {$(
        #[doc = concat!("Needs the scope `", stringify!($name), "`.")]
        #[derive(Debug, Clone, Copy)]
        pub struct $name;
        impl May for $name {
            const SCOPE: Scope = Scope::$name;
        }
    )*};
}
may!(Watch Report Cancel Create Delete);

/// `{project}`, and what the caller may do there: at least `M`.
#[derive(Debug, Clone)]
pub struct ProjectPath<M> {
    /// The project.
    pub project: Name,
    /// What the caller may do.
    pub grant: Arc<Grant>,
    needs: PhantomData<M>,
}

/// `{project}` and `{id}`, and what the caller may do there: at least `M`.
#[derive(Debug, Clone)]
pub struct JobPath<M> {
    /// Project and id. Whether the caller may see this very job is not known yet.
    pub key: JobKey,
    /// What the caller may do.
    pub grant: Arc<Grant>,
    needs: PhantomData<M>,
}

impl<M: May, S: Send + Sync> FromRequestParts<S> for ProjectPath<M> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let admitted = Admitted::of(&parts.extensions)?;
        Ok(Self {
            project: admitted.project.clone(),
            grant: Arc::clone(admitted.may(M::SCOPE)?),
            needs: PhantomData,
        })
    }
}

impl<M: May, S: Send + Sync> FromRequestParts<S> for JobPath<M> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path = ProjectPath::<M>::from_request_parts(parts, state).await?;
        let params = RawPathParams::from_request_parts(parts, state).await;
        let params = params.map_err(|_| malformed("id"))?;
        let id = params.iter().find(|(name, _)| *name == "id");
        let id = id.and_then(|(_, text)| Name::parse(text).ok());
        Ok(Self {
            key: JobKey {
                project: path.project,
                id: id.ok_or_else(|| malformed("id"))?,
            },
            grant: path.grant,
            needs: PhantomData,
        })
    }
}

/// 400: a name in a path that is none.
#[must_use]
pub fn malformed(what: &str) -> Problem {
    Problem::malformed(format!(
        "the {what} in the path must match [A-Za-z0-9][A-Za-z0-9._-]{{0,63}}"
    ))
}
