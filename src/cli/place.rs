//! Which service a command speaks to: the options that `run`, `report` and `watch` share, and what the environment says
//! where they are silent.

use std::path::PathBuf;

use clap::Args;

use super::Fatal;
use crate::progress::Name;
use crate::terminal::place::{DEFAULT_URL, Place, Token};

/// Where to.
#[derive(Clone, Args)]
#[command(next_help_heading = "Service")]
pub struct PlaceSettings {
    /// Its address [env: MILEPOST_URL] [default: http://127.0.0.1:8080]
    #[arg(long, global = true, visible_alias = "server", value_name = "URL")]
    pub url: Option<String>,
    /// The project the jobs are in [env: MILEPOST_PROJECT]
    #[arg(long, global = true, value_name = "PROJECT")]
    pub project: Option<String>,
    /// The token to show: itself, or @FILE. What stands here is seen by everybody on this machine: rather use
    /// --token-file or the environment [env: MILEPOST_TOKEN]
    #[arg(long, global = true, value_name = "TOKEN|@FILE")]
    pub token: Option<String>,
    /// The file with the token to show. It is read anew for each connection [env: MILEPOST_TOKEN_FILE]
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "token")]
    pub token_file: Option<PathBuf>,
}

impl std::fmt::Debug for PlaceSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut shown = f.debug_struct("PlaceSettings");
        shown
            .field("url", &self.url)
            .field("project", &self.project);
        shown.finish_non_exhaustive()
    }
}

impl PlaceSettings {
    /// The place; `None` where neither the options nor the environment name a service: then nothing is to be reported.
    /// An option that names a project asks for one.
    ///
    /// # Errors
    /// What is given cannot be used.
    pub fn place(
        &self,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Option<Place>, Fatal> {
        let said = |name: &str| environment(name).filter(|value| !value.is_empty());
        let url = self.url.clone().filter(|url| !url.is_empty());
        let url = url
            .or_else(|| said("MILEPOST_URL"))
            .or_else(|| said("MILEPOST_SERVER"));
        if url.is_none() && self.project.is_none() {
            return Ok(None);
        }
        self.at(&url.unwrap_or_else(|| DEFAULT_URL.to_owned()), &said)
            .map(Some)
    }

    /// The place, on this machine where none is named.
    ///
    /// # Errors
    /// What is given cannot be used.
    pub fn place_or_here(
        &self,
        environment: &dyn Fn(&str) -> Option<String>,
    ) -> Result<Place, Fatal> {
        let said = |name: &str| environment(name).filter(|value| !value.is_empty());
        match self.place(environment)? {
            Some(place) => Ok(place),
            None => self.at(DEFAULT_URL, &said),
        }
    }

    fn at(&self, url: &str, said: &dyn Fn(&str) -> Option<String>) -> Result<Place, Fatal> {
        let project = self.project.clone().or_else(|| said("MILEPOST_PROJECT"));
        let Some(project) = project else {
            let mend = "give --project or MILEPOST_PROJECT";
            return Err(Fatal::new("no project is named", mend));
        };
        let wrong = |e| Fatal::new(&format!("--project {project:?} cannot be used"), e);
        let name = Name::parse(&project).map_err(wrong)?;
        let wrong = |e| Fatal::new(&format!("--url {url:?} cannot be used"), e);
        Place::new(url, name, self.token(said)).map_err(wrong)
    }

    fn token(&self, said: &dyn Fn(&str) -> Option<String>) -> Token {
        let text = |text: String| match text.strip_prefix('@') {
            Some(path) => Token::File(path.into()),
            None => Token::Text(text),
        };
        if let Some(path) = &self.token_file {
            return Token::File(path.clone());
        }
        if let Some(token) = &self.token {
            return text(token.clone());
        }
        if let Some(token) = said("MILEPOST_TOKEN") {
            return text(token);
        }
        said("MILEPOST_TOKEN_FILE").map_or(Token::None, |path| Token::File(path.into()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: Option<&str>, project: Option<&str>) -> PlaceSettings {
        PlaceSettings {
            url: url.map(str::to_owned),
            project: project.map(str::to_owned),
            token: None,
            token_file: None,
        }
    }

    fn asked(
        settings: &PlaceSettings,
        environment: &[(&str, &str)],
    ) -> Result<Option<Place>, Fatal> {
        let said = |name: &str| {
            let found = environment.iter().find(|(n, _)| *n == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        settings.place(&said)
    }

    #[test]
    fn nothing_is_reported_where_nothing_is_named() {
        assert!(asked(&settings(None, None), &[]).unwrap().is_none());
        let project = [("MILEPOST_PROJECT", "acme")];
        assert!(asked(&settings(None, None), &project).unwrap().is_none());
        let empty = [("MILEPOST_URL", "")];
        assert!(asked(&settings(None, None), &empty).unwrap().is_none());
    }

    #[test]
    fn an_option_wins_over_the_environment() {
        let environment = [
            ("MILEPOST_URL", "http://one:1"),
            ("MILEPOST_SERVER", "http://two:2"),
            ("MILEPOST_PROJECT", "acme"),
            ("MILEPOST_TOKEN", "@/etc/token"),
        ];
        let place = asked(&settings(None, None), &environment).unwrap().unwrap();
        assert_eq!(place.address("x"), "http://one:1/v1/projects/acme/x");
        assert!(place.token().is_renewed());
        let place = asked(&settings(Some("https://three"), Some("b")), &environment);
        assert_eq!(
            place.unwrap().unwrap().address("x"),
            "https://three/v1/projects/b/x"
        );
        let place = asked(&settings(None, Some("b")), &[]).unwrap().unwrap();
        assert_eq!(place.url(), DEFAULT_URL);
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let url = [("MILEPOST_URL", "http://one:1")];
        let said = asked(&settings(None, None), &url).unwrap_err().to_string();
        assert!(said.contains("--project"), "{said}");
        let said = asked(&settings(None, Some("a/b")), &url)
            .unwrap_err()
            .to_string();
        assert!(said.contains("a/b"), "{said}");
        let said = asked(&settings(Some("localhost"), Some("a")), &[])
            .unwrap_err()
            .to_string();
        assert!(said.contains("http://"), "{said}");
    }
}
