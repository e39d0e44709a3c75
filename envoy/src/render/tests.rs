//! The structure of what is rendered. That Envoy accepts it, and does with it what it should, is tested with Envoy:
//! `envoy/tests/`.

mod clusters;
mod store;

use ferro::contract::log_state;
use ferro::exchange::{FIELDS, FieldSource, METRICS};
use ferro::provider::Endpoint;

use super::*;
use crate::load::{Environment, Purpose, check};

const FILE: &str = r#"
listen: 127.0.0.1:8080
providers:
  openai: {}
  private: {kind: openai-compatible, endpoint: "https://10.1.2.3:8443/v1", api_key: sk-written-out}
  local: {kind: openai-compatible, endpoint: "http://[::1]:9000"}
retry: {backoff: {base: 20ms, max: 500ms}}
routes:
  - name: chat
    match: {models: ["gpt-*"]}
    targets: [{provider: openai}, {provider: local, model: llama}]
    retry: {on: [timeout, 429], per_try_timeout: 20s}
  - {name: strict, match: {models: [x]}, retry: {on: [connect-failure, 503]}}
limits: {max_request_bytes: 8MiB}
"#;

/// Two providers whose tokens one host gives, and one whose name would do for a cluster of tokens.
const TOKENS: &str = r#"
providers:
  a: {kind: openai, auth: {token: {url: "https://login.example.com/t", client_id: c, client_secret: "${OPENAI_API_KEY}"}}}
  token: {kind: openai, auth: {token: {url: "http://[::1]:9/t", client_id: c, client_secret: "${OPENAI_API_KEY}"}}}
  b: {kind: openai, auth: {token: {url: "https://login.example.com/u", client_id: d, client_secret: "${OPENAI_API_KEY}"}}}
"#;

fn surroundings() -> Surroundings {
    Surroundings { filter: "/f.wasm".into(), trusted_ca: "/ca.pem".into(), ..Surroundings::default() }
}

fn loaded(text: &str) -> Loaded {
    let set = |name: &str| (name == "OPENAI_API_KEY").then(|| "sk-from-environment".to_owned());
    check(text, Purpose::Run, &Environment::new(&set), "gateway.yaml").unwrap()
}

fn rendered(text: &str) -> Value {
    render(&loaded(text), &surroundings()).bootstrap()
}

/// All values under this key, wherever they are.
fn all<'a>(value: &'a Value, key: &str) -> Vec<&'a Value> {
    let mut found = Vec::new();
    match value {
        Value::Array(elements) => elements.iter().for_each(|element| found.extend(all(element, key))),
        Value::Object(members) => {
            for (name, member) in members {
                found.extend((name == key).then_some(member));
                found.extend(all(member, key));
            }
        }
        _ => {}
    }
    found
}

fn routes(bootstrap: &Value) -> Vec<Value> {
    all(bootstrap, "routes")[0].as_array().unwrap().clone()
}

#[test]
fn each_route_is_there_for_streams_and_for_whole_answers() {
    let bootstrap = rendered(FILE);
    let routes = routes(&bootstrap);
    let keys: Vec<_> = routes.iter().map(|route| route["name"].as_str().unwrap()).collect();
    assert_eq!(
        keys,
        [
            "chat",
            "chat/whole",
            "strict",
            "strict/whole",
            "default",
            "default/whole",
            "/passing",
            "without-plan"
        ]
    );
    for route in &routes {
        let held = if route["name"] == "/passing" { 1 } else { 9 };
        assert_eq!(route["request_body_buffer_limit"], held << 20, "{route}");
    }
    let (last, routes) = routes.split_last().unwrap();
    let (passing, routes) = routes.split_last().unwrap();
    assert_eq!(passing["route"]["cluster_specifier_plugin"], "target");
    assert_eq!(
        passing["route"]["retry_policy"],
        json!({ "per_try_idle_timeout": "600.000s" }),
        "nobody is asked twice"
    );
    assert_eq!(last["route"]["cluster_not_found_response_code"], "SERVICE_UNAVAILABLE");
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    assert!(clusters.iter().all(|cluster| cluster["name"] != last["route"]["cluster"]));
    for route in routes {
        let matcher = &route["match"]["filter_state"][0];
        assert_eq!(
            matcher,
            &json!({ "key": "wasm.ferro.route", "string_match": { "exact": route["name"] } })
        );
        assert_eq!(route["route"]["cluster_specifier_plugin"], "target");
        assert_eq!(route["route"]["retry_policy"]["refresh_cluster_on_retry"], true);
    }
    let maps = all(&bootstrap, "map");
    assert_eq!(maps.len(), 1, "named once for all routes");
    assert_eq!(maps[0].as_object().unwrap().keys().collect::<Vec<_>>(), ["openai", "private", "local"]);
}

