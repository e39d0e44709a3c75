//! Where a provider lists its models.

use super::{Endpoint, Operation};

/// Where a provider lists its models.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelList {
    /// Whose host it is at.
    pub endpoint: Endpoint,
    /// Its path, root included.
    pub path: String,
}

impl ModelList {
    /// The list beside an operation, where its format's vendor has it; `None` where there is none that can be read.
    pub fn beside(operation: &Operation) -> Option<Self> {
        let endpoint = operation.endpoint.clone();
        let path = [&endpoint.path, operation.format.models_path?].concat();
        Some(Self { endpoint, path })
    }
}
