//! What a configuration may say of routing, and what is said of mistakes in it.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::errors::ConfigError;
use super::*;
use crate::access::{Budget as Spending, Money, Period, Quota};
use crate::routing::{Breaker, Sticky, Strategy, Unpriced};

/// A configuration with two routes' worth of targets to choose from.
fn config(route: Value, prices: Value) -> Value {
    let mut whole = json!({"name": "a"});
    whole.as_object_mut().unwrap().extend(route.as_object().unwrap().clone());
    json!({
        "providers": {
            "openai": {},
            "local": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:1"},
        },
        "routes": [whole],
        "prices": prices,
    })
}

fn route(route: Value) -> RouteConfig {
    Config::parse(&config(route, json!({}))).unwrap().routes.remove(0)
}

#[test]
fn what_is_absent_has_its_default() {
    let route = route(json!({"targets": [{"provider": "local"}]}));
    let target = &route.targets[0];
    assert_eq!((route.strategy, route.failover, &route.sticky), (Strategy::Single, true, &None));
    assert_eq!((route.unpriced, route.breaker), (Unpriced::Last, Breaker::default()));
    assert_eq!((target.weight, target.price_multiplier), (1, 1.0));
    assert_eq!((&target.label, target.max_concurrency), (&None, None));
}

#[test]
fn what_is_given_arrives() {
    let targets = json!([{"provider": "local", "label": "b", "max_concurrency": 50}, {"provider": "openai"}]);
    let header = json!({"by": "header", "header": "X-User"});
    let test = route(json!({"strategy": "ab-test", "targets": targets, "sticky": header, "failover": false}));
    assert_eq!((test.strategy, test.failover), (Strategy::AbTest, false));
    assert_eq!(test.sticky, Some(Sticky::Header("x-user".to_owned())));
    assert_eq!((test.targets[0].label.as_deref(), test.targets[0].max_concurrency), (Some("b"), Some(50)));
    for (by, want) in [("key", Sticky::Key), ("user", Sticky::User)] {
        assert_eq!(route(json!({"strategy": "weighted", "sticky": {"by": by}})).sticky, Some(want));
    }
    let targets = json!([{"provider": "openai", "price_multiplier": 0.5}]);
    let cheap = route(json!({"strategy": "cost", "targets": targets, "unpriced": "first"}));
    assert_eq!((cheap.unpriced, cheap.targets[0].price_multiplier), (Unpriced::First, 0.5));
    assert_eq!(route(json!({"strategy": "least-latency"})).strategy, Strategy::LeastLatency);
}

#[test]
fn the_defaults_of_a_breaker_do_not_contradict_what_is_given() {
    let seconds = Duration::from_secs;
    for (given, open, max_open) in [
        (json!({}), 5, 20),
        (json!({"open": "60s"}), 60, 60),
        (json!({"max_open": "2s"}), 2, 2),
        (json!({"open": "1s", "max_open": "1s"}), 1, 1),
    ] {
        let breaker = route(json!({"breaker": given})).breaker;
        assert_eq!((breaker.open, breaker.max_open), (seconds(open), seconds(max_open)));
    }
    let whole = json!({"failures": 1, "rate": 1, "window": "1s", "open": "2s", "max_open": "3s"});
    let want = Breaker { failures: 1, rate: 1.0, window: seconds(1), open: seconds(2), max_open: seconds(3) };
    assert_eq!(route(json!({"breaker": whole})).breaker, want);
}

#[test]
fn the_operators_price_of_an_instance_comes_before_that_of_its_kind() {
    let price = |input| json!({"input": input, "output": 1, "cached_input": 0});
    let prices = json!({
        "openai/m": price(1), "openai/m-2026": price(2), "openai/m-2026-05-01": price(3),
        "local/m": price(4), "openai-compatible/m": price(5), "openai-compatible/org/n": price(6),
    });
    let prices = Config::parse(&config(json!({}), prices)).unwrap().prices;
    for (name, kind, model, want) in [
        ("openai", "openai", "m", Some(1.0)),
        ("openai", "openai", "m-2026-05-02", Some(1.0)),
        ("openai", "openai", "m-2026-05-01", Some(3.0)),
        ("openai", "openai", "m-mini", None),
        ("local", "openai-compatible", "m", Some(4.0)),
        ("other", "openai-compatible", "m", Some(5.0)),
        ("local", "openai-compatible", "org/n", Some(6.0)),
        ("local", "openai-compatible", "x", None),
    ] {
        assert_eq!(prices.find(name, kind, model).map(|price| price.input), want, "{name}/{model}");
    }
}

