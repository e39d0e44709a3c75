//! Files that the configuration names and the filter never reads: Envoy does.

use super::super::errors::Errors;
use super::super::section::Node;

/// A certificate and its private key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// The certificate's file, and those that lead to its authority.
    pub certificate: String,
    /// The key's.
    pub key: String,
}

/// The name of a file.
pub(super) fn file(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<String> {
    node.string("the name of a file", errors).map(str::to_owned)
}
