//! Rate, ETA and overall percent.

/// What the estimate must remember.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Estimator {}
