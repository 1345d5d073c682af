//! What people read: every link and anchor leads somewhere, every piece of JSON is of the schema that it names, and the
//! lines for the shell that say `run` work on the real service.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use milepost::api::{asyncapi, openapi};
use serde_json::{Value, json};

use crate::support::postgres;
use crate::support::scratch::Scratch;
use crate::support::service::Service;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every text for people in the repository.
fn texts() -> Vec<PathBuf> {
    const ELSEWHERE: [&str; 5] = ["target", "node_modules", ".git", "build", "data"];
    let (mut folders, mut found) = (vec![root().to_owned()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap().flatten() {
            let (path, name) = (entry.path(), entry.file_name());
            if path.is_dir() && !ELSEWHERE.contains(&&*name.to_string_lossy()) {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// The guides.
fn guides() -> Vec<PathBuf> {
    let folder = root().join("docs");
    texts()
        .into_iter()
        .filter(|p| p.starts_with(&folder))
        .collect()
}

/// A fence of code: what it says it is, and what is in it.
type Fence = (String, String);

/// The lines outside of code, and the code.
fn parts(text: &str) -> (Vec<&str>, Vec<Fence>) {
    let (mut lines, mut fences, mut open) = (Vec::new(), Vec::new(), None::<Fence>);
    for line in text.lines() {
        let mark = line.trim_start().strip_prefix("```");
        match (&mut open, mark) {
            (None, Some(what)) => open = Some((what.trim().to_owned(), String::new())),
            (Some(_), Some("")) => fences.extend(open.take()),
            (Some((_, code)), _) => {
                code.push_str(line);
                code.push('\n');
            }
            (None, None) => lines.push(line),
        }
    }
    assert!(open.is_none(), "a fence is left open: {open:?}");
    (lines, fences)
}

/// The anchors that a reader's browser knows: headings in small letters, without punctuation, joined by dashes.
fn anchors(text: &str) -> BTreeSet<String> {
    let (lines, _) = parts(text);
    let headings = lines.into_iter().filter(|line| line.starts_with('#'));
    let mut found = BTreeSet::new();
    for heading in headings {
        let title = heading.trim_start_matches('#').trim().to_lowercase();
        let kept = title
            .chars()
            .filter(|c| c.is_alphanumeric() || "-_ ".contains(*c));
        let slug: String = kept.map(|c| if c == ' ' { '-' } else { c }).collect();
        let free = (0..).map(|n| match n {
            0 => slug.clone(),
            n => format!("{slug}-{n}"),
        });
        let own = free.into_iter().find(|name| !found.contains(name));
        found.extend(own);
    }
    found
}

/// Where the links of a line lead, those in code left out.
fn targets(line: &str) -> Vec<&str> {
    let prose = line.split('`').step_by(2);
    // A link's text may be code itself, so links are found in the line and taken where their bracket closes in prose.
    let ends: Vec<&str> = prose.collect();
    let links = line
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next());
    links
        .filter(|to| ends.iter().any(|part| part.contains(&format!("]({to}"))))
        .collect()
}

#[test]
fn links_and_headings_are_read_as_a_browser_reads_them() {
    let line = "see [a](b.md#c), [`d`](#e) and `[x](y)`, ![f](g.png)";
    assert_eq!(targets(line), ["b.md#c", "#e", "g.png"]);
    let text = "# A, \"b\" and `c`\n```sh\n# no heading\n```\n## 403 `forbidden_host`\n## Twice\n## Twice\n";
    let known = ["a-b-and-c", "403-forbidden_host", "twice", "twice-1"];
    assert_eq!(anchors(text), known.map(str::to_owned).into());
}

#[test]
fn every_link_leads_somewhere() {
    let mut wrong = Vec::new();
    let mut seen = 0;
    for path in texts() {
        let text = fs::read_to_string(&path).unwrap();
        for to in parts(&text).0.into_iter().flat_map(targets) {
            if to.contains("://") || to.starts_with("mailto:") {
                continue;
            }
            seen += 1;
            let (file, anchor) = to.split_once('#').map_or((to, None), |(f, a)| (f, Some(a)));
            let there = match file {
                "" => path.clone(),
                file => path.parent().unwrap().join(file),
            };
            let known = match anchor {
                None => there.exists(),
                Some(anchor) => {
                    fs::read_to_string(&there).is_ok_and(|t| anchors(&t).contains(anchor))
                }
            };
            if !known {
                wrong.push(format!(
                    "{}: {to}",
                    path.strip_prefix(root()).unwrap().display()
                ));
            }
        }
    }
    assert!(seen > 30, "{seen}");
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_piece_of_json_is_of_the_schema_that_it_names() {
    let (http, streams) = (openapi::document(), asyncapi::document());
    let mut schemas = http["components"]["schemas"].as_object().unwrap().clone();
    schemas.extend(
        streams["components"]["schemas"]
            .as_object()
            .unwrap()
            .clone(),
    );
    let mut held = 0;
    for path in guides() {
        let text = fs::read_to_string(&path).unwrap();
        for (what, code) in parts(&text).1 {
            let Some(name) = what.strip_prefix("json") else {
                continue;
            };
            let (name, place) = (name.trim(), path.display());
            assert!(
                schemas.contains_key(name),
                "{place}: '{what}' names no schema"
            );
            let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
            let whole = json!({ "components": { "schemas": schemas }, "allOf": [reference] });
            let validator = jsonschema::draft202012::new(&whole).unwrap();
            // One value, or one a line.
            let values = serde_json::Deserializer::from_str(&code).into_iter::<Value>();
            for value in values {
                let value = value.unwrap_or_else(|e| panic!("{place}: {e} in {code}"));
                let errors: Vec<String> = validator
                    .iter_errors(&value)
                    .map(|e| format!("{}: {e}", e.instance_path()))
                    .collect();
                assert!(
                    errors.is_empty(),
                    "{place}: {errors:#?} in {value} by {name}"
                );
                held += 1;
            }
        }
    }
    assert!(held >= 8, "{held}");
}

/// Each guide's lines as one script, so that a later one may use what an earlier one set.
#[tokio::test]
async fn the_lines_for_the_shell_work() {
    let database = postgres::database().await;
    let service = Service::on(&database);
    let folder = Scratch::new();
    let mut run = 0;
    for path in guides() {
        let text = fs::read_to_string(&path).unwrap();
        let lines = parts(&text)
            .1
            .into_iter()
            .filter(|(what, _)| what == "sh run");
        let script: String = lines.map(|(_, code)| code).collect();
        if script.is_empty() {
            continue;
        }
        let script = script.replace("127.0.0.1:8080", &service.client.address);
        let mut shell = tokio::process::Command::new("bash");
        shell
            .args(["-eu", "-c", &script])
            .current_dir(folder.path());
        let ran = shell.output().await.unwrap();
        let said = String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{}: {said}", path.display());
        run += 1;
    }
    assert!(run >= 2, "{run}");
}
