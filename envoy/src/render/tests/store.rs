//! How Envoy asks who counts limits for several gateways.

use ferro::contract::{STORE_HEADER, STORE_MEASURES, store_limit, store_state};

use super::*;

const STORE: &str = "limits: {store: {ratelimit: \"10.0.0.3:8081\", domain: staging, fail: closed}}";

fn filters(text: &str) -> Vec<Value> {
    all(&rendered(text), "http_filters")[0].as_array().unwrap().clone()
}

#[test]
fn it_is_asked_behind_the_gateway_position_and_only_where_the_file_says_so() {
    let names = |text: &str| -> Vec<String> {
        filters(text).iter().map(|filter| filter["name"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(names(""), ["ferro.gateway", "envoy.filters.http.router"]);
    assert_eq!(
        names(STORE),
        [
            "ferro.gateway",
            "envoy.filters.http.header_to_metadata",
            "envoy.filters.http.ratelimit.rates",
            "envoy.filters.http.ratelimit.money",
            "envoy.filters.http.router",
        ]
    );
    assert!(!rendered("").to_string().contains(STORE_HEADER));
}

#[test]
fn each_kind_of_limit_refuses_by_a_status_of_its_own() {
    let filters = filters(STORE);
    for (filter, status) in [(&filters[2], 429), (&filters[3], 402)] {
        let config = &filter["typed_config"];
        assert_eq!(config["rate_limited_status"]["code"], status);
        assert_eq!(config["status_on_error"]["code"], 507);
        assert_eq!((&config["failure_mode_deny"], &config["domain"]), (&json!(true), &json!("staging")));
        let cluster = &config["rate_limit_service"]["grpc_service"]["envoy_grpc"]["cluster_name"];
        assert_eq!(*cluster, "store/10.0.0.3:8081");
        assert!(all(&rendered(STORE), "name").contains(&cluster), "{cluster}");
    }
    let open = rendered("limits: {store: {ratelimit: \"a:1\"}}");
    assert_eq!(all(&open, "failure_mode_deny"), [false, false]);
}

#[test]
fn requests_count_when_they_come_and_all_else_when_it_is_over() {
    let rendered = rendered(STORE);
    let limits = all(&rendered, "rate_limits").into_iter().flat_map(|list| list.as_array().unwrap());
    let mut told = BTreeSet::new();
    for limit in limits {
        let text = limit.to_string();
        let measures = STORE_MEASURES.iter().filter(|measure| text.contains(&format!("\"{measure}")));
        let measures: Vec<_> = measures.collect();
        assert_eq!(measures.len(), 1, "{text}");
        match (&limit["hits_addend"]["format"], &limit["apply_on_stream_done"]) {
            (Value::String(format), Value::Bool(true)) => {
                told.insert(format.clone());
            }
            (Value::Null, Value::Null) => {
                let counted = if *measures[0] == "requests" { 1 } else { 0 };
                assert_eq!(limit["hits_addend"]["number"], counted, "{text}");
            }
            _ => panic!("{text}"),
        }
    }
    // What the gateway position writes, `ferro::exchange::Record::charges`.
    let [_, tokens, money] = STORE_MEASURES;
    let taken = [tokens.to_owned(), money.to_owned(), store_limit(money, 0), store_limit(money, 1)];
    let want = taken.map(|taken| format!("%FILTER_STATE(wasm.{}:PLAIN)%", store_state(&taken)));
    assert_eq!(told, BTreeSet::from(want));
}
