//! The types as Python: a `TypedDict` for each object. Members that may be left out stand in a class of their own, which
//! is understood by Python 3.9 without any package.

use super::model::{Body, Member, Model, Shape, Type, wrapped};

const HEAD: &str = "\
\"\"\"The shapes of the contract: what is sent to the service, and what it answers.

Made from the schemas that the service publishes, by ``UPDATE_TYPES=1 cargo test types::``: edit
those, not this.
\"\"\"

from __future__ import annotations

from typing import Any, Literal, TypedDict, Union

JsonObject = dict[str, Any]
";

const WIDTH: usize = 100;

pub fn write(model: &Model) -> String {
    let mut text = HEAD.to_owned();
    let mut after_class = false;
    for one in &model.types {
        let class = matches!(one.body, Body::Object(_));
        text.push_str(if class || after_class { "\n\n" } else { "\n" });
        after_class = class;
        text.push_str(&declaration(one));
    }
    text
}

/// A state is called so: `Job` is what a worker holds.
fn name(of: &str) -> &str {
    match of {
        "Job" => "JobState",
        other => other,
    }
}

fn declaration(one: &Type) -> String {
    let class = name(one.name);
    match &one.body {
        Body::Alias(shape) => {
            let what = comment("", &one.what);
            format!("{what}{class} = {}\n", alias(shape))
        }
        Body::Object(members) => {
            let (needed, optional): (Vec<&Member>, Vec<&Member>) =
                members.iter().partition(|m| m.needed);
            let what = docstring(&one.what);
            match (needed.is_empty(), optional.is_empty()) {
                (_, true) => format!("class {class}(TypedDict):\n{what}{}", lines(&needed)),
                (true, false) => {
                    format!(
                        "class {class}(TypedDict, total=False):\n{what}{}",
                        lines(&optional)
                    )
                }
                (false, false) => format!(
                    "class _{class}(TypedDict):\n{}\n\nclass {class}(_{class}, total=False):\n{what}{}",
                    lines(&needed),
                    lines(&optional)
                ),
            }
        }
    }
}

fn lines(members: &[&Member]) -> String {
    if members.is_empty() {
        return "    pass\n".to_owned();
    }
    let line = |m: &&Member| {
        let what = comment("    ", &m.what);
        format!("{what}    {}: {}\n", m.name, written(&m.shape))
    };
    members.iter().map(line).collect()
}

fn comment(indent: &str, what: &str) -> String {
    let lines = wrapped(what, WIDTH - indent.len() - 2);
    lines.iter().map(|l| format!("{indent}# {l}\n")).collect()
}

fn docstring(what: &str) -> String {
    let lines = wrapped(what, WIDTH - 10);
    match lines.as_slice() {
        [] => String::new(),
        [one] => format!("    \"\"\"{one}\"\"\"\n\n"),
        many => format!("    \"\"\"{}\n    \"\"\"\n\n", many.join("\n    ")),
    }
}

/// An alias is read when the module is, so it is written without `|`.
fn alias(shape: &Shape) -> String {
    let (outer, parts): (&str, Vec<String>) = match shape {
        Shape::Union(of) => ("Union", of.iter().map(written).collect()),
        Shape::Words(words) => (
            "Literal",
            words.iter().map(|w| format!("\"{w}\"")).collect(),
        ),
        one => return written(one),
    };
    let line = format!("{outer}[{}]", parts.join(", "));
    if line.len() < WIDTH - 20 {
        return line;
    }
    let lines: String = parts.iter().map(|p| format!("    {p},\n")).collect();
    format!("{outer}[\n{lines}]")
}

fn written(shape: &Shape) -> String {
    match shape {
        Shape::Json => "Any".into(),
        Shape::JsonObject => "JsonObject".into(),
        Shape::Text => "str".into(),
        Shape::Integer => "int".into(),
        Shape::Number => "float".into(),
        Shape::Boolean => "bool".into(),
        Shape::Null => "None".into(),
        Shape::Words(words) => {
            let quoted: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
            format!("Literal[{}]", quoted.join(", "))
        }
        Shape::Array(of) => format!("list[{}]", written(of)),
        Shape::Map(_, of) => format!("dict[str, {}]", written(of)),
        Shape::Named(one) => name(one).to_owned(),
        Shape::Union(of) => of.iter().map(written).collect::<Vec<_>>().join(" | "),
    }
}
