//! Golden cases of tasks that are no chat: what a client asks for, for every format that says it otherwise, and what the
//! client gets of each format's answer.

use ferro::dialect::{Arrival, FORMATS, Format, Head, Memo, Stamp, Task, TaskAnswer, Written, openai};
use ferro::exchange::Failure;
use ferro::gateway::Redactor;
use ferro::hub::json::Document;
use ferro::hub::{Dropped, RequestError, decode, encode};
use ferro::provider::Path;
use serde_json::value::RawValue;

use super::cases::{Case, Kind};

/// Every task both ways. What comes back goes into a client's format; a case of it has the client's request, too.
pub const KINDS: [Kind; 10] = [
    Kind {
        name: "embeddings",
        endings: ("json", "http"),
        from: clients,
        to: |_| with("embeddings"),
        minimum: 10,
        run: |case, _, to| asked(case, "embeddings", to),
    },
    Kind {
        name: "embeddings-answer",
        endings: ("json", "json"),
        from: || with("embeddings"),
        to: |_| clients(),
        minimum: 20,
        run: |case, from, _| answered(case, "embeddings", from),
    },
    Kind {
        name: "rerank",
        endings: ("json", "http"),
        from: clients,
        to: |_| with("rerank"),
        minimum: 6,
        run: |case, _, to| asked(case, "rerank", to),
    },
    Kind {
        name: "rerank-answer",
        endings: ("json", "json"),
        from: || with("rerank"),
        to: |_| clients(),
        minimum: 10,
        run: |case, from, _| answered(case, "rerank", from),
    },
    Kind {
        name: "moderations",
        endings: ("json", "http"),
        from: clients,
        to: |_| with("moderations"),
        minimum: 4,
        run: |case, _, to| asked(case, "moderations", to),
    },
    Kind {
        name: "moderations-answer",
        endings: ("json", "json"),
        from: || with("moderations"),
        to: |_| clients(),
        minimum: 3,
        run: |case, from, _| answered(case, "moderations", from),
    },
    Kind {
        name: "images",
        endings: ("json", "http"),
        from: clients,
        to: |_| with("images"),
        minimum: 20,
        run: |case, _, to| asked(case, "images", to),
    },
    Kind {
        name: "images-answer",
        endings: ("json", "json"),
        from: || with("images"),
        to: |_| clients(),
        minimum: 30,
        run: |case, from, _| answered(case, "images", from),
    },
    Kind {
        name: "speech",
        endings: ("json", "http"),
        from: clients,
        to: |_| with("speech"),
        minimum: 16,
        run: |case, _, to| asked(case, "speech", to),
    },
    Kind {
        name: "speech-answer",
        endings: ("json", "http"),
        from: || with("speech"),
        to: |_| clients(),
        minimum: 24,
        run: |case, from, _| answered(case, "speech", from),
    },
];

/// The format that clients speak where the task is asked for.
fn clients() -> Vec<&'static Format> {
    vec![&openai::FORMAT]
}

/// The formats that say it otherwise.
fn with(surface: &str) -> Vec<&'static Format> {
    FORMATS.iter().copied().filter(|format| format.task(surface).is_some()).collect()
}

/// What a format makes of a client's body: path, what was dropped, body; or the error.
fn asked(case: &Case, surface: &str, format: &'static Format) -> String {
    let task = format.task(surface).unwrap();
    let mut dropped = Dropped::default();
    let body = case.text.trim_end();
    let path = Path::parse(task.path).unwrap();
    let path = path.write(&model(body), false).map(|path| path.into_owned());
    match path.and_then(|path| Ok((path, write(task, body, &mut dropped)?))) {
        Ok((path, Written { body, .. })) => {
            let dropped = match dropped.is_empty() {
                true => String::new(),
                false => format!("dropped: {}\n", dropped.header(openai::spell)),
            };
            format!("POST {path}\n{dropped}\n{}\n", String::from_utf8(body).unwrap())
        }
        Err(error) => told(Failure::of_request(error)),
    }
}

/// A client's request, and what a provider answers to it.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Both<'a> {
    #[serde(borrow)]
    request: &'a RawValue,
    /// The answer's status, if it is an error.
    status: Option<u16>,
    /// An answer in JSON.
    #[serde(borrow)]
    answer: Option<&'a RawValue>,
    /// One that is none, in base64.
    #[serde(borrow)]
    bytes: Option<&'a str>,
}

/// What a client gets of a format's answer to its request.
fn answered(case: &Case, surface: &str, format: &'static Format) -> String {
    let both: Both<'_> = serde_json::from_str(&case.text).unwrap();
    let task = format.task(surface).unwrap();
    let memo: Memo = write(task, both.request.get(), &mut Dropped::default()).unwrap().memo;
    let stamp = Stamp { seed: 0xfe110, created: 1_700_000_000 };
    let arrival = Arrival { head: Head::of(200), stamp, memo: &memo };
    let bytes = both.bytes.map(|bytes| decode(bytes).unwrap());
    let body = bytes.as_deref().or(both.answer.map(|answer| answer.get().as_bytes())).unwrap();
    if let Some(status) = both.status.or(openai::CLIENT.is_error(body).then_some(200)) {
        return told(Failure::of_provider(format.name, &format.read_error(Head::of(status), body)));
    }
    match task.provider.read_answer(body, &arrival) {
        Ok(TaskAnswer { body, media_type, told }) => {
            let told = told.usage.map_or("not counted".to_owned(), |usage| usage.prompt.to_string());
            match &*media_type {
                "application/json" => format!("{}\n{told}\n", String::from_utf8(body).unwrap()),
                _ => format!("{media_type}\n{told}\n\n{}\n", encode(&body)),
            }
        }
        Err(malformed) => match task.provider.read_refusal(body) {
            Some(error) => told(Failure::of_provider(format.name, &error)),
            None => {
                let failure = Failure::of_malformed(format.name, &malformed);
                let body = openai::write_error(&failure.into_error(&Redactor::default()));
                format!("{}\n", String::from_utf8(body).unwrap())
            }
        },
    }
}

/// What a client is told of a failure: status and body.
fn told(failure: Failure) -> String {
    let status = failure.status();
    let body = openai::write_error(&failure.into_error(&Redactor::default()));
    format!("{status}\n\n{}\n", String::from_utf8(body).unwrap())
}

fn write(task: &Task, body: &str, dropped: &mut Dropped) -> Result<Written, RequestError> {
    task.provider.write_request(&Document::new(body), &model(body), dropped)
}

/// The case's own model.
fn model(body: &str) -> String {
    let named = serde_json::from_str::<serde_json::Value>(body).ok();
    let named = named.as_ref().and_then(|body| body.get("model")?.as_str());
    named.unwrap_or("model-1").to_owned()
}
