//! A vendor that differs in everything a row can hold, once as a row and once as an entry of the file: both are asked
//! the same, and neither needs another line.

use std::rc::Rc;

use serde_json::{Value, json};

use crate::config::Config;
use crate::dialect::{Bounds, Count, openai};
use crate::exchange::still::Still;
use crate::exchange::*;
use crate::gateway::Gateway;
use crate::hub::Fault;
use crate::provider::{Auth, Row, RowOperation, RowQuirks, Variable, Vendors};

/// As a row.
const TOY: Row = Row {
    kind: "toy",
    title: "Toy",
    docs: &["https://docs.toy.example/api"],
    read: None,
    root: Some("https://{region}.toy.example"),
    version: "",
    variables: &[
        Variable { name: "region", environment: Some("TOY_REGION"), default: Some("eu") },
        Variable { name: "project", environment: None, default: None },
        Variable { name: "api_version", environment: None, default: Some("2026-11-01") },
    ],
    credentials: &["TOY_KEY", "TOY_API_KEY"],
    auth: Auth::Header("x-toy-key"),
    headers: &[("x-toy-client", "ferro")],
    forwards: &["x-toy-trace"],
    owns: &["toy-*"],
    models: &["toy-1"],
    operations: &[
        RowOperation {
            surface: "chat",
            path: "/v1/projects/{project}/{model}/{stream?stream:chat}?api-version={api_version}",
            format: &openai::FORMAT,
            models: &[],
            root: None,
            quirks: &RowQuirks::NONE,
        },
        RowOperation {
            surface: "embeddings",
            path: "/embed/{model}",
            format: &openai::FORMAT,
            models: &[],
            root: Some("https://embed.toy.example/v2"),
            quirks: &RowQuirks::NONE,
        },
    ],
    quirks: RowQuirks {
        rename: &[("seed", "random_seed")],
        drop: &["user"],
        clamp: &[("temperature", Bounds { least: Some(0.0), most: Some(1.0) })],
        require: &[("max_tokens", "4096")],
        set: &[("store", "false")],
        usage: &[(Count::Prompt, "/x/in"), (Count::Completion, "/x/out")],
        finish: &[("model_length", Some("length"))],
        faults: &[("E_QUOTA", Fault::RateLimit)],
        call_ids: Some(9),
        takes: &["reasoning_content"],
        ..RowQuirks::NONE
    },
};

const VENDORS: Vendors =
    Vendors { catalogue: &[&[TOY, BARE]], surfaces: &["chat", "embeddings"], ..Vendors::BUILT_IN };

/// What the entry of the file begins with.
const BARE: Row = Row { kind: "bare", ..Row::COMPATIBLE };

/// As an entry.
fn entry() -> Value {
    json!({
        "kind": "bare",
        "endpoint": "https://{region}.toy.example",
        "variables": {"region": "eu", "project": "p 1", "api_version": "2026-11-01"},
        "api_key": "${TOY_API_KEY}",
        "auth": {"header": "x-toy-key"},
        "headers": {"x-toy-client": "ferro"},
        "forwards": ["x-toy-trace"],
        "models": ["toy-*"],
        "operations": {
            "chat": {"path": "/v1/projects/{project}/{model}/{stream?stream:chat}?api-version={api_version}"},
            "embeddings": {"endpoint": "https://embed.toy.example/v2", "path": "/embed/{model}", "format": "openai"},
        },
        "quirks": {
            "rename": {"seed": "random_seed"}, "drop": ["user"],
            "clamp": {"temperature": [0, 1]},
            "require": {"max_tokens": 4096},
            "set": {"store": false}, "usage": {"prompt": "/x/in", "completion": "/x/out"},
            "finish": {"model_length": "length"},
            "faults": {"E_QUOTA": "rate_limit"}, "call_ids": 9, "takes": ["reasoning_content"],
        },
    })
}

