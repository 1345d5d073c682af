//! The settings of credentials as they are given, and what of them is refused: a weak secret, above all. What is said
//! of a secret never shows it.

use std::fs::File;
use std::io::Read;

use clap::Args;

use super::BadSetting;
use crate::auth::{self, JwksSource, Secret};

/// More bytes than any secret has.
const LARGEST_SECRET: u64 = 64 * 1024;

/// How to make a good one.
const MEND: &str = "make one with `openssl rand -base64 48`";

/// Who may call.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Credentials")]
pub struct CredentialSettings {
    /// Secrets and names.
    #[command(flatten)]
    pub own: OwnSettings,
    /// Where the keys of others are, who sign tokens with RS256, ES256 or EdDSA: a JWKS, as a file or at an https://
    /// address. It is read again from time to time, and when a token is signed with a key that is not in it.
    #[arg(long, env = "MILEPOST_JWKS", value_name = "FILE|URL")]
    pub jwks: Option<String>,
}

/// What tokens of our own are signed with, and the names in them.
#[derive(Clone, Args)]
#[command(next_help_heading = "Credentials")]
pub struct OwnSettings {
    /// The secret that tokens are signed with (HS256), of 32 bytes or more: itself, or @FILE, which keeps it out of the
    /// list of processes. May be repeated, to change it without a gap: all are taken, new tokens are signed with the
    /// first.
    #[arg(
        long,
        env = "MILEPOST_JWT_SECRET",
        hide_env_values = true,
        allow_hyphen_values = true, // or one that begins with '-' would be shown as an unknown option
        value_name = "SECRET|@FILE"
    )]
    pub jwt_secret: Vec<String>,
    /// Who issues the tokens: the `iss` in them. Where it is not set, anybody who holds a key.
    #[arg(long, env = "MILEPOST_JWT_ISSUER", value_name = "NAME")]
    pub jwt_issuer: Option<String>,
    /// Whom the tokens are for: the `aud` in them. Where it is not set, a token need not name anybody, and one that
    /// does must name `milepost`.
    #[arg(long, env = "MILEPOST_JWT_AUDIENCE", value_name = "NAME")]
    pub jwt_audience: Option<String>,
}

impl CredentialSettings {
    pub(super) fn check(self) -> Result<Option<auth::Settings>, BadSetting> {
        let jwks = self.jwks.as_deref().map(JwksSource::parse).transpose();
        let jwks = jwks.map_err(|e| BadSetting(format!("--jwks cannot be used: {e}")))?;
        let own = self.own.check()?;
        if own.secrets.is_empty() && jwks.is_none() {
            return unneeded(&own).map(|()| None);
        }
        Ok(Some(auth::Settings { jwks, ..own }))
    }
}

impl OwnSettings {
    /// The settings of tokens of our own, checked.
    ///
    /// # Errors
    /// The first that cannot be used.
    pub fn check(self) -> Result<auth::Settings, BadSetting> {
        let secrets = self.jwt_secret.iter().map(|s| secret(s));
        Ok(auth::Settings {
            secrets: secrets.collect::<Result<_, _>>()?,
            jwks: None,
            issuer: name("--jwt-issuer", self.jwt_issuer)?,
            audience: name("--jwt-audience", self.jwt_audience)?,
        })
    }
}

/// Without the secrets.
impl std::fmt::Debug for OwnSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("OwnSettings")
            .field("secrets", &self.jwt_secret.len())
            .field("jwt_issuer", &self.jwt_issuer)
            .field("jwt_audience", &self.jwt_audience)
            .finish()
    }
}

/// Names of tokens without anything that tokens could be verified with: somebody believes the service to be closed.
fn unneeded(own: &auth::Settings) -> Result<(), BadSetting> {
    let given = [
        ("--jwt-issuer", own.issuer.is_some()),
        ("--jwt-audience", own.audience.is_some()),
    ];
    match given.iter().find(|(_, given)| *given) {
        Some((name, _)) => Err(BadSetting(format!(
            "{name} is of no use without keys: give --jwt-secret or --jwks too"
        ))),
        None => Ok(()),
    }
}

fn name(option: &str, given: Option<String>) -> Result<Option<String>, BadSetting> {
    match given {
        Some(text) if text.is_empty() => Err(BadSetting(format!(
            "{option} is empty: give a name, or leave it out"
        ))),
        other => Ok(other),
    }
}

fn secret(given: &str) -> Result<Secret, BadSetting> {
    let (of, bytes) = match given.strip_prefix('@') {
        Some(path) => (format!("the secret in {path}"), from_file(path)?),
        None => ("the secret".to_owned(), given.into()),
    };
    Secret::new(&bytes)
        .map_err(|why| BadSetting(format!("--jwt-secret: {of} cannot be used: {why}: {MEND}")))
}

/// What the file holds, without the line break that editors put at its end.
fn from_file(path: &str) -> Result<Vec<u8>, BadSetting> {
    let wrong = |why: &str| {
        let mend = "give a file that the service may read";
        BadSetting(format!(
            "--jwt-secret: the file {path} cannot be read: {why}: {mend}"
        ))
    };
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|f| f.take(LARGEST_SECRET + 1).read_to_end(&mut bytes));
    let size = read.map_err(|e| wrong(&e.to_string()))?;
    if u64::try_from(size).unwrap_or(u64::MAX) > LARGEST_SECRET {
        return Err(wrong("it is too large for a secret"));
    }
    if bytes.pop_if(|last| *last == b'\n').is_some() {
        bytes.pop_if(|last| *last == b'\r');
    }
    Ok(bytes)
}
