//! Without a service nothing happens, and everything works.

use std::io::{Read, Write};
use std::time::Duration;

use futures_util::StreamExt;
use milepost::worker::{Counter, Failure, Job, Level, Reporter};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};

fn job() -> Job {
    Reporter::off().job("scan").id("quiet").start()
}

#[tokio::test]
async fn every_call_works_and_nothing_is_delivered() {
    let reporter = Reporter::off();
    assert!(!reporter.is_on());
    let job = reporter.job("no kind at all!").total(3).start();
    job.message("m");
    job.metadata(json!({"a": 1}));
    job.notice(Level::Info, "code", "text");
    job.percent(3.0);
    let count: Counter = job.counter("n");
    count.inc(2);
    assert_eq!(count.get(), 2);
    assert!(!job.known(Duration::from_secs(60)).await, "at once");
    assert!(!job.retrying(Failure::new("x", "y")).await);
    job.again();
    let child = job.child("part").start();
    child.inc(1);
    assert!(!job.complete(json!({})).wait(Duration::from_secs(60)));
    assert!(reporter.close(Duration::ZERO).await);
    assert_eq!(reporter.backlog().reports, 0);
}

#[test]
fn an_iterator_counts_what_is_done_and_knows_how_much_there_is() {
    let job = job();
    let phase = job.phase("parse");
    let mut items = phase.track(vec!['a', 'b', 'c']);
    assert_eq!(items.len(), 3);
    assert_eq!(items.next(), Some('a'));
    assert_eq!(phase.current(), 0, "it is not done yet");
    assert_eq!(items.next(), Some('b'));
    assert_eq!(phase.current(), 1);
    assert_eq!(items.by_ref().count(), 1);
    assert_eq!(phase.current(), 3);
    assert_eq!(items.next(), None);
    assert_eq!(phase.current(), 3);
    job.phase("next");
    assert_eq!(job.current(), 0);
    phase.inc(1);
    assert_eq!(
        (job.current(), phase.current()),
        (0, 4),
        "each counts for itself"
    );
}

#[tokio::test]
async fn a_stream_counts_what_is_done() {
    let job = job();
    let mut items = job.track_stream(futures_util::stream::iter(0..3));
    assert_eq!(items.next().await, Some(0));
    assert_eq!(job.current(), 0);
    assert_eq!(items.by_ref().collect::<Vec<_>>().await, [1, 2]);
    assert_eq!(job.current(), 3);
}

#[tokio::test]
async fn readers_and_writers_count_their_bytes() {
    let job = job();
    let mut text = String::new();
    let (read, write) = (job.phase("read"), job.phase("write"));
    Read::read_to_string(&mut read.read(&b"hello"[..]), &mut text).unwrap();
    assert_eq!(read.current(), 5);
    AsyncReadExt::read_to_string(&mut read.read(&b"world!"[..]), &mut text)
        .await
        .unwrap();
    assert_eq!((text.as_str(), read.current()), ("helloworld!", 11));
    let lines = std::io::BufRead::lines(read.read(&b"a\nb\n"[..]));
    assert_eq!((lines.count(), read.current()), (2, 15));
    let mut out = write.write(Vec::new());
    Write::write_all(&mut out, b"abc").unwrap();
    AsyncWriteExt::write_all(&mut out, b"de").await.unwrap();
    assert_eq!(
        (out.into_inner().as_slice(), write.current()),
        (&b"abcde"[..], 5)
    );
    assert_eq!(job.current(), 5, "what is worked on now is the last phase");
}

#[test]
fn what_cannot_be_an_address_or_a_project_is_an_error_that_says_so() {
    for (url, project, word) in [
        ("ftp://x", "acme", "neither http nor https"),
        ("127.0.0.1:8080", "acme", "http"),
        ("http://x?y=1", "acme", "query"),
        ("http://x", "", "project"),
        ("http://x", "a/b", "project"),
    ] {
        let built = Reporter::builder(url).project(project).build();
        let said = built.expect_err(url).to_string();
        assert!(said.contains(word), "{said}");
    }
    let missing = Reporter::builder("http://x").token_file("/nowhere/token");
    assert!(
        missing
            .expect_err("no file")
            .to_string()
            .contains("/nowhere/token")
    );
}