fn gateway(provider: &Value, more: Value) -> Rc<Gateway> {
    let mut file = json!({"providers": {"x": provider}});
    file.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let config = Config::parse_among(&file, VENDORS).unwrap();
    let environment = |name: &str| match name {
        "TOY_API_KEY" => Some("sk-toy-secret-key-0123".to_owned()),
        "TENANT" => Some("tenant-secret-0123456789".to_owned()),
        _ => None,
    };
    Rc::new(Gateway::build(&config, environment, 0))
}

/// Both ways to say it.
fn both() -> [Rc<Gateway>; 2] {
    [json!({"kind": "toy", "project": "p 1"}), entry()].map(|provider| gateway(&provider, json!({})))
}

/// What a client asks: its first attempt, or what it is told instead.
fn ask(gateway: &Rc<Gateway>, headers: &[(&[u8], &[u8])], body: &str) -> Result<(Forward, Start), Reply> {
    let mut request = Exchange::new(Rc::clone(gateway), &Still);
    let mut all: Vec<(&[u8], &[u8])> = vec![(b":method", b"POST"), (b":path", b"/v1/chat/completions")];
    all.extend(headers);
    assert!(matches!(request.headers(Headers(&all), false, &Still), RequestStep::Wait));
    match request.piece(body.as_bytes().to_vec(), true, &Still) {
        RequestStep::Forward(forward) => {
            let start = Attempt::start(&forward.plan, &forward.target, &Still);
            Ok((forward, start))
        }
        RequestStep::Reply(reply) => Err(reply),
        step @ (RequestStep::Wait | RequestStep::Pass) => panic!("{step:?}"),
    }
}

fn sent(
    gateway: &Rc<Gateway>,
    headers: &[(&[u8], &[u8])],
    body: &str,
) -> (String, UpstreamRequest, Box<Attempt>) {
    match ask(gateway, headers, body).unwrap() {
        (forward, Start::Send { attempt, request, .. }) => {
            (forward.target.as_ref().to_owned(), request, attempt)
        }
        (_, Start::Reply(reply)) => panic!("{reply:?}"),
    }
}

fn header<'a>(request: &'a UpstreamRequest, name: &str) -> Option<&'a str> {
    request.headers.get(name).map(|value| std::str::from_utf8(value).unwrap())
}

fn body(request: &UpstreamRequest, sent: &str) -> String {
    match &request.body {
        BodyEdit::Keep => sent.to_owned(),
        BodyEdit::Prefix { length, with } => {
            format!("{}{}", std::str::from_utf8(with).unwrap(), sent.get(*length..).unwrap())
        }
        BodyEdit::Whole(body) => String::from_utf8(body.clone()).unwrap(),
    }
}

const QUESTION: &str = r#"{"model":"toy-1","seed":7,"messages":[{"role":"user","content":"hi"}],"user":"u","temperature":1.5,"unknown":[1, 2]}"#;

