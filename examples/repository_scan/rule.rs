//! The rules that a controlled document has to follow, each with an id, a severity and its text.
//!
//! The table only; what breaks a rule is found in `front_matter`, `validate` and `collection`.

/// How bad it is to break a rule, in the words of an audit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// The document cannot be told apart, or cannot be read at all.
    Critical,
    /// Something that a controlled document must have is not there or is wrong.
    Major,
    /// To be mended with the next change.
    Minor,
}

impl Severity {
    /// Every severity, the worst first.
    pub const ALL: [Self; 3] = [Self::Critical, Self::Major, Self::Minor];

    /// Its name, also that of its counter.
    pub fn name(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Major => "major",
            Self::Minor => "minor",
        }
    }
}

/// One rule.
#[derive(Debug, PartialEq, Eq)]
pub struct Rule {
    /// Its name, the code of its notices.
    pub id: &'static str,
    /// How bad it is to break it.
    pub severity: Severity,
    /// What it demands.
    pub demands: &'static str,
    /// Whether other files or the date of today can break it: then an unchanged file is checked, too.
    pub collective: bool,
}

/// Raised with every change of a rule, so that files found unchanged are checked again.
pub const RULES_VERSION: i32 = 1;

macro_rules! rules {
    ($($name:ident $id:literal $severity:ident $collective:literal $demands:literal;)*) => {
        $(#[doc = $demands] pub static $name: Rule = Rule {
            id: $id, severity: Severity::$severity, demands: $demands, collective: $collective,
        };)*
        /// Every rule, in the order in which they are checked.
        pub static RULES: &[&Rule] = &[$(&$name),*];
    };
}

rules! {
    UNREADABLE "unreadable" Critical false "The file can be read, and is a file of its own, not a link";
    TOO_LARGE "too_large" Critical false "The file is at most 1 MiB";
    NOT_UTF8 "not_utf8" Critical false "The text is UTF-8";
    FRONT_MATTER_MISSING "front_matter_missing" Critical false "The file begins with front matter, between two lines ---";
    FRONT_MATTER_OPEN "front_matter_open" Critical false "The front matter ends with a line ---";
    YAML_BROKEN "yaml_broken" Critical false "The front matter is a YAML mapping in which no field stands twice";
    FILE_NAME "file_name" Critical false "The file's name is a word, a dash and a number: eip-20.md";
    IDENTIFIER_MISSING "identifier_missing" Critical false "The identifier (`eip`) is a whole number";
    IDENTIFIER_MISMATCH "identifier_mismatch" Critical false "The identifier is the number in the file's name";
    MOVED_NOWHERE "moved_nowhere" Critical false "A document that was moved says where to";
    FIELD_TYPE "field_type" Major false "A field holds text, not a list or a mapping";
    STATUS_MISSING "status_missing" Major false "There is a status";
    STATUS_UNKNOWN "status_unknown" Major false "The status is one of the process";
    TITLE_MISSING "title_missing" Major false "There is a title";
    AUTHOR_MISSING "author_missing" Major false "There is an author";
    TYPE_MISSING "type_missing" Major false "There is a type";
    TYPE_UNKNOWN "type_unknown" Major false "The type is Standards Track, Meta or Informational";
    CATEGORY_MISSING "category_missing" Major false "A Standards Track document has a category";
    CATEGORY_UNKNOWN "category_unknown" Major false "The category is Core, Networking, Interface or ERC";
    CATEGORY_UNEXPECTED "category_unexpected" Major false "Only a Standards Track document has a category";
    CREATED_MISSING "created_missing" Major false "There is a date of creation";
    CREATED_INVALID "created_invalid" Major false "The date of creation is a day of the calendar, as YYYY-MM-DD";
    REQUIRES_INVALID "requires_invalid" Major false "What is required is a list of numbers";
    REASON_MISSING "reason_missing" Major false "A withdrawn document says why";
    DEADLINE_MISSING "deadline_missing" Major false "A document in last call says until when, as YYYY-MM-DD";
    SECTION_MISSING "section_missing" Major false "The sections that the type demands are there";
    TITLE_LONG "title_long" Minor false "The title has at most 44 characters";
    AUTHOR_CONTACT "author_contact" Minor false "One author at least can be reached: (@name) or <address>";
    DESCRIPTION_MISSING "description_missing" Minor false "There is a description";
    DISCUSSION_MISSING "discussion_missing" Minor false "There is a place for discussion";
    FIELD_UNKNOWN "field_unknown" Minor false "Every field is one of the process";
    FILE_TWICE "file_twice" Critical true "A path stands in the repository once";
    IDENTIFIER_DUPLICATE "identifier_duplicate" Critical true "An identifier belongs to one document";
    CREATED_FUTURE "created_future" Major true "The date of creation is not in the future";
    REFERENCE_MISSING "reference_missing" Major true "What is required exists, here or in a companion";
    TARGET_MISSING "target_missing" Major true "What a document was moved to exists, where its repository is a companion";
    REFERENCE_IMMATURE "reference_immature" Minor true "What a final document requires is final, too";
    DEADLINE_OVER "deadline_over" Minor true "A last call that is over was decided";
}
