//! What a vendor says when something is wrong, in the shape of its format, and what the client is told of it.

use ferro::hub::Fault;
use serde_json::{Value, json};

use super::case::{Case, secret};
use super::requests::{self, Asked};

/// What vendors say: a status, the words for it of OpenAI, Anthropic and Google; and what the client is told: a status,
/// and a code where it is ours.
struct Told {
    status: u16,
    words: [&'static str; 3],
    want: u16,
    code: Option<&'static str>,
}

const TOLD: &[Told] = &[
    Told {
        status: 401,
        words: ["invalid_api_key", "authentication_error", "UNAUTHENTICATED"],
        want: 502,
        code: Some("provider_authentication"),
    },
    Told { status: 404, words: ["model_not_found", "not_found_error", "NOT_FOUND"], want: 404, code: None },
    Told {
        status: 429,
        words: ["rate_limit_exceeded", "rate_limit_error", "RESOURCE_EXHAUSTED"],
        want: 429,
        code: None,
    },
    Told { status: 500, words: ["server_error", "api_error", "INTERNAL"], want: 500, code: None },
];

/// The client is told what is documented, and never our credential.
pub fn check(case: &Case) {
    for told in TOLD {
        let body = error(case, told.status, told.words, "went wrong");
        expect(case, told.status, &body, told.want, told.code);
    }
    for (word, fault) in case.row.quirks.faults {
        if *fault == Fault::Credential {
            let body = error(case, 400, [word; 3], word);
            expect(case, 400, &body, 502, Some("provider_authentication"));
        }
    }
}

fn expect(case: &Case, status: u16, body: &Value, want: u16, code: Option<&str>) {
    let surface = case.surface();
    let asked = requests::of(surface);
    let sent: Vec<_> = asked.iter().filter(|asked| is_sent(case, asked)).collect();
    if sent.is_empty() {
        case.fail("nothing is asked", &[]);
    }
    for asked in sent {
        let mut lines = requests::lines(surface, asked, case.row, true);
        lines.extend(["= attempt".to_owned(), format!("= headers {status} content-type=application/json")]);
        lines.push(format!("= body! {body}"));
        let said = case.play(&lines);
        let answer = said.iter().position(|line| line.starts_with("client "));
        let answer = &said[answer.unwrap_or_else(|| case.fail("nothing is answered", &said))..];
        if !answer[0].starts_with(&format!("client {want} ")) {
            case.fail(&format!("a {status} does not become a {want}"), &said);
        }
        let text = answer.join("\n");
        if code.is_some_and(|code| !text.contains(&format!("\"code\":\"{code}\""))) {
            case.fail(&format!("a {status} has not the code {code:?}"), &said);
        }
        if !case.row.credentials.is_empty() && text.contains(&secret(case.row)) {
            case.fail("the client is told the credential", &said);
        }
    }
}

/// Whether the vendor is asked at all: what it cannot express may be refused before.
fn is_sent(case: &Case, asked: &Asked) -> bool {
    let mut lines = requests::lines(case.surface(), asked, case.row, true);
    lines.push("= attempt".to_owned());
    case.play(&lines).iter().any(|line| line.starts_with("send "))
}

/// An error as a format has it. It repeats the credential, as some do.
fn error(case: &Case, status: u16, [code, kind, state]: [&str; 3], message: &str) -> Value {
    let message = format!("{message} ({})", secret(case.row));
    match case.operation.format.name {
        "anthropic" => json!({"type": "error", "error": {"type": kind, "message": message}}),
        "gemini" => json!({"error": {"code": status, "message": message, "status": state}}),
        "cohere" => json!({"id": "x", "message": message}),
        "replicate" => json!({"title": kind, "detail": message, "status": status}),
        "ollama" => json!({ "error": message }),
        _ => json!({"error": {"message": message, "type": "some_error", "param": null, "code": code}}),
    }
}
