//! A private PostgreSQL for one machine: found, initialised, started, kept alive, stopped.
//!
//! Owns the directory named by `--data-dir` and the server in it. The server listens on a unix
//! socket that only its own account and root can open, never on a port, and ends with this process
//! however this process ends. Knows nothing of schemas, pools or jobs: it hands out a
//! [`tokio_postgres::Config`].

mod account;
mod binaries;
mod cluster;
mod directory;
mod error;
mod log;
mod process;
mod server;
mod supervisor;
mod system;

pub use error::Error;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use binaries::Binaries;
use directory::Directory;
use server::Server;
use supervisor::Supervisor;
use tokio_postgres::error::SqlState;

/// The superuser that owns every database of an embedded server.
pub const USER: &str = "milepost";

/// What an embedded server is started with.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The directory that holds the database, its socket and its log. Made if missing.
    pub root: PathBuf,
    /// Where `initdb` and `postgres` are; searched for when absent. [`Settings::new`] takes it from
    /// `MILEPOST_PG_BIN`.
    pub binaries: Option<PathBuf>,
    /// Most connections at once. Default 100.
    pub max_connections: u32,
    /// Whether an acknowledged commit is on the disk. Default true; false is for tests, where
    /// nothing outlives the run.
    pub fsync: bool,
    /// Further server settings, name and value. They win over the defaults, not over what keeps the
    /// server private.
    pub settings: Vec<(String, String)>,
}

impl Settings {
    /// The defaults for a server in `root`.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        let binaries = std::env::var_os("MILEPOST_PG_BIN").filter(|dir| !dir.is_empty());
        Self {
            root: root.into(),
            binaries: binaries.map(PathBuf::from),
            max_connections: 100,
            fsync: true,
            settings: Vec::new(),
        }
    }
}

/// A running private server. Dropping it stops the server, and waits for that: as
/// [`Embedded::stop`] does.
///
/// If the server dies it is started again in the same directory, at once and then with a growing
/// pause of up to 5 s, for as long as this value lives. Connections break when that happens: who
/// uses them connects again.
#[derive(Debug)]
pub struct Embedded {
    // Before `server`: the threads must be gone before the directory's lock is.
    supervisor: Supervisor,
    server: Arc<Server>,
}

impl Embedded {
    /// Starts the server and returns when it takes connections: about a second on a new directory,
    /// a tenth on a used one, longer after a crash.
    ///
    /// Blocks its thread; call it from `spawn_blocking` in async code. Any thread will do: the
    /// server belongs to a thread of its own, not to the caller's.
    ///
    /// # Errors
    ///
    /// One line that says what is in the way and how to mend it; see [`Error`]. Nothing is left
    /// running.
    pub fn start(settings: &Settings) -> Result<Self, Error> {
        let directory = Directory::open(&settings.root)?;
        server::clear(&directory, &|| false)?;
        let recorded = cluster::version(&directory.data)?;
        let binaries = Binaries::find(settings.binaries.as_deref(), recorded, &directory)?;
        if recorded.is_none() {
            cluster::create(&directory, &binaries, settings.fsync)?;
        }
        let server = Arc::new(Server::new(directory, binaries, settings));
        let supervisor = Supervisor::start(Arc::clone(&server))?;
        Ok(Self { supervisor, server })
    }

    /// How to reach `database` on this server. The same for the whole life of the server, restarts
    /// included.
    pub fn config(&self, database: &str) -> tokio_postgres::Config {
        let mut config = tokio_postgres::Config::new();
        config
            .host_path(self.socket_dir())
            .user(USER)
            .dbname(database);
        config
    }

    /// Creates `database` unless it is there. Safe to call from several places at once.
    ///
    /// # Errors
    ///
    /// [`Error::Database`] when the server cannot be reached or refuses.
    pub async fn ensure_database(&self, database: &str) -> Result<(), Error> {
        let failed = |source| Error::Database {
            name: database.to_owned(),
            source,
        };
        let (client, connection) = self
            .config("postgres")
            .connect(tokio_postgres::NoTls)
            .await
            .map_err(failed)?;
        let pump = tokio::spawn(connection);
        let known = client
            .query_opt("select 1 from pg_database where datname = $1", &[&database])
            .await;
        let created = match known {
            Ok(Some(_)) => Ok(()),
            Ok(None) => {
                client
                    .batch_execute(&format!("create database {}", quoted(database)))
                    .await
            }
            Err(error) => Err(error),
        };
        drop(client);
        let _ = pump.await; // nothing of this outlives the call
        match created {
            // Somebody else made it in between: by name, or still under way.
            Err(error) if error.code() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(()),
            Err(error) if error.code() == Some(&SqlState::UNIQUE_VIOLATION) => Ok(()),
            other => other.map_err(failed),
        }
    }

    /// The process id of the server; none while it is being restarted.
    pub fn pid(&self) -> Option<u32> {
        self.supervisor.pid()
    }

    /// How often the server died and was started again.
    pub fn restarts(&self) -> u64 {
        self.supervisor.restarts()
    }

    /// The directory the socket is in; `.s.PGSQL.5432` is its name.
    pub fn socket_dir(&self) -> &Path {
        &self.server.directory().socket
    }

    /// Where the server writes what it has to say.
    pub fn log(&self) -> PathBuf {
        self.server.directory().log()
    }

    /// Stops the server: open transactions are rolled back, and all is flushed. What does not end
    /// within 10 s is ended without a flush; the next start recovers. Blocks until the server is
    /// gone.
    pub fn stop(self) {
        drop(self);
    }
}

/// `name` as an SQL identifier.
fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}
