//! Who watches, as far as the edge has found out. In the extensions of a request; without one, everybody may see
//! everything.

/// A viewer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Identity {
    /// The `sub` of its token: who asked, where it asks for something.
    pub subject: Option<Box<str>>,
}
