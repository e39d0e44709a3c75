//! What Envoy starts with: everything in one file.

use std::path::Path;

use ferro::exchange::METRICS;
use serde_json::{Value, json};

use super::{Rendered, overload, typed};

impl Rendered {
    /// The listeners inside Envoy, which lead to proxies.
    pub fn ways(&self) -> impl Iterator<Item = &Value> {
        self.listeners.iter().filter(|listener| listener.get("internal_listener").is_some())
    }

    /// Everything in one file.
    pub fn bootstrap(&self) -> Value {
        let resources =
            json!({ "static_resources": { "listeners": self.listeners, "clusters": self.clusters } });
        self.complete(resources)
    }

    /// What is beside the listener and the clusters.
    pub(super) fn complete(&self, resources: Value) -> Value {
        let mut bootstrap = json!({
            "node": { "id": "ferro", "cluster": "ferro" },
            "overload_manager": self.overload,
            "memory_allocator_manager": overload::allocator(),
            "stats_config": { "stats_tags": stats_tags() },
            // An edit may name the first proxy, and this is read at the start only.
            "bootstrap_extensions": extensions(),
        });
        if let (Some(bootstrap), Value::Object(resources)) = (bootstrap.as_object_mut(), resources) {
            bootstrap.extend(resources);
            bootstrap.extend(self.admin.clone().map(|admin| ("admin".to_owned(), admin)));
        }
        bootstrap
    }
}

/// What listeners inside Envoy need.
pub(super) fn extensions() -> Value {
    json!([{
        "name": "envoy.bootstrap.internal_listener",
        "typed_config": typed("envoy.extensions.bootstrap.internal_listener.v3.InternalListener", json!({})),
    }])
}

/// A file that Envoy watches.
pub(super) fn source(file: &Path) -> Value {
    json!({ "resource_api_version": "V3", "path_config_source": { "path": super::path(file) } })
}

/// Takes the dimensions of the filter's metrics out of their names.
fn stats_tags() -> Vec<Value> {
    let tag = |(name, regex): (&str, String)| json!({ "tag_name": name, "regex": regex });
    METRICS.iter().flat_map(|metric| metric.expressions()).map(tag).collect()
}
