//! Texts of others, made safe for a terminal: a job's title must not move the cursor, recolour the screen or break a
//! line, and a title written from right to left must not reorder what stands beside it.

/// The text on one line: control characters, and those that change the direction of writing, are spaces.
#[must_use]
pub fn line(text: &str) -> String {
    let plain = without_sequences(text);
    let safe = plain.chars().map(|c| if is_safe(c) { c } else { ' ' });
    let safe: String = safe.collect();
    safe.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The text on as many lines as it has, each cleaned; what a carriage return has overwritten is left out.
#[must_use]
pub fn lines(text: &str) -> String {
    let plain = without_sequences(text);
    let shown = plain.split('\n').map(|line| {
        let line = line.trim_end_matches('\r');
        let last = line.rsplit('\r').next().unwrap_or(line);
        let safe = last.chars().filter(|c| *c == '\t' || is_safe(*c));
        safe.collect::<String>().trim_end().to_owned()
    });
    shown.collect::<Vec<_>>().join("\n")
}

fn is_safe(c: char) -> bool {
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let breaks = matches!(c, '\u{2028}' | '\u{2029}');
    !c.is_control() && !turns && !breaks
}

/// The text without escape sequences: CSI (`ESC [ … letter`), OSC and its like (`ESC ] … BEL`), and two-byte ones.
fn without_sequences(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\u{1b}' {
            plain.push(c);
            continue;
        }
        match rest.next() {
            Some('[') => {
                rest.by_ref().find(|c| matches!(c, '\u{40}'..='\u{7e}'));
            }
            Some(']' | 'P' | 'X' | '^' | '_') => skip_string(&mut rest),
            Some('(' | ')' | '#') => {
                rest.next();
            }
            _ => {}
        }
    }
    plain
}

/// Skips to the end of a control string: BEL, or ESC and a backslash. One without an end goes as far as the line.
fn skip_string(rest: &mut std::iter::Peekable<std::str::Chars<'_>>) {
    while let Some(c) = rest.next_if(|c| *c != '\n') {
        match c {
            '\u{7}' => return,
            '\u{1b}' => {
                rest.next_if_eq(&'\\');
                return;
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_moves_a_terminal_is_gone_and_what_is_read_stays() {
        for (text, cleaned) in [
            ("SigmaHQ", "SigmaHQ"),
            ("été ✓ 漢字", "été ✓ 漢字"),
            ("\u{1b}[31mred\u{1b}[0m", "red"),
            ("\u{1b}]0;title\u{7}after", "after"),
            ("\u{1b}]8;;http://x\u{1b}\\link\u{1b}]8;;\u{1b}\\", "link"),
            ("a\nb\r\nc\td", "a b c d"),
            ("\u{202e}abc", "abc"),
            ("bell\u{7} \u{9b}31m", "bell 31m"),
            ("\u{1b}", ""),
            ("\u{1b}[", ""),
            ("", ""),
        ] {
            assert_eq!(line(text), cleaned, "{text:?}");
        }
    }

    #[test]
    fn lines_stay_lines_and_what_was_overwritten_is_left_out() {
        let text = " 10%\r 20%\r 30%\r\nerror: \u{1b}[31mno\u{1b}[0m\u{8}\n\tat x\n";
        assert_eq!(lines(text), " 30%\nerror: no\n\tat x\n");
    }
}