#[test]
fn a_row_and_an_entry_are_asked_the_same() {
    let trace: &[(&[u8], &[u8])] =
        &[(b"x-toy-trace", b"t1"), (b"x-other", b"o"), (b"authorization", b"mine")];
    let [row, entry] = both().map(|gateway| sent(&gateway, trace, QUESTION));
    assert_eq!((&row.0, &row.1), (&entry.0, &entry.1));
    let (cluster, request, _) = row;
    assert_eq!(cluster, "x");
    let want = r#"{"model":"toy-1","random_seed":7,"messages":[{"role":"user","content":"hi"}],"temperature":1,"unknown":[1, 2],"store":false,"max_tokens":4096}"#;
    assert_eq!(body(&request, QUESTION), want);
    let names: Vec<_> = request.headers.iter().map(|(name, _)| std::str::from_utf8(name).unwrap()).collect();
    let headers = ":method :path :authority :scheme content-type content-length accept x-toy-key user-agent \
                   accept-encoding x-toy-client x-toy-trace";
    assert_eq!(names.join(" "), headers);
    for (name, want) in [
        (":path", "/v1/projects/p%201/toy-1/chat?api-version=2026-11-01"),
        (":authority", "eu.toy.example"),
        ("x-toy-key", "sk-toy-secret-key-0123"),
        ("x-toy-trace", "t1"),
        ("content-length", &want.len().to_string()),
    ] {
        assert_eq!(header(&request, name), Some(want), "{name}");
    }
    assert_eq!(request.dropped.names(openai::spell), ["user", "temperature"]);
    let stream = QUESTION.replacen('{', r#"{"stream":true,"#, 1);
    let (_, request, _) = sent(&both()[0], &[], &stream);
    assert_eq!(header(&request, ":path"), Some("/v1/projects/p%201/toy-1/stream?api-version=2026-11-01"));
}

#[test]
fn each_host_has_a_cluster() {
    for gateway in both() {
        let provider = &gateway.providers[0];
        let of = |surface: &str| {
            provider.operation(surface).map(|known| (&*known.cluster, known.authority.as_str()))
        };
        assert_eq!(of("chat"), Some(("x", "eu.toy.example")));
        assert_eq!(of("embeddings"), Some(("x/https/embed.toy.example", "embed.toy.example")));
        assert_eq!(provider.operation("embeddings").unwrap().path.write("e", false).unwrap(), "/v2/embed/e");
        assert_eq!(provider.operation("rerank"), None);
    }
}

#[test]
fn what_a_vendor_lacks_may_be_refused() {
    for (word, status) in [("warn", None), ("drop", None), ("reject", Some(400))] {
        let gateway = gateway(&entry(), json!({"compatibility": {"unsupported_params": word}}));
        let refused = ask(&gateway, &[], QUESTION).err();
        assert_eq!(refused.as_ref().map(|reply| reply.status), status, "{word}");
        assert!(
            refused.is_none_or(|reply| String::from_utf8(reply.body).unwrap().contains("\"param\":\"user\""))
        );
    }
}

#[test]
fn a_request_that_needs_no_edit_is_the_clients_own_bytes() {
    let plain =
        r#"{"model":"toy-1","messages":[{"role":"user","content":"hi"}],"max_tokens":1,"store":false}"#;
    for gateway in both() {
        assert_eq!(sent(&gateway, &[], plain).1.body, BodyEdit::Keep);
    }
}

/// A body that comes in one piece.
struct Whole<'a>(&'a [u8]);

impl Held for Whole<'_> {
    fn length(&self) -> usize {
        self.0.len()
    }

    fn fresh(&self) -> usize {
        self.0.len()
    }

    fn read(&self, from: usize) -> Option<Vec<u8>> {
        Some(self.0[from..].to_vec())
    }
}

#[test]
fn an_answer_is_brought_to_the_format() {
    let want = r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"length"}],"x":{"in":3,"out":4},"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#;
    let whole =
        r#"{"choices":[{"message":{"content":"Hi"},"finish_reason":"model_length"}],"x":{"in":3,"out":4}}"#;
    let head: &[(&[u8], &[u8])] = &[(b":status", b"200"), (b"content-type", b"application/json")];
    for gateway in both() {
        let (_, _, mut attempt) = sent(&gateway, &[], QUESTION);
        assert_eq!(attempt.headers(Headers(head), false, &Still), Step::hold());
        let release = attempt.body(&Whole(whole.as_bytes()), true, &Still);
        assert_eq!(String::from_utf8(release.body.unwrap()).unwrap(), want);
        let headers = release.headers.unwrap();
        assert_eq!(headers.get("content-length").unwrap(), want.len().to_string().into_bytes());
    }
    let stream = QUESTION.replacen('{', r#"{"stream":true,"stream_options":{"include_usage":true},"#, 1);
    let head: &[(&[u8], &[u8])] = &[(b":status", b"200"), (b"content-type", b"text/event-stream")];
    let events = "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n\
                  data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"model_length\"}]}\n\n\
                  data: {\"choices\":[],\"x\":{\"in\":3,\"out\":4}}\n\ndata: [DONE]\n\n";
    let (_, _, mut attempt) = sent(&both()[0], &[], &stream);
    attempt.headers(Headers(head), false, &Still);
    let release = attempt.body(&Whole(events.as_bytes()), true, &Still);
    let left = String::from_utf8(release.body.unwrap()).unwrap();
    let usage = r#","usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#;
    let want =
        events.replace("model_length", "length").replace("\"out\":4}}", &format!("\"out\":4}}{usage}"));
    assert_eq!(left, want);
}

