//! What the query of an import asks for: `name=`, `mapping=`, `header=true|false`, `pace=` and `sample=`.

use super::mapping::{MAPPINGS, Mapping};
use super::samples::{self, TABLES};
use crate::http::Problem;
use crate::http::query::Query;

/// The wishes of who drops a file.
pub struct Wish {
    /// For people: the file's name.
    pub title: String,
    /// Which tables it goes into; `None` = found out from its header.
    pub mapping: Option<&'static Mapping>,
    /// Whether the first line names the columns.
    pub header: bool,
    /// How fast, where that is not the demo's.
    pub pace: Option<f64>,
    /// A sample instead of a file.
    pub sample: Option<&'static samples::Table>,
}

impl Wish {
    /// Reads the wishes.
    pub fn read(mut query: Query) -> Result<Self, Problem> {
        let title = query.take("name")?.unwrap_or_default();
        let title: String = title
            .chars()
            .filter(|c| !c.is_control())
            .take(200)
            .collect();
        let known = MAPPINGS
            .iter()
            .map(|m| m.name)
            .collect::<Vec<_>>()
            .join(", ");
        let wish = Self {
            title: if title.is_empty() {
                "upload.csv".into()
            } else {
                title
            },
            mapping: query.parsed("mapping", &format!("one of {known}"), Mapping::named)?,
            header: query
                .parsed("header", "true or false", |t| t.parse().ok())?
                .unwrap_or(true),
            pace: query.parsed("pace", "a number from 0 to 1000000", |t| {
                t.parse().ok().filter(|pace| (0.0..=1e6).contains(pace))
            })?,
            sample: query.parsed("sample", "the name of a sample", |t| {
                TABLES.iter().find(|s| s.name == t)
            })?,
        };
        query.done()?;
        Ok(wish)
    }
}
