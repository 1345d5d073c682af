//! `milepost token`: makes a token of our own and prints it, alone, so that a script can take it.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Args;

use super::Fatal;
use crate::auth::claims::{self, LONGEST_SUBJECT, MOST_PROJECTS};
use crate::auth::{self, Minted, Scope, Scopes};
use crate::config::OwnSettings;
use crate::progress::{Name, Timestamp};

/// The longest life of a token, in seconds: ten years.
const LONGEST_LIFE: u64 = 3650 * 86_400;

/// What the token is to say.
#[derive(Debug, Clone, Args)]
pub struct TokenSettings {
    /// The project it is for; may be repeated, or several joined by commas.
    #[arg(
        long,
        env = "MILEPOST_PROJECT",
        required = true,
        value_delimiter = ',',
        value_name = "PROJECT"
    )]
    pub project: Vec<String>,
    /// What it is good for: watch, report, cancel, create, delete, joined by commas.
    #[arg(
        long,
        env = "MILEPOST_SCOPE",
        default_value = "watch",
        value_delimiter = ',',
        value_name = "SCOPE"
    )]
    pub scope: Vec<String>,
    /// How long it is good for: 90s, 15m, 1h, 7d.
    #[arg(
        long,
        env = "MILEPOST_TTL",
        default_value = "1h",
        value_name = "DURATION"
    )]
    pub ttl: String,
    /// Who carries it; shown where somebody cancels a job, and in the log.
    #[arg(long, env = "MILEPOST_SUB", default_value = "cli", value_name = "NAME")]
    pub sub: String,
    /// Only for this job; may be repeated, or several joined by commas. Left out: for all.
    #[arg(long, env = "MILEPOST_JOB", value_delimiter = ',', value_name = "ID")]
    pub job: Vec<String>,
    /// Only for jobs of this owner; may be repeated, or several joined by commas. Left out: for all.
    #[arg(
        long,
        env = "MILEPOST_OWNER",
        value_delimiter = ',',
        value_name = "NAME"
    )]
    pub owner: Vec<String>,
    /// What it is signed with, and the names in it.
    #[command(flatten)]
    pub own: OwnSettings,
}

/// Prints a token.
///
/// # Errors
/// One line that says what is wrong and how to mend it.
pub fn run(settings: TokenSettings) -> Result<(), Fatal> {
    let own = settings.own.clone().check()?;
    let Some(secret) = own.secrets.first() else {
        let mend = "give --jwt-secret or MILEPOST_JWT_SECRET, the same as the service has";
        return Err(Fatal::new("there is no secret to sign with", mend));
    };
    let issued = now()?;
    let minted = Minted {
        subject: subject(&settings.sub)?,
        projects: projects(&settings.project)?,
        scopes: scopes(&settings.scope)?,
        issued,
        expires: issued.plus_seconds(seconds(&settings.ttl)?),
        jobs: some_names("--job", &settings.job)?,
        owners: some_names("--owner", &settings.owner)?,
        issuer: own.issuer,
        audience: own.audience,
    };
    let token = minted.sign(secret);
    if token.len() > auth::LONGEST_TOKEN {
        let why = "leave some of its projects, jobs or owners out";
        return Err(Fatal::new("the token would be too long to be taken", why));
    }
    writeln!(std::io::stdout(), "{token}").map_err(|e| Fatal::new("it cannot be printed", e))
}

/// Whole seconds: what most readers of tokens expect.
fn now() -> Result<Timestamp, Fatal> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let since = since.map_err(|_| Fatal::new("the clock is before 1970", "set it"))?;
    Ok(Timestamp(0).plus_seconds(since.as_secs()))
}

fn subject(text: &str) -> Result<String, Fatal> {
    if claims::is_subject(text) {
        return Ok(text.to_owned());
    }
    let why =
        format!("it must have 1 to {LONGEST_SUBJECT} characters, none of them a control character");
    Err(Fatal::new("--sub cannot be used", why))
}

fn projects(texts: &[String]) -> Result<Vec<Name>, Fatal> {
    if texts.len() > MOST_PROJECTS {
        let why = format!("a token is for {MOST_PROJECTS} at most");
        return Err(Fatal::new("too many times --project", why));
    }
    names("--project", texts)
}

fn some_names(option: &str, texts: &[String]) -> Result<Option<Vec<Name>>, Fatal> {
    let names = names(option, texts)?;
    Ok((!names.is_empty()).then_some(names))
}

fn names(option: &str, texts: &[String]) -> Result<Vec<Name>, Fatal> {
    let wrong = |text: &str, e| Fatal::new(&format!("{option} {text:?} cannot be used"), e);
    let names = texts
        .iter()
        .map(|t| Name::parse(t).map_err(|e| wrong(t, e)));
    names.collect()
}

fn scopes(words: &[String]) -> Result<Scopes, Fatal> {
    let scope = |word: &String| {
        Scope::parse(word.trim()).ok_or_else(|| {
            let why = format!("it must be of {}", Scope::ALL.map(Scope::as_str).join(", "));
            Fatal::new(&format!("--scope {word:?} cannot be used"), why)
        })
    };
    let scopes = words.iter().map(scope);
    scopes
        .collect::<Result<Vec<_>, _>>()
        .map(|s| s.into_iter().fold(Scopes::default(), Scopes::with))
}

fn seconds(ttl: &str) -> Result<u64, Fatal> {
    let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400)];
    let parsed = units.into_iter().find_map(|(unit, seconds)| {
        let digits = ttl.strip_suffix(unit)?;
        let number: u64 = digits
            .bytes()
            .all(|b| b.is_ascii_digit())
            .then(|| digits.parse().ok())??;
        number.checked_mul(seconds)
    });
    let possible = parsed.filter(|s| (1..=LONGEST_LIFE).contains(s));
    possible.ok_or_else(|| {
        let why = "use a number and a unit, like 90s, 15m, 1h or 7d, of ten years at most";
        Fatal::new(&format!("--ttl {ttl:?} cannot be used"), why)
    })
}
