//! What the binary says of credentials: secrets too weak, keys that cannot be had, and `milepost token`.

use std::time::{SystemTime, UNIX_EPOCH};

use milepost::auth::{Denied, Grant, Scope, Scopes, Secret, Settings, Verifier};
use milepost::progress::{Name, Timestamp};

use super::{milepost, refused};
use crate::support::scratch::Scratch;

/// Good, and known to the helper that looks for secrets in what is said.
const SECRET: &str = "hunter2-Zt0cUo9Jx2mVb7LwYk5RhNs8";

#[test]
fn a_secret_that_can_be_guessed_is_refused_and_never_shown() {
    let rows = [
        ("", "empty"),
        ("hunter2", "32 bytes"),
        ("-hunter2", "32 bytes"),
        ("--hunter2-zt0cuo9jx2mvb7lwyk5r", "32 bytes"),
        ("change-me", "placeholder"),
        ("change-me-hunter2-change-me-hunter2", "placeholder"),
        ("hunter2hunter2hunter2hunter2hunter2", "over and over"),
        ("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "over and over"),
        ("secretsecretsecretsecretsecretsecret", "over and over"),
    ];
    for (secret, why) in rows {
        let words = ["--jwt-secret", why, "openssl rand"];
        refused(&["serve", "--jwt-secret", secret], &[], &words);
        refused(&["serve"], &[("MILEPOST_JWT_SECRET", secret)], &words);
        refused(
            &["token", "--project", "a"],
            &[("MILEPOST_JWT_SECRET", secret)],
            &words,
        );
        let both = ["serve", "--jwt-secret", SECRET, "--jwt-secret", secret];
        refused(&both, &[], &words);
    }
}

#[test]
fn a_secret_is_read_from_a_file_without_its_line_break() {
    let folder = Scratch::new();
    let path = folder.join("secret");
    let at = format!("@{}", path.display());
    let arguments = ["serve", "--jwt-secret", &at];
    refused(
        &arguments,
        &[],
        &["--jwt-secret", path.to_str().unwrap(), "cannot be read"],
    );
    let thirty_one = &SECRET[..31];
    for (text, why) in [
        ("", "empty"),
        ("\n", "empty"),
        (thirty_one, "32 bytes"),
        (&format!("{thirty_one}\n"), "32 bytes"),
        (&format!("{thirty_one}\r\n"), "32 bytes"),
        (&"hunter2!".repeat(10_000), "too large"),
    ] {
        std::fs::write(&path, text).unwrap();
        refused(
            &arguments,
            &[],
            &["--jwt-secret", path.to_str().unwrap(), why],
        );
    }
    let from_file = |text: &str| {
        std::fs::write(&path, text).unwrap();
        printed(&["token", "--project", "a", "--jwt-secret", &at], &[])
    };
    for text in [SECRET, &format!("{SECRET}\n"), &format!("{SECRET}\r\n")] {
        let token = from_file(text);
        assert!(judged(&token, SECRET).is_ok());
    }
    let token = from_file(&format!("{SECRET}\n\n"));
    assert!(
        judged(&token, &format!("{SECRET}\n")).is_ok(),
        "one line break only"
    );
}

#[test]
fn a_source_of_keys_that_cannot_be_one_is_refused() {
    let rows = [
        ("", "empty"),
        ("http://id.example/hunter2", "https://"),
        ("https://u:hunter2@id.example/keys", "password"),
        ("ftp://id.example/hunter2", "https://"),
        ("https://", "https://"),
    ];
    for (source, why) in rows {
        refused(&["serve", "--jwks", source], &[], &["--jwks", why]);
        refused(&["serve"], &[("MILEPOST_JWKS", source)], &["--jwks", why]);
    }
    for name in ["--jwt-issuer", "--jwt-audience"] {
        refused(
            &["serve", name, "x"],
            &[],
            &[name, "--jwt-secret", "--jwks"],
        );
        refused(
            &["serve", name, "", "--jwt-secret", SECRET],
            &[],
            &[name, "empty"],
        );
    }
}

#[test]
fn it_is_open_to_other_machines_with_credentials_only() {
    let words = ["--listen", "--jwt-secret", "--jwks", "127.0.0.1"];
    refused(&["serve", "--listen", "0.0.0.0:0"], &[], &words);
    // With them, it goes on to the next thing that is wrong.
    let open = ["serve", "--listen", "0.0.0.0:0", "--bus", "x"];
    refused(&open, &[("MILEPOST_JWT_SECRET", SECRET)], &["--bus"]);
    refused(
        &open,
        &[("MILEPOST_JWKS", "https://id.example/keys")],
        &["--bus"],
    );
}

#[track_caller]
fn printed(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = milepost(arguments, environment);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!((output.status.code(), said.as_str()), (Some(0), ""));
    let printed = String::from_utf8(output.stdout).unwrap();
    let token = printed.strip_suffix('\n').unwrap();
    assert!(!token.contains(char::is_whitespace), "{printed}");
    token.to_owned()
}

fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp(i64::try_from(since.as_millis()).unwrap())
}

