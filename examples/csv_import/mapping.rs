//! What the columns of a known table mean: which are needed, of what kind each is, and the
//! statement that merges the staged rows. A file of no known table is kept row by row.
//!
//! A row is checked and written in the binary format of `COPY` in one go; it does no I/O.

use bytes::{BufMut, BytesMut};
use jiff::{Timestamp, civil};

use super::source::Row;

/// What a field has to be.
#[derive(Clone, Copy, PartialEq)]
pub enum Kind {
    /// A CVE number; never empty.
    Cve,
    /// Any text.
    Text,
    /// A number, or empty.
    Number,
    /// A day, or empty.
    Date,
    /// A moment, or empty; UTC where it names no zone.
    Time,
}

impl Kind {
    fn sql(self) -> &'static str {
        match self {
            Self::Cve | Self::Text => "text not null",
            Self::Number => "float8",
            Self::Date => "date",
            Self::Time => "timestamptz",
        }
    }
}

/// One kind of table that this program knows.
pub struct Mapping {
    /// Its name, as in `--mapping`.
    pub name: &'static str,
    /// The columns it needs, with the name in the final tables and the kind.
    columns: &'static [(&'static str, &'static str, Kind)],
    /// The statement that merges the staged rows `$1 < n <= $2`; `{stage}` is the staging table.
    pub merge: &'static str,
    /// Share of the run that staging took when measured, in percent: first import, known rows.
    pub staging: (u32, u32),
    /// Asks whether the key `$1` is in the final table already: then a merge has less to write.
    pub known: &'static str,
}

use Kind::{Cve, Date, Number, Text, Time};

/// The tables known by name.
pub static MAPPINGS: [Mapping; 3] = [
    Mapping {
        name: "vulnerabilities",
        columns: &[
            ("cve_id", "cve_id", Cve),
            ("state", "state", Text),
            ("date_published", "published", Time),
            ("date_updated", "updated", Time),
            ("title", "title", Text),
            ("vendor", "vendor", Text),
            ("product", "product", Text),
            ("platforms", "platforms", Text),
            ("version", "version", Text),
            ("less_than", "less_than", Text),
            ("version_type", "version_type", Text),
            ("version_status", "version_status", Text),
            ("cwe_ids", "cwe_ids", Text),
            ("cvss_base_score", "score", Number),
            ("cvss_severity", "severity", Text),
            ("cvss_vector", "vector", Text),
            ("ssvc_exploitation", "exploitation", Text),
            ("kev_date_added", "exploited_since", Date),
            ("description", "description", Text),
            ("references", "links", Text),
        ],
        merge: include_str!("merge_vulnerabilities.sql"),
        staging: (18, 32), // 14 to 18, and the first batches of a merge are slower than the rest
        known: "select exists (select from examples.vulnerability where cve_id = $1)",
    },
    Mapping {
        name: "kev",
        columns: &[
            ("cveID", "cve_id", Cve),
            ("vendorProject", "vendor", Text),
            ("product", "product", Text),
            ("vulnerabilityName", "name", Text),
            ("dateAdded", "added", Date),
            ("shortDescription", "description", Text),
            ("requiredAction", "action", Text),
            ("dueDate", "due", Date),
            ("knownRansomwareCampaignUse", "ransomware", Text),
            ("notes", "notes", Text),
            ("cwes", "cwes", Text),
        ],
        merge: include_str!("merge_kev.sql"),
        staging: (50, 50),
        known: "select exists (select from examples.kev where cve_id = $1)",
    },
    Mapping {
        name: "epss",
        columns: &[
            ("cve", "cve_id", Cve),
            ("epss", "epss", Number),
            ("percentile", "percentile", Number),
        ],
        merge: include_str!("merge_epss.sql"),
        staging: (15, 20),
        known: "select exists (select from examples.epss where cve_id = $1)",
    },
];

/// Every other file: the fields of a row as an array, under the import and the row's number.
pub static ROWS: Mapping = Mapping {
    name: "rows",
    columns: &[],
    merge: include_str!("merge_rows.sql"),
    staging: (30, 30),
    known: "select $1::text is null",
};

impl Mapping {
    /// The mapping of this name.
    pub fn named(name: &str) -> Option<&'static Self> {
        MAPPINGS
            .iter()
            .chain([&ROWS])
            .find(|mapping| mapping.name == name)
    }

    /// The mapping whose columns are all there, else [`ROWS`].
    pub fn of(columns: &[String]) -> &'static Self {
        let fits = |mapping: &&Self| mapping.missing(columns).is_none();
        MAPPINGS.iter().find(fits).unwrap_or(&ROWS)
    }

    /// The first column that this mapping needs and a file with these `columns` does not have.
    pub fn missing(&self, columns: &[String]) -> Option<&'static str> {
        let named = |name: &str| columns.iter().any(|column| column == name);
        self.columns
            .iter()
            .map(|column| column.0)
            .find(|name| !named(name))
    }

    /// Where the key stands in a file with these `columns`.
    pub fn key(&self, columns: &[String]) -> Option<usize> {
        let (name, ..) = self.columns.first()?;
        Some(
            columns
                .iter()
                .position(|column| column == name)
                .unwrap_or(0),
        )
    }

    /// The columns of the staging table, as SQL.
    pub fn stage(&self) -> String {
        let columns = self
            .columns
            .iter()
            .map(|(_, name, kind)| format!("{name} {}", kind.sql()));
        let columns: Vec<_> = columns.collect();
        if columns.is_empty() {
            "fields text[] not null".into()
        } else {
            columns.join(", ")
        }
    }
}

