//! The sample data inside the binary: unpacked once, and damaged here and there in the ways that
//! real data is, so that people see jobs that fail for a true reason.

use std::{
    fs::{self, File},
    io::{self, Read},
    path::{Path, PathBuf},
};

use ruzstd::decoding::StreamingDecoder;

use super::{audits, mapping::Mapping, scans};

const SIGMA_JANUARY: &[u8] = include_bytes!("../../examples/data/sigma-rules-r2026-01-01.tar.zst");
const SIGMA_AUGUST: &[u8] = include_bytes!("../../examples/data/sigma-rules-2026-08-05.tar.zst");
const KEV_FEBRUARY: &[u8] =
    include_bytes!("../../examples/data/known_exploited_vulnerabilities-2025-02-26.csv.zst");
const KEV_AUGUST: &[u8] =
    include_bytes!("../../examples/data/known_exploited_vulnerabilities-2025-08-25.csv.zst");
const EPSS: &[u8] = include_bytes!("../../examples/data/epss-2022-04-17.csv.zst");
const VULNERABILITIES: &[u8] =
    include_bytes!("../../examples/data/vulnerabilities-2024-10-24.csv.zst");

/// A feed of rules. Each sync takes the next of its sources, round and round.
pub struct Feed {
    /// Its name in a path.
    pub id: &'static str,
    /// Its name for people.
    pub title: &'static str,
    sources: &'static [&'static str],
}

/// The feeds.
pub const FEEDS: [Feed; 3] = [
    Feed {
        id: "sigma",
        title: "SigmaHQ releases",
        sources: &[
            "sigma-rules-r2026-01-01.tar.zst",
            "sigma-rules-2026-08-05.tar.zst",
        ],
    },
    Feed {
        id: "sigma-checkout",
        title: "SigmaHQ checkout, some files cut in half",
        sources: &["sigma-checkout"],
    },
    Feed {
        id: "sigma-mirror",
        title: "SigmaHQ mirror, sometimes cut off",
        sources: &["sigma-rules-cut.tar.zst", "sigma-rules-2026-08-05.tar.zst"],
    },
];

impl Feed {
    /// Where the sync number `turn` reads from.
    pub fn source(&self, data: &Path, turn: usize) -> PathBuf {
        let turn = turn % self.sources.len();
        folder(data).join(self.sources.get(turn).copied().unwrap_or_default())
    }
}

/// A table to import.
pub struct Table {
    /// Its name, also that of its file.
    pub name: &'static str,
    mapping: Option<&'static str>,
}

/// The tables.
pub const TABLES: [Table; 6] = [
    Table {
        name: "known_exploited_vulnerabilities-2025-02-26.csv",
        mapping: None,
    },
    Table {
        name: "known_exploited_vulnerabilities-2025-08-25.csv",
        mapping: None,
    },
    Table {
        name: "known_exploited_vulnerabilities-renamed-column.csv",
        mapping: Some("kev"),
    },
    Table {
        name: "epss-2022-04-17.csv",
        mapping: None,
    },
    Table {
        name: "vulnerabilities-2024-10-24.csv",
        mapping: None,
    },
    Table {
        name: "vulnerabilities-cut.csv",
        mapping: None,
    },
];

impl Table {
    /// Where its file is.
    pub fn path(&self, data: &Path) -> PathBuf {
        folder(data).join(self.name)
    }

    /// What its columns mean, where that is not left to the header.
    pub fn mapping(&self) -> Option<&'static Mapping> {
        self.mapping.and_then(Mapping::named)
    }
}

/// The folder that uploads wait in.
pub fn uploads(data: &Path) -> PathBuf {
    folder(data).join("uploads")
}

/// The folder that the samples are unpacked into.
pub fn folder(data: &Path) -> PathBuf {
    data.join("demo")
}

/// Writes all samples below `data`, and empties the folder of uploads.
pub fn unpack(data: &Path) -> io::Result<()> {
    let folder = folder(data);
    match fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => fs::create_dir_all(uploads(data))?,
    }
    scans::unpack(&folder)?;
    audits::unpack(&folder)?;
    let write = |name: &str, bytes: &[u8]| fs::write(folder.join(name), bytes);
    write("sigma-rules-r2026-01-01.tar.zst", SIGMA_JANUARY)?;
    write("sigma-rules-2026-08-05.tar.zst", SIGMA_AUGUST)?;
    write(
        "sigma-rules-cut.tar.zst",
        SIGMA_AUGUST.split_at(SIGMA_AUGUST.len() / 2).0,
    )?;
    checkout(&folder.join("sigma-checkout"))?;
    let february = plain(KEV_FEBRUARY)?;
    write("known_exploited_vulnerabilities-2025-02-26.csv", &february)?;
    let renamed = String::from_utf8_lossy(&february).replacen("cveID", "cve", 1);
    write(
        "known_exploited_vulnerabilities-renamed-column.csv",
        renamed.as_bytes(),
    )?;
    write(
        "known_exploited_vulnerabilities-2025-08-25.csv",
        &plain(KEV_AUGUST)?,
    )?;
    write("epss-2022-04-17.csv", &plain(EPSS)?)?;
    let vulnerabilities = plain(VULNERABILITIES)?;
    write("vulnerabilities-2024-10-24.csv", &vulnerabilities)?;
    write("vulnerabilities-cut.csv", cut(&vulnerabilities))
}

fn plain(packed: &[u8]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut decoder = StreamingDecoder::new(packed).map_err(io::Error::other)?;
    decoder.read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The first half of a table, up to the second field of a record: as a broken download ends.
fn cut(table: &[u8]) -> &[u8] {
    const MARK: &[u8] = b",PUBLISHED,";
    let half = table.len() / 2;
    let rest = table.split_at(half).1;
    let more = rest.windows(MARK.len()).position(|window| window == MARK);
    table.split_at(half + more.unwrap_or(0)).0
}

/// Unpacks the rules into a folder, and writes only half of every fiftieth.
fn checkout(folder: &Path) -> io::Result<()> {
    let decoder = StreamingDecoder::new(SIGMA_AUGUST).map_err(io::Error::other)?;
    let mut archive = tar::Archive::new(decoder);
    for (number, entry) in archive.entries()?.enumerate() {
        let mut entry = entry?;
        if !entry.unpack_in(folder_made(folder)?)? || number % 50 != 49 {
            continue;
        }
        let path = folder.join(entry.path()?);
        if path.is_file() {
            File::options()
                .write(true)
                .open(path)?
                .set_len(entry.size() / 2)?;
        }
    }
    Ok(())
}

fn folder_made(folder: &Path) -> io::Result<&Path> {
    fs::create_dir_all(folder).map(|()| folder)
}
