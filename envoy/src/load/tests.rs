//! What becomes of variables and secrets. Messages about mistakes are tested as files: `tests/config/`.

use ferro::config::Limits;
use serde_json::json;

use super::*;

fn read(text: &str, purpose: Purpose) -> Result<Loaded, Vec<String>> {
    let lookup = |name: &str| match name {
        "HOST" => Some("10.0.0.7".to_owned()),
        "KEY" | "OPENAI_API_KEY" | "COPY" => Some("sk-secret".to_owned()),
        "AROUND" => Some("https://example.com/sk-secret/v1".to_owned()),
        "HALF" => Some("sk-sec".to_owned()),
        "REST" => Some("ret".to_owned()),
        "PRIVATE" => Some("gopher://internal-1234567890-1234567890-1234567890.example".to_owned()),
        "EMPTY" => Some(" ".to_owned()),
        "PADDED" => Some(" sk-padded\r\n".to_owned()),
        "QUOTED" => Some("'sk-hidden'".to_owned()),
        "DOLLAR" => Some("$OPENAI_API_KEY".to_owned()),
        "BEARER" => Some("Bearer sk-hidden".to_owned()),
        "BROKEN" => Some("sk-hidden\nsk-hidden".to_owned()),
        _ => None,
    };
    let lines = |problems: Problems| problems.lines().collect();
    check(text, purpose, &Environment::new(&lookup), "g.yaml").map_err(lines)
}

fn warnings(loaded: &Loaded) -> Vec<String> {
    loaded.warnings.lines().collect()
}

#[test]
fn variables_are_replaced_except_in_secrets() {
    let text = "providers:\n  own: {kind: openai-compatible, endpoint: \"http://${HOST}:80/v1\", api_key: \"${KEY}\"}\n";
    let loaded = read(text, Purpose::Run).unwrap();
    assert_eq!(loaded.config.providers[0].endpoint.host, "10.0.0.7");
    assert_eq!(loaded.credentials().into_iter().collect::<Vec<_>>(), ["KEY"]);
    assert!(loaded.json.to_string().contains("${KEY}"));
    assert!(!format!("{:?}", loaded.json).contains("sk-secret"));
}

#[test]
fn variables_that_are_not_set_stop_a_run_and_nothing_else() {
    let text = "providers:\n  anthropic: {}\n  own: {kind: openai-compatible, endpoint: \"${GONE}\", api_key: \"${EMPTY}\"}\n";
    assert_eq!(
        read(text, Purpose::Run).unwrap_err(),
        [
            "g.yaml:3:34: providers.own.endpoint: the environment variable GONE is not set",
            "g.yaml:3:55: providers.own.api_key: the environment variable EMPTY is not set",
        ]
    );
    assert_eq!(warnings(&read(text, Purpose::Check).unwrap()).len(), 2);
    assert!(read(text, Purpose::Render).unwrap_err()[0].contains("must be set to render"));
    let text = "providers:\n  anthropic: {}\n";
    let line = "g.yaml:2:3: providers.anthropic: the environment variable ANTHROPIC_API_KEY is not set";
    assert_eq!(read(text, Purpose::Run).unwrap_err(), [line]);
    assert_eq!(warnings(&read(text, Purpose::Render).unwrap()), [line]);
}

#[test]
fn a_secret_that_is_written_out_gets_a_variable() {
    let text = "providers:\n  openai: {api_key: sk-written}\n  anthropic: {api_key: sk-too}\n";
    let loaded = read(text, Purpose::Run).unwrap();
    assert_eq!(loaded.credentials().into_iter().collect::<Vec<_>>(), ["FERRO_SECRET_1", "FERRO_SECRET_2"]);
    assert_eq!(loaded.secrets["FERRO_SECRET_2"], "sk-too");
    assert!(!loaded.json.to_string().contains("sk-"));
    let refused = read(text, Purpose::Render).unwrap_err().join("\n");
    assert!(
        refused.starts_with("g.yaml:2:12: providers.openai.api_key: a secret is written here"),
        "{refused}"
    );
    assert!(!refused.contains("sk-"));
    assert!(read("providers: {openai: {api_key: \"sk-${KEY}\"}}", Purpose::Run).is_err());
}