#[test]
fn a_vendors_words_say_whose_fault_it_is() {
    let provider = &both()[1].providers[0];
    let error = |status, message: &str| crate::hub::ProviderError::new(status, message);
    assert_eq!(provider.judged(error(400, "E_QUOTA: enough")).fault, Fault::RateLimit);
    assert_eq!(provider.judged(error(400, "no")).fault, Fault::Caller);
}

/// The request of a provider that is called in this way.
fn called(auth: Value, more: Value, headers: &[(&[u8], &[u8])]) -> UpstreamRequest {
    let mut provider = entry();
    let members = provider.as_object_mut().unwrap();
    members.insert("auth".to_owned(), auth.clone());
    if !["header", "scheme", "query"].iter().any(|key| auth.get(key).is_some()) && auth != "bearer" {
        members.remove("api_key");
    }
    members.extend(more.as_object().unwrap().clone());
    sent(&gateway(&provider, json!({})), headers, QUESTION).1
}

#[test]
fn a_credential_travels_as_the_provider_wants_it() {
    let client: &[(&[u8], &[u8])] = &[(b"authorization", b"Bearer theirs"), (b"x-toy-key", b"theirs")];
    let path = "/v1/projects/p%201/toy-1/chat?api-version=2026-11-01";
    let key = "sk-toy-secret-key-0123";
    for (auth, name, want) in [
        (json!("bearer"), "authorization", Some(format!("Bearer {key}"))),
        (json!({"scheme": "Api-Key"}), "authorization", Some(format!("Api-Key {key}"))),
        (json!({"header": "X-Toy-Key"}), "x-toy-key", Some(key.to_owned())),
        (json!({"query": "key"}), ":path", Some(format!("{path}&key={key}"))),
        (json!("none"), "authorization", None),
        (json!("caller"), "authorization", Some("Bearer theirs".to_owned())),
        (json!({"aws": "bedrock"}), "authorization", None),
    ] {
        let request = called(auth.clone(), json!({}), client);
        assert_eq!(header(&request, name).map(str::to_owned), want, "{auth}");
        let everything = format!(
            "{:?}",
            request.headers.iter().map(|(_, value)| String::from_utf8_lossy(value)).collect::<Vec<_>>()
        );
        assert_eq!(everything.contains("theirs"), auth == "caller", "{auth}");
        let ours = auth.is_object() && auth.get("aws").is_none() || auth == "bearer";
        assert_eq!(everything.contains(key), ours, "{auth}");
    }
}

#[test]
fn a_callers_credential_reaches_the_provider_that_says_so_and_no_other() {
    let mut passes = entry();
    passes["auth"] = "caller".into();
    passes.as_object_mut().unwrap().remove("api_key");
    let route =
        json!({"name": "a", "targets": [{"provider": "x", "model": "m"}, {"provider": "y", "model": "m"}]});
    let file = json!({"providers": {"x": passes, "y": {"kind": "toy", "project": "p"}}, "routes": [route]});
    let config = Config::parse_among(&file, VENDORS).unwrap();
    let environment = |name: &str| (name == "TOY_KEY").then(|| "sk-toy".to_owned());
    let gateway = Rc::new(Gateway::build(&config, environment, 0));
    let client: &[(&[u8], &[u8])] = &[(b"authorization", b"Bearer theirs")];
    let answer = |status: &'static str| {
        let (forward, Start::Send { mut attempt, request, .. }) = ask(&gateway, client, QUESTION).unwrap()
        else {
            panic!("no attempt")
        };
        assert_eq!(header(&request, "authorization"), Some("Bearer theirs"));
        attempt.headers(Headers(&[(b":status", status.as_bytes())]), false, &Still);
        let body = br#"{"error":{"message":"that key is bad","type":"t"}}"#;
        let release = attempt.body(&Whole(body), true, &Still);
        (forward, release)
    };
    // What is wrong with it is the caller's: no other target is asked, and nobody else's requests rest.
    for status in ["401", "403", "429"] {
        let (_, release) = answer(status);
        let headers = release.headers.unwrap();
        assert_eq!((headers.get(":status").unwrap(), release.next), (status.as_bytes(), None));
        assert!(String::from_utf8(release.body.unwrap()).unwrap().contains("that key is bad"));
    }
    let (forward, release) = answer("503");
    assert!(release.headers.unwrap().get("x-ferro-retry").is_some());
    let Start::Send { request, .. } = Attempt::start(&forward.plan, "y", &Still) else {
        panic!("no attempt")
    };
    assert_eq!((header(&request, "authorization"), header(&request, "x-toy-key")), (None, Some("sk-toy")));
}

