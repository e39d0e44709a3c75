//! What a file may say of a provider, and what is said of mistakes in it.

use serde_json::{Value, json};

use crate::config::{Config, ProviderConfig};
use crate::dialect::anthropic;
use crate::provider::{Auth, ClientIn};

fn read(provider: Value) -> Result<ProviderConfig, Vec<String>> {
    let config = Config::parse(&json!({"providers": {"p": provider}}));
    let config = config.map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
    Ok(config.providers.into_iter().next().unwrap())
}

#[test]
fn a_row_holds_where_the_file_says_nothing() {
    let provider = read(json!({"kind": "anthropic"})).unwrap();
    let operation = &provider.operations[0];
    assert_eq!((provider.operations.len(), operation.surface.as_str()), (1, "chat"));
    assert_eq!((operation.cluster.as_ref(), operation.authority.as_str()), ("p", "api.anthropic.com"));
    assert_eq!(
        (operation.format, &*operation.path.write("m", true).unwrap()),
        (&anthropic::FORMAT, "/v1/messages")
    );
    assert_eq!(
        (provider.auth, provider.credentials),
        (Auth::Header("x-api-key".into()), vec![vec!["ANTHROPIC_API_KEY".to_owned()]])
    );
    assert_eq!(
        (provider.headers.len(), provider.forwards, provider.quirks),
        (1, vec!["anthropic-beta".to_owned()], None)
    );
}

#[test]
fn the_file_comes_before_the_row() {
    let provider = read(json!({
        "kind": "anthropic",
        "headers": {"Anthropic-Version": "2027-01-01"},
        "forwards": ["X-Trace", "anthropic-beta"],
        "auth": {"aws": "bedrock"},
        "variables": {"region": "eu-west-1"},
        "operations": {"chat": {"endpoint": "https://chat-{region}.example.com/x", "path": "/{model+}/go"}},
    }))
    .unwrap();
    let header = &provider.headers[0];
    assert_eq!((provider.headers.len(), header.value(|_| None).as_deref()), (1, Some("2027-01-01")));
    assert_eq!(provider.forwards, ["anthropic-beta", "x-trace"]);
    assert_eq!(provider.auth, Auth::Aws { service: "bedrock".into(), region: "eu-west-1".into() });
    assert!(provider.credentials.is_empty());
    let operation = &provider.operations[0];
    assert_eq!(
        (operation.cluster.as_ref(), operation.authority.as_str()),
        ("p", "chat-eu-west-1.example.com")
    );
    assert_eq!(operation.path.write("a/b", true).unwrap(), "/x/a%2Fb/go");
    // A path goes with its format.
    let provider =
        read(json!({"kind": "openai-compatible", "endpoint": "http://a", "format": "gemini"})).unwrap();
    assert_eq!(provider.operations[0].path.write("m", false).unwrap(), "/v1/models/m:generateContent");
}