#[test]
fn retries_are_what_the_route_says() {
    let routes = routes(&rendered(FILE));
    let policy = |index: usize| &routes[index]["route"]["retry_policy"];
    assert_eq!(policy(0)["retry_on"], "reset,retriable-headers");
    assert_eq!(policy(2)["retry_on"], "connect-failure,refused-stream,retriable-headers");
    assert_eq!(policy(4)["retry_on"], "connect-failure,refused-stream,reset,retriable-headers");
    assert_eq!(policy(0)["retry_back_off"], json!({ "base_interval": "0.020s", "max_interval": "0.500s" }));
    assert_eq!(policy(0)["rate_limited_retry_back_off"]["max_interval"], "1.000s");
    assert_eq!(policy(0)["per_try_idle_timeout"], "120.000s");
    assert_eq!(policy(5)["per_try_idle_timeout"], "600.000s");
}

#[test]
fn no_timeout_ends_a_long_stream() {
    let bootstrap = rendered(FILE);
    assert_eq!(all(&bootstrap, "stream_idle_timeout"), ["0s"]);
    for route in routes(&bootstrap).iter().take(6) {
        assert_eq!(
            (&route["route"]["timeout"], &route["route"]["idle_timeout"]),
            (&json!("0s"), &json!("0s"))
        );
    }
    for key in ["max_connection_duration", "per_try_timeout"] {
        assert!(all(&bootstrap, key).is_empty(), "{key}");
    }
    // What has no plan yet is bounded, and only that.
    let mut durations: Vec<_> = routes(&bootstrap)
        .iter()
        .map(|route| route["route"]["max_stream_duration"]["max_stream_duration"].clone())
        .collect();
    assert_eq!(durations.pop(), Some(json!("60.000s")));
    assert!(durations.iter().all(|duration| duration == "0s"), "{durations:?}");
}

#[test]
fn what_clients_may_take_is_bounded() {
    let bootstrap = rendered(FILE);
    let first = |key: &str| all(&bootstrap, key)[0].clone();
    assert_eq!(all(&bootstrap, "request_timeout"), ["900.000s"]);
    assert_eq!(all(&bootstrap, "stream_flush_timeout"), ["300.000s"]);
    assert_eq!(first("common_http_protocol_options")["idle_timeout"], "60.000s");
    assert_eq!(first("request_headers_timeout"), "10.000s");
    // What may be held until it is judged stands on the routes, and not where it would count for ever.
    assert_eq!(first("listeners")[0]["per_connection_buffer_limit_bytes"], 1 << 20);
    for options in all(&bootstrap, "http2_protocol_options") {
        let number = |key: &str| options[key].as_u64().unwrap();
        assert_eq!(number("max_concurrent_streams"), 100);
        let (stream, connection) =
            (number("initial_stream_window_size"), number("initial_connection_window_size"));
        assert!(stream <= 1 << 20 && stream * 100 <= connection, "{options}");
    }
    assert_eq!(first("max_heap_size_bytes"), 2_u64 << 30);
    assert_eq!(first("max_active_downstream_connections"), 50_000);
    let text = FILE.replace(
        "8MiB",
        "8MiB, max_heap: 1GiB, max_connections: 7, idle_timeout: 5s, request_timeout: 6s, upload_timeout: 7s",
    );
    let limited = rendered(&text);
    assert_eq!(all(&limited, "max_heap_size_bytes"), [1 << 30]);
    assert_eq!(all(&limited, "max_active_downstream_connections"), [7]);
    assert_eq!(all(&limited, "request_timeout"), ["7.000s"]);
    assert_eq!(all(&limited, "common_http_protocol_options")[0]["idle_timeout"], "5.000s");
}