#[test]
fn a_header_may_hold_a_secret() {
    let more = json!({"headers": {"X-Tenant": "id ${TENANT}", "x-plain": "p"}});
    let request = called(json!("none"), more.clone(), &[]);
    assert_eq!(header(&request, "x-tenant"), Some("id tenant-secret-0123456789"));
    assert_eq!(header(&request, "x-plain"), Some("p"));
    let mut provider = entry();
    provider.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let gateway = gateway(&provider, json!({}));
    assert_eq!(gateway.redactor.redact("of tenant-secret-0123456789!"), "of ***!");
    assert!(!format!("{gateway:?}").contains("tenant-secret"));
    // Without it, nobody is asked.
    provider["headers"] = json!({"x-tenant": "${NOWHERE}"});
    let lacking = self::gateway(&provider, json!({}));
    assert!(lacking.unready().is_some());
}

#[test]
fn quirks_hold_for_a_format_that_is_translated() {
    let provider = json!({
        "kind": "bare", "endpoint": "http://a.example", "format": "anthropic", "models": ["toy-*"], "auth": "none",
        "quirks": {"set": {"service_tier": "auto"}, "clamp": {"max_tokens": [null, 100]}},
    });
    let (_, request, _) = sent(&gateway(&provider, json!({})), &[], QUESTION);
    assert_eq!(header(&request, ":path"), Some("/v1/messages"));
    let body: Value = serde_json::from_str(&body(&request, QUESTION)).unwrap();
    assert_eq!((&body["service_tier"], &body["max_tokens"]), (&json!("auto"), &json!(100)));
    assert_eq!(header(&request, "content-length"), Some(body.to_string().len().to_string().as_str()));
}

#[test]
fn a_model_that_may_not_stand_in_a_path_is_the_callers_fault() {
    let question = QUESTION.replace("toy-1", "toy-/../x");
    let reply = ask(&both()[0], &[], &question).unwrap_err();
    assert_eq!(reply.status, 400);
    assert!(String::from_utf8(reply.body).unwrap().contains("\"param\":\"model\""));
}

/// A file's edit may give a provider's name to another host while a request is under way.
#[test]
fn no_credential_goes_to_a_host_that_has_taken_its_providers_name() {
    for (place, goes) in [
        ("x https://eu.toy.example", true),
        ("x https://us.toy.example", false),
        ("x http://eu.toy.example", false),
    ] {
        let (forward, _) = ask(&both()[0], &[], QUESTION).unwrap();
        assert!(forward.plan.with(|plan, queue| queue.ask_again(plan, &Still)).flatten().is_some());
        let start = Attempt::start(&forward.plan, place, &Still);
        assert_eq!(matches!(start, Start::Send { .. }), goes, "{place} {start:?}");
    }
}

