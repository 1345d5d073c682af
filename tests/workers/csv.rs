//! The CSV import: what lands in the tables, what is refused, and that a cancel leaves nothing.

use std::path::PathBuf;
use std::time::Duration;

use milepost::worker::Reporter;
use serde_json::Value;
use tokio_postgres::{Client, Config, NoTls};
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use super::{
    folder::{Folder, large, sample},
    import::Import,
    mapping::Mapping,
    outcome::{ImportError, Summary},
    recorder::Recorder,
};
use crate::support::database;

fn import(file: PathBuf) -> Import {
    Import {
        title: file.file_name().unwrap().to_string_lossy().into_owned(),
        file,
        mapping: None,
        header: true,
        every: 100,
        pace: 0.0,
        halt: CancellationToken::new(),
    }
}

async fn run(
    import: Import,
    database: &Config,
    service: &Recorder,
) -> Result<Summary, ImportError> {
    let id = Uuid::now_v7().to_string();
    import
        .begin(&id, database, &service.reporter())
        .await
        .finish()
        .await
}

async fn connected(database: &Config) -> Client {
    let (client, connection) = database.connect(NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn count(client: &Client, table: &str) -> i64 {
    let select = format!("select count(*) from {table}");
    client.query_one(&select, &[]).await.unwrap().get(0)
}

async fn staging_tables(client: &Client) -> i64 {
    count(client, "pg_tables where tablename like 'stage_%'").await
}

fn codes(service: &Recorder) -> Vec<String> {
    let notices = service.reports("notice").into_iter();
    notices
        .map(|notice| notice["code"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn the_newer_catalog_adds_124_rows_and_changes_43() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let [old, new] = ["2025-02-26", "2025-08-25"].map(|day| {
        folder.unpacked(&sample(&format!(
            "known_exploited_vulnerabilities-{day}.csv.zst"
        )))
    });
    let first = run(import(old), &database, &service).await.unwrap();
    assert_eq!(
        first,
        Summary {
            rows: 1280,
            invalid: 0,
            added: 1280,
            updated: 0
        }
    );
    let second = run(import(new), &database, &service).await.unwrap();
    assert_eq!(
        second,
        Summary {
            rows: 1404,
            invalid: 0,
            added: 124,
            updated: 43
        }
    );
    let client = connected(&database).await;
    assert_eq!(count(&client, "examples.kev").await, 1404);
    let day = "select added::text, due::text from examples.kev where cve_id = 'CVE-2025-48384'";
    let day = client.query_one(day, &[]).await.unwrap();
    assert_eq!((day.get(0), day.get(1)), ("2025-08-25", "2025-09-15"));
    assert_eq!(staging_tables(&client).await, 0);
}

#[tokio::test]
async fn a_job_goes_through_its_phases_and_ends_with_its_counts() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let file = folder.unpacked(&sample("vulnerabilities-2024-10-24.csv.zst"));
    let size = file.metadata().unwrap().len();
    let done = run(import(file), &database, &service).await.unwrap();
    let phases = service.reports("phase");
    let phases: Vec<_> = phases
        .iter()
        .map(|p| (p["name"].as_str().unwrap(), p["total"].as_u64().unwrap()))
        .collect();
    assert_eq!(
        phases,
        [("read", 64 << 10), ("stage", size), ("merge", 3598)]
    );
    assert_eq!(service.counter("rows"), Some(3598));
    assert_eq!(service.counter("added"), Some(done.added));
    assert_eq!(
        service.reports("completed")[0]["result"]["added"],
        done.added
    );
    let seqs: Vec<_> = ["started", "phase", "progress", "completed"]
        .iter()
        .flat_map(|kind| service.reports(kind))
        .collect();
    assert!(seqs.iter().all(|report| report["seq"].is_u64()));
    let client = connected(&database).await;
    let tables = ["vulnerability", "product", "affected", "reference"];
    let mut all = 0;
    for table in tables {
        all += count(&client, &format!("examples.{table}")).await;
    }
    assert_eq!(all as u64, done.added);
    assert_eq!(count(&client, "examples.vulnerability").await, 883);
}

#[tokio::test]
async fn a_cancel_in_the_middle_of_the_merge_leaves_the_final_tables_untouched() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let file = folder.unpacked(&sample("vulnerabilities-2024-10-24.csv.zst"));
    service.cancel_when(|phase, report| {
        phase == "merge" && report["counters"]["added"].as_u64() > Some(0)
    });
    let mut import = import(file);
    import.pace = 4.0;
    let outcome = run(import, &database, &service).await;
    assert!(
        matches!(outcome, Err(ImportError::Cancelled)),
        "{outcome:?}"
    );
    assert_eq!(service.reports("cancelled").len(), 1);
    assert!(service.reports("completed").is_empty());
    let client = connected(&database).await;
    for table in ["vulnerability", "product", "affected", "reference"] {
        assert_eq!(
            count(&client, &format!("examples.{table}")).await,
            0,
            "{table}"
        );
    }
    assert_eq!(staging_tables(&client).await, 0);
}

#[tokio::test]
async fn a_cancel_while_staging_ends_the_copy() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let file = folder.unpacked(&sample("vulnerabilities-2024-10-24.csv.zst"));
    service.cancel_when(|phase, report| phase == "stage" && report["current"].as_u64() > Some(0));
    let mut import = import(file);
    import.pace = 4.0;
    let outcome = run(import, &database, &service).await;
    assert!(
        matches!(outcome, Err(ImportError::Cancelled)),
        "{outcome:?}"
    );
    assert!(
        service
            .reports("phase")
            .iter()
            .all(|phase| phase["name"] != "merge")
    );
    assert_eq!(staging_tables(&connected(&database).await).await, 0);
}

#[tokio::test]
async fn every_bad_row_is_a_notice_and_the_good_ones_are_imported() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let rows: [&[u8]; 9] = [
        b"#model_version:v1,score_date:2022-04-17\ncve,epss,percentile",
        b"CVE-2024-0001,0.5,0.9",
        b"CVE-2024-0002,0.5",
        b"CVE-2024-0003,NaN,0.9",
        b",0.5,0.9",
        b"CVE-24-1,0.5,0.9",
        b"CVE-2024-0004,0.5,\xFF",
        b"CVE-2024-0005\0,0.5,0.9",
        b"\"CVE-2024-0006\",0.25,",
    ];
    let file = folder.file("epss.csv", rows.join(&b'\n'));
    let done = run(import(file), &database, &service).await.unwrap();
    assert_eq!(
        done,
        Summary {
            rows: 8,
            invalid: 6,
            added: 2,
            updated: 0
        }
    );
    let expected = [
        "field_count",
        "bad_number",
        "missing_key",
        "bad_key",
        "not_utf8",
        "nul",
    ];
    assert_eq!(codes(&service), expected);
    let lines = service
        .reports("notice")
        .into_iter()
        .map(|notice| notice["data"]["line"].as_u64().unwrap());
    assert_eq!(lines.collect::<Vec<_>>(), [4, 5, 6, 7, 8, 9]);
    assert_eq!(service.counter("invalid"), Some(6));
}