#[test]
fn without_a_file_every_provider_with_a_credential_is_there() {
    let loaded = read("", Purpose::Run).unwrap();
    assert_eq!(
        loaded.config.providers.iter().map(|known| known.name.as_str()).collect::<Vec<_>>(),
        ["openai"]
    );
    // What is rendered is what would run here.
    assert_eq!(read("", Purpose::Render).unwrap().config.providers.len(), 1);
}

#[test]
fn only_braces_begin_a_reference() {
    let text = "aliases: {a: \"$HOST $$\", b: \"${HOST}-${HOST}\"}";
    let loaded = read(text, Purpose::Run).unwrap();
    assert_eq!(loaded.config.aliases[0].1, "$HOST $$");
    assert_eq!(loaded.config.aliases[1].1, "10.0.0.7-10.0.0.7");
    assert!(
        read("aliases: {a: \"${HOST\"}", Purpose::Run).unwrap_err()[0]
            .starts_with("g.yaml:1:11: aliases.a: ${")
    );
}

const OWN: &str = "kind: openai-compatible, endpoint: \"http://h\"";

/// Whatever stands where a secret belongs, whatever is wrong with it: no message repeats it, whoever asks.
#[test]
fn what_stands_below_a_secret_key_is_never_repeated() {
    let forms = [
        "api_key: sk-hidden",
        "api_key: \"sk-hidden ${KEY}\"",
        "api_key: [sk-hidden]",
        "api_key: {sk-hidden: sk-hidden}",
        "api_key: {sk-hidden: 1, sk-hidden: 2}",
        "api_key: {b: !sk-hidden x}",
        "api_key: !sk-hidden x",
        "api_key: {31415: sk-hidden}",
        "api_key: 31415",
        "api_key: -3.1415e31415",
        "api_key: {31415: 1}",
        "api_keys: sk-hidden",
        "api_keys: 31415",
        "api_keys: [[sk-hidden]]",
        "api_keys: [{sk-hidden: 31415}]",
        "api_keys: [31415, sk-hidden, sk-hidden]",
        "api_keys: {sk-hidden: sk-hidden}",
        "headers: {authorization: sk-hidden}",
        "headers: [sk-hidden]",
        "auth: sk-hidden",
        "auth: {token: sk-hidden}",
        "secret: sk-hidden",
        "secret_key: [31415]",
        "signing_key: sk-hidden",
    ];
    let access = [
        "sk-hidden",
        "{signing_keys: [{id: k, secret: sk-hidden}]}",
        "[31415]",
        "{sk-hidden: 1, sk-hidden: 2}",
    ];
    let files = forms.iter().map(|form| format!("providers:\n  x: {{{OWN}, {form}}}\n"));
    for text in files.chain(access.iter().map(|access| format!("access: {access}\n"))) {
        for purpose in [Purpose::Run, Purpose::Check, Purpose::Explain, Purpose::Render] {
            let said = match read(&text, purpose) {
                Ok(loaded) => warnings(&loaded).join("\n") + &loaded.json.to_string(),
                Err(problems) => problems.join("\n"),
            };
            assert!(!said.contains("sk-hidden") && !said.contains("31415"), "{text}{said}");
            let written_out = text.contains("api_key: sk-hidden");
            assert!(written_out || said.contains("g.yaml:"), "nothing is said of {text}{said}");
        }
    }
}

