//! Who is counted: a credential, or an address where there is none.

use std::hash::{BuildHasher, RandomState};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::LazyLock;

use crate::auth::Grant;

/// One caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Caller {
    /// Nobody knows more than where it calls from.
    Address(IpAddr),
    /// It brought a credential: this stands for the key that vouched for it, its subject and its projects, so that
    /// all tokens of one subject are one caller, and those of two tenants never are, whatever they call themselves.
    Credential(u64),
}

/// Nobody may be able to choose a subject that counts as another's.
static SECRET: LazyLock<RandomState> = LazyLock::new(RandomState::new);

impl Caller {
    /// Whoever has this grant, or none yet, and calls from `address`.
    #[must_use]
    pub fn of(grant: Option<&Grant>, address: IpAddr) -> Self {
        match grant.and_then(|g| Some((g, g.key?))) {
            Some((grant, key)) => {
                let whose = (key, &grant.subject, &grant.projects);
                Self::Credential(SECRET.hash_one(whose))
            }
            None => Self::Address(address),
        }
    }

    /// The caller as it is counted: a host has a whole /64 of IPv6 to itself.
    pub(super) fn counted(self) -> Self {
        match self {
            Self::Address(address) => Self::Address(host(address)),
            credential @ Self::Credential(_) => credential,
        }
    }
}

/// What counts as one address.
pub(super) fn host(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            const NETWORK: u128 = !0 << 64;
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & NETWORK))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::auth::KeyId;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn grant(key: Option<u64>, subject: &str) -> Grant {
        Grant {
            key: key.map(KeyId),
            subject: Some(subject.into()),
            ..Grant::everything()
        }
    }

    #[test]
    fn a_credential_is_one_caller_wherever_it_calls_from() {
        let (here, there) = (ip("127.0.0.1"), ip("127.0.0.2"));
        let one = Caller::of(Some(&grant(Some(1), "u-17")), here);
        assert_eq!(one, Caller::of(Some(&grant(Some(1), "u-17")), there));
        assert_ne!(one, Caller::of(Some(&grant(Some(1), "u-18")), here));
        assert_ne!(one, Caller::of(Some(&grant(Some(2), "u-17")), here));
        let elsewhere = Grant {
            projects: Some(Vec::new()),
            ..grant(Some(1), "u-17")
        };
        assert_ne!(one, Caller::of(Some(&elsewhere), here));
        assert_eq!(
            Caller::of(Some(&grant(None, "u-17")), here),
            Caller::Address(here)
        );
    }

    #[test]
    fn a_host_is_counted_once_however_it_is_written() {
        let counted = |text: &str| Caller::Address(ip(text)).counted();
        assert_eq!(counted("::ffff:192.0.2.1"), counted("192.0.2.1"));
        assert_eq!(counted("2001:db8::1"), counted("2001:db8::ffff:1"));
        assert_ne!(counted("2001:db8::1"), counted("2001:db8:0:1::1"));
        assert_ne!(counted("192.0.2.1"), counted("192.0.2.2"));
    }
}
