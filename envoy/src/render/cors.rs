//! What browsers want to be told before a page of another site may ask, and see the answer
//! (<https://fetch.spec.whatwg.org/#http-cors-protocol>). Envoy tells it, for exactly the origins of the file; what a
//! provider says of it never passes.

use ferro::config::Config;
use serde_json::{Value, json};

use super::typed;

const FILTER: &str = "envoy.filters.http.cors";

/// What a page may ask by.
const METHODS: &str = "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS";

/// What a page may send: what the SDKs do in a browser, and, since they send more with each version, anything. The
/// star does not stand for `authorization`.
const SENT: &str = "authorization, content-type, accept, user-agent, x-api-key, x-goog-api-key, api-key, \
                    anthropic-version, anthropic-beta, anthropic-dangerous-direct-browser-access, openai-organization, \
                    openai-project, openai-beta, idempotency-key, x-request-id, traceparent, tracestate, \
                    x-ferro-route, x-ferro-provider, x-ferro-timeout-ms, x-ferro-no-failover, x-stainless-arch, \
                    x-stainless-async, x-stainless-custom-poll-interval, x-stainless-helper, \
                    x-stainless-helper-method, x-stainless-lang, x-stainless-os, x-stainless-package-version, \
                    x-stainless-poll-helper, x-stainless-raw-response, x-stainless-read-timeout, \
                    x-stainless-retry-count, x-stainless-runtime, x-stainless-runtime-version, x-stainless-timeout, *";

/// What a page may see: all that an answer of ours has. Not every browser knows the star.
const SEEN: &str = "x-request-id, retry-after, x-ferro-request-id, x-ferro-provider, x-ferro-model, x-ferro-route, \
                    x-ferro-attempts, x-ferro-cache, x-ferro-cost-usd, x-ferro-dropped, *";

/// How long a browser need not ask again, in seconds; none waits longer than two hours.
const LASTS: &str = "7200";

/// The filter, where pages of other sites may ask.
pub fn filter(config: &Config) -> Option<Value> {
    let filter = typed("envoy.extensions.filters.http.cors.v3.Cors", json!({}));
    (!config.origins.is_empty()).then(|| json!({ "name": FILTER, "typed_config": filter }))
}

/// Who they are, for all routes.
pub fn allow(config: &Config, host: &mut Value) {
    let Some(host) = host.as_object_mut().filter(|_| !config.origins.is_empty()) else { return };
    let origins: Vec<_> = config.origins.iter().map(|origin| json!({ "exact": origin })).collect();
    let policy = typed(
        "envoy.extensions.filters.http.cors.v3.CorsPolicy",
        json!({
            "allow_origin_string_match": origins,
            "allow_methods": METHODS,
            "allow_headers": SENT,
            "expose_headers": SEEN,
            "max_age": LASTS,
            // Credentials are sent by the page, never by its browser.
            "allow_credentials": false,
            // A page of the web may ask a gateway on its reader's machine or network.
            "allow_private_network_access": true,
        }),
    );
    host.insert("typed_per_filter_config".to_owned(), json!({ FILTER: policy }));
}
