//! Where a request comes from: the peer, or whoever the proxies before the service say, as far as they are trusted.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use super::network::Networks;

/// In the extensions of every request: the address it comes from, canonical.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientAddress(pub IpAddr);

impl ClientAddress {
    /// What stands for a caller without an address.
    pub const UNKNOWN: Self = Self(IpAddr::V6(Ipv6Addr::UNSPECIFIED));

    /// The address of a request that came from `peer` with these lines of `X-Forwarded-For`, in order (`None` = one
    /// that is no text).
    ///
    /// Each proxy appends whom it speaks for. So the list is read from its end for as long as trusted proxies wrote
    /// it: the first address that is none of theirs is the client, and what stands before it is the client's own
    /// word. Where one of them wrote what cannot be read, it answers for that itself.
    #[must_use]
    pub fn find<'a>(
        peer: IpAddr,
        lines: impl DoubleEndedIterator<Item = Option<&'a str>>,
        trusted: &Networks,
    ) -> Self {
        let mut hop = peer.to_canonical();
        if !trusted.contain(hop) {
            return Self(hop);
        }
        let entries = lines
            .rev()
            .flat_map(|line| line.unwrap_or("?").rsplit(',').map(str::trim));
        for entry in entries {
            let Some(address) = read(entry) else { break };
            hop = address;
            if !trusted.contain(hop) {
                break;
            }
        }
        Self(hop)
    }
}

/// An address, alone or with a port, as some proxies write it.
fn read(entry: &str) -> Option<IpAddr> {
    let bare = entry.strip_prefix('[').and_then(|e| e.strip_suffix(']'));
    let alone = match bare {
        Some(v6) => v6.parse().ok().map(IpAddr::V6),
        None => entry.parse().ok(),
    };
    let with_port = || entry.parse().ok().map(|a: SocketAddr| a.ip());
    alone.or_else(with_port).map(|a| a.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::limit::Network;

    fn found(peer: &str, lines: &[&str]) -> String {
        let trusted = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
        let trusted = trusted.map(|n| Network::parse(n).unwrap());
        let trusted = trusted.into_iter().collect();
        let lines = lines.iter().map(|l| Some(*l));
        let found = ClientAddress::find(peer.parse().unwrap(), lines, &trusted);
        found.0.to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        for (peer, lines, client) in [
            // Nobody asked for trust.
            ("203.0.113.9", &["198.51.100.1"][..], "203.0.113.9"),
            ("203.0.113.9", &[], "203.0.113.9"),
            ("::ffff:203.0.113.9", &["198.51.100.1"], "203.0.113.9"),
            // One proxy.
            ("127.0.0.1", &[], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("::ffff:127.0.0.1", &["198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["::ffff:198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["2001:db8::1"], "2001:db8::1"),
            // What the client wrote itself stands further left, in the same line or before it.
            ("127.0.0.1", &["1.1.1.1, 198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["1.1.1.1", "198.51.100.1"], "198.51.100.1"),
            ("127.0.0.1", &["10.0.0.1,198.51.100.1"], "198.51.100.1"),
            // Several proxies.
            ("127.0.0.1", &["198.51.100.1, 10.0.0.7"], "198.51.100.1"),
            ("127.0.0.1", &["198.51.100.1", "10.0.0.7"], "198.51.100.1"),
            (
                "fd00::1",
                &["198.51.100.1,10.0.0.7,fd00::2"],
                "198.51.100.1",
            ),
            // All of them are proxies: the furthest.
            ("127.0.0.1", &["10.0.0.8, 10.0.0.7"], "10.0.0.8"),
            // With a port.
            ("127.0.0.1", &["198.51.100.1:4711"], "198.51.100.1"),
            ("127.0.0.1", &["[2001:db8::1]:4711"], "2001:db8::1"),
            ("127.0.0.1", &["[2001:db8::1]"], "2001:db8::1"),
            // What cannot be read counts as the proxy that wrote it.
            ("127.0.0.1", &["unknown"], "127.0.0.1"),
            ("127.0.0.1", &[""], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1,"], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1, junk, 10.0.0.7"], "10.0.0.7"),
            ("127.0.0.1", &["198.51.100.1 10.0.0.7"], "127.0.0.1"),
            ("127.0.0.1", &["[198.51.100.1]"], "127.0.0.1"),
            ("127.0.0.1", &["198.51.100.1:99999"], "127.0.0.1"),
        ] {
            assert_eq!(found(peer, lines), client, "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_line_that_is_no_text_ends_the_search() {
        let trusted = [Network::parse("127.0.0.1").unwrap()].into_iter().collect();
        let lines = [Some("198.51.100.1"), None];
        let peer = "127.0.0.1".parse().unwrap();
        let found = ClientAddress::find(peer, lines.into_iter(), &trusted);
        assert_eq!(found.0, peer);
    }
}
