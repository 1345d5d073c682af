//! Where the service is on the network. The HTTP client asks before each request, and its own answer takes a thread each
//! time: an address is taken as it stands, and a name's addresses are good for some seconds.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::unversioned::resolver::{DefaultResolver, ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

/// How long the addresses of a name are used before they are asked for again.
const GOOD: Duration = Duration::from_secs(10);

/// Resolves the names of one service.
#[derive(Default)]
pub struct Remembering {
    names: DefaultResolver,
    last: Mutex<Option<(Uri, Instant, Vec<SocketAddr>)>>,
}

impl Remembering {
    fn known(&self, uri: &Uri) -> Option<Vec<SocketAddr>> {
        let host = uri.host()?.trim_matches(['[', ']']);
        if let (Ok(address), Some(port)) = (host.parse::<IpAddr>(), uri.port_u16()) {
            return Some(vec![SocketAddr::new(address, port)]);
        }
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let (of, at, addresses) = last.as_ref()?;
        let same = of.authority() == uri.authority() && of.scheme() == uri.scheme();
        (same && at.elapsed() < GOOD).then(|| addresses.clone())
    }
}

impl Resolver for Remembering {
    fn resolve(
        &self,
        uri: &Uri,
        config: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        if let Some(addresses) = self.known(uri) {
            let mut found = self.empty();
            addresses.into_iter().for_each(|one| found.push(one));
            return Ok(found);
        }
        let found = self.names.resolve(uri, config, timeout)?;
        let addresses = found.iter().copied().collect();
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((uri.clone(), Instant::now(), addresses));
        Ok(found)
    }
}

impl fmt::Debug for Remembering {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembering").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known(resolver: &Remembering, uri: &str) -> Option<Vec<String>> {
        let uri = uri.parse().unwrap();
        let found = resolver.known(&uri)?;
        Some(found.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn addresses_stand_for_themselves_and_names_are_asked_for() {
        let resolver = Remembering::default();
        assert_eq!(
            known(&resolver, "http://127.0.0.1:80/x").unwrap(),
            ["127.0.0.1:80"]
        );
        assert_eq!(
            known(&resolver, "http://[::1]:8080/").unwrap(),
            ["[::1]:8080"]
        );
        assert_eq!(known(&resolver, "http://localhost:8080/"), None);
        let of = "http://localhost:8080/a".parse().unwrap();
        let addresses = vec!["[::1]:8080".parse().unwrap()];
        *resolver.last.lock().unwrap() = Some((of, Instant::now(), addresses));
        assert_eq!(
            known(&resolver, "http://localhost:8080/b").unwrap(),
            ["[::1]:8080"]
        );
        assert_eq!(known(&resolver, "https://localhost:8080/b"), None);
        assert_eq!(known(&resolver, "http://localhost:8081/b"), None);
    }
}
