//! The pool: every wait has a limit, and a connection that has rested is asked before use whether its server still
//! takes writes (after a fail-over the old primary may answer, read-only).

use std::future::Future;
use std::time::Duration;

use deadpool_postgres::{
    Hook, HookError, Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime,
    TimeoutType,
};
use tokio_postgres::NoTls;

use super::Error;

/// A statement takes at most so long; the server itself gives up a little earlier, so that a connection never goes
/// back into the pool with a statement still running.
pub const STATEMENT: Duration = Duration::from_secs(4);
const SERVER_OPTIONS: &str = "-c statement_timeout=3500 -c lock_timeout=3000 -c idle_in_transaction_session_timeout=10000 -c client_connection_check_interval=0 -c timezone=UTC";
const WAIT: Duration = Duration::from_secs(3);
const CONNECT: Duration = Duration::from_secs(3);
/// All of it takes at most so long, however many connections there are.
const FOUND: Duration = Duration::from_secs(4);
/// A connection that was used a moment ago is taken to be alive.
const RESTED: Duration = Duration::from_secs(1);

/// A pool of at most `size` connections. Does not connect yet.
pub fn build(config: &tokio_postgres::Config, size: usize) -> Result<Pool, Error> {
    let manager = ManagerConfig {
        recycling_method: RecyclingMethod::Fast,
    };
    let rested = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, metrics| {
        let rested = metrics.last_used() > RESTED;
        Box::pin(async move {
            if !rested {
                return Ok(());
            }
            let asked = client.simple_query("select 1 where pg_is_in_recovery() or current_setting('transaction_read_only') = 'on'");
            let rows = asked.await.map_err(HookError::Backend)?;
            let read_only = rows
                .iter()
                .any(|m| matches!(m, tokio_postgres::SimpleQueryMessage::Row(_)));
            if read_only {
                Err(HookError::message("the server takes no writes"))
            } else {
                Ok(())
            }
        })
    });
    Pool::builder(Manager::from_config(tuned(config), NoTls, manager))
        .max_size(size)
        .runtime(Runtime::Tokio1)
        .wait_timeout(Some(WAIT))
        .create_timeout(Some(CONNECT))
        .recycle_timeout(Some(CONNECT))
        .pre_recycle(rested)
        .build()
        .map_err(|e| Error::Broken(e.to_string()))
}

/// The settings every connection of ours has, beside what the caller said.
#[must_use]
pub fn tuned(config: &tokio_postgres::Config) -> tokio_postgres::Config {
    let mut config = config.clone();
    let options = config.get_options().map_or_else(
        || SERVER_OPTIONS.to_owned(),
        |given| format!("{SERVER_OPTIONS} {given}"),
    );
    config.options(options);
    if config.get_application_name().is_none() {
        config.application_name("milepost");
    }
    config
        .connect_timeout(CONNECT)
        .tcp_user_timeout(Duration::from_secs(10));
    config
        .keepalives_idle(Duration::from_secs(10))
        .keepalives_interval(Duration::from_secs(5))
        .keepalives_retries(2);
    config
}

/// A connection from the pool. Each one that has rested is asked first, and of a server that does not answer all are
/// asked in vain, one after the other: the whole of that has a limit, too.
pub async fn client(pool: &Pool) -> Result<Object, Error> {
    let Ok(found) = tokio::time::timeout(FOUND, pool.get()).await else {
        let seconds = FOUND.as_secs();
        return Err(Error::Connection(format!(
            "no connection that answers within {seconds} s"
        )));
    };
    found.map_err(|error| match error {
        PoolError::Backend(error) => Error::from(error),
        PoolError::Timeout(TimeoutType::Wait) => {
            Error::Exhausted("all connections of the pool are in use".into())
        }
        other => Error::Connection(other.to_string()),
    })
}

/// `work`, within the time a statement may take.
pub async fn within<T>(
    work: impl Future<Output = Result<T, tokio_postgres::Error>>,
) -> Result<T, Error> {
    match tokio::time::timeout(STATEMENT, work).await {
        Ok(result) => result.map_err(Error::from),
        Err(_) => Err(Error::Connection(format!(
            "no answer within {} s",
            STATEMENT.as_secs()
        ))),
    }
}
