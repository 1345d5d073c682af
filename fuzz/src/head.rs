//! The head of a request: where it ends and whether it is said twice, and what our own readers make of its headers.

use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{FromRequest, Request};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri, Version, header};
use axum::{Router, middleware};
use bytes::Bytes;
use futures_util::{FutureExt, stream};
use milepost::api::body::{JsonBody, OptionalBody, ReportBody};
use milepost::api::held::Held;
use milepost::api::{cors, guard};
use milepost::config::{Limits, Origins};
use milepost::http::Problem;
use milepost::http::accept::accepts;
use milepost::limit::{ClientAddress, Network, Networks};
use milepost::server::head::Head;
use milepost::transport::ws;
use tower::ServiceExt;

use super::pieces;

/// The first byte says in which pieces the rest comes: requests, one behind the other.
pub fn check(data: &[u8]) {
    let Some((&how, bytes)) = data.split_first() else {
        return;
    };
    follow(bytes, how);
    let mut headers = [httparse::EMPTY_HEADER; 100];
    let mut parsed = httparse::Request::new(&mut headers);
    let Ok(httparse::Status::Complete(end)) = parsed.parse(bytes) else {
        return;
    };
    let Some(request) = request(&parsed) else {
        return;
    };
    guarded(&request);
    forwarded(&request.2);
    negotiated(&request.2);
    switched(&request.2);
    carried(&request, bytes.get(end..).unwrap_or(&[]), how);
}

/// What reads along with hyper comes to what hyper comes to, in whatever pieces.
fn follow(bytes: &[u8], how: u8) {
    let read = |pieces: &mut dyn Iterator<Item = &[u8]>| {
        let mut head = Head::new();
        pieces.for_each(|piece| head.read(piece));
        head
    };
    let whole = read(&mut std::iter::once(bytes));
    for how in [0, how] {
        let split = read(&mut pieces(bytes, how));
        assert_eq!(format!("{whole:?}"), format!("{split:?}"));
    }
    match conflict(bytes) {
        Some((at, true)) => {
            let told = read(&mut std::iter::once(&bytes[..at])).conflict;
            assert!(told, "both lengths, untold: {:?}", lossy(&bytes[..at]));
        }
        Some((at, false)) => {
            let told = read(&mut std::iter::once(&bytes[..at])).conflict;
            assert!(!told, "a false alarm: {:?}", lossy(&bytes[..at]));
        }
        None => {}
    }
}

fn lossy(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// How far hyper follows the requests, and whether the last of these has both `Content-Length` and
/// `Transfer-Encoding`; `None` where it would take none.
fn conflict(bytes: &[u8]) -> Option<(usize, bool)> {
    let mut at = 0;
    let mut found = None;
    while at < bytes.len() {
        let mut headers = [httparse::EMPTY_HEADER; 100];
        let mut parsed = httparse::Request::new(&mut headers);
        let Ok(httparse::Status::Complete(end)) = parsed.parse(&bytes[at..]) else {
            break;
        };
        if request(&parsed).is_none() {
            break;
        }
        let named = |name: &str| {
            let is = |h: &&httparse::Header<'_>| h.name.eq_ignore_ascii_case(name);
            parsed.headers.iter().filter(is).collect::<Vec<_>>()
        };
        let (lengths, codings) = (named("content-length"), named("transfer-encoding"));
        at += end;
        if let Some(last) = codings.last() {
            let last = last.value.rsplit(|b| *b == b',').next().unwrap_or(&[]);
            let chunked = last.trim_ascii().eq_ignore_ascii_case(b"chunked");
            return if chunked && parsed.version == Some(1) {
                Some((at, !lengths.is_empty()))
            } else {
                found
            };
        }
        let digits = |h: &&httparse::Header<'_>| {
            let text = str::from_utf8(h.value).ok()?;
            let all = text.bytes().all(|b| b.is_ascii_digit());
            text.parse::<u64>().ok().filter(|_| all)
        };
        let lengths: Option<Vec<u64>> = lengths.iter().map(digits).collect();
        let Some(lengths) = lengths else { break };
        if lengths.windows(2).any(|w| w[0] != w[1]) {
            break;
        }
        let length = lengths.first().map_or(0, |l| usize::try_from(*l).unwrap());
        found = Some((at, false));
        at = at.saturating_add(length);
    }
    found
}

