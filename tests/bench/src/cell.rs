//! One line of the table: which request, which provider, which answer.

use serde_json::Value;

use crate::Outcome;
use crate::canned::{self, Answer};
use crate::load::expected;

/// A case that is measured.
#[derive(Debug)]
pub struct Cell {
    /// What the client sends.
    pub shape: Shape,
    /// What the provider speaks.
    pub dialect: Dialect,
    answer: Answer,
}

/// What the client sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    name: &'static str,
    bytes: usize,
    stream: bool,
    model_last: bool,
}

/// What the provider speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Dialect {
    /// OpenAI's, as the client: the model's name is all that changes.
    Same,
    /// Anthropic's: everything is translated.
    Translated,
}

/// A request's bytes, head and body.
#[derive(Debug)]
pub struct Request(pub Vec<u8>);

/// How a subject wants to be asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asking {
    /// Where.
    pub path: String,
    /// The model's name.
    pub model: String,
    /// Headers that others do not need.
    pub headers: Vec<(String, String)>,
}

const SMALL: usize = 100;
const LARGE: usize = 100 * 1024;

const SHAPES: &[Shape] = &[
    Shape { name: "small", bytes: SMALL, stream: false, model_last: false },
    Shape { name: "100 KB", bytes: LARGE, stream: false, model_last: false },
    Shape { name: "100 KB model last", bytes: LARGE, stream: false, model_last: true },
    Shape { name: "stream of 20", bytes: SMALL, stream: true, model_last: false },
    Shape { name: "100 KB stream of 20", bytes: LARGE, stream: true, model_last: false },
];

impl Cell {
    /// All cases.
    pub fn all() -> Vec<Self> {
        let both = |shape: &Shape| [(*shape, Dialect::Same), (*shape, Dialect::Translated)];
        let cells = SHAPES.iter().flat_map(both);
        // Where the model's name lies matters only to who changes nothing else.
        let cells = cells.filter(|(shape, dialect)| !shape.model_last || *dialect == Dialect::Same);
        cells.map(|(shape, dialect)| Self { shape, dialect, answer: answer(dialect, shape.stream) }).collect()
    }

    /// Its name, for `--only` and the table.
    pub fn name(&self) -> String {
        let dialect = if self.dialect == Dialect::Same { "same" } else { "translated" };
        format!("{dialect} {}", self.shape.name)
    }

    /// What the upstream answers.
    pub const fn answer(&self) -> &Answer {
        &self.answer
    }

    /// How Ferro is asked: by the name of a route, on OpenAI's path.
    pub fn asking(&self) -> Asking {
        let model = if self.dialect == Dialect::Same { "same" } else { "other" };
        Asking { path: "/v1/chat/completions".to_owned(), model: model.to_owned(), headers: Vec::new() }
    }

    /// How the upstream is asked without a gateway, or through one that changes nothing: on its own path, so that it
    /// gives the same answer.
    pub fn asking_upstream(&self) -> Asking {
        let path = if self.dialect == Dialect::Same { "/v1/chat/completions" } else { "/v1/messages" };
        Asking { path: path.to_owned(), ..self.asking() }
    }

    /// The request.
    pub fn request(&self, asking: &Asking) -> Request {
        let Asking { path, model, headers } = asking;
        let accept = if self.shape.stream { "text/event-stream" } else { "application/json" };
        // A client has one key: its own, or the gateway's.
        let own = ("authorization".to_owned(), "Bearer sk-of-a-client-0123456789abcdef".to_owned());
        let own = (!headers.iter().any(|(name, _)| *name == own.0)).then_some(own);
        let headers = own.iter().chain(headers).map(|(name, value)| format!("{name}: {value}\r\n"));
        let headers: String = headers.collect();
        let body = self.body(model);
        let head = format!(
            "POST {path} HTTP/1.1\r\nhost: 127.0.0.1\r\nuser-agent: OpenAI/Python 1.99.0\r\naccept: {accept}\r\n\
             accept-encoding: gzip, deflate\r\nx-stainless-lang: python\r\nx-stainless-package-version: 1.99.0\r\nx-stainless-os: Linux\r\n\
             {headers}content-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Request([head.into_bytes(), body].concat())
    }

    /// The request's body, for this model.
    pub fn body(&self, model: &str) -> Vec<u8> {
        canned::request(model, self.shape.stream, self.shape.bytes, self.shape.model_last)
    }

    /// Whether the answer is streamed.
    pub const fn is_stream(&self) -> bool {
        self.shape.stream
    }

    /// Whether the upstream got what it was to get.
    pub fn check_upstream(&self, body: &Value) -> Outcome<()> {
        let wanted = if self.dialect == Dialect::Same { "gpt-4o" } else { "claude-sonnet-4-5" };
        let model = body.get("model").and_then(Value::as_str);
        let messages = body.get("messages").and_then(Value::as_array).map_or(0, Vec::len);
        match model == Some(wanted) && messages > self.shape.bytes / 4096 {
            true => Ok(()),
            false => Err(format!("the upstream got model {model:?} and {messages} messages").into()),
        }
    }

    /// Whether the client got what it was to get.
    pub fn check_answer(&self, body: &[u8]) -> Outcome<()> {
        if self.dialect == Dialect::Same {
            return match body == self.answer.body {
                true => Ok(()),
                false => Err("the answer is not what the upstream sent".into()),
            };
        }
        expected::meaning(body, self.shape.stream)
    }
}

fn answer(dialect: Dialect, stream: bool) -> Answer {
    match (dialect, stream) {
        (Dialect::Same, false) => canned::openai_whole(),
        (Dialect::Same, true) => canned::openai_stream(),
        (Dialect::Translated, false) => canned::anthropic_whole(),
        (Dialect::Translated, true) => canned::anthropic_stream(),
    }
}
