//! `milepost demo`: the service on its private Postgres, with the example workers at work on the sample data.

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::Fatal;
use super::serve::{self, Site};
use crate::api::Guests;
use crate::auth::{self, Minted, Scopes};
use crate::config::{Database, Settings};
use crate::demo::{self, Demo};
use crate::progress::Name;
use crate::worker::Reporter;

/// How long a worker tries to say how its job ended.
const PATIENCE: Duration = Duration::from_secs(20);

/// What the demonstration can be told.
#[derive(Debug, Clone, Args)]
pub struct DemoSettings {
    /// How fast the example workers go: 1 as people like to watch, 2 twice as fast, 0 as fast as they can.
    #[arg(
        long,
        env = "MILEPOST_PACE",
        default_value_t = 1.0,
        value_name = "FACTOR"
    )]
    pub pace: f64,
    /// The largest file that may be imported from the page, in bytes.
    #[arg(long, env = "MILEPOST_UPLOAD_LIMIT", default_value_t = demo::UPLOAD_LIMIT, value_name = "BYTES")]
    pub upload_limit: u64,
    /// The settings of the service.
    #[command(flatten)]
    pub service: Settings,
}

/// Runs until it is asked to stop.
///
/// # Errors
/// One line that says what is wrong and how to mend it.
pub async fn run(settings: DemoSettings) -> Result<(), Fatal> {
    if !(settings.pace.is_finite() && settings.pace >= 0.0) {
        let why = "it must be 0 or more";
        return Err(Fatal::new("--pace cannot be used", why));
    }
    // The demonstration writes into its database, so it takes none that was given for something else.
    if settings.service.database.database_url.is_some() {
        let why =
            "the demonstration has its own: leave --database-url out, or use `milepost serve`";
        return Err(Fatal::new("a database was given", why));
    }
    let config = settings
        .service
        .check(None, serve::environment("RUST_LOG"))?;
    let Database::Private(data) = config.database.clone() else {
        return Err(Fatal::new(
            "no private Postgres",
            "leave --database-url out",
        ));
    };
    let token = config.auth.as_ref().map(token).transpose()?;
    let (pace, upload_limit) = (settings.pace, settings.upload_limit);
    serve::start(config, move |site: &Site| {
        let what = Demo {
            reporter: reporter(site, token.as_deref())?,
            database: site.database.clone(),
            data: data.join("demo"),
            pace,
            upload_limit,
        };
        workers(site, what)
    })
    .await
}

/// Starts the workers, and gives the routes of their front.
fn workers(site: &Site, what: Demo) -> Result<Guests, Fatal> {
    demo::prepare(&what).map_err(|e| Fatal::new("the sample data cannot be unpacked", e))?;
    let (what, leave) = (Arc::new(what), site.leave.clone());
    site.guests.spawn(demo::run(what.clone(), leave.clone()));
    // Nobody may be reading; the workers work all the same.
    let _ = writeln!(std::io::stdout(), "open {}/", site.address);
    Ok(Guests {
        router: demo::routes(what, site.guests.clone(), leave),
        project: Some(project()?),
    })
}

/// What its workers report to: this very service, over HTTP like any other worker.
fn reporter(site: &Site, token: Option<&str>) -> Result<Reporter, Fatal> {
    let mut builder = Reporter::builder(&site.address)
        .project(demo::PROJECT)
        .patience(PATIENCE);
    if let Some(token) = token {
        builder = builder.token(token);
    }
    let built = builder.build();
    built.map_err(|e| Fatal::new("the workers of the demonstration cannot report", e))
}

fn project() -> Result<Name, Fatal> {
    Name::parse(demo::PROJECT).map_err(|e| Fatal::new("the project of the demonstration", e))
}

/// What the example workers show, where the service asks for credentials.
fn token(auth: &auth::Settings) -> Result<String, Fatal> {
    const A_YEAR: u64 = 365 * 86_400;
    let secret = auth.secrets.first().ok_or_else(|| {
        let why = "keys of others make no token for its workers: give --jwt-secret, too";
        Fatal::new("the demonstration has no secret", why)
    })?;
    let issued = auth::now();
    let minted = Minted {
        subject: "demo".into(),
        projects: vec![project()?],
        scopes: Scopes::all(),
        issued,
        expires: issued.plus_seconds(A_YEAR),
        jobs: None,
        owners: None,
        issuer: auth.issuer.clone(),
        audience: auth.audience.clone(),
    };
    Ok(minted.sign(secret))
}
