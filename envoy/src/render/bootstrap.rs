//! What Envoy starts with: everything in one file.

use ferro::exchange::METRICS;
use serde_json::{Value, json};

use super::{Rendered, overload};

impl Rendered {
    /// Everything in one file.
    pub fn bootstrap(&self) -> Value {
        let resources =
            json!({ "static_resources": { "listeners": [self.listener], "clusters": self.clusters } });
        self.complete(resources)
    }

    /// What is beside the listener and the clusters.
    pub(super) fn complete(&self, resources: Value) -> Value {
        let mut bootstrap = json!({
            "node": { "id": "ferro", "cluster": "ferro" },
            "overload_manager": self.overload,
            "memory_allocator_manager": overload::allocator(),
            "stats_config": { "stats_tags": stats_tags() },
        });
        if let (Some(bootstrap), Value::Object(resources)) = (bootstrap.as_object_mut(), resources) {
            bootstrap.extend(resources);
            bootstrap.extend(self.admin.clone().map(|admin| ("admin".to_owned(), admin)));
        }
        bootstrap
    }
}

/// Takes the dimensions of the filter's metrics out of their names.
fn stats_tags() -> Vec<Value> {
    let tag = |(name, regex): (&str, String)| json!({ "tag_name": name, "regex": regex });
    METRICS.iter().flat_map(|metric| metric.expressions()).map(tag).collect()
}