type Head1 = (Method, Uri, HeaderMap, Version);

/// The request as hyper makes it, but for what it leaves out.
fn request(parsed: &httparse::Request<'_, '_>) -> Option<Head1> {
    let mut headers = HeaderMap::new();
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    let method = Method::from_bytes(parsed.method?.as_bytes()).ok()?;
    let version = match parsed.version? {
        0 => Version::HTTP_10,
        _ => Version::HTTP_11,
    };
    Some((method, parsed.path?.parse().ok()?, headers, version))
}

fn made((method, uri, headers, version): &Head1, body: Body) -> Request {
    let mut request = Request::new(body);
    *request.method_mut() = method.clone();
    *request.uri_mut() = uri.clone();
    *request.headers_mut() = headers.clone();
    *request.version_mut() = *version;
    request
}

/// The only origin of other pages that may come in.
const LISTED: &str = "https://app.example.com";

/// Who passes the guards of a service without credentials speaks to a name of this machine, and is a page of its own
/// or a listed one, or none.
fn guarded(head: &Head1) {
    let origins = Origins::listed(&[LISTED.to_owned()]).unwrap();
    let router: Router = Router::new()
        .fallback(|| async { StatusCode::OK })
        .layer(middleware::from_fn_with_state(true, guard::loopback_only))
        .layer(middleware::from_fn_with_state(origins, cors::guard));
    let answer = router.oneshot(made(head, Body::empty())).now_or_never();
    let answer = answer.expect("nothing to wait for").unwrap();
    let (method, uri, headers, version) = head;
    let listed = headers.get(header::ORIGIN).is_some_and(|o| o == LISTED);
    let told = answer.headers().get(header::ACCESS_CONTROL_ALLOW_ORIGIN);
    assert!(told.is_none_or(|told| listed && told == LISTED), "{told:?}");
    match answer.status() {
        StatusCode::OK => {}
        StatusCode::NO_CONTENT => return assert!(*method == Method::OPTIONS && listed),
        status => return assert!(matches!(status.as_u16(), 400 | 403)),
    }
    let hosts: Vec<&HeaderValue> = headers.get_all(header::HOST).iter().collect();
    assert!(hosts.len() == 1 || (hosts.is_empty() && *version == Version::HTTP_10));
    for host in &hosts {
        assert!(is_local(host.to_str().unwrap()), "{host:?}");
    }
    if let Some(target) = uri.authority() {
        assert!(is_local(target.as_str()), "{target}");
    }
    let origins: Vec<&HeaderValue> = headers.get_all(header::ORIGIN).iter().collect();
    assert!(origins.len() <= 1);
    if let Some(origin) = origins.first().filter(|_| !listed) {
        let origin: Uri = origin.to_str().unwrap().parse().unwrap();
        let served = uri.authority().map(Authority::as_str);
        let served = served.or_else(|| hosts.first().map(|h| h.to_str().unwrap()));
        let page = origin.authority().unwrap().as_str();
        assert!(page.eq_ignore_ascii_case(served.unwrap()), "{page}");
    }
}

/// Whom the proxies name is the same however their lines are cut, and what a client writes before them counts only
/// where all that stands behind it are proxies.
fn forwarded(headers: &HeaderMap) {
    let trusted = ["127.0.0.1", "10.0.0.0/8", "fd00::/8"];
    let trusted: Networks = trusted.iter().map(|n| Network::parse(n).unwrap()).collect();
    let lines: Vec<Option<&str>> = headers
        .get_all("x-forwarded-for")
        .iter()
        .map(|l| l.to_str().ok())
        .collect();
    let find = |peer: &str, lines: &[Option<&str>]| {
        let peer = peer.parse().unwrap();
        ClientAddress::find(peer, lines.iter().copied(), &trusted).0
    };
    assert_eq!(find("203.0.113.9", &lines).to_string(), "203.0.113.9");
    let found = find("127.0.0.1", &lines);
    assert_eq!(found, found.to_canonical());
    let behind = [&[Some("198.51.100.1")], lines.as_slice()].concat();
    assert!(find("127.0.0.1", &behind) == found || trusted.contain(found));
    if let Some(lines) = lines.into_iter().collect::<Option<Vec<&str>>>() {
        let one = lines.join(",");
        let one: Vec<Option<&str>> = (!lines.is_empty())
            .then_some(Some(&*one))
            .into_iter()
            .collect();
        assert_eq!(find("127.0.0.1", &one), found, "{lines:?}");
    }
}

