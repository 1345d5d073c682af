//! Keys of others in a file: rotation with overlap, withdrawal, a file that is spoilt. The two seconds between looks
//! pass at once here: the clock of the runtime is paused.

use std::path::Path;

use milepost::auth::{Denied, JwksSource, Settings, Verifier};
use tokio::time::Instant;

use super::signer::{Signer, jwks};
use super::{claims, now, run, until, with_jwks};
use crate::support::scratch::Scratch;

/// Replaces the file as those do who replace files: at once.
fn put(path: &Path, text: &str) {
    let beside = path.with_extension("new");
    std::fs::write(&beside, text).unwrap();
    std::fs::rename(beside, path).unwrap();
}

fn open(path: &Path) -> Verifier {
    Verifier::open(with_jwks(path.to_str().unwrap())).unwrap()
}

#[tokio::test(start_paused = true)]
async fn keys_change_with_an_overlap_and_a_withdrawn_one_is_noticed() {
    let folder = Scratch::new();
    let path = folder.join("keys.json");
    let (old, new) = (Signer::ed(), Signer::ec());
    let (old_token, new_token) = (
        old.token(Some("1"), &claims()),
        new.token(Some("2"), &claims()),
    );
    put(&path, &jwks(&[old.jwk(Some("1"))]));
    let verifier = open(&path);
    assert!(verifier.ready());
    let _running = run(&verifier);
    let old_key = verifier
        .verify(&old_token, now())
        .await
        .unwrap()
        .key
        .unwrap();
    // The first look after the start is over once a token of nobody has waited for one.
    assert_eq!(
        verifier.verify(&new_token, now()).await.err(),
        Some(Denied::Bad)
    );

    put(&path, &jwks(&[old.jwk(Some("1")), new.jwk(Some("2"))]));
    let begun = std::time::Instant::now();
    let new_key = loop {
        // A token of the new key makes us look, once a second at most.
        match verifier.verify(&new_token, now()).await {
            Ok(grant) => break grant.key.unwrap(),
            Err(why) => assert_eq!(why, Denied::Bad),
        }
        assert!(begun.elapsed().as_secs() < 60);
        tokio::time::sleep(std::time::Duration::from_millis(1)).await;
    };
    assert!(verifier.holds(old_key) && verifier.holds(new_key));
    assert!(verifier.verify(&old_token, now()).await.is_ok());

    put(&path, &jwks(&[new.jwk(Some("2"))]));
    until("the withdrawal", || !verifier.holds(old_key)).await;
    assert_eq!(
        verifier.verify(&old_token, now()).await.err(),
        Some(Denied::Bad)
    );
    assert!(verifier.holds(new_key));

    // Another key under a name that was in use before.
    let again = Signer::ed();
    put(&path, &jwks(&[again.jwk(Some("2"))]));
    until("the withdrawal", || !verifier.holds(new_key)).await;
    assert_eq!(
        verifier.verify(&new_token, now()).await.err(),
        Some(Denied::Bad)
    );
    assert!(
        verifier
            .verify(&again.token(Some("2"), &claims()), now())
            .await
            .is_ok()
    );
}

#[tokio::test(start_paused = true)]
async fn a_token_of_a_new_key_does_not_wait_for_the_next_look() {
    let folder = Scratch::new();
    let path = folder.join("keys.json");
    let (old, new) = (Signer::ed(), Signer::ed());
    put(&path, &jwks(&[old.jwk(Some("1"))]));
    let verifier = open(&path);
    let _running = run(&verifier);
    tokio::time::sleep(std::time::Duration::from_millis(1)).await; // the look at the start is over
    put(&path, &jwks(&[old.jwk(Some("1")), new.jwk(Some("2"))]));
    let begun = Instant::now();
    let token = new.token(Some("2"), &claims());
    verifier.verify(&token, now()).await.unwrap();
    assert!(begun.elapsed().as_millis() < 1000, "no timer had to pass");
}

#[tokio::test(start_paused = true)]
async fn what_is_spoilt_or_gone_leaves_the_old_keys() {
    let folder = Scratch::new();
    let path = folder.join("keys.json");
    let (old, new) = (Signer::ec(), Signer::ed());
    put(&path, &jwks(&[old.jwk(None)]));
    let verifier = open(&path);
    let _running = run(&verifier);
    let token = old.token(None, &claims());
    let key = verifier.verify(&token, now()).await.unwrap().key.unwrap();
    let large = " ".repeat(1024 * 1024 + 1);
    for spoilt in ["", "{", "{\"keys\":7}", "-----BEGIN", &large] {
        put(&path, spoilt);
        tokio::time::sleep(std::time::Duration::from_secs(7)).await; // several looks, on the paused clock
        assert!(verifier.holds(key));
        assert!(verifier.verify(&token, now()).await.is_ok(), "{spoilt:.20}");
    }
    std::fs::remove_file(&path).unwrap();
    tokio::time::sleep(std::time::Duration::from_secs(7)).await;
    assert!(verifier.verify(&token, now()).await.is_ok(), "gone");
    put(&path, &jwks(&[new.jwk(None)]));
    until("the new keys", || !verifier.holds(key)).await;
    // Whoever takes every key away means it.
    put(&path, &jwks(&[]));
    let token = new.token(None, &claims());
    let key = verifier.verify(&token, now()).await.unwrap().key.unwrap();
    until("the end of all keys", || !verifier.holds(key)).await;
    assert_eq!(
        verifier.verify(&token, now()).await.err(),
        Some(Denied::Bad)
    );
    assert!(verifier.ready());
}

#[test]
fn a_file_that_cannot_be_used_is_named_with_the_remedy() {
    let folder = Scratch::new();
    let path = folder.join("keys.json");
    let refused = |what: &str| {
        let jwks = Some(JwksSource::File(path.clone()));
        let said = Verifier::open(Settings {
            jwks,
            ..Settings::default()
        })
        .unwrap_err()
        .to_string();
        assert!(
            said.contains(path.to_str().unwrap()) && said.contains(what),
            "{said}"
        );
        assert_eq!(said.lines().count(), 1);
    };
    refused("see that it is there");
    std::fs::create_dir(&path).unwrap();
    refused("not a file");
    std::fs::remove_dir(&path).unwrap();
    for (text, what) in [
        ("", "JSON"),
        ("{\"keys\":{}}", "\"keys\""),
        ("{\"keys\":[]}", "no key that can be used"),
        (
            "{\"keys\":[{\"kty\":\"oct\",\"k\":\"AAAA\"}]}",
            "no key that can be used",
        ),
    ] {
        std::fs::write(&path, text).unwrap();
        refused(what);
    }
}