/// A message speaks of what was written. What a variable says reaches no message, whole or in part.
#[test]
fn what_a_variable_says_is_shown_as_the_variable() {
    for (text, want) in [
        ("listen: \"${PRIVATE}\"", "found \"${PRIVATE}\""),
        ("admin: \"${PRIVATE}\"", "found \"${PRIVATE}\""),
        ("providers: {x: {kind: openai, endpoint: \"${PRIVATE}\"}}", "expected an API root"),
        ("providers: {x: {kind: \"${PRIVATE}\"}}", "unknown value \"${PRIVATE}\""),
        (
            "providers: {openai: {}}\nroutes: [{name: a, targets: [{provider: \"${PRIVATE}\"}]}]",
            "\"${PRIVATE}\"",
        ),
        ("routes: [{name: \"${PRIVATE}\"}, {name: \"${PRIVATE}\"}]", "the name \"${PRIVATE}\" is taken"),
        ("limits: {max_heap: \"${PRIVATE}\"}", "found \"${PRIVATE}\""),
        ("log: {requests: \"${PRIVATE}\"}", "unknown value \"${PRIVATE}\""),
        ("aliases: {a: b, b: \"${HOST}\", \"10.0.0.7\": c}", "not valid here"),
    ] {
        let said = read(text, Purpose::Check).unwrap_err().join("\n");
        assert!(said.contains(want), "{text}\n{said}");
        for part in ["gopher", "internal", "1234", "10.0.0.7\""] {
            assert!(!said.contains(part), "{text}\n{said}");
        }
    }
    let text = "routes: [{name: \"${HOST}\"}, {name: b}]\nproviders: {openai: {}}";
    let said = warnings(&read(text, Purpose::Run).unwrap()).join("\n");
    assert!(said.contains("(\"${HOST}\") takes everything"), "{said}");
}

/// What a header's variable holds is secret; the reference goes to the filter.
#[test]
fn a_header_may_name_variables() {
    let text = "providers: {openai: {headers: {x-a: \"of ${KEY}\", x-b: plain}}}";
    let loaded = read(text, Purpose::Run).unwrap();
    assert_eq!(loaded.json["providers"]["openai"]["headers"], json!({"x-a": "of ${KEY}", "x-b": "plain"}));
    assert_eq!(loaded.credentials().into_iter().collect::<Vec<_>>(), ["KEY", "OPENAI_API_KEY"]);
    let said = read(&text.replace("KEY", "NOWHERE"), Purpose::Run).unwrap_err().join("");
    assert!(
        said.contains("providers.openai.headers.x-a: the environment variable NOWHERE is not set"),
        "{said}"
    );
}

#[test]
fn a_credential_has_no_place_in_other_text() {
    for (text, path) in [
        ("aliases: {a: \"${OPENAI_API_KEY}\"}", "aliases.a"),
        ("aliases: {a: \"${ANTHROPIC_API_KEY}\"}", "aliases.a"),
        ("aliases: {a: \"x-${COPY}\"}", "aliases.a"),
        ("aliases: {a: \"${HALF}${REST}\"}", "aliases.a"),
        ("listen: \"${KEY}\"\nproviders: {openai: {api_key: \"${KEY}\"}}", "listen"),
        ("providers: {openai: {endpoint: \"${AROUND}\"}}", "providers.openai.endpoint"),
        ("routes: [{name: a, match: {headers: {x: \"${COPY}\"}}}]", "routes[0].match.headers.x"),
        ("aliases: {a: \"${HOST}\"}\nproviders: {openai: {api_key: \"${HOST}\"}}", "aliases.a"),
        ("aliases: {a: \"${HOST}\"}\nproviders: {openai: {api_key: 10.0.0.7}}", "aliases.a"),
        ("aliases: {a: \"${HOST}\"}\nproviders: {openai: {headers: {x: \"b ${HOST}\"}}}", "aliases.a"),
    ] {
        for purpose in [Purpose::Run, Purpose::Check, Purpose::Explain, Purpose::Render] {
            let said = read(text, purpose).unwrap_err();
            let about: Vec<_> = said.iter().filter(|line| line.contains("holds a credential")).collect();
            assert!(about.len() == 1 && about[0].contains(path), "{text}\n{said:?}");
            assert!(!said.join("").contains("sk-se") && !said.join("").contains("10.0.0.7"), "{said:?}");
        }
    }
    read("aliases: {a: \"${HALF}\"}", Purpose::Run).unwrap();
}

#[test]
fn what_has_no_end_is_read_to_its_bound() {
    let environment = Environment::of_process();
    let problems = load(Some(Path::new("/dev/zero")), Purpose::Check, &environment).unwrap_err();
    let said: Vec<_> = problems.lines().collect();
    assert!(said[0].contains("longer than"), "{said:?}");
}

