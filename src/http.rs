//! What every route shares, streams included: the shape of a refusal, the query string, the names in a path.

pub mod path;
pub mod problem;
pub mod query;
pub mod random;

pub use problem::Problem;