/// A thousand requests that wait would take a hundred megabytes more.
#[test]
fn of_a_body_is_held_what_a_target_that_is_left_may_need() {
    let host = "http://a.example";
    let mut file = json!({"providers": {
        "same": {"kind": "bare", "endpoint": host, "auth": "none"},
        "again": {"kind": "bare", "endpoint": host, "auth": "none"},
        "edits": {"kind": "bare", "endpoint": host, "auth": "none", "quirks": {"drop": ["user"]}},
        "other": {"kind": "bare", "endpoint": host, "auth": "none", "format": "anthropic"},
    }});
    let end = QUESTION.find("toy-1").unwrap() + "toy-1\"".len();
    for (targets, held) in [
        (&["same"][..], end),
        (&["same", "again"], end),
        (&["same", "edits"], QUESTION.len()),
        (&["same", "other"], QUESTION.len()),
        (&["other"], QUESTION.len()),
    ] {
        let named = |name: &&str| json!({"provider": name, "model": format!("model-of-{name}")});
        let targets: Vec<_> = targets.iter().map(named).collect();
        file["routes"] = json!([{"name": "a", "targets": targets}]);
        let gateway = Gateway::build(&Config::parse_among(&file, VENDORS).unwrap(), |_| None, 0);
        let (forward, _) = ask(&Rc::new(gateway), &[], QUESTION).unwrap();
        assert_eq!(forward.plan.with(|_, queue| queue.body.text().len()), Some(held), "{targets:?}");
        // Whoever is asked next gets all of it.
        let again = forward.plan.with(|plan, queue| queue.move_on(plan, &Still)).flatten();
        if let Some(Start::Send { request, .. }) =
            again.map(|place| Attempt::start(&forward.plan, &place, &Still))
        {
            let length = body(&request, QUESTION).len().to_string();
            assert_eq!(header(&request, "content-length"), Some(length.as_str()));
        }
    }
}

/// The query of a client goes on behind the operation's own.
#[test]
fn there_is_one_query() {
    use crate::surface::{Answer, Body, Surface};
    const EMBEDDINGS: &[Surface] = &[Surface {
        entry: crate::surface::Entry::Callers,
        word: "embeddings",
        family: "embeddings",
        unnamed: None,
        methods: &["POST"],
        path: "/v1/embeddings",
        body: Body::Opaque,
        format: &openai::FORMAT,
        answer: Answer::Json,
    }];
    let mut provider = entry();
    provider["endpoint"] = json!("https://a.toy.example");
    provider.as_object_mut().unwrap().remove("variables");
    provider["operations"] = json!({"embeddings": {"path": "/embed?v=1", "format": "openai"}});
    for (client, want) in [
        ("model=toy-1&a=b", "/embed?v=1&model=toy-1&a=b"),
        ("model=toy-1&mod%65l=other", "/embed?v=1&model=toy-1&model=toy-1"),
    ] {
        let mut request = Exchange::serving(EMBEDDINGS, gateway(&provider, json!({})), &Still);
        let path = format!("/v1/embeddings?{client}");
        let head: &[(&[u8], &[u8])] =
            &[(b":method", b"POST"), (b":path", path.as_bytes()), (b":authority", b"localhost")];
        let step = request.headers(Headers(head), false, &Still);
        let RequestStep::Forward(forward) = step else { panic!("{step:?}") };
        let Start::Send { request, .. } = Attempt::start(&forward.plan, &forward.target, &Still) else {
            panic!("no attempt")
        };
        assert_eq!(header(&request, ":path"), Some(want), "{client}");
    }
}

/// What a provider says of the caller's own credential in mid-stream is not about ours.
#[test]
fn a_callers_credential_is_the_callers_in_a_stream_too() {
    let mut provider = entry();
    provider["auth"] = "caller".into();
    provider.as_object_mut().unwrap().remove("api_key");
    let stream = QUESTION.replacen('{', r#"{"stream":true,"#, 1);
    let (_, _, mut attempt) = sent(&gateway(&provider, json!({})), &[], &stream);
    let head: &[(&[u8], &[u8])] = &[(b":status", b"200"), (b"content-type", b"text/event-stream")];
    attempt.headers(Headers(head), false, &Still);
    let answer =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"},\"finish_reason\":null}]}\n\n";
    attempt.body(&Whole(answer.as_bytes()), false, &Still);
    let error = "data: {\"error\":{\"message\":\"theirs expired\",\"code\":\"invalid_api_key\"}}\n\n";
    let step = attempt.body(&Whole(error.as_bytes()), false, &Still);
    let left = String::from_utf8(step.body.unwrap()).unwrap();
    assert!(left.contains("theirs expired") && !left.contains("gateway"), "{left}");
}