#[test]
fn of_many_problems_the_first_are_told() {
    let lines = |text: &str, purpose| match read(text, purpose) {
        Ok(loaded) => warnings(&loaded),
        Err(problems) => problems,
    };
    let many = |line: fn(usize) -> String| (0..250).map(line).collect::<String>();
    let wrong = many(|at| format!("wrong{at}: 1\n"));
    let unset = format!("aliases:\n{}", many(|at| format!("  a{at}: \"${{UNSET{at}}}\"\n")));
    let keys = many(|at| format!("sk-{at:010},"));
    let written = format!("providers: {{openai: {{api_keys: [{keys}]}}}}\n");
    for (text, purpose, count) in [
        (wrong.as_str(), Purpose::Check, 250),
        (&wrong.repeat(2), Purpose::Check, 500),
        (&unset, Purpose::Check, 250),
        (&unset, Purpose::Run, 250),
        (&format!("{unset}{wrong}"), Purpose::Check, 250),
        (&format!("{unset}{wrong}"), Purpose::Run, 500),
        (&written, Purpose::Check, 250),
        (&written, Purpose::Render, 250),
    ] {
        let lines = lines(text, purpose);
        assert_eq!(lines.len(), 101, "{purpose:?} {text:.40}: {lines:?}");
        assert_eq!(lines[100], format!("and {} more", count - 100), "{purpose:?} {text:.40}");
    }
    let right = format!("{unset}listen: \"${{UNSET}}\"\n");
    assert!(read(&right, Purpose::Check).is_ok(), "what is not known is not wrong");
}

#[test]
fn what_variables_hold_is_bounded() {
    let long = "x".repeat(1 << 20);
    let text = "aliases: {a: \"${LONG}\", b: \"".to_owned() + &"${LONG}".repeat(20) + "\"}";
    let lookup = |name: &str| (name == "LONG").then(|| long.clone());
    let problems = check(&text, Purpose::Run, &Environment::new(&lookup), "g.yaml").unwrap_err();
    let lines: Vec<_> = problems.lines().collect();
    assert_eq!(lines, ["g.yaml:1:25: aliases.b: more than 16777216 bytes for variables in all"]);
}

#[test]
fn names_that_every_provider_repeats_are_bounded() {
    let many = |count: usize| {
        let provider =
            |at: usize| format!("  p{at}: {{kind: openai, api_key: \"${{A_CREDENTIAL_{at:020}}}\"}}\n");
        format!("providers:\n{}", (0..count).map(provider).collect::<String>())
    };
    assert!(read(&many(600), Purpose::Check).is_ok());
    let problems = read(&many(800), Purpose::Check).map(drop).unwrap_err();
    assert!(
        problems[0].starts_with("g.yaml:1:1: providers: 800 providers with 800 credentials"),
        "{problems:?}"
    );
}

/// What the documents show as defaults are the defaults.
#[test]
fn the_documents_name_the_defaults() {
    let documents =
        [include_str!("../../../docs/configuration.md"), include_str!("../../../docs/operations.md")];
    for text in documents {
        let (_, block) = text.split_once("\nlimits:").unwrap();
        let block = format!("limits:{}", block.split("```").next().unwrap().split("\nlog:").next().unwrap());
        let mut limits = read(&block, Purpose::Check).unwrap().config.limits;
        assert_eq!(limits.max_connections.take(), Some(crate::run::descriptors::MOST_CONNECTIONS));
        // Which service counts for several gateways has no default.
        assert_eq!(Limits { store: None, ..limits }, Limits::default());
    }
}

