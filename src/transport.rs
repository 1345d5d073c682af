//! What the three transports share.

pub mod codec;
pub mod query;
pub mod random;

/// TODO
#[derive(Clone, Default)]
pub struct Viewers {}