/// A route with a mistake, what is at fault, and what is said of it.
const MISTAKES: &[(&str, &str, &str)] = &[
    (r#"{"strategy":"cheap"}"#, "strategy", "unknown value \"cheap\", expected one of WORDS"),
    (r#"{"failover":"no"}"#, "failover", "expected true or false, found \"no\""),
    (r#"{"unpriced":"last"}"#, "unpriced", "belongs to the strategy cost, not to single"),
    (
        r#"{"strategy":"cost","unpriced":"middle"}"#,
        "unpriced",
        "unknown value \"middle\", expected one of last, skip, first",
    ),
    (r#"{"sticky":{"by":"key"}}"#, "sticky", "belongs to the strategies WEIGHING, not to single"),
    (r#"{"strategy":"ab-test","sticky":{}}"#, "sticky", "missing key \"by\""),
    (r#"{"strategy":"ab-test","sticky":{"by":"header"}}"#, "sticky", "missing key \"header\""),
    (
        r#"{"strategy":"ab-test","sticky":{"by":"header","header":"a b"}}"#,
        "sticky.header",
        "expected the name of a header such as x-user-id, found \"a b\"",
    ),
    (
        r#"{"strategy":"ab-test","sticky":{"by":"user","header":"x"}}"#,
        "sticky.header",
        "belongs to `by: header` only",
    ),
    (r#"{"breaker":{"failures":0}}"#, "breaker.failures", "expected a whole number from 1 to 1000, found 0"),
    (r#"{"breaker":{"rate":0}}"#, "breaker.rate", "expected a share above 0 and at most 1, found 0"),
    (r#"{"breaker":{"rate":1.1}}"#, "breaker.rate", "expected a share above 0 and at most 1, found 1.1"),
    (r#"{"breaker":{"window":"0s"}}"#, "breaker.window", "must be more than nothing"),
    (r#"{"breaker":{"open":"9s","max_open":"8s"}}"#, "breaker", "max_open may not be below open"),
    (
        r#"{"targets":[{"provider":"openai","weight":2}]}"#,
        "targets[0].weight",
        "belongs to the strategies WEIGHING, not to single",
    ),
    (
        r#"{"strategy":"least-latency","targets":[{"provider":"openai","label":"b"}]}"#,
        "targets[0].label",
        "belongs to the strategies WEIGHING, not to least-latency",
    ),
    (
        r#"{"strategy":"ab-test","targets":[{"provider":"openai","label":"a b"}]}"#,
        "targets[0].label",
        "a label is 1 to 64 of letters, digits, '-' and '_'",
    ),
    (
        r#"{"strategy":"ab-test","targets":[{"provider":"openai","weight":0}]}"#,
        "strategy",
        "all weights are 0: nothing would be asked",
    ),
    (
        r#"{"strategy":"ab-test","targets":[{"provider":"openai","price_multiplier":1}]}"#,
        "targets[0].price_multiplier",
        "belongs to the strategy cost, not to ab-test",
    ),
    (
        r#"{"strategy":"cost","targets":[{"provider":"openai","price_multiplier":0}]}"#,
        "targets[0].price_multiplier",
        "expected a number above 0, found 0",
    ),
    (
        r#"{"targets":[{"provider":"openai","max_concurrency":0}]}"#,
        "targets[0].max_concurrency",
        "expected a whole number from 1 to 1000000, found 0",
    ),
    // Of a strategy that is itself wrong, nobody knows what belongs to it.
    (
        r#"{"strategy":"wieghted","targets":[{"provider":"openai","weight":2}]}"#,
        "strategy",
        "unknown value \"wieghted\", expected one of WORDS, did you mean \"weighted\"?",
    ),
];

#[test]
fn a_mistake_in_a_route_is_named() {
    let words = "single, fallback, weighted, least-latency, cost, ab-test";
    for (route, path, message) in MISTAKES {
        let route = serde_json::from_str(route).unwrap();
        let errors = Config::parse(&config(route, json!({}))).unwrap_err();
        let message = message.replace("WORDS", words).replace("WEIGHING", "weighted and ab-test");
        assert_eq!(*errors, [ConfigError { path: format!("routes[0].{path}"), message }]);
    }
}

#[test]
fn several_credentials_are_several() {
    let credentials = |provider: Value| {
        Config::parse(&json!({"providers": {"openai": provider}}))
            .map(|config| config.providers[0].credentials.clone())
            .map_err(|errors| errors[0].to_string())
    };
    assert_eq!(credentials(json!({})).unwrap(), [["OPENAI_API_KEY"]]);
    assert_eq!(credentials(json!({"api_keys": ["${A}", "${B}"]})).unwrap(), [["A"], ["B"]]);
    for (provider, want) in [
        (json!({"api_keys": []}), "providers.openai.api_keys: an empty list is no credential"),
        (json!({"api_keys": ["${A}", "${A}"]}), "providers.openai.api_keys[1]: the same credential twice"),
        (json!({"api_keys": ["sk-x"]}), "providers.openai.api_keys[0]: expected the name of an environment"),
        (json!({"api_key": "${A}", "api_keys": ["${B}"]}), "providers.openai.api_keys: api_key and api_keys"),
    ] {
        let error = credentials(provider).unwrap_err();
        assert!(error.starts_with(want) && !error.contains("sk-x"), "{error}");
    }
}

#[test]
fn a_mistake_in_a_price_is_named() {
    for (key, price, path, message) in [
        ("gpt-4o", json!({}), "gpt-4o", "a price is given for provider/model, such as \"openai/gpt-4o\""),
        ("openai/", json!({}), "openai/", "a price is given for provider/model, such as \"openai/gpt-4o\""),
        (
            "opnai/x",
            json!({}),
            "opnai/x",
            "\"opnai\" is neither a configured provider nor a built-in kind, did you mean \"openai\"?",
        ),
        ("openai/x", json!(2), "openai/x", "expected an object, found 2"),
        ("openai/x", json!({"input": 1}), "openai/x", "missing key \"output\""),
        (
            "openai/x.5",
            json!({"input": 1, "output": -1}),
            "openai/x.5.output",
            "expected dollars per million tokens, 0 or more, found -1",
        ),
        (
            "openai/x",
            json!({"input": 1, "output": 1, "ouput": 1}),
            "openai/x.ouput",
            "unknown key, did you mean \"output\"?",
        ),
    ] {
        let known = |error: &ConfigError| error.path == format!("prices.{path}") && error.message == message;
        let errors = Config::parse(&config(json!({}), json!({key: price}))).unwrap_err();
        assert!(errors.iter().any(known), "{key}: {errors:?}");
    }
}

#[test]
fn a_route_that_skips_all_its_targets_is_a_mistake() {
    let skip = |models: &[Option<&str>]| {
        let target = |model: &Option<&str>| json!({"provider": "local", "model": model});
        let targets: Vec<_> = models.iter().map(target).collect();
        let route = json!({"strategy": "cost", "unpriced": "skip", "targets": targets});
        Config::parse(&config(route, json!({"local/known": {"input": 0, "output": 0}})))
    };
    assert_eq!(skip(&[Some("x"), Some("y")]).unwrap_err()[0].path, "routes[0].unpriced");
    for right in [&[Some("x"), Some("known")][..], &[Some("x"), None], &[]] {
        assert!(skip(right).is_ok(), "{right:?}");
    }
}

fn complaints(config: Value) -> Vec<String> {
    Config::parse(&config).unwrap_err().iter().map(ToString::to_string).collect()
}

#[test]
fn an_address_that_others_reach_is_opened_in_words() {
    let config = Config::parse(&json!({})).unwrap();
    assert_eq!(
        (config.listen[0].address.to_string().as_str(), matches!(config.access, Access::Local)),
        ("127.0.0.1:8080", true)
    );
    assert_eq!(config.admin, None);
    for listen in ["0.0.0.0:80", "[::]:80", "10.0.0.1:80", "[::ffff:127.0.0.1]:80"] {
        let said = complaints(json!({"listen": listen}));
        assert!(said.len() == 1 && said[0].starts_with("listen: others can reach"), "{said:?}");
        assert!(said[0].contains("write `access: none`"), "{said:?}");
        let open = Config::parse(&json!({"listen": listen, "access": "none"})).unwrap();
        assert!(matches!(open.access, Access::Open));
    }
    for listen in ["127.0.0.1:80", "127.3.2.1:80", "[::1]:80"] {
        Config::parse(&json!({"listen": listen})).unwrap();
        Config::parse(&json!({"listen": listen, "access": "none"})).unwrap();
    }
}

#[test]
fn access_repeats_nothing_that_may_be_secret() {
    let issued = "sk-ferro-AQGgw-yEAAAAAAAAAAAAAAAAAAAAAmrYd4ACazEJZGV2ZWxvcGVyAAAAAAAAAAAAAAAAAAAAAAA";
    for access in [
        json!({}),
        json!("sk-1"),
        json!({"keys": ["sk-1"]}),
        json!({"keys": [{"id": "sk-1 ", "sha256": "sk-1", "role": "admin"}]}),
        json!({"signing_key": "sk-1"}),
        json!({"signing_keys": ["sk-1"]}),
        json!({"signing_keys": [{"id": "a", "secret": "sk-1"}]}),
        json!({"signing_keys": [{"id": "a", "public_key": "sk-1"}]}),
        json!({"signing_key": "${A}", "revoked": ["sk-1 "]}),
        json!({"signing_key": "${A}", "revoked": [issued]}),
        json!(["none"]),
        json!(7),
    ] {
        let said = complaints(json!({"listen": "0.0.0.0:80", "access": access}));
        assert!(!said.is_empty() && said.iter().all(|it| it.starts_with("access")), "{said:?}");
        assert!(!said.concat().contains("sk-1") && !said.concat().contains(issued), "{said:?}");
    }
}

#[test]
fn access_is_read_as_it_is_written() {
    let written = json!({
        "providers": {"openai": {}},
        "routes": [{"name": "chat"}],
        "listen": "0.0.0.0:80",
        "access": {
            "signing_keys": [{"id": "k2", "secret": "${NEW}"}, {"id": "k1", "secret": "${OLD}", "verify_only": true}],
            "keys": [{"id": "ci", "sha256": "9F".repeat(32), "role": "developer", "expires": "2027-01-01T00:00:00Z"}],
            "revoked": ["key_01KB4F0G8FH4X3N6WZQ9V2T7MC", "ci"],
            "roles": {
                "admin": {"admin": true},
                "developer": {
                    "models": ["gpt-*"], "deny_models": ["*-pro"], "surfaces": ["chat", "models"],
                    "providers": ["openai"], "routes": ["chat", "default"], "requests_per_minute": 60,
                    "tokens_per_minute": 100_000, "concurrent_requests": 10, "max_output_tokens": 4096,
                    "budget": {"usd": 50, "per": "month", "warn_at": 0.8}, "addresses": ["10.0.0.0/8"],
                    "not_before": "2026-11-01T00:00:00Z"}},
            "default_role": "developer"}});
    let config = Config::parse(&written).unwrap();
    let Access::Keyed(access) = config.access else { panic!("{:?}", config.access) };
    let signers: Vec<_> =
        access.signers.iter().map(|signer| (signer.id.as_str(), signer.verify_only)).collect();
    assert_eq!(signers, [("k2", false), ("k1", true)]);
    let [admin, developer] = access.roles.as_slice() else { panic!("{:?}", access.roles) };
    assert!(admin.admin && admin.may_route && !developer.may_route && admin.quota.is_none());
    let budget = Spending { amount: Money(50_000_000_000), per: Period::Month, warn_at: Some(800) };
    let quota = Quota {
        requests_per_minute: Some(60),
        tokens_per_minute: Some(100_000),
        concurrent_requests: Some(10),
        budget: Some(budget),
    };
    assert_eq!((developer.quota, developer.max_output_tokens), (quota, Some(4096)));
    assert!(developer.may_use(["gpt-4o"].into_iter()) && !developer.may_use(["gpt-5-pro"].into_iter()));
    assert!(developer.may_ask("chat") && !developer.may_ask("files") && developer.may_take("default"));
    assert_eq!((access.keys[0].sha256, access.keys[0].role), ([0x9f; 32], 1));
    assert_eq!(access.default_role.as_ref().map(|role| role.name.as_str()), Some("developer"));
}

#[test]
fn what_access_names_must_be_there() {
    let key = |id: &str| json!({"id": id, "sha256": "00".repeat(32), "role": "developer"});
    for (access, want) in [
        (
            json!({"signing_key": "${A}", "signing_keys": [{"id": "a", "secret": "${B}"}]}),
            "exclude each other",
        ),
        (json!({"signing_keys": [{"id": "a", "secret": "${B}", "public_key": "b"}]}), "expected one of"),
        (json!({"signing_keys": [{"id": "a", "secret": "${B}"}, {"id": "a", "secret": "${C}"}]}), "is taken"),
        (json!({"keys": [key("a"), key("b")]}), "the same key twice"),
        (json!({"keys": [key("key_01KB4F0G8FH4X3N6WZQ9V2T7MC")]}), "how issued keys are called"),
        (json!({"keys": [key("a")], "roles": {"other": {}}}), "unknown value \"developer\""),
        (json!({"keys": [key("a")], "roles": {}}), "expected 1 to 1000 roles"),
        (json!({"keys": [key("a")], "default_role": "nobody"}), "unknown value \"nobody\""),
        (json!({"signing_key": "${A}", "roles": {"a b": {}}}), "a role's name has"),
        (
            json!({"signing_key": "${A}", "roles": {"a": {"providers": ["nobody"]}}}),
            "unknown value \"nobody\"",
        ),
        (json!({"signing_key": "${A}", "roles": {"a": {"routes": ["nobody"]}}}), "unknown value \"nobody\""),
        (
            json!({"signing_key": "${A}", "roles": {"a": {"surfaces": ["health"]}}}),
            "unknown value \"health\"",
        ),
        (json!({"signing_key": "${A}", "roles": {"a": {"addresses": ["10.0.0.1/8"]}}}), "expected a network"),
        (
            json!({"signing_key": "${A}", "roles": {"a": {"budget": {"usd": -1, "per": "day"}}}}),
            "expected an amount",
        ),
        (json!({"signing_key": "${A}", "roles": {"a": {"not_before": "yesterday"}}}), "expected a date"),
        (json!({"signing_key": "${A}", "roles": {"a": {"rpm": 1}}}), "unknown key"),
    ] {
        let said = complaints(json!({"providers": {"openai": {}}, "access": access}));
        assert!(said.iter().any(|it| it.contains(want)), "{want}: {said:?}");
    }
}

#[test]
fn places_are_an_address_an_object_or_a_list() {
    let read = |listen: Value| Config::parse(&json!({"listen": listen, "access": "none"})).unwrap().listen;
    let shown = |listen: Value| {
        let places = read(listen).into_iter();
        places.map(|place| format!("{}{}", place.address, place.path)).collect::<Vec<_>>()
    };
    assert_eq!(shown(json!({"path": "/llm"})), ["127.0.0.1:8080/llm"]);
    assert_eq!(shown(json!({"path": "/a/b-c._~/"})), ["127.0.0.1:8080/a/b-c._~"]);
    assert_eq!(shown(json!({"path": "/"})), ["127.0.0.1:8080"]);
    assert_eq!(shown(json!(["[::]:1", {"address": "10.0.0.1:2", "path": "/x"}])), ["[::]:1", "10.0.0.1:2/x"]);
    assert_eq!(shown(json!(["127.0.0.1:1", "127.0.0.2:1", "[::1]:1"])).len(), 3);
    let tls = json!({"certificate": "c", "key": "k", "client_ca": "a"});
    let [place] = &read(json!({"tls": tls}))[..] else { panic!("one place") };
    let pair = Pair { certificate: "c".into(), key: "k".into() };
    assert_eq!(place.tls, Some(ListenTls { pair, client_ca: Some("a".into()), without_certificate: false }));
    for (listen, want) in [
        (json!([]), "listen: expected 1 to 16 addresses, found 0"),
        (json!(vec!["127.0.0.1:1"; 17]), "listen: expected 1 to 16 addresses, found 17"),
        (json!(["127.0.0.1:1", "127.0.0.1:1"]), "listen[1]: 127.0.0.1:1 has this port already"),
        (json!(["[::]:1", "127.0.0.1:1"]), "listen[1]: [::]:1 has this port already"),
        (
            json!(["10.0.0.1:1", {"address": "0.0.0.0:1"}]),
            "listen[1].address: 10.0.0.1:1 has this port already",
        ),
        (
            json!(["[::1]:1", "[::ffff:0.0.0.0]:1", "127.0.0.1:1"]),
            "listen[2]: [::ffff:0.0.0.0]:1 has this port",
        ),
        (json!({"address": "localhost:1"}), "listen.address: expected an address and port"),
        (json!({"adress": "127.0.0.1:1"}), "listen.adress: unknown key, did you mean \"address\"?"),
        (json!({"path": "llm"}), "listen.path: \"llm\" has no slash before it; did you mean \"/llm\"?"),
        (json!({"path": "/a//b"}), "listen.path: expected a path of letters"),
        (json!({"path": "/a/../b"}), "listen.path: expected a path of letters"),
        (json!({"path": "/a?b"}), "listen.path: expected a path of letters"),
        (json!({"path": ""}), "listen.path: expected a path such as /llm"),
        (json!({"tls": {"certificate": "c"}}), "listen.tls: missing key \"key\""),
        (json!({"tls": {"cert": "c", "certificate": "c", "key": "k"}}), "listen.tls.cert: unknown key"),
        (json!(7), "listen: expected an address and port"),
    ] {
        let said = complaints(json!({"listen": listen, "access": "none"}));
        assert!(said.len() == 1 && said[0].starts_with(want), "{want}: {said:?}");
    }
    let said = complaints(json!({"listen": "127.0.0.1:80", "admin": "127.0.0.1:80"}));
    assert!(said[0].starts_with("admin: 127.0.0.1:80 has this port already"), "{said:?}");
    let said = complaints(json!({"listen": ["127.0.0.1:80", {"address": "10.0.0.1:80"}]}));
    assert!(said.len() == 1 && said[0].starts_with("listen[1].address: others can reach"), "{said:?}");
}

#[test]
fn origins_are_what_browsers_say() {
    let read = |origins: Value| Config::parse(&json!({"cors": {"origins": origins}}));
    let right = [
        "https://chat.example.com",
        "http://localhost:3000",
        "http://[::1]:3000",
        "chrome-extension://abcdef",
        "https://a.example:8443",
        "capacitor://localhost",
    ];
    assert_eq!(read(json!(right)).unwrap().origins, right);
    assert!(read(json!([])).unwrap().origins.is_empty());
    for (origin, want) in [
        ("https://chat.example.com/", "did you mean \"https://chat.example.com\"?"),
        ("https://chat.example.com/app?x", "did you mean \"https://chat.example.com\"?"),
        ("https://Chat.Example.com", "did you mean \"https://chat.example.com\"?"),
        ("HTTPS://chat.example.com:443", "did you mean \"https://chat.example.com\"?"),
        ("http://a:80", "did you mean \"http://a\"?"),
        ("chat.example.com", "expected an origin such as https://chat.example.com"),
        ("https://", "expected an origin such as https://chat.example.com"),
        ("https://a b", "expected an origin such as https://chat.example.com"),
        ("*", "a pattern would let in pages that are not yet known"),
        ("https://*.example.com", "a pattern would let in pages that are not yet known"),
        ("null", "`null` is what every page says that hides where it is from"),
    ] {
        let said = read(json!([origin])).unwrap_err().iter().map(ToString::to_string).collect::<Vec<_>>();
        assert!(said.len() == 1 && said[0].starts_with("cors.origins[0]: "), "{said:?}");
        assert!(said[0].contains(want), "{want}: {said:?}");
    }
}

#[test]
fn a_proxy_is_a_provider_s_own_or_that_of_all() {
    let config = Config::parse(&json!({"proxy": "http://p:1", "providers": {
        "openai": {},
        "anthropic": {"proxy": "none"},
        "gemini": {"proxy": {"url": "http://[::1]:2", "authorization": "${A}"}},
        "local": {"kind": "openai-compatible", "endpoint": "http://127.0.0.1:9"},
        "own": {"kind": "openai-compatible", "endpoint": "http://localhost", "proxy": "http://p:3/"},
    }}))
    .unwrap();
    let of = |name: &str| {
        let provider = config.providers.iter().find(|provider| provider.name == name).unwrap();
        let proxy = provider.proxied.of(&config.proxied, &provider.endpoint);
        proxy.map(|proxy| (proxy.host.as_str(), proxy.port, proxy.authorization.as_deref()))
    };
    assert_eq!((of("openai"), of("anthropic"), of("local")), (Some(("p", 1, None)), None, None));
    assert_eq!((of("gemini"), of("own")), (Some(("::1", 2, Some("A"))), Some(("p", 3, None))));
}
