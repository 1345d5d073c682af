//! Who watches what, and the latest frame of each watched job.

/// The hub. Cheap to clone.
#[derive(Clone)]
pub struct Hub {}