#[test]
fn the_file_goes_before_what_there_are_descriptors_for() {
    let nothing = |_: &str| None;
    let most = |text: &str| {
        let loaded = check(text, Purpose::Run, &Environment::new(&nothing), "gateway.yaml").unwrap();
        let here = Surroundings { max_connections: Some(300), ..surroundings() };
        all(&render(&loaded, &here).bootstrap(), "max_active_downstream_connections")[0].clone()
    };
    assert_eq!((most(""), most("limits: {max_connections: 400}")), (json!(300), json!(400)));
}

#[test]
fn memory_is_given_back_before_requests_are_refused_and_these_before_connections() {
    let bootstrap = rendered(FILE);
    let actions = bootstrap["overload_manager"]["actions"].as_array().unwrap();
    let names: Vec<_> = actions.iter().map(|action| action["name"].as_str().unwrap()).collect();
    let at: Vec<_> =
        actions.iter().map(|action| action["triggers"][0]["threshold"]["value"].as_f64().unwrap()).collect();
    assert!(at.is_sorted_by(|a, b| a < b) && at.iter().all(|at| *at < 1.0), "{at:?}");
    for (name, want) in
        names.iter().zip(["shrink_heap", "stop_accepting_requests", "stop_accepting_connections"])
    {
        assert_eq!(*name, format!("envoy.overload_actions.{want}"));
    }
    assert_eq!(names.len(), 3);
}

#[test]
fn each_place_is_a_listener_of_its_own() {
    let places = r#"listen: ["127.0.0.1:1", {address: "[::]:2", path: /a.b/}, {address: "[::1]:3", tls: {certificate: c, key: /k}}]
access: none
trusted_hops: 2
cors: {origins: ["https://a.example"]}"#;
    let text = FILE.replacen("listen: 127.0.0.1:8080", places, 1);
    let set = |name: &str| (name == "OPENAI_API_KEY").then(|| "sk-from-environment".to_owned());
    let text = text.replace("sk-written-out", "\"${OPENAI_API_KEY}\"");
    let loaded = check(&text, Purpose::Render, &Environment::new(&set), "gateway.yaml").unwrap();
    let rendered = render(&loaded, &surroundings());
    let [one, two, three] = rendered.listeners.as_slice() else { panic!("{:?}", rendered.listeners) };
    let compatible = |listener: &Value| all(listener, "ipv4_compat")[0].clone();
    assert_eq!([one, two, three].map(compatible), [json!(false), json!(true), json!(false)]);
    assert_eq!(two["metadata"]["filter_metadata"], json!({ "ferro": { "base": "/a.b" } }));
    assert!(two.to_string().contains(r"/a\\.b/(healthz|readyz)"), "its probes are not logged");
    assert_eq!((one.get("metadata"), three.get("metadata")), (None, None));
    let shown = json!({ "certificate_chain": { "filename": "c" }, "private_key": { "filename": "/k" } });
    assert_eq!(all(three, "tls_certificates"), [&json!([shown])]);
    for listener in [one, two, three] {
        assert_eq!(all(listener, "xff_num_trusted_hops"), [2]);
        let filters = all(listener, "http_filters")[0].as_array().unwrap();
        let names: Vec<_> = filters.iter().map(|filter| filter["name"].as_str().unwrap()).collect();
        assert_eq!(names, ["envoy.filters.http.cors", "ferro.gateway", "envoy.filters.http.router"]);
    }
    let watched = Surroundings { watched: Some("/w".into()), ..surroundings() };
    let rendered = render(&loaded, &watched);
    let [shown] = rendered.shown.as_slice() else { panic!("{:?}", rendered.shown) };
    let [secret, certificate, key] = shown.files();
    let source = &all(&rendered.listeners[2], "path_config_source")[0]["path"];
    assert_eq!(source, &json!(format!("/w/{secret}")));
    let secret = shown.secret("/w".as_ref());
    let names = [certificate, key].map(|name| json!({ "filename": format!("/w/{name}") }));
    assert_eq!(
        [all(&secret, "certificate_chain")[0], all(&secret, "private_key")[0]],
        [&names[0], &names[1]]
    );
    assert_eq!(all(&secret, "watched_directory"), [&json!({ "path": "/w" })]);
}

