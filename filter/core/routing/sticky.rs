//! The same caller gets the same order.

/// What tells callers apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sticky {
    /// A header of the request, by its name in lower case.
    Header(String),
    /// The caller's credential.
    Key,
    /// The body's `user`.
    User,
}