#[tokio::test]
async fn more_bad_rows_than_notices_may_be_are_summed_up() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let text = format!(
        "cve,epss,percentile\n{}",
        "CVE-2024-0001,0.5\n".repeat(1000)
    );
    let done = run(import(folder.file("epss.csv", text)), &database, &service)
        .await
        .unwrap();
    assert_eq!((done.rows, done.invalid), (1000, 1000));
    let notices = service.reports("notice");
    let unlisted = notices.last().unwrap()["data"]["unlisted"]
        .as_u64()
        .unwrap();
    assert_eq!(notices.len() as u64 - 1 + unlisted, 1000);
}

#[tokio::test]
async fn files_that_cannot_be_imported_say_why() {
    let (folder, database) = (Folder::new(), database().await);
    let cases: [(&str, &[u8], Option<&str>); 4] = [
        (
            "missing_column",
            b"cve,epss\nCVE-2024-0001,0.5\n",
            Some("epss"),
        ),
        (
            "missing_column",
            b"cve,vendorProject\nCVE-2024-0001,x\n",
            Some("kev"),
        ),
        ("empty", b"", None),
        ("encoding", b"\xFF\xFEa\0,\0b\0", None),
    ];
    for (code, bytes, mapping) in cases {
        let service = Recorder::start().await;
        let mut import = import(folder.file("input.csv", bytes));
        import.mapping = mapping.and_then(Mapping::named);
        let error = run(import, &database, &service).await.unwrap_err();
        assert_eq!(error.code().0, code);
        assert_eq!(service.reports("failed")[0]["error"]["code"], code);
        assert_eq!(service.reports("failed")[0]["error"]["retryable"], false);
    }
}

