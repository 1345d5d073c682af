//! The test rig: an embedded server for the whole test binary, and a fresh database for each test; and a second server
//! that flushes, for the tests of a service that must call itself ready.
//!
//! A database is a copy of a template that `PREPARE` fills once, so its cost is that of a copy.
//! Databases, not schemas, because notifications and advisory locks are per database. The server is
//! started by the first test that asks, and ends with the process, also when that is killed.

use std::fs;
use std::future::Future;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::pin::Pin;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once, OnceLock};

use milepost::store::embedded::{Embedded, Settings, USER};
use tokio::sync::OnceCell;
use tokio_postgres::{Client, Config, NoTls};

/// Fills the template database it is given the way to.
pub type Prepare = fn(Config) -> Pin<Box<dyn Future<Output = ()> + Send>>;

/// What every test's database starts with.
const PREPARE: Prepare = |config| Box::pin(migrate(config));

const TEMPLATE: &str = "template_of_tests";

/// Start of the names of the directories of test servers; the process id follows.
const DIRECTORY: &str = "milepost-test-server-";

/// A database of one test's own, dropped with this value along with whatever is still connected to
/// it.
pub struct TestDatabase {
    rig: &'static Rig,
    name: String,
}

/// A fresh copy of the template. Starts the server if this is the first.
pub async fn database() -> TestDatabase {
    copy(rig()).await
}

/// The same on a server that keeps what it acknowledges, as the service demands before it calls itself ready.
pub async fn durable_database() -> TestDatabase {
    copy(DURABLE.get_or_init(|| start("durable", true))).await
}

async fn copy(rig: &'static Rig) -> TestDatabase {
    rig.prepared.get_or_init(|| prepare_template(rig)).await;
    let name = format!("test_{}", rig.count.fetch_add(1, Ordering::Relaxed));
    let create = format!("create database {name} template {TEMPLATE}");
    rig.execute(&create).await;
    TestDatabase { rig, name }
}

/// A database with nothing in it.
pub async fn empty() -> TestDatabase {
    let rig = rig();
    let name = format!("empty_{}", rig.count.fetch_add(1, Ordering::Relaxed));
    rig.execute(&format!("create database {name}")).await;
    TestDatabase { rig, name }
}

impl TestDatabase {
    /// How to reach it.
    pub fn config(&self) -> Config {
        self.rig.config(&self.name)
    }

    /// How to reach it, as the text that goes into `--database-url`.
    pub fn url(&self) -> String {
        let socket = &self.rig.socket;
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
        let (rig, name) = (self.rig, std::mem::take(&mut self.name));
        let dropping = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let sql = format!("drop database if exists {name} with (force)");
            runtime.expect("a runtime").block_on(rig.execute(&sql));
        });
        let _ = dropping.join();
    }
}

/// A server of this process.
struct Rig {
    /// Emptied when the process exits.
    server: Mutex<Option<Embedded>>,
    socket: PathBuf,
    prepared: OnceCell<()>,
    count: AtomicU32,
}

/// Does not flush: what a test leaves need not survive a power cut.
static FAST: OnceLock<Rig> = OnceLock::new();

static DURABLE: OnceLock<Rig> = OnceLock::new();

fn rig() -> &'static Rig {
    FAST.get_or_init(|| start("fast", false))
}

/// Where this process keeps its servers.
fn root() -> PathBuf {
    std::env::temp_dir().join(format!("{DIRECTORY}{}", std::process::id()))
}

fn start(name: &str, fsync: bool) -> Rig {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        remove_abandoned();
        remove_at_exit();
        // Everybody may pass through it: a server started by root runs as somebody else.
        fs::create_dir_all(root()).expect("a directory for the servers of the tests");
        let open = fs::Permissions::from_mode(0o755);
        fs::set_permissions(root(), open).expect("our own directory");
    });
    let mut settings = Settings::new(root().join(name));
    settings.max_connections = 300;
    settings.fsync = fsync;
    for (name, value) in [("autovacuum", "off"), ("shared_buffers", "32MB")] {
        settings.settings.push((name.to_owned(), value.to_owned()));
    }
    let server = Embedded::start(&settings)
        .unwrap_or_else(|error| panic!("the tests need a PostgreSQL: {error}"));
    let socket = server.socket_dir().to_owned();
    Rig {
        server: Mutex::new(Some(server)),
        socket,
        prepared: OnceCell::const_new(),
        count: AtomicU32::new(0),
    }
}

impl Rig {
    fn config(&self, database: &str) -> Config {
        let mut config = Config::new();
        config.host_path(&self.socket).user(USER).dbname(database);
        config
    }

    /// One statement on a connection of its own.
    async fn execute(&self, sql: &str) {
        let client = connect(&self.config("postgres")).await;
        client
            .batch_execute(sql)
            .await
            .unwrap_or_else(|error| panic!("{sql}: {error}"));
    }
}

async fn connect(config: &Config) -> Client {
    let (client, connection) = config
        .connect(NoTls)
        .await
        .expect("the test server takes connections");
    tokio::spawn(connection);
    client
}

async fn prepare_template(rig: &Rig) {
    // A test that was cancelled half-way through may have left one.
    let drop = format!("drop database if exists {TEMPLATE} with (force)");
    rig.execute(&drop).await;
    rig.execute(&format!("create database {TEMPLATE}")).await;
    PREPARE(rig.config(TEMPLATE)).await;
    let others = "select from pg_stat_activity where datname = $1";
    let client = connect(&rig.config("postgres")).await;
    while !client
        .query(others, &[&TEMPLATE])
        .await
        .expect("an answer")
        .is_empty()
    {
        tokio::task::yield_now().await;
    }
}

/// The service's own schema, so that a test begins with a copy instead of a migration.
async fn migrate(config: Config) {
    let store = milepost::store::Store::open(&config, 1)
        .await
        .expect("the schema goes in");
    store.close();
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
        for rig in [&FAST, &DURABLE].into_iter().filter_map(OnceLock::get) {
            if let Ok(mut server) = rig.server.lock() {
                drop(server.take());
            }
        }
        let _ = fs::remove_dir_all(root());
    }
    // SAFETY: the function takes nothing, does not unwind, and uses only statics that are never
    // dropped.
    #[allow(unsafe_code)]
    let _ = unsafe { libc::atexit(remove) };
}
