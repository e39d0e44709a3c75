//! The table of other gateways. All get the same bodies, the same upstream, and one processor.
//!
//! Missing, because a row could not be honest: Kong, Higress and Plano run as several containers with an Envoy or an
//! OpenResty of their own, and Envoy AI Gateway fetches an Envoy and drives it from a second process.

use super::peer::{Ask, Peer};

/// OpenAI's path and a model's name.
const fn ask(model: &'static str, headers: &'static [(&'static str, &'static str)]) -> Ask {
    Ask { path: "/v1/chat/completions", model, headers }
}

pub const PEERS: &[Peer] = &[
    // https://docs.litellm.ai/docs/proxy/configs
    Peer {
        name: "LiteLLM",
        install: "`pip install 'litellm[proxy]'`",
        program: "litellm",
        within: "",
        arguments: &["--config", "{file}", "--host", "127.0.0.1", "--port", "{port}", "--num_workers", "1"],
        environment: &[
            ("LITELLM_LOG", "ERROR"),
            ("LITELLM_LOCAL_MODEL_COST_MAP", "True"),
            ("LITELLM_DANGEROUSLY_PERMIT_WEAK_OR_UNSET_MASTER_KEY", "true"),
        ],
        file: "litellm.yaml",
        configuration: r#"{
            "model_list": [
                { "model_name": "same", "litellm_params": {
                    "model": "openai/gpt-4o", "api_base": "http://{upstream}/v1", "api_key": "{key}"
                } },
                { "model_name": "other", "litellm_params": {
                    "model": "anthropic/claude-sonnet-4-5", "api_base": "http://{upstream}", "api_key": "{key}"
                } }
            ],
            "litellm_settings": { "telemetry": false }
        }"#,
        version: &["--version"],
        same: ask("same", &[]),
        translated: Some(ask("other", &[])),
        note: "one worker, no database, no key check",
    },
    // https://github.com/Portkey-AI/gateway: everything is said in a header of the request.
    // With newer versions of @hono/node-server every stream is a 500 (its issue 1389).
    Peer {
        name: "Portkey",
        install: "`npm install --legacy-peer-deps @portkey-ai/gateway @hono/node-server@1.11`",
        program: "gateway",
        within: "@portkey-ai",
        arguments: &["--port={port}", "--headless"],
        environment: &[("NODE_ENV", "production")],
        file: "",
        configuration: "",
        version: &[],
        same: ask(
            "same",
            &[(
                "x-portkey-config",
                r#"{"provider":"openai","api_key":"{key}","custom_host":"http://{upstream}/v1","override_params":{"model":"gpt-4o"}}"#,
            )],
        ),
        translated: Some(ask(
            "other",
            &[(
                "x-portkey-config",
                r#"{"provider":"anthropic","api_key":"{key}","custom_host":"http://{upstream}/v1","override_params":{"model":"claude-sonnet-4-5","max_tokens":4096}}"#,
            )],
        )),
        note: "its configuration travels with each request",
    },
    // https://agentgateway.dev/docs/standalone/latest/
    Peer {
        name: "agentgateway",
        install: "https://agentgateway.dev/docs/standalone/latest/quickstart/",
        program: "agentgateway",
        within: "",
        arguments: &["--file", "{file}"],
        environment: &[("RUST_LOG", "error")],
        file: "agentgateway.yaml",
        configuration: r#"{
            "config": {
                "adminAddr": "127.0.0.1:0",
                "statsAddr": "127.0.0.1:0",
                "readinessAddr": "127.0.0.1:0",
                "workerThreads": "1"
            },
            "llm": { "port": {port}, "models": [
                { "name": "same", "provider": "openAI", "params": {
                    "model": "gpt-4o", "hostOverride": "{upstream}", "apiKey": "{key}"
                } },
                { "name": "other", "provider": "anthropic", "params": {
                    "model": "claude-sonnet-4-5", "hostOverride": "{upstream}", "apiKey": "{key}"
                } }
            ] }
        }"#,
        version: &["--version"],
        same: ask("same", &[]),
        translated: Some(ask("other", &[])),
        note: "the row is written from its documentation and has not been run yet",
    },
    // https://docs.getbifrost.ai/deployment-guides/config-json: the npm package fetches the program when it is run first.
    Peer {
        name: "Bifrost",
        install: "`npx @maximhq/bifrost` fetches its program, bifrost-http",
        program: "bifrost-http",
        within: "",
        arguments: &["-app-dir", "{folder}", "-host", "127.0.0.1", "-port", "{port}", "-log-level", "error"],
        environment: &[("GOMAXPROCS", "1")],
        file: "config.json",
        configuration: r#"{
            "client": { "drop_excess_requests": false, "enable_logging": false },
            "config_store": { "enabled": false },
            "logs_store": { "enabled": false },
            "providers": {
                "openai": {
                    "keys": [{ "name": "same", "value": "{key}", "models": ["*"], "weight": 1.0 }],
                    "network_config": { "base_url": "http://{upstream}" }
                },
                "anthropic": {
                    "keys": [{ "name": "other", "value": "{key}", "models": ["*"], "weight": 1.0 }],
                    "network_config": { "base_url": "http://{upstream}" }
                }
            }
        }"#,
        version: &["-version"],
        same: ask("openai/gpt-4o", &[]),
        translated: Some(ask("anthropic/claude-sonnet-4-5", &[])),
        note: "the row is written from its documentation and has not been run yet",
    },
];
