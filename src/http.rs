//! What every route shares, streams included: the shape of a refusal, the query string, the names in a path, leave for
//! pages of other origins.

pub mod cors;
pub mod path;
pub mod problem;
pub mod query;

pub use problem::Problem;
