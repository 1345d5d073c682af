//! The marks and colours of what is drawn on a terminal. Without UTF-8 the marks are plain letters; where `NO_COLOR` is
//! set, or the terminal knows none, there are no colours.

use console::{Style, StyledObject};

use super::state::{Phase, State};
use crate::terminal::clean;

/// The marks.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    unicode: bool,
}

/// What a bar is drawn of.
const FINE: &str = "━╸─";
const COARSE: &str = "=> ";

impl Look {
    /// What this terminal can show, as its locale says.
    #[must_use]
    pub fn here() -> Self {
        let named = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter();
        let locale = named
            .filter_map(|name| std::env::var(name).ok())
            .find(|value| !value.is_empty());
        Self::of(
            locale.as_deref(),
            &std::env::var("TERM").unwrap_or_default(),
        )
    }

    fn of(locale: Option<&str>, term: &str) -> Self {
        let folded = locale.map(str::to_ascii_lowercase);
        let spoken = folded.is_none_or(|l| l.contains("utf-8") || l.contains("utf8"));
        Self {
            unicode: spoken && term != "linux",
        }
    }

    /// What a bar is drawn of: done, the tip, still to do.
    #[must_use]
    pub fn bar(self) -> &'static str {
        if self.unicode { FINE } else { COARSE }
    }

    /// The pictures of a bar that only says: it moves.
    #[must_use]
    pub fn moving(self, width: usize) -> Vec<String> {
        let (block, rest) = if self.unicode {
            ("━", "─")
        } else {
            ("=", " ")
        };
        let size = (width / 4).max(1);
        let places = width.saturating_sub(size).max(1);
        let at = (0..places).chain((1..=places).rev());
        let picture = |at: usize| {
            let (before, after) = (
                rest.repeat(at),
                rest.repeat(width.saturating_sub(at + size)),
            );
            format!("{before}{}{after}", block.repeat(size))
        };
        at.map(picture).collect()
    }

    /// The mark of a job.
    #[must_use]
    pub fn job(self, state: &State) -> StyledObject<&'static str> {
        let plain = Style::new();
        let (fine, coarse, style) = match state.status.as_str() {
            "completed" => ("✓", "+", plain.green().bold()),
            "failed" => ("✗", "x", plain.red().bold()),
            "cancelled" => ("■", "-", plain.yellow().bold()),
            "cancelling" => ("◌", "~", plain.yellow()),
            "queued" => ("○", "o", plain.dim()),
            _ if state.stalled_at.is_some() => ("!", "!", plain.yellow().bold()),
            _ => ("●", "*", plain.cyan()),
        };
        style.apply_to(if self.unicode { fine } else { coarse })
    }

    /// The mark of a notice.
    #[must_use]
    pub fn notice(self, level: &str) -> StyledObject<&'static str> {
        let plain = Style::new();
        let (fine, coarse, style) = match level {
            "error" => ("✗", "x", plain.red()),
            "warning" => ("▲", "!", plain.yellow()),
            "success" => ("✓", "+", plain.green()),
            _ => ("·", ".", plain.cyan()),
        };
        style.apply_to(if self.unicode { fine } else { coarse })
    }

    /// A phase in the row of phases.
    #[must_use]
    pub fn phase(self, phase: &Phase) -> String {
        let plain = Style::new();
        let (fine, coarse, style) = match phase.status.as_str() {
            "completed" => ("✓ ", "+ ", plain.green()),
            "running" => ("● ", "* ", plain.cyan()),
            "failed" => ("✗ ", "x ", plain.red()),
            "cancelled" => ("■ ", "- ", plain.yellow()),
            _ => ("", "", plain.dim()),
        };
        let mark = if self.unicode { fine } else { coarse };
        let name = clean::line(&phase.name);
        style.apply_to(format!("{mark}{name}")).to_string()
    }

    /// What stands between phases.
    #[must_use]
    pub fn arrow(self) -> &'static str {
        if self.unicode { " › " } else { " > " }
    }

    /// What stands before a child.
    #[must_use]
    pub fn branch(self) -> &'static str {
        if self.unicode { "└ " } else { "` " }
    }

    /// The end of a text that was cut.
    #[must_use]
    pub fn cut(self) -> &'static str {
        if self.unicode { "…" } else { "..." }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_letters_where_the_locale_says_so() {
        for (locale, term, unicode) in [
            (None, "xterm", true),
            (Some("en_GB.UTF-8"), "xterm", true),
            (Some("C.utf8"), "xterm", true),
            (Some("C"), "xterm", false),
            (Some("en_US.ISO-8859-1"), "xterm", false),
            (Some("en_GB.UTF-8"), "linux", false),
        ] {
            assert_eq!(Look::of(locale, term).unicode, unicode, "{locale:?} {term}");
        }
    }

    #[test]
    fn a_moving_bar_keeps_its_width() {
        for unicode in [true, false] {
            for width in 2..40 {
                let pictures = Look { unicode }.moving(width);
                assert!(pictures.len() >= 2, "indicatif wants two");
                assert!(
                    pictures.iter().all(|p| p.chars().count() == width),
                    "{pictures:?}"
                );
            }
        }
    }
}
