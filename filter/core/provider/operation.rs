//! What a provider does for one surface, ready to be asked.

use std::rc::Rc;

use super::{Endpoint, Path};
use crate::dialect::{Format, Quirks};

/// Where one surface of a provider is, and what is spoken there.
#[derive(Clone, Debug, PartialEq)]
pub struct Operation {
    /// The surface: `chat`.
    pub surface: String,
    /// Envoy's name for its host: the provider's name for the first host of the provider, and one of its own for
    /// each further one.
    pub cluster: Rc<str>,
    /// The value of `:authority`.
    pub authority: String,
    /// Its root.
    pub endpoint: Endpoint,
    /// Its path, root included. All but the model's name is filled in.
    pub path: Path,
    /// What is spoken there.
    pub format: &'static Format,
    /// The only models that it is for; none where it is for all.
    pub models: &'static [&'static str],
    /// In what it differs from that, where it is no chat.
    pub quirks: Option<Rc<Quirks>>,
}

impl Operation {
    /// Gives every operation of a provider its cluster: one for each host.
    pub fn name_clusters(provider: &str, operations: &mut [Self]) {
        let first = operations.first().map(|operation| operation.endpoint.clone());
        for operation in operations {
            let endpoint = &operation.endpoint;
            operation.cluster = match &first {
                Some(first) if !endpoint.is_same_host(first) => {
                    format!("{provider}/{}/{}", endpoint.scheme(), endpoint.authority()).into()
                }
                _ => provider.into(),
            };
        }
    }

    /// The clusters of a provider, each once: name and host.
    pub fn clusters(operations: &[Self]) -> Vec<(&str, &Endpoint)> {
        let mut clusters: Vec<(&str, &Endpoint)> = Vec::new();
        for Self { cluster, endpoint, .. } in operations {
            if !clusters.iter().any(|(known, _)| *known == &**cluster) {
                clusters.push((cluster, endpoint));
            }
        }
        clusters
    }
}
