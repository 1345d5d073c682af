//! What every route shares, streams included: who was let in, the names in a path, the query string, the shape of a
//! refusal, leave for pages of other origins, and how all this is described.

pub mod accept;
pub mod admitted;
pub mod cors;
pub mod describe;
pub mod path;
pub mod problem;
pub mod query;
pub mod sight;

pub use admitted::Admitted;
pub use problem::Problem;
