//! Who watches a stream, as far as its handshake has shown.

use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;

use crate::auth::{Grant, Seal};
use crate::http::Admitted;
use crate::limit::Admission;

/// Who watches.
#[derive(Debug)]
pub struct Visitor {
    /// What its credential allows; `None` = it has yet to show one, and does nothing before.
    pub grant: Option<Arc<Grant>>,
    /// What its cursors are sealed with, where a ticket opened the stream.
    pub seal: Option<Seal>,
    /// Where it comes from.
    pub address: IpAddr,
    /// Its place among the streams of its caller.
    pub admission: Admission,
}

impl Visitor {
    /// Whoever was let in, with a place among the streams of its caller.
    #[must_use]
    pub fn of(admitted: Admitted, admission: Admission) -> Self {
        Self {
            grant: admitted.grant,
            seal: admitted.seal,
            address: admitted.address,
            admission,
        }
    }

    /// Somebody of whom nothing is asked.
    #[must_use]
    pub fn anybody() -> Self {
        Self {
            grant: Some(Arc::new(Grant::everything())),
            seal: None,
            address: Ipv6Addr::LOCALHOST.into(),
            admission: Admission::default(),
        }
    }
}
