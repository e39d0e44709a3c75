//! Clusters: what stands between Envoy and whoever it asks.

use super::*;

#[test]
fn a_proxy_is_told_the_name_and_looked_up_in_its_place() {
    let text = FILE.replacen("retry:", "proxy: {url: \"http://proxy:3128\", authorization: \"${OPENAI_API_KEY}\"}\ndns: {prefer: ipv6}\nretry:", 1);
    let bootstrap = rendered(&text);
    assert!(!bootstrap.to_string().contains("sk-"), "a secret is in the configuration");
    let names: Vec<_> = all(&bootstrap, "hostname");
    assert_eq!(names, ["10.1.2.3:8443", "api.openai.com:443"], "this machine is not asked of it");
    let doors: Vec<_> = all(&bootstrap, "server_listener_name");
    let name = "proxy/proxy:3128OPENAI_API_KEY";
    let [openai, private] = ["api.openai.com", "10.1.2.3"].map(|host| {
        let port = if host == "10.1.2.3" { 8443 } else { 443 };
        format!("{name}/{host}:{port}")
    });
    // What is asked for its models is asked on the same way.
    assert_eq!(doors, [&openai, &private, &private]);
    let value = &all(&bootstrap, "headers_to_add")
        .into_iter()
        .find(|value| value[0]["header"]["key"] == "proxy-authorization")
        .unwrap()[0]["header"]["value"];
    assert_eq!(value, "%ENVIRONMENT(OPENAI_API_KEY)%");
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    let names: Vec<_> = clusters.iter().map(|cluster| cluster["name"].as_str().unwrap()).collect();
    let asked = ["models/local/http:::1:9000", "models/private/https:10.1.2.3:8443"];
    assert_eq!(names, ["openai", "private", "local", asked[0], asked[1], name, "dns/proxy"]);
    assert!(all(&bootstrap, "dns_lookup_family").iter().all(|family| **family == "AUTO"));
    assert!(all(&rendered(FILE), "dns_lookup_family").iter().all(|family| **family == "V4_PREFERRED"));
}

#[test]
fn names_are_asked_of_the_servers_that_are_named() {
    let text = FILE.replacen("retry:", "dns: {servers: [10.0.0.2, \"[::1]:5353\"]}\nretry:", 1);
    let server =
        |address: &str, port: u16| json!({ "socket_address": { "address": address, "port_value": port } });
    let bootstrap = rendered(&text);
    let (asked, named) = (all(&bootstrap, "resolvers"), json!([server("10.0.0.2", 53), server("::1", 5353)]));
    assert_eq!(asked.len(), all(&bootstrap, "cluster_type").len());
    assert!(asked.iter().all(|it| **it == named) && all(&rendered(FILE), "resolvers").is_empty());
    assert_eq!(all(&bootstrap, "respect_dns_ttl").len(), asked.len() - 1, "who waits for a name asks once");
}

#[test]
fn quiet_connections_to_providers_are_kept_alive() {
    let bootstrap = rendered(FILE);
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    for cluster in &clusters[..3] {
        assert_eq!(all(cluster, "keepalive_time"), [30], "{cluster}");
    }
    assert_eq!(
        all(&clusters[0], "connection_keepalive"),
        [&json!({ "interval": "30.000s", "timeout": "10.000s" })]
    );
    assert!(all(&bootstrap["static_resources"]["listeners"], "connection_keepalive").is_empty());
}

#[test]
fn every_cluster_can_be_left_and_none_refuses_by_itself() {
    let bootstrap = rendered(FILE);
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    // Three providers, two of which are asked for their models, and one host that is only waited for.
    assert_eq!(clusters.len(), 6);
    for cluster in &clusters[..5] {
        let thresholds = cluster["circuit_breakers"]["thresholds"].as_array().unwrap();
        assert_eq!(thresholds.len(), 2);
        for threshold in thresholds {
            for key in ["max_connections", "max_pending_requests", "max_requests", "max_retries"] {
                assert_eq!(threshold[key], u32::MAX, "{key}");
            }
        }
        let unreachable = &cluster["load_assignment"]["endpoints"][1];
        assert_eq!(unreachable["priority"], 1);
        assert_eq!(
            all(unreachable, "socket_address")[0],
            &json!({ "address": "255.255.255.255", "port_value": 1 })
        );
        assert!(all(cluster, "outlier_detection").is_empty());
    }
}

