//! The filter's two instances and the VM they share.

use ferro::contract;
use serde_json::{Value, json};

use super::Surroundings;
use crate::load::Loaded;

/// The VM of all instances. Envoy gives them the same one on each worker if this is the same to the letter. While
/// Envoy runs it may not change: requests between the old VM and a new one would lose their plans.
pub fn machine(loaded: &Loaded, surroundings: &Surroundings) -> Value {
    let mut credentials = loaded.credentials();
    credentials.extend(surroundings.credentials.iter().map(String::as_str));
    json!({
        "vm_id": contract::VM,
        "runtime": "envoy.wasm.runtime.v8",
        "code": { "local": { "filename": super::path(&surroundings.filter) } },
        "allow_precompiled": false,
        "environment_variables": { "host_env_keys": credentials },
    })
}

/// The instance in the listener's filter chain; its configuration is the file's.
pub fn gateway(loaded: &Loaded, machine: &Value) -> Value {
    instance(contract::GATEWAY_ROOT, &loaded.json.to_string(), machine)
}

/// The instance that attempts pass. It is told nothing: where it is, it asks Envoy, and the rest comes with each request.
pub fn provider(machine: &Value) -> Value {
    instance(contract::PROVIDER_ROOT, "", machine)
}

fn instance(root: &str, configuration: &str, machine: &Value) -> Value {
    json!({
        "name": root,
        "typed_config": super::typed("envoy.extensions.filters.http.wasm.v3.Wasm", json!({
            "config": {
                "name": root,
                "root_id": root,
                "vm_config": machine,
                "configuration": super::typed("google.protobuf.StringValue", json!({ "value": configuration })),
                // A trap ends what is in flight on its worker; the VM is back after this. Never FAIL_OPEN: requests
                // would pass unauthenticated and untranslated.
                "failure_policy": "FAIL_RELOAD",
                "reload_config": { "backoff": { "base_interval": "0.05s" } },
                // Without it, holding headers would hang the request.
                "allow_on_headers_stop_iteration": true,
            },
        })),
    })
}
