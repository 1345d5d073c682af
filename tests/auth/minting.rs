//! Tokens of our own: taken by us, and by others who read tokens; and theirs by us.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use milepost::auth::{Minted, Scope, Scopes, Settings, Verifier};
use milepost::progress::{Name, Timestamp};
use serde_json::Value;

use super::{NOW, SECRET, claims, now, secret, with_secret};

fn minted() -> Minted {
    let name = |text| Name::parse(text).unwrap();
    Minted {
        subject: "ann \"the\" ü".into(),
        projects: vec![name("acme"), name("b")],
        scopes: Scopes::default().with(Scope::Watch).with(Scope::Cancel),
        issued: now(),
        expires: Timestamp(NOW * 1000 + 1500),
        jobs: Some(vec![name("j")]),
        owners: None,
        issuer: Some("us".into()),
        audience: Some("them".into()),
    }
}

#[tokio::test]
async fn what_we_mint_we_take() {
    let settings = Settings {
        issuer: Some("us".into()),
        audience: Some("them".into()),
        ..with_secret()
    };
    let verifier = Verifier::open(settings).unwrap();
    let token = verifier.mint(&minted()).unwrap();
    assert_eq!(token, minted().sign(&secret()));
    let grant = verifier.verify(&token, now()).await.unwrap();
    assert_eq!(grant.subject.as_deref(), Some("ann \"the\" ü"));
    assert_eq!(grant.projects, Some(minted().projects));
    assert_eq!(grant.scopes, minted().scopes);
    assert_eq!(grant.expires, Some(minted().expires));
    let narrowing = grant.narrowing.clone().unwrap();
    assert_eq!(
        (&narrowing.jobs, &narrowing.owners),
        (&minted().jobs, &None)
    );
    assert_eq!(
        Verifier::open(Settings::default()).unwrap().mint(&minted()),
        None
    );
}

#[tokio::test]
async fn other_readers_of_tokens_agree() {
    let token = minted().sign(&secret());
    let mut rules = Validation::new(Algorithm::HS256);
    rules.validate_exp = false; // these tests have a time of their own
    rules.set_audience(&["them"]);
    rules.set_issuer(&["us"]);
    let key = DecodingKey::from_secret(SECRET.as_bytes());
    let read = jsonwebtoken::decode::<Value>(&token, &key, &rules).unwrap();
    assert_eq!(read.claims["iat"], NOW);
    assert_eq!(read.claims["scope"], "watch cancel");

    let key = EncodingKey::from_secret(SECRET.as_bytes());
    let theirs = jsonwebtoken::encode(&Header::default(), &claims(), &key).unwrap();
    let verifier = Verifier::open(with_secret()).unwrap();
    assert!(verifier.verify(&theirs, now()).await.is_ok());
}