#[test]
fn no_filter_is_passed_by_when_it_fails() {
    for text in [FILE, "", "access: none\nlisten: 0.0.0.0:80"] {
        let bootstrap = rendered(text);
        assert!(all(&bootstrap, "failure_policy").iter().all(|policy| **policy == "FAIL_RELOAD"));
        assert!(all(&bootstrap, "fail_open").is_empty());
        assert!(!bootstrap.to_string().contains("FAIL_OPEN"));
    }
}

#[test]
fn the_admin_interface_is_a_socket_or_reads_only() {
    let nothing = |_: &str| None;
    let admin = |text: &str, socket: Option<&str>| {
        let loaded = check(text, Purpose::Run, &Environment::new(&nothing), "gateway.yaml").unwrap();
        let here = Surroundings { admin_socket: socket.map(Into::into), ..surroundings() };
        render(&loaded, &here).bootstrap()["admin"].clone()
    };
    assert_eq!((admin("", None), admin("admin: false", None)), (Value::Null, Value::Null));
    for text in ["", "admin: false"] {
        let socket = admin(text, Some("/x/admin.sock"));
        assert_eq!(socket["address"]["pipe"], json!({ "path": "/x/admin.sock", "mode": 0o600 }));
    }
    let open = admin("admin: 127.0.0.1:9901", Some("/x/admin.sock"));
    assert_eq!(open["address"]["socket_address"]["port_value"], 9901);
    let paths = open["allow_paths"][0]["safe_regex"]["regex"].as_str().unwrap();
    for path in ["quit", "logging", "drain", "fail", "modify", "reset", "heap", "prof", "reopen", "enable"] {
        assert!(!paths.contains(path), "{path}");
    }
}

#[test]
fn instances_share_one_vm_that_names_credentials_and_holds_none() {
    let bootstrap = rendered(FILE);
    let text = bootstrap.to_string();
    assert!(!text.contains("sk-"), "a secret is in the configuration");
    let machines = all(&bootstrap, "vm_config");
    assert_eq!(machines.len(), 2, "one more for each provider makes a start long");
    assert!(machines.iter().all(|machine| *machine == machines[0]));
    let keys = &machines[0]["environment_variables"]["host_env_keys"];
    assert_eq!(keys, &json!(["FERRO_SECRET_1", "OPENAI_API_KEY"]));
    assert!(all(&bootstrap, "failure_policy").iter().all(|policy| **policy == "FAIL_RELOAD"));
    assert!(all(&bootstrap, "allow_on_headers_stop_iteration").iter().all(|allowed| **allowed == true));
    let filters = all(&bootstrap, "http_filters");
    let gateway: Value = serde_json::from_str(
        filters[0][0]["typed_config"]["config"]["configuration"]["value"].as_str().unwrap(),
    )
    .unwrap();
    assert_eq!(gateway["providers"]["private"]["api_key"], "${FERRO_SECRET_1}");
    let attempts = all(&bootstrap, "upstream_http_filters")[0];
    assert_eq!(attempts[0]["typed_config"]["config"]["configuration"]["value"], "");
}

