//! The example in the module's text: it compiles, it works, and it is the one that stands there.

#[rustfmt::skip] // as wide as it stands in the text
mod text {
use milepost::worker::Reporter;

pub fn sizes(files: Vec<std::path::PathBuf>) -> Result<u64, Box<dyn std::error::Error>> {
    let reporter = Reporter::from_env()?; // MILEPOST_URL, MILEPOST_PROJECT, MILEPOST_TOKEN
    let job = reporter.job("sizes").title("Sizes of files").start();
    let mut bytes = 0;
    for file in job.track(files) {
        job.bail_if_cancelled()?;
        bytes += std::fs::metadata(file)?.len();
    }
    job.complete(serde_json::json!({"bytes": bytes}));
    Ok(bytes)
}
}

#[test]
fn it_works_and_is_what_the_text_shows() {
    let here = include_str!("example.rs");
    let there = include_str!("../../src/worker.rs");
    let shown: Vec<&str> = there
        .lines()
        .skip_while(|line| *line != "//! ```")
        .skip(1)
        .take_while(|line| *line != "//! ```")
        .map(|line| {
            line.trim_start_matches("//!")
                .strip_prefix(' ')
                .unwrap_or_default()
        })
        .collect();
    assert!(shown.len() > 10);
    let here = here.replace("pub fn", "fn");
    assert!(here.contains(&shown.join("\n")), "{shown:#?}");
    let file = std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    let bytes = file.metadata().expect("a file").len();
    assert_eq!(text::sizes(vec![file]).expect("sizes"), bytes);
}
