//! The words of the process that the documents follow: statuses, types, categories, fields, and the
//! sections that a type demands. Another process is another file like this.

/// The statuses.
pub const STATUSES: [&str; 9] = [
    "Idea",
    "Draft",
    "Review",
    "Last Call",
    "Final",
    "Stagnant",
    "Withdrawn",
    "Living",
    "Moved",
];
/// The type of what is standardised.
pub const STANDARD: &str = "Standards Track";
/// The types.
pub const TYPES: [&str; 3] = [STANDARD, "Meta", "Informational"];
/// The categories of a Standards Track document.
pub const CATEGORIES: [&str; 4] = ["Core", "Networking", "Interface", "ERC"];
/// The fields.
pub const FIELDS: [&str; 13] = [
    "eip",
    "title",
    "description",
    "author",
    "discussions-to",
    "status",
    "last-call-deadline",
    "type",
    "category",
    "created",
    "requires",
    "withdrawal-reason",
    "updated",
];
/// The longest title, in characters.
pub const TITLE: usize = 44;

/// The sections that a type demands; names on one line are as good as each other.
pub const SECTIONS: [(&str, &[&[&str]]); 3] = [
    (
        STANDARD,
        &[
            &["Abstract", "Simple Summary", "Summary"],
            &["Specification"],
            &["Rationale"],
            &["Security Considerations"],
            &["Copyright"],
        ],
    ),
    (
        "Meta",
        &[&["Abstract", "Simple Summary", "Summary"], &["Copyright"]],
    ),
    (
        "Informational",
        &[&["Abstract", "Simple Summary", "Summary"], &["Copyright"]],
    ),
];
