//! The types as TypeScript: interfaces whose members are read only. What the app itself says (`result`, `metadata`) is
//! a parameter of `Job` and `Frame`.

use std::fmt::Write;

use super::model::{Body, Member, Model, Shape, Type, wrapped};

const HEAD: &str = "\
// The shapes of the contract: what is sent to the service, and what it answers. Types only.
// Made from the schemas that the service publishes, by `UPDATE_TYPES=1 cargo test types::`: edit those, not this.

/** JSON as it is carried unseen: `metadata`, `result`, `data`, `details`. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };
";

const WIDTH: usize = 120;

pub fn write(model: &Model) -> String {
    let mut text = HEAD.to_owned();
    for one in &model.types {
        text.push('\n');
        text.push_str(&comment(&one.what));
        text.push_str(&declaration(one));
    }
    text
}

fn comment(what: &str) -> String {
    match wrapped(what, WIDTH - 3).as_slice() {
        [] => String::new(),
        [one] if one.len() + 7 <= WIDTH => format!("/** {one} */\n"),
        many => format!("/**\n * {}\n */\n", many.join("\n * ")),
    }
}

/// The name as it is declared, and as it is used within another of these types.
fn generic(name: &str) -> (String, String) {
    match name {
        "Job" | "Frame" => (
            format!("{name}<Result = JsonObject, Metadata = JsonObject>"),
            format!("{name}<Result, Metadata>"),
        ),
        _ => (name.to_owned(), name.to_owned()),
    }
}

fn declaration(one: &Type) -> String {
    let (name, _) = generic(one.name);
    match &one.body {
        Body::Alias(shape) => alias(&name, shape),
        Body::Object(members) if members.is_empty() => {
            format!("export type {name} = Record<string, never>;\n")
        }
        Body::Object(members) => {
            let members: String = members.iter().map(|m| member(one.name, m)).collect();
            format!("export interface {name} {{\n{members}}}\n")
        }
    }
}

fn alias(name: &str, shape: &Shape) -> String {
    let parts: Vec<String> = match shape {
        Shape::Union(of) => of.iter().map(written).collect(),
        Shape::Words(words) => words.iter().map(|w| format!("\"{w}\"")).collect(),
        one => vec![written(one)],
    };
    let line = format!("export type {name} = {};\n", parts.join(" | "));
    if line.len() <= WIDTH {
        return line;
    }
    let mut text = format!("export type {name} =");
    let mut width = WIDTH;
    for part in parts {
        if width + part.len() + 3 > WIDTH {
            text.push_str("\n ");
            width = 2;
        }
        let _ = write!(text, " | {part}");
        width += part.len() + 3;
    }
    text.push_str(";\n");
    text
}

fn member(of: &str, member: &Member) -> String {
    let optional = if member.needed { "" } else { "?" };
    let shape = match (of, member.name.as_str()) {
        ("Job", "metadata") => "Metadata".to_owned(),
        ("Job", "result") => "Result | null".to_owned(),
        ("Frame", "data") => generic("Job").1,
        _ => written(&member.shape),
    };
    let what = match member.what.as_str() {
        "" => String::new(),
        what => format!("  /** {what} */\n"),
    };
    let name = &member.name;
    format!("{what}  readonly {name}{optional}: {shape};\n")
}

fn written(shape: &Shape) -> String {
    match shape {
        Shape::Json => "Json".into(),
        Shape::JsonObject => "JsonObject".into(),
        Shape::Text => "string".into(),
        Shape::Integer | Shape::Number => "number".into(),
        Shape::Boolean => "boolean".into(),
        Shape::Null => "null".into(),
        Shape::Words(words) => {
            let quoted: Vec<String> = words.iter().map(|w| format!("\"{w}\"")).collect();
            quoted.join(" | ")
        }
        Shape::Array(of) => match &**of {
            Shape::Union(_) | Shape::Words(_) => format!("readonly ({})[]", written(of)),
            one => format!("readonly {}[]", written(one)),
        },
        Shape::Map(None, of) => format!("{{ readonly [name: string]: {} }}", written(of)),
        Shape::Map(Some(names), of) => {
            format!(
                "{{ readonly [name in {}]?: {} }}",
                written(names),
                written(of)
            )
        }
        Shape::Named(name) => (*name).to_owned(),
        Shape::Union(of) => of.iter().map(written).collect::<Vec<_>>().join(" | "),
    }
}
