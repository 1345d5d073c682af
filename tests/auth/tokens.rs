//! What a token must be to be taken, row by row, and that no text whatever upsets the reader.

use milepost::auth::{Denied, Grant, Scope, Scopes, Secret, Settings, Verifier};
use milepost::progress::{Name, Narrowing, Timestamp};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::signer::{Signer, base64url, jwks};
use super::{NOW, SECRET, claims, claims_with, now, secret, with_jwks, with_secret};
use crate::support::scratch::Scratch;

/// A verifier with our secret, and a key of every kind.
struct Site {
    verifier: Verifier,
    ours: Signer,
    rsa: Signer,
    ec: Signer,
    ed: Signer,
    _folder: Scratch,
}

impl Site {
    fn new() -> Self {
        let (rsa, ec, ed) = (Signer::rsa(), Signer::ec(), Signer::ed());
        let folder = Scratch::new();
        let path = folder.join("keys.json");
        let keys = [rsa.jwk(Some("r")), ec.jwk(Some("c")), ed.jwk(Some("d"))];
        std::fs::write(&path, jwks(&keys)).unwrap();
        let settings = Settings {
            secrets: vec![secret()],
            ..with_jwks(path.to_str().unwrap())
        };
        Self {
            verifier: Verifier::open(settings).unwrap(),
            ours: Signer::secret(SECRET),
            rsa,
            ec,
            ed,
            _folder: folder,
        }
    }

    async fn says(&self, token: &str) -> Result<(), Denied> {
        self.verifier.verify(token, now()).await.map(|_| ())
    }
}

fn names(texts: &[&str]) -> Vec<Name> {
    texts.iter().map(|t| Name::parse(t).unwrap()).collect()
}

#[tokio::test]
async fn a_key_of_every_kind_vouches_and_the_grant_is_what_is_claimed() {
    let site = Site::new();
    let claims = json!({
        "sub": "ann", "exp": NOW as f64 + 0.5, "nbf": NOW, "iat": "whenever", "iss": ["anybody"],
        "projects": ["acme", "b"], "scope": "watch report,delete fly", "jobs": ["j2", "j1"],
        "owners": [], "aud": ["other", "milepost"], "more": { "a": [1] },
    });
    let signers = [
        (&site.ours, None),
        (&site.rsa, Some("r")),
        (&site.ec, Some("c")),
        (&site.ed, None),
    ];
    let mut keys = Vec::new();
    for (signer, kid) in signers {
        let token = signer.token(kid, &claims);
        let grant = site.verifier.verify(&token, now()).await.unwrap();
        let key = grant.key.unwrap();
        assert!(site.verifier.holds(key));
        let scopes = [Scope::Watch, Scope::Report, Scope::Delete];
        let narrowing = Narrowing::new(Some(names(&["j1", "j2"])), Some(Vec::new()));
        let expected = Grant {
            subject: Some("ann".into()),
            projects: Some(names(&["acme", "b"])),
            scopes: scopes.into_iter().fold(Scopes::default(), Scopes::with),
            narrowing: narrowing.map(Into::into),
            expires: Some(Timestamp(NOW * 1000 + 500)),
            key: Some(key),
        };
        assert_eq!(*grant, expected);
        keys.push(key);
    }
    keys.sort();
    keys.dedup();
    assert_eq!(keys.len(), 4, "one for each");
}