#[test]
fn each_host_of_a_provider_has_a_cluster_and_a_name_without_dots_in_statistics() {
    let mut loaded = loaded(FILE);
    let operations = &mut loaded.config.providers[0].operations;
    let mut further = operations[0].clone();
    further.endpoint = Endpoint::parse("https://audio.example.com:8443/x", "").unwrap();
    further.cluster = "openai/https/audio.example.com:8443".into();
    operations.extend([operations[0].clone(), further]);
    let bootstrap = render(&loaded, &surroundings()).bootstrap();
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    let names: Vec<_> = clusters.iter().map(|cluster| cluster["name"].as_str().unwrap()).collect();
    let want = ["openai", "openai/https/audio.example.com:8443", "private", "local"];
    assert_eq!(names[..4], want);
    assert!(names.contains(&"dns/audio.example.com"));
    assert_eq!(clusters[1]["alt_stat_name"], "openai/https/audio_example_com_8443");
    assert_eq!(clusters[0].get("alt_stat_name"), None);
    assert_eq!(clusters[1]["transport_socket"]["typed_config"]["sni"], "audio.example.com");
    assert_eq!(
        clusters[1]["metadata"]["filter_metadata"],
        json!({ "ferro": { "openai/https/audio.example.com:8443 https://audio.example.com:8443": "" } })
    );
    let map = all(&bootstrap, "map")[0].as_object().unwrap();
    assert_eq!(map.keys().collect::<Vec<_>>(), want);
}