#[test]
fn the_access_log_holds_no_header_of_the_provider_and_bodies_only_where_they_are_wanted() {
    let log = |level: &str| {
        let bootstrap = rendered(&format!("{FILE}log: {{requests: {level}}}\n"));
        all(&bootstrap, "access_log")[0].to_string()
    };
    assert_eq!(log("none"), "[]");
    let metadata = log("metadata");
    for field in [
        "wasm.ferro.log.requested_model",
        "wasm.ferro.log.input_tokens",
        "wasm.ferro.log.provider",
        "wasm.ferro.log.path",
    ] {
        assert!(metadata.contains(field), "{field}");
    }
    assert!(!metadata.to_uppercase().contains("AUTHORIZATION"));
    assert_eq!(metadata.matches("%REQ(").count(), 1);
    assert!(!metadata.contains("log.request:") && log("full").contains("wasm.ferro.log.request:PLAIN"));
}

#[test]
fn all_fields_and_metrics_of_the_filter_are_rendered() {
    let bootstrap = rendered(&format!("{FILE}log: {{requests: full}}\n"));
    let line = all(&bootstrap, "log_format")[0]["json_format"].as_object().unwrap();
    let names: Vec<_> = FIELDS.iter().map(|field| field.name).collect();
    assert_eq!(line.keys().collect::<Vec<_>>(), names);
    for field in FIELDS {
        let state = format!("wasm.{}", log_state(field.name));
        let format = match (field.source, field.otherwise) {
            (FieldSource::Envoy(format), _) => format.to_owned(),
            (FieldSource::Record(_), None) => format!("%FILTER_STATE({state}:PLAIN)%"),
            (FieldSource::Record(_), Some(otherwise)) => {
                format!("%CEL('{state}' in filter_state ? filter_state['{state}'] : {otherwise})%")
            }
        };
        assert_eq!(line[field.name], format);
    }
    let tags = bootstrap["stats_config"]["stats_tags"].as_array().unwrap();
    let dimensions: Vec<_> = METRICS.iter().flat_map(|metric| metric.tags).map(|tag| tag.name).collect();
    assert_eq!(tags.iter().map(|tag| tag["tag_name"].as_str().unwrap()).collect::<Vec<_>>(), dimensions);
}

#[test]
fn with_nobody_to_ask_there_is_only_the_last_route() {
    let nothing = |_: &str| None;
    let loaded = check("", Purpose::Run, &Environment::new(&nothing), "gateway.yaml").unwrap();
    assert_eq!(routes(&render(&loaded, &surroundings()).bootstrap()).len(), 1);
    assert_eq!(loaded.warnings.count(), 1);
}

#[test]
fn edits_leave_the_vm_and_the_clusters_alone() {
    let before = rendered(FILE);
    let after = rendered(&FILE.replace("20s", "30s"));
    assert_eq!(before["static_resources"]["clusters"], after["static_resources"]["clusters"]);
    assert_ne!(before["static_resources"]["listeners"], after["static_resources"]["listeners"]);
}

#[test]
fn a_credential_that_is_no_longer_named_stays_in_the_vm() {
    let nothing = |_: &str| None;
    let loaded = check("", Purpose::Run, &Environment::new(&nothing), "gateway.yaml").unwrap();
    let known = Surroundings { credentials: ["OPENAI_API_KEY".to_owned()].into(), ..surroundings() };
    let bootstrap = render(&loaded, &known).bootstrap();
    let keys = all(&bootstrap, "host_env_keys");
    assert!(keys.iter().all(|keys| **keys == json!(["OPENAI_API_KEY"])), "{keys:?}");
}