/// What an entry says, and what is said of it.
const MISTAKES: &[(&str, &str)] = &[
    (r#"{"region":"eu"}"#, "providers.p.region: unknown key, expected one of kind, endpoint,"),
    (
        r#"{"variables":{"region":"eu"}}"#,
        "providers.p.variables.region: no endpoint, path or signature of this provider names this variable",
    ),
    (
        r#"{"variables":{"Region":"eu"}}"#,
        "providers.p.variables.Region: a variable's name is of letters in lower case",
    ),
    (
        r#"{"variables":{"model":"eu"}}"#,
        "providers.p.variables.model: a variable's name is of letters in lower case",
    ),
    (
        r#"{"endpoint":"https://{region}.x"}"#,
        "providers.p.endpoint: {region}: this variable has no value; set it in `variables`",
    ),
    (
        r#"{"endpoint":"https://{region}.x","variables":{"region":"a/b"}}"#,
        "providers.p.variables.region: a value of this variable holds letters, digits",
    ),
    (
        r#"{"operations":{"chat":{"path":"chat"}}}"#,
        "providers.p.operations.chat.path: an empty segment, or one of dots, expected a path such as",
    ),
    (
        r#"{"operations":{"chat":{"path":"/{deployment}"}}}"#,
        "providers.p.operations.chat.path: {deployment}: this variable has no value",
    ),
    (
        r#"{"operations":{"chat":{"format":"bedrock"}}}"#,
        "providers.p.operations.chat.format: unknown value \"bedrock\", expected one of openai, anthropic, gemini, completions",
    ),
    (
        r#"{"operations":{"chat":{"paths":"/x"}}}"#,
        "providers.p.operations.chat.paths: unknown key, did you mean \"path\"?",
    ),
    (r#"{"operations":{"messages":{}}}"#, "providers.p.operations.messages: not supported by this version"),
    (r#"{"operations":{"chats":{}}}"#, "providers.p.operations.chats: unknown key, did you mean \"chat\"?"),
    (r#"{"auth":"basic"}"#, "providers.p.auth: expected bearer, none, caller, or one of {header: NAME}"),
    (r#"{"auth":{"header":"x","query":"y"}}"#, "providers.p.auth: expected bearer, none"),
    (r#"{"auth":{"header":"host"}}"#, "providers.p.auth.header: this header is Envoy's or ours"),
    (r#"{"auth":{"token":"x"}}"#, "providers.p.auth.token: expected an object with `url`, `client_id` and"),
    (
        r#"{"auth":{"token":{"url":"https://a/t","client_id":"c","client_secret":"sk-1"}}}"#,
        "providers.p.auth.token.client_secret: expected the name of an environment variable",
    ),
    (
        r#"{"auth":{"token":{"url":"https://{t}/t","client_id":"c","client_secret":"${S}"}}}"#,
        "providers.p.auth.token.url: {t}: this variable has no value",
    ),
    (
        r#"{"auth":{"token":{"url":"a/t","client_id":"c","client_secret":"${S}"}}}"#,
        "providers.p.auth.token.url: expected",
    ),
    (
        r#"{"auth":{"token":{"url":"https://a/t","client_id":"c","client_secret":"${S}","client_in":"query"}}}"#,
        "providers.p.auth.token.client_in: unknown value \"query\", expected one of header, body",
    ),
    (
        r#"{"auth":{"token":{"url":"https://a/t","client_id":"c","client_secret":"${S}","parameters":{"scope":"x"}}}}"#,
        "providers.p.auth.token.parameters.scope: a parameter of this name is the grant's own",
    ),
    (
        r#"{"api_key":"${A}","auth":{"token":{"url":"https://a/t","client_id":"c","client_secret":"${S}"}}}"#,
        "providers.p.api_key: `auth` of this provider fetches its credential",
    ),
    (r#"{"discover":"yes"}"#, "providers.p.discover: expected true or false"),
    (
        r#"{"auth":{"aws":"bedrock"},"variables":{"region":"r"},"discover":true}"#,
        "providers.p.discover: Envoy signs what this provider is asked, and would not sign this; leave it out",
    ),
    (r#"{"auth":{"aws":"bedrock"}}"#, "providers.p.auth.aws: {region}: this variable has no value"),
    (
        r#"{"auth":"none","api_key":"${A}"}"#,
        "providers.p.api_key: `auth` of this provider sends no credential of ours",
    ),
    (
        r#"{"headers":{"Host":"x"}}"#,
        "providers.p.headers.Host: a header of this name is not for an operator to write",
    ),
    (r#"{"headers":{"x-envoy-a":"x"}}"#, "providers.p.headers.x-envoy-a: a header of this name"),
    (
        r#"{"headers":{"authorization":"x"}}"#,
        "providers.p.headers.authorization: `auth` of this provider fills this header",
    ),
    (r#"{"headers":{"x-a":"${B"}}"#, "providers.p.headers.x-a: expected text, in which ${NAME} stands for"),
    (r#"{"headers":{"x-a":"1","X-A":"2"}}"#, "the same header twice"),
    (
        r#"{"forwards":["Authorization"]}"#,
        "providers.p.forwards[0]: a client's credential is passed on by `auth: caller`",
    ),
    (
        r#"{"forwards":["cookie"]}"#,
        "providers.p.forwards[0]: a client's header of this name is not passed on",
    ),
    (
        r#"{"auth":{"header":"X-Token"},"forwards":["x-token"]}"#,
        "providers.p.forwards[0]: `auth` of this provider fills this header",
    ),
    (
        r#"{"quirks":{"drop":["messages"]}}"#,
        "providers.p.quirks.drop[0]: \"messages\" is not for a quirk to touch",
    ),
    (
        r#"{"format":"gemini","quirks":{"drop":["contents"]}}"#,
        "providers.p.quirks.drop[0]: \"contents\" is not for a quirk to touch",
    ),
    (
        r#"{"quirks":{"rename":{"model":"m"}}}"#,
        "providers.p.quirks.rename.model: \"model\" is not for a quirk to touch",
    ),
    (
        r#"{"quirks":{"clamp":{"n":[2,1]}}}"#,
        "providers.p.quirks.clamp.n: expected bounds such as [0, 1], of which one may be null, found a list",
    ),
    (
        r#"{"quirks":{"usage":{"prompt":"x"}}}"#,
        "providers.p.quirks.usage.prompt: expected a JSON pointer such as",
    ),
    (
        r#"{"quirks":{"finish":{"eos":"ended"}}}"#,
        "providers.p.quirks.finish.eos: unknown value \"ended\", expected one of stop, length,",
    ),
    (
        r#"{"quirks":{"faults":{"x":"mine"}}}"#,
        "providers.p.quirks.faults.x: unknown value \"mine\", expected one of caller,",
    ),
    (
        r#"{"quirks":{"takes":["cache_contol"]}}"#,
        "providers.p.quirks.takes[0]: unknown value \"cache_contol\", expected one of thinking,",
    ),
    (r#"{"quirks":{"call_ids":5}}"#, "providers.p.quirks.call_ids: expected"),
    (
        r#"{"format":"anthropic","quirks":{"call_ids":9}}"#,
        "providers.p.quirks.call_ids: the format anthropic leaves vendors no such ids",
    ),
    (
        r#"{"quirks":{"drop":["user","messages[].role"]}}"#,
        "providers.p.quirks.drop[1]: \"messages[].role\" is not for a quirk to touch",
    ),
    (
        r#"{"quirks":{"drop":["message[].name"]}}"#,
        "providers.p.quirks.drop[0]: \"message[].name\" leads nowhere, expected a member of messages[], messages[].content[],",
    ),
    (
        r#"{"format":"anthropic","quirks":{"drop":["messages[].name"]}}"#,
        "providers.p.quirks.drop[0]: the format anthropic leaves vendors no such members",
    ),
    (
        r#"{"format":"anthropic","quirks":{"thinking_parts":["m-*"]}}"#,
        "providers.p.quirks.thinking_parts: the format anthropic leaves vendors no such parts",
    ),
    (r#"{"quirks":{"rewrite":{}}}"#, "providers.p.quirks.rewrite: unknown key"),
    (
        r#"{"format":"anthropic","quirks":{"finish":{"eos":"stop"}}}"#,
        "providers.p.quirks.finish: the format anthropic leaves",
    ),
];

/// What an entry of a kind says, and the path at which it is asked for its models.
const ASKED: &[(&str, Option<&str>)] = &[
    (r#"{"kind":"openai-compatible","endpoint":"http://a"}"#, Some("/v1/models")),
    (r#"{"kind":"openai-compatible","endpoint":"http://a/x/","models":["m-*"]}"#, Some("/x/models")),
    (r#"{"kind":"openai-compatible","endpoint":"http://a","models":["m-*","m"]}"#, None),
    (
        r#"{"kind":"openai-compatible","endpoint":"http://a","models":["m"],"discover":true}"#,
        Some("/v1/models"),
    ),
    (r#"{"kind":"openai-compatible","endpoint":"http://a","discover":false}"#, None),
    (r#"{"kind":"openai-compatible","endpoint":"http://a","discover":null}"#, Some("/v1/models")),
    (r#"{"kind":"openai-compatible","endpoint":"http://a","auth":"none"}"#, Some("/v1/models")),
    (r#"{"kind":"openai-compatible","endpoint":"http://a","auth":"caller"}"#, None),
    (
        r#"{"kind":"openai-compatible","endpoint":"http://a","auth":"caller","discover":true}"#,
        Some("/v1/models"),
    ),
    (
        r#"{"kind":"openai-compatible","endpoint":"http://a","operations":{"chat":{"endpoint":"http://b/y"}}}"#,
        Some("/y/models"),
    ),
    (r#"{"kind":"openai-compatible","endpoint":"http://a","operations":{"chat":{"path":"/x"}}}"#, None),
    (r#"{"kind":"openai-compatible","endpoint":"http://a","format":"anthropic"}"#, None),
    (
        r#"{"kind":"openai-compatible","endpoint":"http://a","auth":{"aws":"x"},"variables":{"region":"r"}}"#,
        None,
    ),
    (r#"{"kind":"together"}"#, Some("/v1/models")),
    (r#"{"kind":"xai","models":["grok-*"]}"#, Some("/v1/models")),
    (r#"{"kind":"openai"}"#, None),
    (r#"{"kind":"deepseek"}"#, None),
    (r#"{"kind":"openai","discover":true}"#, Some("/v1/models")),
    (r#"{"kind":"anthropic"}"#, None),
    (r#"{"kind":"anthropic","discover":true}"#, Some("/v1/models?limit=1000")),
    (r#"{"kind":"gemini","discover":true}"#, Some("/v1beta/models?pageSize=1000")),
    (r#"{"kind":"cohere"}"#, None),
];

#[test]
fn whoever_names_no_model_is_asked_for_its_models() {
    for (members, want) in ASKED {
        let provider = read(serde_json::from_str(members).unwrap()).unwrap();
        assert_eq!(provider.model_list.as_ref().map(|found| found.path.as_str()), *want, "{members}");
        let host = provider.model_list.map(|found| found.endpoint);
        assert!(host.is_none_or(|host| host == provider.operations[0].endpoint), "{members}");
    }
}

#[test]
fn mistakes_are_named_with_their_place() {
    for (members, want) in MISTAKES {
        let mut provider = json!({"kind": "openai"});
        let members: Value = serde_json::from_str(members).unwrap();
        provider.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let errors = read(provider).unwrap_err();
        assert!(errors.len() == 1 && errors[0].contains(want), "{members}\n{want}\n{errors:?}");
    }
}

#[test]
fn of_a_further_host_there_is_a_further_cluster() {
    let provider = read(json!({"kind": "openai"})).unwrap();
    let clusters: Vec<_> = provider.clusters().iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(clusters, ["p"]);
}

#[test]
fn a_token_has_an_issuer_and_its_secret_is_needed() {
    let provider = read(json!({
        "kind": "openai",
        "variables": {"tenant": "acme"},
        "auth": {"token": {
            "url": "https://login.example.com/{tenant}/token/", "client_id": "ferro", "client_secret": "${SECRET}",
            "scope": "llm", "parameters": {"audience": "https://x"}, "client_in": "body",
        }},
    }))
    .unwrap();
    let issuer = provider.issuer.as_ref().unwrap();
    assert_eq!(
        (issuer.endpoint.authority().as_str(), issuer.path.as_str()),
        ("login.example.com", "/acme/token/")
    );
    assert_eq!((issuer.client_id.as_str(), issuer.client_in), ("ferro", ClientIn::Body));
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    assert_eq!(issuer.parameters, [pair("scope", "llm"), pair("audience", "https://x")]);
    assert_eq!((&provider.auth, provider.credentials.len()), (&Auth::Scheme("Bearer".into()), 0));
    assert_eq!(provider.secrets().collect::<Vec<_>>(), ["SECRET"]);
    assert_eq!(
        (provider.missing(|_| false), provider.missing(|_| true)),
        (vec!["SECRET".to_owned()], vec![])
    );
}

/// A header is written once: by what a provider's credential travels in, not by its row or by a client as well.
#[test]
fn a_credential_s_header_is_nobody_else_s() {
    let provider = read(json!({"kind": "anthropic", "auth": {"header": "anthropic-version"}})).unwrap();
    assert_eq!(provider.headers, []);
    let provider = read(json!({"kind": "anthropic", "auth": {"header": "anthropic-beta"}})).unwrap();
    assert!(!provider.forwards.contains(&"anthropic-beta".to_owned()), "{:?}", provider.forwards);
}

#[test]
fn a_credential_implies_one_provider_and_none_is_on_this_machine() {
    let providers = Config::parse(&json!({})).unwrap().providers;
    let credentials = |name: &str| {
        let provider = providers.iter().find(|provider| provider.name == name)?;
        Some(provider.credentials.concat())
    };
    let names = |names: &[&str]| Some(names.iter().map(ToString::to_string).collect::<Vec<_>>());
    assert_eq!(credentials("qwen"), names(&["DASHSCOPE_API_KEY", "QWEN_API_KEY", "ALIBABA_API_KEY"]));
    assert_eq!(credentials("qwen-cn"), names(&["DASHSCOPE_CN_API_KEY", "ALIYUN_API_KEY"]));
    assert_eq!(credentials("zai-coding"), None);
    let mut all: Vec<_> =
        providers.iter().flat_map(|provider| provider.credentials.iter().flatten()).collect();
    let count = all.len();
    all.sort_unstable();
    all.dedup();
    assert_eq!(all.len(), count, "a credential implies several");
    assert!(providers.iter().all(|provider| provider.implied && !provider.endpoint.is_this_machine()));
    // Whoever names one gets it as it is.
    let named = Config::parse(&json!({"providers": {"qwen-cn": {}, "ollama": {}}})).unwrap().providers;
    assert_eq!(named[0].credentials.concat()[0], "DASHSCOPE_API_KEY");
    assert_eq!((named[1].credentials.len(), named[1].endpoint.port), (0, 11434));
}

#[test]
fn nobody_asks_himself() {
    for (listen, provider, want) in [
        (json!("127.0.0.1:8080"), json!({"kind": "llama-cpp"}), false),
        (json!("127.0.0.1:8081"), json!({"kind": "llama-cpp"}), true),
        (json!("127.0.0.1:8081"), json!({"kind": "ferro", "endpoint": "http://localhost:8081"}), false),
        (json!("[::]:8081"), json!({"kind": "ferro", "endpoint": "http://127.0.0.1:8081"}), false),
        (json!(["127.0.0.2:80", "127.0.0.1:1"]), json!({"kind": "gpustack"}), true),
        (json!("127.0.0.1:443"), json!({"kind": "openai"}), true),
    ] {
        let config =
            Config::parse(&json!({"listen": listen, "access": "none", "providers": {"p": provider}}));
        let said = config.map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>());
        let told = said.as_ref().is_err_and(|errors| {
            errors.len() == 1 && errors[0].starts_with("providers.p: the gateway itself listens at http://")
        });
        assert_eq!((said.is_ok(), told), (want, !want), "{listen} {provider}: {said:?}");
    }
}
