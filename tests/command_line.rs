//! What the binary says of settings that cannot be used: one line, no secret, exit code 2.

use std::net::TcpListener;
use std::process::{Command, Output};

fn milepost(arguments: &[&str], environment: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_milepost"))
        .args(arguments)
        .env_clear()
        .envs(environment.iter().copied())
        .output()
        .unwrap()
}

#[track_caller]
fn refused(arguments: &[&str], environment: &[(&str, &str)], words: &[&str]) {
    let output = milepost(arguments, environment);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        output.status.code(),
        Some(2),
        "{arguments:?} {environment:?}: {said}"
    );
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(output.stdout.is_empty());
    for word in words {
        assert!(said.contains(word), "no {word:?} in {said}");
    }
    assert!(!said.contains("hunter2"), "a secret in {said}");
}

#[test]
fn a_bad_setting_is_one_line_that_says_how_to_mend_it() {
    let rows: [(&[&str], &[&str]); 14] = [
        (&["--listen", "nonsense"], &["--listen", "127.0.0.1:8080"]),
        (&["--listen", "127.0.0.1:99999"], &["--listen"]),
        (&["--listen", "0.0.0.0:0"], &["--listen", "credentials"]),
        (&["--listen", "[::]:0"], &["--listen", "credentials"]),
        (&["--admin-listen", "x"], &["--admin-listen"]),
        (
            &["--database-url", "postgres//u:hunter2@h/d"],
            &["--database-url", "postgres://"],
        ),
        (&["--database-url", ""], &["--database-url"]),
        (&["--bus", "redis://u:hunter2@h"], &["--bus", "postgres"]),
        (&["--drain-seconds", "-1"], &["--drain-seconds"]),
        (&["--log-format", "xml"], &["--log-format", "text", "json"]),
        (&["--log", "a=b=c"], &["--log"]),
        (&["--batch-limit", "1"], &["--batch-limit", "--body-limit"]),
        (&["--body-limit", "0"], &["--body-limit"]),
        (&["--lisen", "127.0.0.1:0"], &["--lisen", "--listen"]),
    ];
    for (arguments, words) in rows {
        let arguments: Vec<&str> = ["serve"].iter().chain(arguments).copied().collect();
        refused(&arguments, &[], words);
    }
}

#[test]
fn settings_come_from_the_environment_and_a_flag_wins() {
    refused(
        &["serve"],
        &[("MILEPOST_LISTEN", "nonsense")],
        &["--listen"],
    );
    refused(
        &["serve"],
        &[("DATABASE_URL", "x:hunter2")],
        &["DATABASE_URL"],
    );
    let both = [
        ("MILEPOST_DATABASE_URL", "x:hunter2"),
        ("DATABASE_URL", "postgres://h/d"),
    ];
    refused(&["serve"], &both, &["--database-url"]);
    refused(
        &["serve", "--bus", "nats://h"],
        &[("MILEPOST_BUS", "postgres")],
        &["--bus"],
    );
    refused(&["serve"], &[("RUST_LOG", "a=b=c")], &["RUST_LOG"]);
    refused(&["demo", "--pace", "-1"], &[], &["--pace"]);
}

#[test]
fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    refused(
        &[
            "serve",
            "--listen",
            &address,
            "--database-url",
            "postgres://u:hunter2@localhost/d",
        ],
        &[],
        &[&address, "another"],
    );
}

#[test]
fn help_names_every_setting_and_its_default() {
    let output = milepost(&["serve", "--help"], &[]);
    let help = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0));
    for word in [
        "MILEPOST_LISTEN",
        "127.0.0.1:8080",
        "MILEPOST_DATABASE_URL",
        "milepost-data",
        "MILEPOST_DRAIN_SECONDS",
        "30",
        "65536",
    ] {
        assert!(help.contains(word), "no {word} in {help}");
    }
}

#[test]
fn every_option_has_its_name_in_the_environment() {
    for command in ["serve", "demo"] {
        let output = milepost(&[command, "--help"], &[]);
        let help = String::from_utf8(output.stdout).unwrap();
        let words = help.split_whitespace();
        let options: Vec<&str> = words
            .filter_map(|w| w.strip_prefix("--"))
            .filter(|w| *w != "help")
            .collect();
        assert!(options.contains(&"listen"), "{help}");
        for option in options {
            let name = format!("[env: MILEPOST_{}", option.to_uppercase().replace('-', "_"));
            let named = help.contains(&format!("{name}=")) || help.contains(&format!("{name}]"));
            assert!(named, "no {name} in {help}");
        }
    }
}
