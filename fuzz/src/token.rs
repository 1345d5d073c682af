//! Credentials: where they stand in a request, tokens and the keys that vouch for them, tickets, seals, and grants as
//! they are kept. Whatever is accepted was signed, and can be read in one way only.

use std::sync::{Arc, LazyLock};

use aws_lc_rs::hmac;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Uri};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use futures_util::FutureExt;
use milepost::api::credential::{Credential, Kind, find};
use milepost::auth::seal::Seal;
use milepost::auth::ticket::Ticket;
use milepost::auth::{Denied, Grant, JwksSource, Scope, Secret, Settings, Verifier, record};
use milepost::progress::{Name, Timestamp};
use serde_json::Value;

/// The moment at which tokens are judged: of the seeds, some have ended then, and some have not begun.
const NOW: Timestamp = Timestamp(1_700_000_000_000);

const SECRET: &[u8] = b"5f0c1a9e7b3d2846a1c9e0f7b5d34821";

/// Public keys, and all that was ever signed with their other halves, which nobody has any more.
const KEYS: &[u8] = include_bytes!("../corpus/token/keys");
const SIGNED: [&str; 3] = [
    include_str!("../corpus/token/token-RS256"),
    include_str!("../corpus/token/token-ES256"),
    include_str!("../corpus/token/token-EdDSA"),
];

/// The only text that was signed with the secret and is among the seeds.
const BY_SECRET: &str = include_str!("../corpus/token/token-HS256");

/// By a secret and these keys.
static VERIFIER: LazyLock<Verifier> = LazyLock::new(|| {
    let settings = Settings {
        secrets: vec![Secret::new(SECRET).unwrap()],
        ..Settings::default()
    };
    Verifier::of(settings, KEYS).unwrap()
});

