//! The test rig: one embedded server for the whole test binary, and a fresh database for each test.
//!
//! A database is a copy of a template that `PREPARE` fills once, so its cost is that of a copy.
//! Databases, not schemas, because notifications and advisory locks are per database. The server is
//! started by the first test that asks, and ends with the process, also when that is killed.

use std::fs;
use std::future::Future;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock};

use milepost::store::embedded::{Embedded, Settings, USER};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, Config, NoTls};

/// Fills the template database it is given the way to. All its connections must be closed when it
/// is done.
pub type Prepare = fn(Config) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// What every test's database starts with.
const PREPARE: Prepare = |config| Box::pin(migrate(config));

const TEMPLATE: &str = "template_of_tests";

/// Start of the names of the directories of test servers; the process id follows.
const DIRECTORY: &str = "milepost-test-server-";

/// A database of one test's own, dropped with this value along with whatever is still connected to
/// it.
pub struct TestDatabase {
    name: String,
}

/// A fresh copy of the template. Starts the server if this is the first.
pub async fn database() -> TestDatabase {
    static PREPARED: OnceCell<()> = OnceCell::const_new();
    static COUNT: AtomicU32 = AtomicU32::new(0);
    PREPARED.get_or_init(|| prepare_template(PREPARE)).await;
    let name = format!("test_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    execute(&format!("create database {name} template {TEMPLATE}")).await;
    TestDatabase { name }
}

/// A database with nothing in it.
pub async fn empty() -> TestDatabase {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("empty_{}", COUNT.fetch_add(1, Ordering::Relaxed));
    execute(&format!("create database {name}")).await;
    TestDatabase { name }
}

impl TestDatabase {
    /// How to reach it.
    pub fn config(&self) -> Config {
        config(&self.name)
    }

    /// How to reach it, as the text that goes into `--database-url`.
    pub fn url(&self) -> String {
        let socket = &rig().socket;
        format!(
            "postgres:///{}?host={}&user={USER}",
            self.name,
            socket.display()
        )
    }

    /// A new connection to it, served by a task of the current runtime.
    pub async fn connect(&self) -> Client {
        connect(&self.config()).await
    }
}

impl Drop for TestDatabase {
    /// On a thread with a runtime of its own, since the test's cannot be waited for here. Best
    /// effort: the server is thrown away anyway.
    fn drop(&mut self) {
        let name = std::mem::take(&mut self.name);
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let sql = format!("drop database if exists {name} with (force)");
            runtime.expect("a runtime").block_on(execute(&sql));
        });
        let _ = dropping.join();
    }
}

/// The one server of this process.
struct Rig {
    /// Emptied when the process exits.
    server: Mutex<Option<Embedded>>,
    socket: PathBuf,
    root: PathBuf,
}

static RIG: OnceLock<Rig> = OnceLock::new();

fn rig() -> &'static Rig {
    RIG.get_or_init(|| {
        remove_abandoned();
        remove_at_exit();
        start()
    })
}

fn start() -> Rig {
    let root = std::env::temp_dir().join(format!("{DIRECTORY}{}", std::process::id()));
    let mut settings = Settings::new(&root);
    settings.max_connections = 300;
    settings.fsync = false;
    for (name, value) in [("autovacuum", "off"), ("shared_buffers", "32MB")] {
        settings.settings.push((name.to_owned(), value.to_owned()));
    }
    let server = Embedded::start(&settings)
        .unwrap_or_else(|error| panic!("the tests need a PostgreSQL: {error}"));
    let socket = server.socket_dir().to_owned();
    Rig {
        server: Mutex::new(Some(server)),
        socket,
        root,
    }
}

fn config(database: &str) -> Config {
    let mut config = Config::new();
    config.host_path(&rig().socket).user(USER).dbname(database);
    config
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config
        .connect(NoTls)
        .await
        .expect("the test server takes connections");
    tokio::spawn(connection);
    client
}

/// One statement on a connection of its own.
async fn execute(sql: &str) {
    let client = connect(&config("postgres")).await;
    client
        .batch_execute(sql)
        .await
        .unwrap_or_else(|error| panic!("{sql}: {error}"));
}

async fn prepare_template(prepare: Prepare) {
    // A test that was cancelled half-way through may have left one.
    execute(&format!("drop database if exists {TEMPLATE} with (force)")).await;
    execute(&format!("create database {TEMPLATE}")).await;
    prepare(config(TEMPLATE)).await;
}

/// The service's own schema, so that a test begins with a copy instead of a migration.
async fn migrate(config: Config) {
    let store = milepost::store::Store::open(&config, 1)
        .await
        .expect("the schema goes in");
    store.close();
    let others = "select from pg_stat_activity where datname = $1";
    let client = connect(&self::config("postgres")).await;
    while !client
        .query(others, &[&TEMPLATE])
        .await
        .expect("an answer")
        .is_empty()
    {
        tokio::task::yield_now().await;
    }
}

/// Removes the directories of earlier runs that were killed.
fn remove_abandoned() {
    if !Path::new("/proc/self").exists() {
        return; // no telling which are abandoned
    }
    for entry in fs::read_dir(std::env::temp_dir())
        .into_iter()
        .flatten()
        .flatten()
    {
        let name = entry.file_name().to_string_lossy().into_owned();
        let Some(pid) = name.strip_prefix(DIRECTORY) else {
            continue;
        };
        if !Path::new("/proc").join(pid).exists() {
            let _ = fs::remove_dir_all(entry.path());
        }
    }
}

/// Statics are not dropped, so the server is stopped by a function that runs when the process exits
/// in the usual way.
fn remove_at_exit() {
    extern "C" fn remove() {
        let Some(rig) = RIG.get() else { return };
        if let Ok(mut server) = rig.server.lock() {
            drop(server.take());
        }
        let _ = fs::remove_dir_all(&rig.root);
    }
    // SAFETY: the function takes nothing, does not unwind, and uses only statics that are never
    // dropped.
    #[allow(unsafe_code)]
    let _ = unsafe { libc::atexit(remove) };
}
