//! Networks of addresses as people write them: `10.0.0.0/8`, `fd00::/8`, or one address.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

/// The addresses that begin with the same bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Network {
    first: IpAddr,
    bits: u8,
}

/// Why a text is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotANetwork {
    /// Neither an address nor an address, a slash and a number of bits that it has.
    #[error("is no network: use for example 127.0.0.1, 10.0.0.0/8 or fd00::/8")]
    Malformed,
    /// Bits are set behind the prefix, so it is not clear what was meant.
    #[error("has bits set behind its prefix: use {0}/{1} for the whole network")]
    Inexact(IpAddr, u8),
}

impl Network {
    /// The network that a text names.
    ///
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, NotANetwork> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits)),
            None => (text, None),
        };
        let given: IpAddr = address.parse().map_err(|_| NotANetwork::Malformed)?;
        let width = if given.is_ipv4() { 32 } else { 128 };
        let bits = match bits {
            None => width,
            Some(digits) => number(digits)
                .filter(|bits| *bits <= width)
                .ok_or(NotANetwork::Malformed)?,
        };
        // A mapped address is the IPv4 address it stands for, where all of the prefix is of that.
        let (address, bits) = match (given.to_canonical(), given) {
            (v4 @ IpAddr::V4(_), IpAddr::V6(_)) => {
                (v4, bits.checked_sub(96).ok_or(NotANetwork::Malformed)?)
            }
            (address, _) => (address, bits),
        };
        let network = Self {
            first: masked(address, bits),
            bits,
        };
        if network.first == address {
            Ok(network)
        } else {
            Err(NotANetwork::Inexact(network.first, bits))
        }
    }

    /// Whether an address is in it. An IPv4 address written as IPv6 is the IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        address.is_ipv4() == self.first.is_ipv4() && masked(address, self.bits) == self.first
    }
}

/// Digits only: Rust would take a sign, too.
fn number(digits: &str) -> Option<u8> {
    let plain = digits.bytes().all(|b| b.is_ascii_digit());
    digits.parse().ok().filter(|_| plain)
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4(Ipv4Addr::from_bits(v4.to_bits() & mask))
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() & mask))
        }
    }
}

/// Several networks. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Networks(Arc<[Network]>);

impl FromIterator<Network> for Networks {
    fn from_iter<I: IntoIterator<Item = Network>>(all: I) -> Self {
        Self(all.into_iter().collect())
    }
}

impl Networks {
    /// Whether an address is in one of them.
    #[must_use]
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn a_network_holds_its_addresses_and_no_other() {
        for (network, inside, outside) in [
            ("127.0.0.1", "127.0.0.1", "127.0.0.2"),
            ("10.0.0.0/8", "10.255.255.255", "11.0.0.0"),
            ("192.168.4.0/22", "192.168.7.255", "192.168.8.0"),
            ("0.0.0.0/0", "203.0.113.9", "2001:db8::1"),
            ("::/0", "2001:db8::1", "203.0.113.9"),
            ("fd00::/8", "fdff::1", "fe00::1"),
            ("::1", "::1", "::2"),
            ("10.0.0.0/8", "::ffff:10.1.2.3", "::ffff:11.0.0.1"),
            ("::ffff:10.0.0.0/104", "10.1.2.3", "11.0.0.1"),
        ] {
            let network = Network::parse(network).unwrap();
            assert!(network.contains(ip(inside)), "{network:?} {inside}");
            assert!(!network.contains(ip(outside)), "{network:?} {outside}");
        }
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for text in [
            "",
            "localhost",
            "10.0.0.0/33",
            "10.0.0.0/",
            "10.0.0.0/+8",
            "10.0.0.0/-1",
            "10.0.0.0/8/8",
            "10.0.0/8",
            "fd00::/129",
            "10.0.0.1:80",
            "[::1]",
            "::ffff:0.0.0.0/95",
            "*",
        ] {
            assert_eq!(Network::parse(text), Err(NotANetwork::Malformed), "{text}");
        }
        let inexact = Network::parse("10.1.2.3/8").unwrap_err();
        assert_eq!(inexact, NotANetwork::Inexact(ip("10.0.0.0"), 8));
        assert!(inexact.to_string().contains("use 10.0.0.0/8"));
    }
}
