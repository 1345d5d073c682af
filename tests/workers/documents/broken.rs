//! Bad files and bad sources: a clear notice or refusal for each, and nothing is lost.

use std::fs;

use super::{
    super::folder::sample,
    rig::{Rig, ingestion},
};

#[tokio::test]
async fn each_bad_file_has_a_notice_and_the_good_ones_are_stored_whole() {
    let rig = Rig::start().await;
    let files: [(&str, &[u8]); 7] = [
        ("empty.txt", b" \n"),
        (
            "latin.txt",
            b"Caf\xE9 and the na\xEFve \x96 it is the same with the other words of this text.",
        ),
        ("picture.txt", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("zero.txt", b""),
        (
            "damaged.txt",
            b"\xEF\xBB\xBFThe end of this text is damaged\xFF and that is how it is read",
        ),
        (
            "sub/folder/good.txt",
            b"The good one, and there is nothing to say of it",
        ),
        (
            "twin.txt",
            b"the GOOD one and there is nothing to say of it!",
        ),
    ];
    for (name, bytes) in files {
        rig.folder.file(name, bytes);
    }
    let (job, outcome) = rig.ingest(rig.folder.0.clone()).await;
    let done = outcome.unwrap();
    assert_eq!(
        (done.files, done.stored, done.refused, done.near_duplicates),
        (7, 4, 3, 1)
    );
    let expected = [
        ("damaged.txt", "damaged_text"),
        ("empty.txt", "empty"),
        ("picture.txt", "not_text"),
        ("twin.txt", "near_duplicate"),
        ("zero.txt", "empty"),
    ];
    assert_eq!(
        rig.notices(&job).await,
        expected.map(|(path, code)| (path.to_owned(), code.to_owned()))
    );
    assert_eq!(
        (&job["status"], &job["result"]["stored"]),
        (&"completed".into(), &4.into())
    );
    assert_eq!(
        (&job["counters"]["refused"], &job["counters"]["documents"]),
        (&3.into(), &4.into())
    );
    let client = rig.sql().await;
    for row in client
        .query("select path, content from examples.document", &[])
        .await
        .unwrap()
    {
        let (path, content): (String, Vec<u8>) = (row.get(0), row.get(1));
        assert_eq!(
            content,
            fs::read(rig.folder.0.join(&path)).unwrap(),
            "{path}"
        );
    }
    assert_eq!(
        rig.number("select count(*) from examples.staged_document", &[])
            .await,
        0
    );
}

#[tokio::test]
async fn an_archive_that_is_cut_off_stores_nothing() {
    let rig = Rig::start().await;
    let whole = fs::read(sample("rfc-dns.tar.zst")).unwrap();
    for cut in [0, 10, whole.len() / 2, whole.len() - 4] {
        let source = rig.folder.file("cut.tar.zst", &whole[..cut]);
        let (job, outcome) = rig.ingest(source).await;
        assert_eq!(outcome.unwrap_err().code(), "truncated_archive", "{cut}");
        assert_eq!(job["error"]["code"], "truncated_archive");
    }
    assert_eq!(
        rig.number("select count(*) from examples.document", &[])
            .await,
        0
    );
}

#[tokio::test]
async fn a_source_that_is_not_there_or_empty_fails_and_says_so() {
    let rig = Rig::start().await;
    fs::create_dir(rig.folder.0.join("nothing")).unwrap();
    for (name, code) in [("nothing", "empty"), ("not-there", "unreadable")] {
        let (job, _) = rig.ingest(rig.folder.0.join(name)).await;
        assert_eq!(
            (&job["status"], &job["error"]["code"]),
            (&"failed".into(), &code.into()),
            "{job}"
        );
    }
}

#[tokio::test]
async fn two_files_of_one_name_are_two_documents() {
    let rig = Rig::start().await;
    let mut archive = tar::Builder::new(Vec::new());
    for text in ["The first of them", "The second of them"] {
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        archive
            .append_data(&mut header, "same.txt", text.as_bytes())
            .unwrap();
    }
    let plain = archive.into_inner().unwrap();
    let packed = ruzstd::encoding::compress_to_vec(
        &plain[..],
        ruzstd::encoding::CompressionLevel::Uncompressed,
    );
    let (job, outcome) = rig.ingest(rig.folder.file("two.tar.zst", packed)).await;
    assert_eq!(outcome.unwrap().stored, 2);
    assert_eq!(
        rig.notices(&job).await,
        [("same.txt (2)".to_owned(), "same_name".to_owned())]
    );
    assert_eq!(rig.search("second").await.hits[0].path, "same.txt (2)");
}

#[tokio::test]
async fn what_was_stored_before_is_passed_over_and_what_changed_takes_its_place() {
    let rig = Rig::start().await;
    rig.folder.file("a.txt", "The zebra is in the zoo");
    rig.folder.file("b.txt", "The lion is in the zoo as well");
    assert_eq!(rig.ingest(rig.folder.0.clone()).await.1.unwrap().stored, 2);
    rig.folder.file("a.txt", "The okapi is in the forest");
    let (job, outcome) = rig.ingest(rig.folder.0.clone()).await;
    let done = outcome.unwrap();
    assert_eq!((done.stored, done.unchanged), (1, 1));
    assert_eq!(
        (
            job["progress"]["percent"].as_f64(),
            &job["counters"]["unchanged"]
        ),
        (Some(100.0), &1.into())
    );
    assert_eq!(rig.search("zebra").await.documents, 0);
    assert_eq!(rig.search("okapi").await.documents, 1);
    let again = rig.ingest(rig.folder.0.clone()).await.1.unwrap();
    assert_eq!((again.stored, again.unchanged), (0, 2));
    assert_eq!(anew(&rig).await, 2);
}

async fn anew(rig: &Rig) -> u64 {
    let mut ingestion = ingestion(rig.folder.0.clone());
    ingestion.anew = true;
    ingestion
        .begin(&rig.reporter, None)
        .finish(&rig.store)
        .await
        .unwrap()
        .stored
}

#[tokio::test]
async fn a_document_that_the_database_cannot_take_costs_only_itself() {
    let rig = Rig::start().await;
    rig.folder
        .file("good.txt", "The good one, with the words of a text");
    rig.folder
        .file("worse.txt", "The other one, with the word okapi in it");
    drop(rig.store.client().await.unwrap());
    // As large as a limit of the server that no sample reaches.
    let limit = "alter table examples.staged_chunk add constraint small check (body !~ 'okapi' or words is null)";
    rig.sql().await.batch_execute(limit).await.unwrap();
    let (_, outcome) = rig.ingest(rig.folder.0.clone()).await;
    assert_eq!(
        outcome.unwrap_err().code(),
        "database",
        "a rule of the tables is nobody's document's fault"
    );
    let limit = "alter table examples.staged_chunk drop constraint small, add constraint small
                 check (words is null or body !~ 'okapi' or 1 / (length(body) - length(body)) = 0)";
    rig.sql().await.batch_execute(limit).await.unwrap();
    let (job, outcome) = rig.ingest(rig.folder.0.clone()).await;
    let done = outcome.unwrap();
    assert_eq!((done.files, done.stored, done.refused), (2, 1, 1));
    assert_eq!(job["counters"]["refused"], 1);
    assert_eq!(
        rig.notices(&job).await,
        [("worse.txt".to_owned(), "not_indexable".to_owned())]
    );
}

#[tokio::test]
async fn strange_names_are_names() {
    let rig = Rig::start().await;
    let mut archive = tar::Builder::new(Vec::new());
    let long = format!("{}/deep.txt", "folder/".repeat(500));
    for (number, name) in [
        long.as_str(),
        "a\u{1}b.txt",
        "it's \"quoted\" <b>.txt",
        "\u{202e}txt.exe",
    ]
    .iter()
    .enumerate()
    {
        let text = format!("Document number{number} of the archive");
        let mut header = tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        archive
            .append_data(&mut header, name, text.as_bytes())
            .unwrap();
    }
    let plain = archive.into_inner().unwrap();
    let packed = ruzstd::encoding::compress_to_vec(
        &plain[..],
        ruzstd::encoding::CompressionLevel::Uncompressed,
    );
    let (_, outcome) = rig.ingest(rig.folder.file("names.tar.zst", packed)).await;
    assert_eq!(outcome.unwrap().stored, 4);
    assert_eq!(rig.search("number1").await.hits[0].path, "a\u{FFFD}b.txt");
    assert_eq!(
        rig.search("number2").await.hits[0].path,
        "it's \"quoted\" <b>.txt"
    );
}

#[tokio::test]
async fn a_person_cancels_and_what_was_stored_stays_whole() {
    let rig = Rig::start().await;
    let mut ingestion = ingestion(sample("rfc-dns.tar.zst"));
    ingestion.pace = 20.0; // a sixtieth of a second for each document, so that there is a middle
    let begun = ingestion.begin(&rig.reporter, None);
    let job = begun.job.clone();
    let cancel = async {
        drop(rig.store.client().await.unwrap());
        let mut client = rig.sql().await;
        while !some_are_stored(&client).await {
            tokio::task::yield_now().await;
        }
        let hold = client.transaction().await.unwrap();
        hold.batch_execute("lock table examples.document in share mode")
            .await
            .unwrap();
        let path = rig.client().path(&format!("jobs/{}/cancel", job.id()));
        rig.client()
            .post(&path, &serde_json::json!({}))
            .await
            .expect(200);
        job.cancelled().cancelled().await;
        hold.rollback().await.unwrap();
    };
    let (outcome, ()) = tokio::join!(begun.finish(&rig.store), cancel);
    assert_eq!(outcome.unwrap_err().code(), "cancelled");
    assert_eq!(rig.state(job.id()).await["status"], "cancelled");
    let stored = rig
        .number("select count(*) from examples.document", &[])
        .await;
    assert!((3..10).contains(&stored), "{stored}");
    let whole = "select count(*) from examples.document d
                 where exists (select from examples.chunk c where c.document = d.id)";
    assert_eq!(rig.number(whole, &[]).await, stored);
    assert_eq!(
        rig.number("select count(*) from examples.staged_document", &[])
            .await,
        0
    );
}

async fn some_are_stored(client: &tokio_postgres::Client) -> bool {
    let some = "select count(*) >= 3 from examples.document";
    client.query_one(some, &[]).await.unwrap().get(0)
}
