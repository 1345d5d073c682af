//! How many connections there may be: in all, and of one address, so that no single one can shut out the others.

use std::net::IpAddr;
use std::sync::Arc;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::{Limits, descriptors};
use crate::limit::{Admission, Admissions, Caller, Networks};

/// All places for connections.
#[derive(Debug)]
pub struct Places {
    all: Arc<Semaphore>,
    each: Admissions,
    exempt: Networks,
}

/// The place of one connection: keep it as long as the socket.
#[derive(Debug)]
pub struct Place {
    _among_all: OwnedSemaphorePermit,
    _of_address: Option<Admission>,
}

/// Why there is no place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Full {
    /// All are taken.
    All,
    /// The address has as many as it may.
    Address,
}

impl Places {
    /// As many as the limits say, and as the process can hold.
    pub fn new(limits: &Limits) -> Self {
        let possible = descriptors::for_connections();
        let all = match limits.connections {
            0 => possible,
            given if given > possible => {
                tracing::warn!(
                    given,
                    possible,
                    "fewer connections than were asked for: the limit of open files is too low, raise it (ulimit -n, LimitNOFILE=)"
                );
                possible
            }
            given => given,
        };
        let each = limits.per_address.map(|most| match most {
            0 => (all / 2).max(1),
            given => given,
        });
        Self {
            all: Arc::new(Semaphore::new(all)),
            each: Admissions::new(each),
            exempt: limits.exempt.clone(),
        }
    }

    /// A place for a connection from `address`.
    pub fn take(&self, address: IpAddr) -> Result<Place, Full> {
        let among_all = Arc::clone(&self.all).try_acquire_owned();
        let among_all = among_all.map_err(|_| Full::All)?;
        let of_address = if self.exempt.contain(address) {
            None
        } else {
            let admitted = self.each.admit(Caller::Address(address));
            Some(admitted.map_err(|_| Full::Address)?)
        };
        Ok(Place {
            _among_all: among_all,
            _of_address: of_address,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Network;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn places(connections: usize, per_address: Option<usize>) -> Places {
        Places::new(&Limits {
            connections,
            per_address,
            exempt: [Network::parse("10.0.0.0/8").unwrap()]
                .into_iter()
                .collect(),
            ..Limits::default()
        })
    }

    #[test]
    fn one_address_has_half_of_all_where_nothing_else_is_said() {
        let places = places(5, Some(0));
        let (one, other) = (ip("192.0.2.1"), ip("192.0.2.2"));
        let first = places.take(one).unwrap();
        let second = places.take(ip("::ffff:192.0.2.1")).unwrap();
        assert_eq!(places.take(one).unwrap_err(), Full::Address);
        let third = places.take(other).unwrap();
        drop(first);
        let fourth = places.take(one).unwrap();
        assert_eq!(places.take(one).unwrap_err(), Full::Address);
        drop((second, third, fourth));
        assert_eq!(places.each.callers(), 0);
        assert_eq!(places.all.available_permits(), 5);
    }

    #[test]
    fn who_is_exempt_has_all_there_are() {
        let places = places(3, Some(1));
        let proxy = ip("10.0.0.7");
        let held: Vec<_> = (0..3).map(|_| places.take(proxy).unwrap()).collect();
        assert_eq!(places.take(proxy).unwrap_err(), Full::All);
        assert_eq!(held.len(), 3);
    }

    #[test]
    fn there_are_never_more_than_the_process_can_hold() {
        let places = places(usize::MAX, None);
        assert_eq!(
            places.all.available_permits(),
            descriptors::for_connections()
        );
    }
}
