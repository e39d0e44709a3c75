//! What a request is expected to cost.

/// Where targets without a price stand under [`super::Strategy::Cost`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unpriced {
    /// After those that have one.
    #[default]
    Last,
    /// Nowhere: they are not asked.
    Skip,
    /// Before those that have one.
    First,
}
