//! Milepost.

/// The HTTP surface.
pub mod api {
    pub mod page;
}