/// Writes rows of one file for `COPY`.
pub struct Encoder {
    /// The number of fields of a good row.
    width: usize,
    /// Where each staged column stands in the file; empty for [`ROWS`].
    places: Vec<(usize, &'static str, Kind)>,
}

/// Why a row is not imported: a stable code, and a sentence.
pub struct Bad(pub &'static str, pub String);

impl Encoder {
    /// For files with these `columns`; without a header the order of the mapping counts.
    pub fn new(mapping: &Mapping, columns: &[String]) -> Self {
        let place = |name: &str| columns.iter().position(|column| column == name);
        let places = mapping.columns.iter().enumerate();
        let places = places.map(|(at, (name, _, kind))| (place(name).unwrap_or(at), *name, *kind));
        Self {
            width: columns.len(),
            places: places.collect(),
        }
    }

    /// Checks the row and appends it to `out`. What is in `out` after an error is to be cut off.
    pub fn encode(&self, row: &Row<'_>, out: &mut BytesMut) -> Result<(), Bad> {
        if row.too_long {
            return Err(Bad(
                "too_long",
                "the record is too long, or a quote is never closed".into(),
            ));
        }
        if row.len() != self.width {
            let text = format!("{} fields where {} were expected", row.len(), self.width);
            return Err(Bad("field_count", text));
        }
        let wide = if self.places.is_empty() {
            1
        } else {
            self.places.len()
        };
        out.put_i16(wide as i16 + 1);
        out.put_i32(8);
        out.put_u64(row.number);
        if self.places.is_empty() {
            return array(row, out);
        }
        for (index, name, kind) in &self.places {
            let field = text(row.field(*index).unwrap_or_default(), name)?;
            put(*kind, field, out).map_err(|problem| Bad(problem, format!("{name}: {problem}")))?;
        }
        Ok(())
    }
}

/// A field as text that Postgres takes.
fn text<'a>(field: &'a [u8], name: &str) -> Result<&'a str, Bad> {
    let text = std::str::from_utf8(field);
    let text = text.map_err(|_| Bad("not_utf8", format!("{name} is not UTF-8")))?;
    if text.contains('\0') {
        return Err(Bad("nul", format!("{name} has a zero byte")));
    }
    Ok(text)
}

fn put(kind: Kind, field: &str, out: &mut BytesMut) -> Result<(), &'static str> {
    if field.is_empty() && matches!(kind, Number | Date | Time) {
        out.put_i32(-1);
        return Ok(());
    }
    match kind {
        Cve if field.is_empty() => return Err("missing_key"),
        Cve if !is_cve(field) => return Err("bad_key"),
        Cve | Text => {
            out.put_i32(field.len() as i32);
            out.put_slice(field.as_bytes());
        }
        Number => {
            let number = field.parse().ok().filter(|number: &f64| number.is_finite());
            let number = number.ok_or("bad_number")?;
            out.put_i32(8);
            out.put_f64(number);
        }
        Date => {
            let day = field
                .parse()
                .ok()
                .filter(|day: &civil::Date| day.year() > 0);
            let day = day.ok_or("bad_date")?;
            let epoch = civil::date(2000, 1, 1);
            let days = (day - epoch).get_days();
            out.put_i32(4);
            out.put_i32(days);
        }
        Time => {
            let moment = moment(field).ok_or("bad_time")?;
            out.put_i32(8);
            out.put_i64(moment.as_microsecond() - 946_684_800_000_000);
        }
    }
    Ok(())
}

fn is_cve(field: &str) -> bool {
    let digits =
        |part: &str, least| part.len() >= least && part.bytes().all(|b| b.is_ascii_digit());
    let numbers = field
        .strip_prefix("CVE-")
        .and_then(|rest| rest.split_once('-'));
    field.len() <= 32 && numbers.is_some_and(|(year, number)| digits(year, 4) && digits(number, 4))
}

fn moment(field: &str) -> Option<Timestamp> {
    let local = || {
        field
            .parse::<civil::DateTime>()
            .ok()?
            .to_zoned(jiff::tz::TimeZone::UTC)
            .ok()
    };
    let moment = field.parse().ok().or_else(|| Some(local()?.timestamp()));
    moment.filter(|moment: &Timestamp| moment.as_second() > -62_000_000_000) // from the year 5 on
}

/// The whole row as one `text[]`.
fn array(row: &Row<'_>, out: &mut BytesMut) -> Result<(), Bad> {
    const TEXT: i32 = 25;
    let bytes: usize = row.fields().map(|field| 4 + field.len()).sum();
    out.put_i32(20 + bytes as i32);
    for head in [1, 0, TEXT, row.len() as i32, 1] {
        out.put_i32(head);
    }
    for (index, field) in row.fields().enumerate() {
        let field = text(field, &format!("field {}", index + 1))?;
        out.put_i32(field.len() as i32);
        out.put_slice(field.as_bytes());
    }
    Ok(())
}