fn is_local(host: &str) -> bool {
    let host: Authority = host.parse().unwrap();
    assert!(host.port().is_none() || host.port_u16().is_some() || host.as_str().ends_with(':'));
    let name = host.host().trim_start_matches('[').trim_end_matches(']');
    let address = name.parse::<IpAddr>();
    name.eq_ignore_ascii_case("localhost") || address.is_ok_and(|a| a.is_loopback())
}

/// A list over several lines is the same list on one.
fn negotiated(headers: &HeaderMap) {
    let events = ["text/event-stream"];
    let mut one = headers.clone();
    for name in [header::ACCEPT, header::IF_NONE_MATCH] {
        let values: Option<Vec<&str>> = headers
            .get_all(&name)
            .iter()
            .map(|v| v.to_str().ok())
            .collect();
        let Some(values) = values.filter(|v| v.len() > 1) else {
            continue;
        };
        one.insert(name, HeaderValue::from_str(&values.join(",")).unwrap());
    }
    for types in [&events, &["application/json"]] {
        let takes = accepts(headers, types);
        assert_eq!(takes, accepts(&one, types), "{headers:?}");
    }
    for version in [1, 42] {
        let names = |headers| Held::of(headers).names(version);
        assert_eq!(names(headers), names(&one), "{headers:?}");
    }
}

/// The answer to a handshake is a head that others read, with nothing of the request in it.
fn switched(headers: &HeaderMap) {
    let Ok(head) = ws::glance(headers) else {
        return;
    };
    let mut fields = [httparse::EMPTY_HEADER; 8];
    let mut response = httparse::Response::new(&mut fields);
    let end = response.parse(head.as_bytes()).unwrap();
    assert_eq!(end, httparse::Status::Complete(head.len()));
    assert_eq!(response.code, Some(101));
    let offered = headers.contains_key(header::SEC_WEBSOCKET_PROTOCOL);
    assert!(response.headers.len() == 3 || (offered && response.headers.len() == 4));
}

/// A body comes to the same in whatever pieces, is what was sent, and is within its limit.
fn carried(head: &Head1, body: &[u8], how: u8) {
    let limits = Limits {
        body: 64,
        batch: 256,
        body_time: Duration::from_secs(3600),
        ..Limits::default()
    };
    let read = |how: Option<u8>| {
        let parts: Vec<Bytes> = match how {
            Some(how) => pieces(body, how).map(Bytes::copy_from_slice).collect(),
            None => vec![Bytes::copy_from_slice(body)],
        };
        let request = || {
            let parts = parts.clone().into_iter().map(Ok::<_, std::io::Error>);
            made(head, Body::from_stream(stream::iter(parts)))
        };
        let json = now(JsonBody::from_request(request(), &limits)).map(|b| (b.0, false));
        let optional = now(OptionalBody::from_request(request(), &limits)).map(|b| (b.0, false));
        let reports = now(ReportBody::from_request(request(), &limits)).map(|b| (b.bytes, b.lines));
        [json, optional, reports]
    };
    let whole = read(None);
    for how in [0, how] {
        for (whole, split) in whole.iter().zip(read(Some(how))) {
            let brief = |r: &Result<(Bytes, bool), Problem>| match r {
                Ok(taken) => Ok(taken.clone()),
                Err(problem) => Err(problem.status()),
            };
            assert_eq!(brief(whole), brief(&split));
        }
    }
    for (taken, most) in whole.iter().zip([64, 64, 256]) {
        match taken {
            Ok((bytes, _)) => assert!(bytes.len() <= most && (*bytes == body || bytes == "{}")),
            Err(problem) => assert!(matches!(problem.status(), 413 | 415)),
        }
    }
}

/// What is there at once, where a clock must be.
fn now<T>(future: impl Future<Output = T>) -> T {
    thread_local! {
        static RUNTIME: tokio::runtime::Runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build()
            .expect("a runtime");
    }
    RUNTIME.with(|runtime| runtime.block_on(future))
}
