//! What an RFC looks like on the page: the furniture that a reader's eye skips, and the front matter.
//!
//! A page ends with a footer (`Mockapetris … [Page 1]`) and a form feed, and begins with a header (`RFC 1034 … November
//! 1987`). Both go, with the blank lines around them, so that a paragraph runs on over the break.

use super::extract::About;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// Whether a text is an RFC: it says so in its first lines.
pub fn is_rfc(text: &str) -> bool {
    let first = text.lines().filter(|line| !line.trim().is_empty()).take(12);
    first
        .map(|line| line.trim_start().to_lowercase())
        .any(|line| line.starts_with("request for comments:"))
}

/// A text without its page furniture.
#[derive(Debug, PartialEq, Eq)]
pub struct Clean {
    /// The text as one long page.
    pub body: String,
    /// How many pages it had.
    pub pages: u32,
    /// Whether the last page has its footer; without one, the end of the file is missing.
    pub whole: bool,
}

/// Removes headers, footers and form feeds.
pub fn clean(text: &str) -> Clean {
    let lines: Vec<&str> = text
        .lines()
        .map(|line| line.trim_matches('\u{c}').trim_end())
        .collect();
    let second = second_header(&lines);
    let mut out: Vec<&str> = Vec::with_capacity(lines.len());
    let (mut at, mut pages) = (0, 0);
    while let Some(line) = lines.get(at) {
        at += 1;
        if !is_footer(line) {
            out.push(line);
            continue;
        }
        pages += 1;
        at = past_header(&lines, at, second);
        while out.last().is_some_and(|line| line.is_empty()) {
            out.pop();
        }
        if let (Some(before), Some(after)) = (out.last(), lines.get(at))
            && !runs_on(before, after)
        {
            out.push("");
        }
    }
    let whole = pages > 0
        && lines
            .iter()
            .rfind(|line| !line.is_empty())
            .is_some_and(|line| is_footer(line));
    Clean {
        body: out.join("\n"),
        pages: pages.max(1),
        whole,
    }
}

/// The first line after a page's header.
fn past_header(lines: &[&str], at: usize, second: Option<&str>) -> usize {
    let past_blank = |from: usize| {
        (from..lines.len())
            .find(|at| !lines[*at].is_empty())
            .unwrap_or(lines.len())
    };
    let header = past_blank(at);
    if !lines.get(header).is_some_and(|line| is_header(line)) {
        return header;
    }
    let next = lines.get(header + 1).copied();
    past_blank(header + 1 + usize::from(second.is_some() && next == second))
}

/// Some headers have a second line: the same on every page, with nothing between.
fn second_header<'a>(lines: &[&'a str]) -> Option<&'a str> {
    let mut headers = lines
        .windows(2)
        .skip(1)
        .filter(|pair| is_header(pair[0]))
        .map(|pair| pair[1]);
    let first = headers.next().filter(|line| !line.is_empty())?;
    let (mut all, mut same) = (1, 1);
    for line in headers {
        all += 1;
        same += usize::from(line == first);
    }
    (all > 1 && same == all).then_some(first)
}

fn is_footer(line: &str) -> bool {
    let Some((_, page)) = line
        .strip_suffix(']')
        .and_then(|line| line.rsplit_once("[Page "))
    else {
        return false;
    };
    !page.is_empty()
        && page
            .chars()
            .all(|c| c.is_ascii_digit() || "ivxlcIVXLC".contains(c))
}

fn is_header(line: &str) -> bool {
    let Some(rest) = line.strip_prefix("RFC") else {
        return false;
    };
    let rest = rest.trim_start_matches([' ', '-']);
    let year = line.rsplit(' ').next().unwrap_or_default();
    rest.starts_with(|c: char| c.is_ascii_digit()) && year.len() == 4 && year.parse::<u16>().is_ok()
}

/// Whether a paragraph goes on over the break of a page.
fn runs_on(before: &str, after: &str) -> bool {
    let indent = |line: &str| line.len() - line.trim_start().len();
    !before.ends_with(['.', ':', ';', '?', '!'])
        && indent(before) == indent(after)
        && before.len() > 50
}

/// Reads the front matter: the block before the title, and the title.
pub fn front(body: &str, about: &mut About) {
    let mut blocks = body
        .split("\n\n")
        .map(|block| block.trim_matches('\n'))
        .filter(|block| !block.trim().is_empty());
    let mut key = String::new();
    let mut others = Vec::new();
    for line in blocks.next().unwrap_or_default().lines() {
        let line = line.replace('\t', "        ");
        let (left, right) = columns(&line);
        match author(right) {
            Some(author) => about.authors.push(author),
            None if is_date(right) => about.published = Some(right.to_owned()),
            None if !right.is_empty() => others.push(right.to_owned()),
            None => {}
        }
        let (name, value) = left.split_once(':').unwrap_or(("", left));
        if !name.is_empty() {
            key = name.to_lowercase();
        }
        match key.as_str() {
            "request for comments" => about.number = about.number.or(numbers(value).next()),
            "obsoletes" => about.obsoletes.extend(numbers(value)),
            "updates" => about.updates.extend(numbers(value)),
            _ => {}
        }
    }
    if about.authors.is_empty() {
        about.authors = others; // a board
    }
    let title = blocks.next().unwrap_or_default();
    about.title = title.split_whitespace().collect::<Vec<_>>().join(" ");
}

/// What stands at the left margin, and what stands at the right.
fn columns(line: &str) -> (&str, &str) {
    let indent = line.len() - line.trim_start().len();
    let line = line.trim();
    if indent > 24 {
        return ("", line);
    }
    match line.rsplit_once("   ") {
        Some((left, right)) => (left.trim(), right.trim()),
        None => (line, ""),
    }
}

/// `P. Mockapetris`, `D. Eastlake 3rd`, `R. Braden, Editor`: initials, then a name. Organisations have none.
fn author(text: &str) -> Option<String> {
    let name = text.split([',', '(']).next()?.trim();
    let mut words = name.split_whitespace();
    let initials = words.next()?;
    let university = initials == "U.";
    let dotted = initials.ends_with('.')
        && !university
        && initials.chars().filter(char::is_ascii_alphabetic).count() <= 3;
    let surname = words.find(|word| !word.ends_with('.'))?;
    let capital = initials.starts_with(|c: char| c.is_ascii_uppercase());
    (dotted && capital && surname.starts_with(char::is_alphabetic)).then(|| name.to_owned())
}

/// `November 1987`, `1 April 1990`.
fn is_date(text: &str) -> bool {
    let mut words = text.rsplit(' ');
    let year = words
        .next()
        .is_some_and(|year| year.len() == 4 && year.parse::<u16>().is_ok());
    year && words.next().is_some_and(|month| MONTHS.contains(&month))
}

fn numbers(text: &str) -> impl Iterator<Item = u32> {
    text.split(|c: char| !c.is_ascii_digit())
        .filter_map(|number| number.parse().ok())
}
