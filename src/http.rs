//! What every route shares, streams included: the shape of a refusal, the query string, the names in a path.

pub mod accept;
pub mod path;
pub mod problem;
pub mod query;

pub use problem::Problem;
