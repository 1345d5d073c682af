//! What routes have in common when they describe themselves for the OpenAPI document: parameters, and refusals with
//! their headers and codes. Handlers name these in their `#[utoipa::path]`; a schema is meant by its name, and what
//! the names mean is gathered by the document.

use std::collections::BTreeMap;

use utoipa::openapi::path::{self, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::{AllOfBuilder, ObjectBuilder, Type};
use utoipa::openapi::{ContentBuilder, Header, Ref, RefOr, Required, Response, ResponseBuilder};

use crate::http::problem::Problem;

/// A parameter: its name, the name of its schema, what it is for.
#[derive(Debug, Clone, Copy)]
pub enum Parameter {
    /// A part of the path.
    Path(&'static str, &'static str, &'static str),
    /// In the query; never required.
    Query(&'static str, &'static str, &'static str),
    /// A header that may be left out.
    Header(&'static str, &'static str, &'static str),
    /// A header that must be there.
    Needed(&'static str, &'static str, &'static str),
}

impl From<Parameter> for path::Parameter {
    fn from(parameter: Parameter) -> Self {
        use Parameter::{Header, Needed, Path, Query};
        let (place, required, (name, schema, what)) = match parameter {
            Path(n, s, w) => (ParameterIn::Path, Required::True, (n, s, w)),
            Query(n, s, w) => (ParameterIn::Query, Required::False, (n, s, w)),
            Header(n, s, w) => (ParameterIn::Header, Required::False, (n, s, w)),
            Needed(n, s, w) => (ParameterIn::Header, Required::True, (n, s, w)),
        };
        ParameterBuilder::new()
            .name(name)
            .parameter_in(place)
            .required(required)
            .description(Some(what))
            .schema(Some(Ref::from_schema_name(schema)))
            .build()
    }
}

/// Names a set of parameters.
macro_rules! parameters {
    ($(#[$doc:meta])* $name:ident = [$($row:expr),* $(,)?]) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl utoipa::IntoParams for $name {
            fn into_params(
                _: impl Fn() -> Option<utoipa::openapi::path::ParameterIn>,
            ) -> Vec<utoipa::openapi::path::Parameter> {
                vec![$($row.into()),*]
            }
        }
    };
}

/// Names a set of refusals: `(status, what it means, its codes)`.
macro_rules! refusals {
    ($(#[$doc:meta])* $name:ident = [$($row:expr),* $(,)?]) => {
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $name;

        impl utoipa::IntoResponses for $name {
            fn responses() -> $crate::http::describe::Responses {
                [$($crate::http::describe::refusal($row)),*].into()
            }
        }
    };
}

pub(crate) use {parameters, refusals};

/// Responses by status.
pub type Responses = BTreeMap<String, RefOr<Response>>;

/// One refusal: a problem with one of these codes, and the headers that its status wants.
#[must_use]
pub fn refusal(
    (status, what, codes): (u16, &'static str, &[&'static str]),
) -> (String, RefOr<Response>) {
    let own = ObjectBuilder::new()
        .property("status", of(Type::Integer).enum_values(Some([status])))
        .property(
            "code",
            of(Type::String).enum_values(Some(codes.iter().copied())),
        );
    let schema = AllOfBuilder::new()
        .item(Ref::from_schema_name("Problem"))
        .item(own);
    let problem = Problem::new(status, codes.first().copied().unwrap_or("internal"), what);
    let mut example = problem.to_json();
    if let (429 | 503, Some(members)) = (status, example.as_object_mut()) {
        // A real one is spread; every node must show the same document.
        members.insert("retry_after_seconds".to_owned(), 2.into());
    }
    let content = ContentBuilder::new()
        .schema(Some(schema))
        .example(Some(example))
        .build();
    let response = ResponseBuilder::new()
        .description(what)
        .content("application/problem+json", content);
    let headers: &[&str] = match status {
        401 => &["WWW-Authenticate"],
        405 => &["Allow"],
        426 => &["Upgrade", "Sec-WebSocket-Version"],
        429 | 503 => &["Retry-After"],
        _ => &[],
    };
    let with = |response: ResponseBuilder, name: &&str| response.header(*name, Header::default());
    let response = headers.iter().fold(response, with);
    (status.to_string(), response.build().into())
}

fn of(r#type: Type) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(r#type)
}

parameters!(
    /// `{project}`.
    InProject = [Parameter::Path("project", "Name", "The project.")]
);

parameters!(
    /// `{project}` and `{id}`.
    OfJob = [
        Parameter::Path("project", "Name", "The project."),
        Parameter::Path("id", "Name", "The job's id within the project."),
    ]
);

parameters!(
    /// The selector. All conditions must hold; none selects the whole project.
    Selection = [
        Parameter::Query("job", "Names", "One of these jobs; repeatable."),
        Parameter::Query("kind", "Kind", "Jobs of this kind."),
        Parameter::Query("subject", "Name", "Jobs that work on this."),
        Parameter::Query("owner", "Name", "Jobs for this person."),
        Parameter::Query("parent", "Name", "Jobs that are part of this one."),
        Parameter::Query(
            "status",
            "StatusWords",
            "Jobs in one of these; repeatable. `active` is all that are not terminal.",
        ),
    ]
);

refusals!(
    /// What any request may be answered.
    Anyone = [
        (
            400,
            "The request line, a header, the path or the query is malformed.",
            &["malformed", "unknown_parameter"],
        ),
        (
            403,
            "Without credentials configured: not from this machine, or from a web page of another origin.",
            &["forbidden_host", "forbidden_origin"],
        ),
        (
            405,
            "The path does not know the method.",
            &["method_not_allowed"],
        ),
        (413, "The body is too large.", &["too_large"]),
        (414, "The request line is too long.", &["uri_too_long"]),
        (429, "Too many requests.", &["limited"]),
        (431, "The headers are too large.", &["headers_too_large"]),
        (500, "The service failed.", &["internal"]),
        (
            503,
            "The service, or its database, cannot take it now.",
            &["overloaded", "unavailable"],
        ),
    ]
);

refusals!(
    /// What a request under `/v1` may be answered besides.
    Caller = [
        (
            401,
            "No credential, or none that is valid.",
            &["unauthorized", "invalid_token", "token_expired"],
        ),
        (
            403,
            "The credential is not for this project, or not for this. Without credentials configured: not from this machine, or from a web page of another origin.",
            &["forbidden", "forbidden_host", "forbidden_origin"],
        ),
        (
            404,
            "There is no such job, or none that the caller may see.",
            &["not_found"],
        ),
        (
            406,
            "Accept excludes the type of the answer.",
            &["not_acceptable"],
        ),
    ]
);

refusals!(
    /// What a request with a JSON body may be answered besides.
    Sender = [
        (
            400,
            "The request line, a header, the path or the query is malformed, or the body is not JSON.",
            &["malformed", "unknown_parameter", "malformed_body"],
        ),
        (408, "The body did not arrive in time.", &["timeout"]),
        (
            415,
            "The body is not of a type that is understood, or compressed.",
            &["unsupported_media_type", "unsupported_encoding"],
        ),
        (
            422,
            "The body is JSON, but not valid: `errors` says where.",
            &["invalid"],
        ),
    ]
);
