//! The edge: what handlers share.

pub mod problem;

use tokio_util::sync::CancellationToken;

use crate::tracker::Tracker;
use crate::transport;

/// What every handler is given.
#[derive(Clone)]
pub struct App {
    /// The door to jobs.
    pub tracker: Tracker,
    /// The streams there are.
    pub viewers: transport::Viewers,
    /// Cancelled when the service stops.
    pub shutdown: CancellationToken,
}