#[tokio::test]
async fn what_the_database_refuses_is_said_with_its_cause() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let client = connected(&database).await;
    let other = "create schema examples; create table examples.epss (of_another_kind int)";
    client.batch_execute(other).await.unwrap();
    let file = folder.file("epss.csv", "cve,epss,percentile\nCVE-2024-0001,0.5,0.9\n");
    assert!(run(import(file), &database, &service).await.is_err());
    let error = &service.reports("failed")[0]["error"];
    assert_eq!(error["code"], "database");
    let message = error["message"].as_str().unwrap();
    assert!(message.contains("does not exist"), "{message}");
}

#[tokio::test]
async fn any_other_table_is_kept_row_by_row() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let text = "\u{feff}name;note\r\nA;\"two\r\nlines; \"\"quoted\"\"\"\r\nB;\r\n\r\nC;plain";
    let file = folder.file("table.csv", text);
    let done = run(import(file), &database, &service).await.unwrap();
    assert_eq!(
        done,
        Summary {
            rows: 3,
            invalid: 0,
            added: 3,
            updated: 0
        }
    );
    let client = connected(&database).await;
    let select = "select n, fields from examples.imported_row order by n";
    let rows = client.query(select, &[]).await.unwrap();
    let rows: Vec<(i64, Vec<String>)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let row = |n, a: &str, b: &str| (n, vec![a.to_owned(), b.to_owned()]);
    assert_eq!(
        rows,
        [
            row(1, "A", "two\r\nlines; \"quoted\""),
            row(2, "B", ""),
            row(3, "C", "plain")
        ]
    );
    assert_eq!(service.creations()[0].1["metadata"]["delimiter"], ";");
}

#[tokio::test]
async fn a_table_without_a_header_goes_by_the_order_of_its_columns() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let mut import = import(folder.file(
        "epss.csv",
        "CVE-1999-1593;0.18;0.96\nCVE-1999-1592;0.01;0.6\n",
    ));
    (import.header, import.mapping) = (false, Mapping::named("epss"));
    let done = run(import, &database, &service).await.unwrap();
    assert_eq!(
        done,
        Summary {
            rows: 2,
            invalid: 0,
            added: 2,
            updated: 0
        }
    );
}

#[tokio::test]
async fn a_quote_that_is_never_closed_costs_one_row_and_no_memory() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let text = format!("a,b\n1,2\n3,\"{}", "x,y\n".repeat(1 << 20));
    let done = run(import(folder.file("open.csv", text)), &database, &service)
        .await
        .unwrap();
    assert_eq!((done.rows, done.invalid, done.added), (2, 1, 1));
    assert_eq!(codes(&service), ["too_long"]);
}

