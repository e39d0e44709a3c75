//! The names that the filter and its Envoy configuration must agree on. Only these two sides know them.

/// `root_id` of the instance in the listener's filter chain.
pub const GATEWAY_ROOT: &str = "ferro.gateway";

/// `root_id` of the instance in a provider cluster's filter chain; its configuration is the cluster's name.
pub const PROVIDER_ROOT: &str = "ferro.provider";

/// `vm_id` of both, which share one VM a worker.
pub const VM: &str = "ferro";

/// Filter state that names the cluster of the next attempt. Envoy prefixes what a module writes with `wasm.`.
pub const TARGET_STATE: &str = "ferro.target";

/// Filter state that names the Envoy route of the request: one of [`route_key`]'s.
pub const ROUTE_STATE: &str = "ferro.route";

/// Filter state that names the request's plan in the VM.
pub const PLAN_STATE: &str = "ferro.plan";

/// Filter state for the access log: the path that the client asked for. Once an attempt was made, the request's own is
/// the provider's.
pub const PATH_STATE: &str = "ferro.path";

/// Filter state for the access log: the model that the client named.
pub const MODEL_STATE: &str = "ferro.model";

/// Filter state for the access log: input tokens.
pub const INPUT_TOKENS_STATE: &str = "ferro.input_tokens";

/// Filter state for the access log: output tokens.
pub const OUTPUT_TOKENS_STATE: &str = "ferro.output_tokens";

/// Filter state for the access log: the label of the target that was asked last.
pub const LABEL_STATE: &str = "ferro.label";

/// Filter state for the access log, under `log.requests: full`: the client's body.
pub const REQUEST_STATE: &str = "ferro.request";

/// Filter state for the access log, under `log.requests: full`: the client's answer.
pub const RESPONSE_STATE: &str = "ferro.response";

/// Response header with which the filter tells Envoy to try again (`retriable_headers`). Never leaves the gateway.
pub const RETRY_HEADER: &str = "x-ferro-retry";

/// Response header with which the filter tells Envoy how many seconds to wait before it asks the same target again
/// (`rate_limited_retry_back_off.reset_headers`). Never leaves the gateway.
pub const AFTER_HEADER: &str = "x-ferro-after";

/// The counter of requests that went to targets with a label. Counters have no dimensions of their own, so its name
/// holds them; [`ANSWERS_TAGS`] takes them out again.
pub fn answers_counter(route: &str, label: &str, answered: bool) -> String {
    let outcome = if answered { "answered" } else { "failed" };
    format!("ferro.answers.route.{route}.label.{label}.outcome.{outcome}")
}

/// How Envoy tells the dimensions of [`answers_counter`] from its name: what each is called, and an expression whose
/// first group goes and whose second is the value. Labels hold no dots.
pub const ANSWERS_TAGS: [(&str, &str); 3] = [
    ("route", r"^wasmcustom\.ferro\.answers(\.route\.(.+))\.label\.[^.]+\.outcome\.[a-z]+$"),
    ("label", r"^wasmcustom\.ferro\.answers\.route\..+(\.label\.([^.]+))\.outcome\.[a-z]+$"),
    ("outcome", r"^wasmcustom\.ferro\.answers\.route\..+\.label\.[^.]+(\.outcome\.([a-z]+))$"),
];

/// What [`ROUTE_STATE`] says for a request of this route. A route's timeouts differ for streams and whole answers,
/// and Envoy has them on the route, so each has two.
pub fn route_key(route: &str, stream: bool) -> String {
    match stream {
        true => route.to_owned(),
        false => format!("{route}/whole"),
    }
}