#[test]
fn a_request_is_signed_behind_the_filter_where_a_provider_wants_that() {
    let signed = "  aws: {kind: openai-compatible, endpoint: \"http://h\", auth: {aws: bedrock}, variables: {region: eu-west-1}}\nretry:";
    let bootstrap = rendered(&FILE.replacen("retry:", signed, 1));
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    let names = |filters: &Value| {
        let filters = filters.as_array().unwrap().iter();
        filters.map(|filter| filter["name"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let codec = "envoy.filters.http.upstream_codec";
    let signed = names(all(&clusters[3], "http_filters")[0]);
    assert_eq!(signed, ["ferro.provider", "envoy.filters.http.aws_request_signing", codec]);
    assert!(all(&clusters[0], "http_filters").is_empty(), "it would take the place of what all pass");
    assert_eq!(names(all(&bootstrap, "upstream_http_filters")[0]), ["ferro.provider", codec]);
    let signing = &all(&clusters[3], "http_filters")[0][1]["typed_config"];
    assert_eq!((&signing["service_name"], &signing["region"]), (&json!("bedrock"), &json!("eu-west-1")));
}

#[test]
fn each_name_is_waited_for_once_and_not_for_ever() {
    let more = "  again: {kind: openai}\n  other: {kind: openai, endpoint: \"http://h.example\"}\nretry:";
    let bootstrap = rendered(&FILE.replacen("retry:", more, 1));
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    let waits: Vec<_> =
        clusters.iter().filter(|cluster| cluster["name"].as_str().unwrap().starts_with("dns/")).collect();
    assert_eq!(waits.len(), 2, "{waits:?}");
    for (wait, name) in waits.iter().zip(["dns/api.openai.com", "dns/h.example"]) {
        assert_eq!(wait["name"], name);
        assert_eq!(wait["load_assignment"]["endpoints"].as_array().unwrap().len(), 1);
        assert_eq!(all(wait, "query_tries"), [1]);
        assert!(all(wait, "http_filters").is_empty(), "nobody asks it");
    }
}

#[test]
fn tls_checks_the_chain_and_the_name() {
    let bootstrap = rendered(FILE);
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    let context = |index: usize| &clusters[index]["transport_socket"]["typed_config"];
    assert_eq!(context(0)["sni"], "api.openai.com");
    assert_eq!(context(0)["auto_sni_san_validation"], true);
    assert_eq!(all(context(0), "trusted_ca")[0]["filename"], "/ca.pem");
    assert_eq!(context(1).get("sni"), None);
    assert_eq!(all(context(1), "match_typed_subject_alt_names")[0][0]["matcher"]["exact"], "10.1.2.3");
    assert_eq!(context(2), &Value::Null);
    assert!(
        all(&clusters[2], "explicit_http_config").len() == 1 && all(&clusters[0], "auto_config").len() == 1
    );
}

/// The filter asks issuers itself, so it does not stand before them; Envoy checks them as it does providers.
#[test]
fn an_issuer_has_a_cluster_without_our_filter() {
    let bootstrap = rendered(TOKENS);
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    let of = |name: &str| clusters.iter().filter(|cluster| cluster["name"] == name).collect::<Vec<_>>();
    let issuers = ["token/login.example.com:443", "token/::1:9"].map(of);
    for found in &issuers {
        let [issuer] = found.as_slice() else { panic!("{found:?}") };
        assert_eq!(all(issuer, "http_filters")[0].as_array().unwrap().len(), 1, "{issuer}");
    }
    assert_eq!(all(issuers[0][0], "sni"), ["login.example.com"]);
    assert_eq!(of("dns/login.example.com").len(), 1);
    for name in ["a", "b", "token"] {
        assert_eq!(of(name).len(), 1);
    }
    assert!(!bootstrap.to_string().contains("sk-from-environment"));
    let keys = all(&bootstrap, "host_env_keys");
    assert!(keys.iter().all(|keys| **keys == json!(["OPENAI_API_KEY"])), "{keys:?}");
}

/// A list of models is asked for at a cluster whose name says which host it is: under the name of the provider's own, an
/// edit could put another one, which would be sent the credential.
#[test]
fn who_is_asked_for_models_has_a_cluster_without_our_filter() {
    let bootstrap = rendered(
        r#"
providers:
  a: {kind: openai-compatible, endpoint: "https://llm.example.com/v1"}
  b: {kind: openai-compatible, endpoint: "https://llm.example.com/v2", models: ["b-*"]}
  c: {kind: openai-compatible, endpoint: "http://[::1]:9"}
  models: {kind: openai-compatible, endpoint: "http://off.example.com", discover: false}
"#,
    );
    let clusters = bootstrap["static_resources"]["clusters"].as_array().unwrap();
    let found: Vec<_> = clusters
        .iter()
        .filter(|cluster| cluster["name"].as_str().is_some_and(|name| name.starts_with("models/")))
        .collect();
    let names: Vec<_> = found.iter().map(|cluster| &cluster["name"]).collect();
    let https = ["a", "b"].map(|name| format!("models/{name}/https:llm.example.com:443"));
    assert_eq!(names, [&https[0], &https[1], "models/c/http:::1:9"]);
    for cluster in &found {
        assert_eq!(all(cluster, "http_filters")[0].as_array().unwrap().len(), 1, "{cluster}");
    }
    assert_eq!(all(found[1], "sni"), ["llm.example.com"]);
    assert_eq!(found[1]["alt_stat_name"], "models/b/https_llm_example_com_443");
}

#[test]
fn who_only_looks_has_no_filter_and_no_credential() {
    let aws = "providers:\n  aws: {kind: openai-compatible, endpoint: \"https://h\", auth: {aws: bedrock}, variables: {region: eu-west-1}}\n  \
               other: {kind: openai-compatible, endpoint: \"http://i\", proxy: \"http://proxy:3128\"}\n";
    let question = |cluster: &str| Question { cluster: cluster.to_owned(), authority: cluster.to_owned() };
    let rendered = render(
        &loaded(&format!("{aws}{}", TOKENS.replace("providers:\n", "").trim_start_matches('\n'))),
        &surroundings(),
    );
    let probe = rendered.probe(&[question("aws"), question("other")], Path::new("/probe.sock"));
    let text = probe.to_string();
    for absent in ["wasm", "signing", "OPENAI_API_KEY", "sk-", "\"token/", "login.example.com:443"] {
        assert!(!text.contains(absent), "{absent} in {text}");
    }
    let names: Vec<_> =
        probe["static_resources"]["clusters"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert!(
        ["aws", "other", "proxy/proxy:3128", "dns/h"].iter().all(|name| names.iter().any(|it| *it == name)),
        "{names:?}"
    );
    assert!(probe.get("admin").is_none() && all(&probe, "http_filters").len() == 1);
}