#[tokio::test]
async fn claims_that_are_not_as_they_should_be_are_refused() {
    let site = Site::new();
    let many: Vec<String> = (0..1001).map(|n| n.to_string()).collect();
    let rows = [
        ("exp", json!((NOW + 60).to_string())),
        ("exp", json!(null)),
        ("exp", json!([NOW + 60])),
        ("nbf", json!(NOW + 6)),
        ("nbf", json!((NOW - 60).to_string())),
        ("nbf", json!(null)),
        ("aud", json!("other")),
        ("aud", json!(["other"])),
        ("aud", json!([])),
        ("aud", json!(["milepost", 7])),
        ("aud", json!({ "milepost": 1 })),
        ("aud", json!(null)),
        ("sub", json!("")),
        ("sub", json!(7)),
        ("sub", json!(null)),
        ("sub", json!("a\nb")),
        ("sub", json!("a\u{0}b")),
        ("sub", json!("a\u{85}b")),
        ("sub", json!("ü".repeat(257))),
        ("projects", json!("acme")),
        ("projects", json!(7)),
        ("projects", json!([])),
        ("projects", json!(null)),
        ("projects", json!(["*"])),
        ("projects", json!(["acme/b"])),
        ("projects", json!(["acme", 7])),
        ("projects", json!(["acme", ""])),
        ("projects", json!(many)),
        ("scope", json!(7)),
        ("scope", json!(null)),
        ("scope", json!(["watch", 7])),
        ("scope", json!({ "watch": true })),
        ("jobs", json!("j")),
        ("jobs", json!(null)),
        ("jobs", json!(["*"])),
        ("owners", json!(["u", 7])),
        ("owners", json!({})),
    ];
    for (name, value) in rows {
        let token = site.ours.token(None, &claims_with(name, value.clone()));
        assert_eq!(site.says(&token).await, Err(Denied::Bad), "{name}: {value}");
    }
    for name in ["exp", "sub", "projects", "scope"] {
        let mut without = claims();
        without.as_object_mut().unwrap().remove(name);
        let token = site.ours.token(None, &without);
        assert_eq!(site.says(&token).await, Err(Denied::Bad), "no {name}");
    }
    let header = r#"{"alg":"HS256"}"#;
    let claims = claims().to_string();
    let twice = claims.replacen('{', r#"{"projects":["other"],"#, 1);
    let deep = claims.replacen('{', r#"{"x":{"a":1,"a":2},"#, 1);
    for bad in [
        twice.as_str(),
        &deep,
        "[]",
        "null",
        "7",
        "",
        "{",
        &format!("{claims} {{}}"),
    ] {
        let token = site.ours.token_of(header, bad);
        assert_eq!(site.says(&token).await, Err(Denied::Bad), "{bad}");
    }
    assert_eq!(
        site.says(&site.ours.token_of(header, &claims)).await,
        Ok(())
    );
}

#[tokio::test]
async fn claims_at_their_bounds_are_taken() {
    let site = Site::new();
    let rows = [
        ("exp", json!(1e300)),
        ("exp", json!(NOW as f64 + 0.001)),
        ("nbf", json!(NOW + 5)),
        ("nbf", json!(-1)),
        ("aud", json!("milepost")),
        ("sub", json!("ü".repeat(256))),
        (
            "projects",
            json!((0..1000).map(|n| n.to_string()).collect::<Vec<_>>()),
        ),
        ("scope", json!("")),
        ("scope", json!([])),
        ("jobs", json!([])),
        ("iss", json!(7)),
    ];
    for (name, value) in rows {
        let token = site.ours.token(None, &claims_with(name, value.clone()));
        assert_eq!(site.says(&token).await, Ok(()), "{name}: {value}");
    }
    let longest = |n: usize| {
        site.ours
            .token(None, &claims_with("x", json!("x".repeat(n))))
    };
    let room = 16 * 1024 - longest(0).len();
    let (fits, over) = (longest(room / 4 * 3), longest(room / 4 * 3 + 3));
    assert!(fits.len() <= 16 * 1024 && over.len() > 16 * 1024);
    assert_eq!(site.says(&fits).await, Ok(()));
    assert_eq!(site.says(&over).await, Err(Denied::Bad));
    let huge = site
        .ours
        .token(None, &claims_with("x", json!("x".repeat(5 << 20))));
    assert_eq!(site.says(&huge).await, Err(Denied::Bad));
}

#[tokio::test]
async fn it_ends_at_exp_also_where_it_is_remembered() {
    let site = Site::new();
    let token = site.ours.token(None, &claims());
    let at = async |millis: i64| {
        let moment = Timestamp((NOW + 60) * 1000 + millis);
        site.verifier.verify(&token, moment).await.map(|_| ())
    };
    assert_eq!(at(0).await, Err(Denied::Expired));
    for _ in 0..2 {
        assert_eq!(at(-1).await, Ok(()));
        assert_eq!(at(0).await, Err(Denied::Expired));
        assert_eq!(at(1000).await, Err(Denied::Expired));
    }
    // Whoever could not have used it before is not told that it was good once.
    for (name, value) in [("projects", json!([])), ("nbf", json!("x"))] {
        let mut claims = claims_with(name, value);
        claims["exp"] = json!(NOW - 1);
        let token = site.ours.token(None, &claims);
        assert_eq!(site.says(&token).await, Err(Denied::Bad), "{name}");
    }
    let expired = claims_with("exp", json!(NOW - 1));
    let forged = Signer::secret("another secret of the same kind.").token(None, &expired);
    assert_eq!(site.says(&forged).await, Err(Denied::Bad));
    let long_ago = site.ours.token(None, &claims_with("exp", json!(-1e300)));
    assert_eq!(site.says(&long_ago).await, Err(Denied::Expired));
}

#[tokio::test]
async fn only_the_right_key_for_the_algorithm_vouches() {
    let site = Site::new();
    let claims = claims();
    let text = claims.to_string();
    let Signer::Rsa(pair) = &site.rsa else {
        unreachable!()
    };
    let public = aws_lc_rs::signature::KeyPair::public_key(&**pair);
    let public = aws_lc_rs::signature::RsaPublicKeyComponents::<Vec<u8>>::from(public);
    let of_public = |bytes: &[u8]| Signer::Secret(bytes.to_vec()).token(None, &claims);
    let jwk = site.rsa.jwk(Some("r"));
    let right = site.rsa.token(Some("r"), &claims);
    let [header, _, signature] = right.split('.').collect::<Vec<_>>().try_into().unwrap();
    let brings_its_key = json!({ "alg": "EdDSA", "jwk": Signer::ed().jwk(Some("d")), "kid": "d" });
    let points_to_it =
        r#"{"alg":"EdDSA","jku":"https://evil.example/keys","x5u":"https://evil.example/x"}"#;
    let bad = [
        ("HS256 with the modulus", of_public(&public.n)),
        (
            "HS256 with the text of the key",
            of_public(jwk.to_string().as_bytes()),
        ),
        (
            "HS256 with the base64 of it",
            of_public(jwk["n"].as_str().unwrap().as_bytes()),
        ),
        (
            "HS256 under the name of a key",
            site.rsa.token_of(r#"{"alg":"HS256","kid":"r"}"#, &text),
        ),
        (
            "none",
            format!("{}.{}.", base64url(r#"{"alg":"none"}"#), base64url(&text)),
        ),
        (
            "none, with a signature",
            site.ours.token_of(r#"{"alg":"none"}"#, &text),
        ),
        ("nOnE", site.ours.token_of(r#"{"alg":"nOnE"}"#, &text)),
        (
            "the algorithm of another key",
            site.ec.token_of(r#"{"alg":"EdDSA","kid":"c"}"#, &text),
        ),
        ("the name of another key", site.ec.token(Some("r"), &claims)),
        ("a name nobody has", site.ec.token(Some("x"), &claims)),
        ("another key", Signer::ec().token(Some("c"), &claims)),
        (
            "it brings its key",
            Signer::ed().token_of(&brings_its_key.to_string(), &text),
        ),
        (
            "it points to its key",
            Signer::ed().token_of(points_to_it, &text),
        ),
        (
            "claims of another",
            format!(
                "{header}.{}.{signature}",
                base64url(text.replace("ann", "eve"))
            ),
        ),
        ("a signature of another", {
            let other = site.rsa.token(Some("r"), &claims_with("sub", json!("eve")));
            format!(
                "{header}.{}.{}",
                base64url(&text),
                other.rsplit('.').next().unwrap()
            )
        }),
        (
            "a wrong secret of the same length",
            Signer::secret(&SECRET.replace('q', "r")).token(None, &claims),
        ),
        (
            "a shorter secret",
            Signer::secret(&SECRET[..31]).token(None, &claims),
        ),
        (
            "a longer secret",
            Signer::secret(&format!("{SECRET}x")).token(None, &claims),
        ),
        ("an empty secret", Signer::secret("").token(None, &claims)),
        (
            "crit",
            site.ours
                .token_of(r#"{"alg":"HS256","crit":["exp"]}"#, &text),
        ),
        (
            "typ",
            site.ours
                .token_of(r#"{"alg":"HS256","typ":"id+jwt"}"#, &text),
        ),
    ];
    for (what, token) in bad {
        assert_eq!(site.says(&token).await, Err(Denied::Bad), "{what}");
    }
    let good = [
        (
            "a name with a secret",
            site.ours.token(Some("../../etc/passwd"), &claims),
        ),
        ("it points to a key, but is signed with ours", {
            let header =
                r#"{"alg":"HS256","jku":"https://evil.example","x5u":"x","jwk":{"kty":"oct"}}"#;
            site.ours.token_of(header, &text)
        }),
        (
            "typ in another case",
            site.ours
                .token_of(r#"{"alg":"HS256","typ":"AT+jwt"}"#, &text),
        ),
        ("no name", site.rsa.token(None, &claims)),
        ("its name", right.clone()),
    ];
    for (what, token) in good {
        assert_eq!(site.says(&token).await, Ok(()), "{what}");
    }
}

#[tokio::test]
async fn a_kind_of_key_that_is_not_configured_vouches_for_nothing() {
    let only_secret = Verifier::open(with_secret()).unwrap();
    for signer in [Signer::rsa(), Signer::ec(), Signer::ed()] {
        let said = only_secret
            .verify(&signer.token(None, &claims()), now())
            .await;
        assert_eq!(said.err(), Some(Denied::Bad), "{}", signer.algorithm());
    }
    let folder = Scratch::new();
    let path = folder.join("keys.json");
    // A set may hold secrets: they are not for tokens of ours.
    let keys = [Signer::ed().jwk(None), Signer::secret(SECRET).jwk(None)];
    std::fs::write(&path, jwks(&keys)).unwrap();
    let only_jwks = Verifier::open(with_jwks(path.to_str().unwrap())).unwrap();
    let token = Signer::secret(SECRET).token(None, &claims());
    assert_eq!(
        only_jwks.verify(&token, now()).await.err(),
        Some(Denied::Bad)
    );
}

#[tokio::test]
async fn every_secret_vouches_and_only_those() {
    let texts = [
        SECRET,
        "the secret before, soon forgotten",
        "neither this one nor the other!!",
    ];
    let [first, second, _] = texts.map(|t| Secret::new(t.as_bytes()).unwrap());
    let settings = Settings {
        secrets: vec![first, second],
        ..Settings::default()
    };
    let verifier = Verifier::open(settings).unwrap();
    let [a, b, c] = texts.map(|t| Signer::secret(t).token(None, &claims()));
    let first = verifier.verify(&a, now()).await.unwrap().key;
    let second = verifier.verify(&b, now()).await.unwrap().key;
    assert_ne!(first, second);
    assert_eq!(verifier.verify(&c, now()).await.err(), Some(Denied::Bad));
    let other = Verifier::open(with_secret()).unwrap();
    assert!(other.holds(first.unwrap()), "the same on every node");
    assert!(!other.holds(second.unwrap()));
}

#[tokio::test]
async fn issuer_and_audience_are_wanted_where_they_are_set() {
    let settings = Settings {
        issuer: Some("https://id.example/".into()),
        audience: Some("progress".into()),
        ..with_secret()
    };
    let verifier = Verifier::open(settings).unwrap();
    let rows: [(Value, Value, bool); 9] = [
        (json!("https://id.example/"), json!("progress"), true),
        (json!("https://id.example/"), json!(["x", "progress"]), true),
        (json!("https://id.example/"), json!("milepost"), false),
        (json!("https://id.example/"), json!("Progress"), false),
        (json!("https://id.example/"), json!(null), false),
        (json!("https://id.example"), json!("progress"), false),
        (json!(["https://id.example/"]), json!("progress"), false),
        (json!(null), json!("progress"), false),
        (json!(7), json!("progress"), false),
    ];
    for (iss, aud, good) in rows {
        let mut claims = claims();
        for (name, value) in [("iss", &iss), ("aud", &aud)] {
            if !value.is_null() {
                claims[name] = value.clone();
            }
        }
        let said = verifier
            .verify(&Signer::secret(SECRET).token(None, &claims), now())
            .await;
        assert_eq!(said.is_ok(), good, "{iss} {aud}");
    }
}

#[tokio::test]
async fn more_tokens_than_are_remembered_are_taken_all_the_same() {
    let site = Site::new();
    for n in 0..4200 {
        let subject = format!("n{n}");
        let token = site.ours.token(None, &claims_with("sub", json!(subject)));
        let grant = site.verifier.verify(&token, now()).await.unwrap();
        assert_eq!(grant.subject.as_deref(), Some(&*subject));
    }
}

fn texts() -> impl Strategy<Value = String> {
    let json = "\\{(\"(alg|exp|kid|projects|x)\":(\"(HS256|EdDSA|RS256|none)\"|[0-9.e-]{1,6}|\\[\\]|null),?){0,4}\\}";
    let part = prop_oneof![
        json.prop_map(base64url),
        any::<Vec<u8>>().prop_map(base64url),
        "[A-Za-z0-9_=.-]{0,9}",
    ];
    prop_oneof![
        any::<String>(),
        proptest::collection::vec(part, 0..5).prop_map(|parts| parts.join(".")),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn no_text_upsets_the_reader(text in texts()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let verifier = Verifier::open(with_secret()).unwrap();
        let said = runtime.block_on(verifier.verify(&text, now()));
        prop_assert_eq!(said.err(), Some(Denied::Bad));
    }

    #[test]
    fn a_token_with_anything_changed_is_bad(at in any::<prop::sample::Index>(), with in any::<char>()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let verifier = Verifier::open(with_secret()).unwrap();
        let token = Signer::secret(SECRET).token(None, &claims());
        let mut changed: Vec<char> = token.chars().collect();
        let at = at.index(changed.len());
        changed[at] = with;
        let changed: String = changed.into_iter().collect();
        prop_assume!(changed != token);
        let said = runtime.block_on(verifier.verify(&changed, now()));
        prop_assert_eq!(said.err(), Some(Denied::Bad));
    }
}