#[tokio::test]
async fn imports_at_once_give_what_one_gives_and_leave_no_staging_table() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let file = folder.unpacked(&sample("vulnerabilities-2024-10-24.csv.zst"));
    let slow = || Import {
        pace: 20.0,
        ..import(file.clone())
    };
    let runs = [(); 3].map(|()| run(slow(), &database, &service));
    let done = futures_util::future::join_all(runs).await;
    let added: u64 = done.into_iter().map(|done| done.unwrap().added).sum();
    let client = connected(&database).await;
    let mut all = 0;
    for table in ["vulnerability", "product", "affected", "reference"] {
        all += count(&client, &format!("examples.{table}")).await;
    }
    assert_eq!(added, all as u64, "every row was added once");
    assert_eq!(staging_tables(&client).await, 0);
}

#[tokio::test]
async fn a_cancel_is_heard_while_another_import_has_the_tables() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let client = connected(&database).await;
    let lock = "select pg_advisory_lock(hashtextextended('examples.kev', 0))";
    client.execute(lock, &[]).await.unwrap();
    let packed = sample("known_exploited_vulnerabilities-2025-02-26.csv.zst");
    let waiting = "Waiting for another import into the same tables";
    service.cancel_when(|_, report| {
        report["message"]
            .as_str()
            .is_some_and(|text| text.starts_with("Waiting"))
    });
    let outcome = run(import(folder.unpacked(&packed)), &database, &service).await;
    assert!(
        matches!(outcome, Err(ImportError::Cancelled)),
        "{outcome:?}"
    );
    assert!(
        service
            .reports("progress")
            .iter()
            .any(|report| report["message"] == waiting)
    );
    assert_eq!(count(&client, "examples.kev").await, 0);
    assert_eq!(staging_tables(&client).await, 0);
}

#[tokio::test]
async fn staging_tables_of_killed_imports_are_dropped_and_living_ones_are_not() {
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let client = connected(&database).await;
    let dead = "create schema examples; create table examples.stage_1 (n int); create table examples.stage_2 (n int)";
    client.batch_execute(dead).await.unwrap();
    client
        .execute("select pg_advisory_lock(2)", &[])
        .await
        .unwrap();
    let file = folder.file("table.csv", "a,b\n1,2\n");
    run(import(file), &database, &service).await.unwrap();
    let left = client
        .query(
            "select tablename::text from pg_tables where tablename like 'stage_%'",
            &[],
        )
        .await
        .unwrap();
    assert_eq!(
        left.iter()
            .map(|row| row.get::<_, String>(0))
            .collect::<Vec<_>>(),
        ["stage_2"]
    );
}

#[tokio::test]
async fn without_a_service_the_import_is_done_all_the_same() {
    let (folder, database) = (Folder::new(), database().await);
    let gone = Recorder::start().await.server(); // nobody listens there any more
    let builder = Reporter::builder(&gone).project("demo");
    let reporter = builder.patience(Duration::from_millis(100)).build();
    let file = folder.unpacked(&sample("epss-2022-04-17.csv.zst"));
    let begun = import(file)
        .begin("lonely", &database, &reporter.unwrap())
        .await;
    assert_eq!(begun.finish().await.unwrap().added, 4000);
}

#[tokio::test]
async fn the_large_table_arrives_whole() {
    let Some(packed) = large("csv/vulnrichment-affected-2024-10-24.csv.zst") else {
        return;
    };
    let (folder, database, service) = (Folder::new(), database().await, Recorder::start().await);
    let done = run(import(folder.unpacked(&packed)), &database, &service)
        .await
        .unwrap();
    assert_eq!((done.rows, done.invalid), (199_699, 0));
    let client = connected(&database).await;
    assert_eq!(count(&client, "examples.vulnerability").await, 44_130);
    let odd =
        "select description from examples.vulnerability where description like E'%\\r\\n%' limit 1";
    assert!(
        client.query_opt(odd, &[]).await.unwrap().is_some(),
        "line breaks in fields are kept"
    );
    assert!(
        service.reports("progress").len() > 4,
        "{}",
        Value::from(service.reports("progress"))
    );
}
