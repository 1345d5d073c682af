//! The importer of `examples/csv_import` as a process, its file, and the tables that it fills.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use tokio_postgres::{Client, NoTls};

use super::process;
use super::service::Service;

/// The database of the final tables, beside the service's own on the same server.
const DATABASE: &str = "import";

/// Everything an import needs.
pub struct Importer {
    binary: PathBuf,
    database: String,
    server: String,
    /// A connection to the final tables.
    pub tables: Client,
}

/// What one run took.
pub struct Run {
    /// From its start to its end, in seconds.
    pub seconds: f64,
    /// The most memory that was resident, in KiB.
    pub memory: u64,
    /// Whether it imported.
    pub imported: bool,
}

impl Importer {
    /// For this service, on its Postgres.
    pub async fn new(service: &Service) -> Self {
        let admin = connect(&service.database("postgres")).await;
        let create = format!("create database {DATABASE}");
        admin.batch_execute(&create).await.expect("a database");
        let database = service.database(DATABASE);
        Self {
            binary: binary(),
            tables: connect(&database).await,
            server: format!("http://{}", service.address),
            database,
        }
    }

    /// Throws the final tables away, and lets the disk come to rest.
    pub async fn fresh(&self) {
        let sql = "drop schema if exists examples cascade";
        self.tables.batch_execute(sql).await.expect("dropped");
        self.tables.batch_execute("checkpoint").await.expect("done");
    }

    /// How many rows the final tables have, and a sum over all that is in them.
    pub async fn fingerprint(&self) -> String {
        let one = |table| {
            format!(
                "select count(*), coalesce(sum(hashtextextended(t::text, 0)), 0) from examples.{table} t"
            )
        };
        let tables = ["vulnerability", "product", "affected", "reference"].map(one);
        let all = tables.join(" union all ");
        let sql = format!(
            "select sum(count)::text || ' rows, sum ' || sum(coalesce)::text from ({all}) a"
        );
        self.tables
            .query_one(&sql, &[])
            .await
            .expect("counted")
            .get(0)
    }

    /// Imports `file`, with or without reporting, and blocks until it is done.
    pub fn run(&self, file: &Path, reporting: bool) -> Run {
        let mut command = Command::new(&self.binary);
        command.arg(file).args(["--project", "bench"]);
        command.args(["--database-url", &self.database, "--server", &self.server]);
        if !reporting {
            command.arg("--no-report");
        }
        let (begin, mut memory) = (Instant::now(), 0);
        let mut child = command
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("the importer starts");
        loop {
            memory = memory.max(process::memory(child.id(), "VmHWM"));
            if let Some(status) = child.try_wait().expect("a child") {
                return Run {
                    seconds: begin.elapsed().as_secs_f64(),
                    memory,
                    imported: status.success(),
                };
            }
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.expect("Postgres");
    tokio::spawn(connection);
    client
}

/// The importer, built if it is not there.
fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("this program");
    let release = here.ancestors().nth(2).expect("target/release");
    let built = Command::new(env!("CARGO"))
        .args(["build", "--release", "--quiet", "--example", "csv_import"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .status();
    assert!(built.is_ok_and(|s| s.success()), "the importer is built");
    release.join("examples/csv_import")
}