/// A credential as people paste it: the variable is named, and what to do; its value never is.
#[test]
fn a_variable_that_holds_no_credential_is_told() {
    let own = "kind: openai-compatible, endpoint: \"http://h\"";
    for (key, want) in [
        (
            "api_key: \"${QUOTED}\"",
            "providers.x.api_key: the environment variable QUOTED holds quotation marks around",
        ),
        ("api_key: \"${DOLLAR}\"", "providers.x.api_key: the environment variable DOLLAR holds a reference"),
        (
            "api_keys: [\"${BEARER}\"]",
            "providers.x.api_keys[0]: the environment variable BEARER holds a word such as",
        ),
        (
            "api_key: \"${BROKEN}\"",
            "providers.x.api_key: the environment variable BROKEN holds what no header can hold",
        ),
        (
            "headers: {x-a: \"a ${BROKEN}\"}",
            "providers.x.headers.x-a: the environment variable BROKEN holds what no",
        ),
    ] {
        let text = format!("providers: {{x: {{{own}, {key}}}}}");
        for purpose in [Purpose::Run, Purpose::Check] {
            let said = read(&text, purpose).unwrap_err();
            assert!(
                said.len() == 1 && said[0].contains(want) && !said[0].contains("hidden"),
                "{text}\n{said:?}"
            );
        }
        let said = warnings(&read(&text, Purpose::Render).unwrap());
        assert!(said.len() == 1 && said[0].contains(want), "{said:?}");
    }
    let want = "g.yaml:1:13: providers.deepseek: the environment variable DEEPSEEK_API_KEY holds an example's placeholder: \
                set it to the credential itself";
    let lookup = |name: &str| match name {
        "OPENAI_API_KEY" => Some("sk-1".to_owned()),
        "DEEPSEEK_API_KEY" => Some("your-api-key".to_owned()),
        _ => None,
    };
    let said =
        check("providers: {deepseek: {}}", Purpose::Run, &Environment::new(&lookup), "g.yaml").unwrap_err();
    assert_eq!(said.lines().collect::<Vec<_>>(), [want]);
    let loaded = check("", Purpose::Run, &Environment::new(&lookup), "g.yaml").unwrap();
    assert_eq!(loaded.config.providers.len(), 1, "a placeholder is no credential");
    assert!(warnings(&loaded)[0].contains("DEEPSEEK_API_KEY holds an example's placeholder"));
    assert!(read("providers: {openai: {headers: {x-a: \"${BEARER}\"}}}", Purpose::Run).is_ok());
    assert!(read(&format!("providers: {{x: {{{own}, api_key: \"${{PADDED}}\"}}}}"), Purpose::Run).is_ok());
}

#[test]
fn with_another_key_that_is_good_a_bad_one_is_left_out() {
    let text = "providers: {openai: {api_keys: [\"${QUOTED}\", \"${KEY}\", \"${DOLLAR}\"]}}";
    for purpose in [Purpose::Run, Purpose::Check] {
        let said = warnings(&read(text, purpose).unwrap());
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(
            said[0].contains("api_keys[0]: the environment variable QUOTED")
                && said[0].ends_with("The others serve")
        );
    }
}

/// A reference as others write it is no secret that is written out.
#[test]
fn a_credential_that_is_misspelt_in_the_file_is_told() {
    for (written, want) in [
        ("$OPENAI_API_KEY", "OPENAI_API_KEY is named as ${OPENAI_API_KEY} here"),
        ("os.environ/OPENAI_API_KEY", "OPENAI_API_KEY is named as ${OPENAI_API_KEY} here"),
        ("env.OPENAI_API_KEY", "named as ${OPENAI_API_KEY} here"),
        ("env:OPENAI_API_KEY", "named as ${OPENAI_API_KEY} here"),
        ("{{ env \\\"OPENAI_API_KEY\\\" }}", "named as ${OPENAI_API_KEY} here"),
        ("$hidden", "named as ${NAME} here"),
        ("Bearer sk-hidden", "this is a word such as `Bearer`"),
        ("'sk-hidden'", "this is quotation marks around"),
        ("OPENAI_API_KEY=sk-hidden", "this is a variable's name and `=`"),
        ("sk-...", "this is an example's placeholder"),
        ("sk-hidden sk-hidden", "this is white space in the middle"),
    ] {
        let text = format!("providers: {{openai: {{api_key: \"{written}\"}}}}");
        for purpose in [Purpose::Run, Purpose::Check, Purpose::Render] {
            let said = read(&text, purpose).unwrap_err();
            assert!(said.len() == 1 && said[0].contains("providers.openai.api_key: "), "{said:?}");
            assert!(said[0].contains(want) && !said[0].contains("hidden"), "{written}: {said:?}");
        }
    }
    let header = "providers: {openai: {headers: {x-a: \"Bearer $OPENAI_API_KEY\"}}}";
    let said = read(header, Purpose::Check).unwrap_err();
    assert!(said[0].contains("headers.x-a: the environment variable OPENAI_API_KEY is named as"), "{said:?}");
}
