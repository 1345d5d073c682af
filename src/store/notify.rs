//! The connection that hints go out on.

use deadpool_postgres::Pool;
use tokio_postgres::Config;
use uuid::Uuid;

use super::{Error, pool};

/// Sends notifications. A lost one costs a catch-up read, so none waits for the disk.
#[derive(Clone)]
pub struct Notifier {
    pool: Pool,
    node: Uuid,
}

impl Notifier {
    /// A notifier of this node; connects at the first use, and again after a failure.
    pub fn new(config: &Config, node: Uuid) -> Result<Self, Error> {
        let mut config = config.clone();
        let given = config.get_options().unwrap_or_default().to_owned();
        config
            .options(format!("-c synchronous_commit=off {given}"))
            .application_name("milepost hints");
        Ok(Self {
            pool: pool::build(&config, 1)?,
            node,
        })
    }

    /// Whose notifications these are.
    #[must_use]
    pub fn node(&self) -> Uuid {
        self.node
    }

    /// Sends these texts in one transaction.
    pub async fn send(&self, texts: &[String]) -> Result<(), Error> {
        let client = pool::client(&self.pool).await?;
        let sent = pool::within(async {
            let statement = client
                .prepare_cached(include_str!("../../sql/query/notify.sql"))
                .await?;
            client.query(&statement, &[&texts]).await
        })
        .await;
        if sent.is_err() {
            drop(deadpool_postgres::Object::take(client));
        }
        sent.map(drop)
    }
}
