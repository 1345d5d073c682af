//! What a credential is good for.

/// One kind of thing that can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// See jobs.
    Watch,
    /// Say what a job does.
    Report,
    /// Ask a job to stop.
    Cancel,
    /// Make jobs, also by retrying one.
    Create,
    /// Forget jobs.
    Delete,
}

impl Scope {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Watch,
        Self::Report,
        Self::Cancel,
        Self::Create,
        Self::Delete,
    ];

    /// The word in a token.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Watch => "watch",
            Self::Report => "report",
            Self::Cancel => "cancel",
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }

    /// The scope of this word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|s| s.as_str() == word)
    }
}

/// A set of scopes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Scopes(u8);

impl Scopes {
    /// Every scope.
    #[must_use]
    pub fn all() -> Self {
        Scope::ALL.into_iter().fold(Self::default(), Self::with)
    }

    /// This set and `scope`.
    #[must_use]
    pub fn with(self, scope: Scope) -> Self {
        Self(self.0 | 1 << scope as u8)
    }

    /// Whether `scope` is in it.
    #[must_use]
    pub fn holds(self, scope: Scope) -> bool {
        self.0 & (1 << scope as u8) != 0
    }
}