fn judged_by(token: &str, settings: Settings) -> Result<Grant, Denied> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let verifier = Verifier::open(settings).unwrap();
    let said = runtime.block_on(verifier.verify(token, now()));
    said.map(|grant| Grant::clone(&grant))
}

fn judged(token: &str, secret: &str) -> Result<Grant, Denied> {
    let settings = Settings {
        secrets: vec![Secret::new(secret.as_bytes()).unwrap()],
        ..Settings::default()
    };
    judged_by(token, settings)
}

#[test]
fn a_token_says_what_was_asked_for() {
    let environment = [("MILEPOST_JWT_SECRET", SECRET)];
    let before = now();
    let grant = judged(
        &printed(&["token", "--project", "acme"], &environment),
        SECRET,
    )
    .unwrap();
    assert_eq!(grant.subject.as_deref(), Some("cli"));
    assert_eq!(grant.projects, Some(vec![Name::parse("acme").unwrap()]));
    assert_eq!(grant.scopes, Scopes::default().with(Scope::Watch));
    assert_eq!(grant.narrowing, None);
    let left = grant.expires.unwrap().since(before);
    assert!(
        (3500.0..=3600.0 + now().since(before)).contains(&left),
        "{left}"
    );

    let arguments = [
        "token",
        "--project",
        "acme",
        "--project",
        "b,c",
        "--scope",
        "watch,report",
        "--scope",
        "delete",
        "--ttl",
        "7d",
        "--sub",
        "Ann Ü",
        "--job",
        "j",
        "--owner",
        "u,v",
        "--jwt-issuer",
        "us",
        "--jwt-audience",
        "them",
        "--jwt-secret",
        SECRET,
        "--jwt-secret",
        "the secret before, soon forgotten",
    ];
    let token = printed(&arguments, &[]);
    let grant = |issuer: &str, audience: &str| {
        let settings = Settings {
            secrets: vec![Secret::new(SECRET.as_bytes()).unwrap()],
            issuer: Some(issuer.into()),
            audience: Some(audience.into()),
            jwks: None,
        };
        judged_by(&token, settings)
    };
    let names = |texts: &[&str]| {
        Some(
            texts
                .iter()
                .map(|t| Name::parse(t).unwrap())
                .collect::<Vec<_>>(),
        )
    };
    assert_eq!(grant("others", "them"), Err(Denied::Bad));
    let grant = grant("us", "them").unwrap();
    assert_eq!(grant.subject.as_deref(), Some("Ann Ü"));
    assert_eq!(grant.projects, names(&["acme", "b", "c"]));
    for scope in Scope::ALL {
        let asked = [Scope::Watch, Scope::Report, Scope::Delete].contains(&scope);
        assert_eq!(grant.allows(scope), asked, "{scope:?}");
    }
    let narrowing = grant.narrowing.unwrap();
    assert_eq!(narrowing.jobs, names(&["j"]));
    assert_eq!(narrowing.owners, names(&["u", "v"]));
    assert!(grant.expires.unwrap().since(before) > 6.9 * 86_400.0);
}

#[test]
fn a_token_that_cannot_be_made_is_one_line() {
    let rows: [(&[&str], &[&str]); 14] = [
        (&[], &["--project"]),
        (&["--project", ""], &["--project"]),
        (&["--project", "*"], &["--project", "letters"]),
        (&["--project", "a/b"], &["--project"]),
        (
            &["--project", "a", "--scope", "watch,fly"],
            &["--scope", "fly", "report"],
        ),
        (&["--project", "a", "--scope", ""], &["--scope"]),
        (&["--project", "a", "--ttl", "0s"], &["--ttl", "1h"]),
        (&["--project", "a", "--ttl=-1h"], &["--ttl", "1h"]),
        (&["--project", "a", "--ttl", "1"], &["--ttl", "1h"]),
        (&["--project", "a", "--ttl", "1.5h"], &["--ttl", "1h"]),
        (
            &["--project", "a", "--ttl", "99999999999999999999d"],
            &["--ttl", "1h"],
        ),
        (&["--project", "a", "--sub", ""], &["--sub"]),
        (&["--project", "a", "--job", "a b"], &["--job"]),
        (&["--project", "a", "--owner", "ü"], &["--owner"]),
    ];
    let environment = [("MILEPOST_JWT_SECRET", SECRET)];
    for (arguments, words) in rows {
        let arguments: Vec<&str> = ["token"].iter().chain(arguments).copied().collect();
        refused(&arguments, &environment, words);
    }
    refused(
        &["token", "--project", "a"],
        &[],
        &["--jwt-secret", "MILEPOST_JWT_SECRET"],
    );
    let many: Vec<String> = (0..1000)
        .map(|n| format!("a-project-with-a-long-name-{n}"))
        .collect();
    let many = many.join(",");
    refused(
        &["token", "--project", &many],
        &environment,
        &["too long", "leave some"],
    );
}