/// Takes the bytes as each of these.
pub fn check(data: &[u8]) {
    keys(data);
    signed(br#"{"alg":"HS256"}"#, data);
    if let Some(end) = data.iter().position(|b| *b == b'\n') {
        signed(&data[..end], &data[end + 1..]);
    }
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    forged(text);
    request(text);
    if let Some(grant) = record::read(text) {
        assert_eq!(record::read(&record::write(&grant)), Some(grant));
    }
    let seal = Seal::of(SECRET);
    assert!(!seal.is_on(text), "a seal that nobody put on");
    assert!(text.contains('.') || seal.is_on(&seal.put(text)));
    if let Some(ticket) = Ticket::parse(text) {
        assert_eq!((ticket.as_str(), text.len()), (text, 43));
    }
    address(text);
}

/// What the token is found to allow: at once, for the keys are at hand.
fn verdict(verifier: &Verifier, token: &str) -> Result<Arc<Grant>, Denied> {
    let verdict = verifier.verify(token, NOW).now_or_never();
    let verdict = verdict.expect("nothing to wait for");
    match &verdict {
        Ok(grant) => {
            assert!(grant.expires.unwrap() > NOW && grant.subject.is_some());
            assert!(!grant.projects.as_ref().unwrap().is_empty());
            assert!(verifier.holds(grant.key.unwrap()));
            assert_eq!(record::read(&record::write(grant)).as_ref(), Some(&**grant));
        }
        Err(denied) => assert!(matches!(denied, Denied::Bad | Denied::Expired)),
    }
    verdict
}

/// A set of keys lets in who is signed for by one of them, and nobody else.
fn keys(set: &[u8]) {
    let Some(verifier) = Verifier::of(Settings::default(), set) else {
        return;
    };
    let set: Value = serde_json::from_slice(set).unwrap();
    let all = set["keys"].as_array().unwrap();
    let ours: Value = serde_json::from_slice(KEYS).unwrap();
    for (token, (ours, part)) in SIGNED
        .iter()
        .zip(ours["keys"].as_array().unwrap().iter().zip(["n", "x", "x"]))
    {
        let number = |key: &Value| {
            let bytes = URL_SAFE_NO_PAD.decode(key[part].as_str()?).ok()?;
            let zeros = bytes.iter().take_while(|b| **b == 0).count();
            Some(bytes[zeros..].to_vec())
        };
        let there = all.iter().any(|key| number(key) == number(ours));
        let taken = verdict(&verifier, token);
        assert!(taken.is_err() || there, "a token that nobody signed");
    }
}

fn sign(header: &[u8], claims: &[u8]) -> String {
    let part = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let signed = format!("{}.{}", part(header), part(claims));
    let key = hmac::Key::new(hmac::HMAC_SHA256, SECRET);
    let signature = hmac::sign(&key, signed.as_bytes());
    format!("{signed}.{}", part(signature.as_ref()))
}

/// Of what is signed well, only what says everything in its one form is taken; and nothing after a change.
fn signed(header: &[u8], claims: &[u8]) {
    let token = sign(header, claims);
    let Ok(grant) = verdict(&VERIFIER, &token) else {
        return;
    };
    assert_eq!(
        verdict(&VERIFIER, &token).as_ref(),
        Ok(&grant),
        "remembered"
    );
    let [header, claims]: [Value; 2] = [header, claims].map(|part| {
        let json: Value = serde_json::from_slice(part).unwrap();
        assert!(json.is_object());
        json
    });
    assert!(header["alg"] == "HS256" && header.get("crit").is_none());
    assert_eq!(claims["sub"].as_str(), grant.subject.as_deref());
    assert!(claims["exp"].as_f64().unwrap() > 1.7e9);
    assert!(
        claims["nbf"]
            .as_f64()
            .is_none_or(|begin| begin < 1.7e9 + 5.1)
    );
    let projects: Vec<&str> = grant.projects.iter().flatten().map(Name::as_str).collect();
    assert_eq!(claims["projects"], Value::from(projects));
    let audience = claims["aud"].to_string();
    assert!(claims.get("aud").is_none() || audience.contains("milepost"));
    let scope = claims["scope"].to_string();
    let granted = |scope: &Scope| grant.allows(*scope);
    let words = Scope::ALL.into_iter().filter(granted);
    // A word may be written with escapes, which `to_string` has resolved.
    assert!(words.into_iter().all(|word| scope.contains(word.as_str())));
    let narrowed = claims.get("jobs").is_some() || claims.get("owners").is_some();
    assert_eq!(narrowed, grant.narrowing.is_some());

    let at = claims.to_string().len() % token.len();
    let other = if token.as_bytes()[at] == b'A' {
        "B"
    } else {
        "A"
    };
    let mut changed = token;
    changed.replace_range(at..=at, other);
    assert_eq!(verdict(&VERIFIER, &changed), Err(Denied::Bad), "{changed}");
}

/// A text of which nobody knows the secret is no token, unless it was signed once.
fn forged(text: &str) {
    if verdict(&VERIFIER, text).is_err() {
        return;
    }
    let signed = |token: &str| token.rsplit_once('.').unwrap().0.to_owned();
    let known = SIGNED.iter().any(|known| signed(known) == signed(text));
    assert!(known || text == BY_SECRET, "a token that nobody signed");
}

/// The query on the first line, then headers. What is found stands there, and is not shown.
fn request(text: &str) {
    let mut lines = text.lines();
    let query = lines.next();
    let mut headers = HeaderMap::new();
    for (name, value) in lines.filter_map(|line| line.split_once(':')) {
        let name = HeaderName::from_bytes(name.as_bytes());
        if let (Ok(name), Ok(value)) = (name, HeaderValue::from_str(value.trim())) {
            headers.append(name, value);
        }
    }
    for kind in [Kind::Plain, Kind::Events, Kind::Socket] {
        match find(kind, &headers, query) {
            Ok(Credential::Token(token)) => {
                let stands = |v: &HeaderValue| v.to_str().is_ok_and(|v| v.contains(&token));
                assert!(headers.values().any(stands));
                assert_eq!(format!("{:?}", Credential::Token(token)), "Token(..)");
            }
            Ok(Credential::Ticket(..)) => assert!(kind != Kind::Plain),
            Ok(Credential::Later) => assert!(kind == Kind::Socket),
            Err(problem) => assert!(matches!(problem.status(), 400 | 401 | 403)),
        }
    }
}

/// Keys are had over https, or from this machine; who else could read along could give out others.
fn address(text: &str) {
    let Ok(JwksSource::Url(url)) = JwksSource::parse(text) else {
        return;
    };
    let shown = url.to_string();
    let uri: Uri = text.parse().unwrap();
    let authority = uri.authority().unwrap();
    assert!(!shown.contains('?') && !authority.as_str().contains('@'));
    let host = authority.host().trim_matches(['[', ']']);
    let here = |ip: std::net::IpAddr| ip.is_loopback();
    let local = host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(here);
    assert!(uri.scheme_str() == Some("https") || local, "{shown}");
}
