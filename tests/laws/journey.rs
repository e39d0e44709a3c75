//! A request from its first header to the last byte of its answer, with every attempt between, all of it as the input
//! says:
//!
//! ```text
//! POST /v1/chat/completions
//! x-ferro-route: all
//! <zero byte>
//! {"model": "m", …}
//! <zero byte>
//! 503
//! retry-after: 1
//!
//! {"error": …}
//! <zero byte>
//! …
//! ```
//!
//! What is not there is usual; a provider that has no answer left breaks its connection.

use std::rc::Rc;
use std::time::Duration;

use ferro::contract::RETRY_HEADER;
use ferro::dialect::openai;
use ferro::exchange::{
    Attempt, BodyEdit, Delivery, Exchange, Headers, Reply, RequestStep, SharedPlan, Start, Step,
    UpstreamRequest,
};
use ferro::gateway::Gateway;

use super::panics::is_json;
use super::random::Random;
use super::walk::{ask, take};
use crate::host::{self, ENVIRONMENT, GONE, Host, Piece, unreached};

const CONFIG: &str = r#"{
    "providers":{"openai":{"api_keys":["${OPENAI_API_KEY}","${SECOND_API_KEY}"]},"anthropic":{},"gemini":{},"cohere":{},"ollama-native":{}},
    "aliases":{"fast":"gemini/gemini-2.5-flash"},
    "routes":[
        {"name":"picky","match":{"models":["p*"],"prompt":{"contains":["weather"]},"min_input_tokens":2},
            "strategy":"weighted","sticky":{"by":"user"},"targets":[
            {"provider":"gemini","model":"gemini-2.5-flash","weight":3},
            {"provider":"openai","model":"gpt-4o-mini","max_concurrency":1}]},
        {"name":"all","strategy":"fallback","breaker":{"failures":2,"open":"1s","max_open":"2s"},
            "retry":{"on":["reset","timeout",429,"5xx","content_filter","context_length"]},"targets":[
            {"provider":"openai","model":"gpt-4o","retry":{"attempts":2}},
            {"provider":"anthropic","model":"claude-sonnet-4-5"},
            {"provider":"gemini","model":"gemini-2.5-pro"},
            {"provider":"cohere","model":"command-a-03-2025"},
            {"provider":"ollama-native","model":"qwen3:8b"}]}],
    "log":{"requests":"full"}}"#;

const SECOND: (&str, &str) = ("SECOND_API_KEY", "sk-second-secret");

/// One exchange.
pub fn exchange(bytes: &[u8]) {
    let mut parts = bytes.split(|byte| *byte == 0);
    let head = parts.next().unwrap_or_default();
    let body = parts.next().unwrap_or_default();
    if holds_secret(head) || holds_secret(body) {
        return; // it tells the client what that has told us
    }
    let host = Host::new(11);
    let mut client = Exchange::new(gateway(), &host);
    let mut lines = head.split(|byte| *byte == b'\n');
    let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).into_owned();
    let (method, path) = first.split_once(' ').unwrap_or(("POST", "/v1/chat/completions"));
    let mut headers = vec![(&b":method"[..], method.as_bytes()), (b":path", path.as_bytes())];
    headers.extend(lines.filter_map(header));
    let step = match client.headers(Headers(&headers), false, &host) {
        RequestStep::Wait if body.is_empty() => client.piece(ask(true).into_bytes(), true, &host),
        RequestStep::Wait => client.piece(body.to_vec(), true, &host),
        step => step,
    };
    let forward = match step {
        RequestStep::Forward(forward) => forward,
        RequestStep::Reply(reply) => return is_ours(&reply),
        RequestStep::Wait | RequestStep::Pass => panic!("it waits for a body that has come"),
    };
    let retries = forward.headers[0].1.parse::<usize>().unwrap();
    let mut provider = Provider {
        host: &host,
        plan: &forward.plan,
        named: forward.target,
        random: Random::of(bytes),
        out: Vec::new(),
    };
    let status = attempts(&mut provider, parts, retries, &host);
    if let Delivery::Instead(reply) = client.answer(|| status.unwrap_or(503)) {
        is_ours(&reply);
    }
    assert!(client.done(|| GONE, &host).logged().count() > 0, "nothing is logged");
}

/// All attempts, as many as Envoy makes: the status of the answer, if a provider gave it.
fn attempts<'a>(
    provider: &mut Provider<'_>,
    mut answers: impl Iterator<Item = &'a [u8]>,
    retries: usize,
    host: &Host,
) -> Option<u16> {
    for attempt in 0.. {
        assert!(attempt <= retries, "Envoy would have stopped");
        match provider.attempt(answers.next()) {
            // What has passed unread is asked of nobody else, however it ended.
            Played::Again if retries == 0 => return None,
            Played::Again => host.pass(Duration::from_millis(300)),
            Played::Over(status) => return status,
        }
    }
    None
}

/// Envoy at the providers' side.
struct Provider<'a> {
    host: &'a Host,
    plan: &'a SharedPlan,
    /// The cluster of the next attempt.
    named: Rc<str>,
    random: Random,
    /// What the client gets of the answer.
    out: Vec<u8>,
}

/// What an attempt leads to.
enum Played {
    Again,
    /// The client's answer, with its status if a provider gave it.
    Over(Option<u16>),
}

impl Provider<'_> {
    fn attempt(&mut self, answer: Option<&[u8]>) -> Played {
        let mut attempt = match Attempt::start(self.plan, &self.named, self.host) {
            Start::Send { attempt, request, next } => {
                is_for(&self.named, &request);
                self.named = next.unwrap_or_else(|| self.named.clone());
                attempt
            }
            Start::Reply(reply) => {
                is_ours(&reply);
                return Played::Over(None);
            }
        };
        let Some(answer) = answer else {
            let connected = self.random.below(2) == 0;
            let next = attempt.end(|| if connected { None } else { unreached("refused") }, self.host);
            self.named = next.unwrap_or_else(|| self.named.clone());
            return Played::Again;
        };
        let played = self.answer(&mut attempt, answer);
        attempt.end(|| None, self.host);
        assert!(!holds_secret(&self.out), "a credential: {}", self.out.escape_ascii());
        played
    }

    fn answer(&mut self, attempt: &mut Attempt, answer: &[u8]) -> Played {
        let (head, body) = halves(answer);
        let mut lines = head.split(|byte| *byte == b'\n');
        let first = String::from_utf8_lossy(lines.next().unwrap_or_default()).trim().parse();
        let status: u16 = first.ok().filter(|status| (200..600).contains(status)).unwrap_or(200);
        let text = status.to_string();
        let mut headers = vec![(&b":status"[..], text.as_bytes())];
        headers.extend(lines.filter_map(header));
        let mut held = Vec::new();
        let mut step = attempt.headers(Headers(&headers), body.is_empty(), self.host);
        let mut rest = body;
        loop {
            if self.asks_again(&step) {
                return Played::Again;
            }
            if take(step, &mut held, &mut self.out).is_none() {
                return Played::Over(Some(status));
            }
            if rest.is_empty() {
                break;
            }
            let (piece, after) = rest.split_at(1 + self.random.below(rest.len()));
            rest = after;
            held.extend_from_slice(piece);
            step = attempt.body(&Piece { held: &held, fresh: piece.len() }, rest.is_empty(), self.host);
        }
        assert!(attempt.is_judged(), "an answer of {status} without a verdict");
        assert!(held.is_empty(), "an answer that never leaves");
        Played::Over(Some(status))
    }

    /// Whether a step ends the attempt and leads to another one.
    fn asks_again(&mut self, step: &Step) -> bool {
        let headers = step.headers.clone().unwrap_or_default();
        for (name, value) in headers.iter() {
            assert!(is_header((name, value)) && !holds_secret(value), "{headers:?}");
        }
        if let Some(cluster) = &step.next {
            self.named.clone_from(cluster);
        }
        headers.get(RETRY_HEADER).is_some()
    }
}

/// The gateway. Built once: all it keeps of an exchange is which of two equal credentials is next.
fn gateway() -> Rc<Gateway> {
    thread_local! {
        static BUILT: Rc<Gateway> = host::gateway(CONFIG, &[ENVIRONMENT, &[SECOND]].concat());
    }
    BUILT.with(Rc::clone)
}

/// The bytes before an empty line, and those after it.
fn halves(bytes: &[u8]) -> (&[u8], &[u8]) {
    let place = bytes.windows(2).position(|pair| pair == b"\n\n");
    place.map_or((&[], bytes), |place| (&bytes[..place], &bytes[place + 2..]))
}

/// A header that Envoy lets in.
fn header(line: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = line.windows(2).position(|pair| pair == b": ")?;
    let (name, value) = (&line[..colon], &line[colon + 2..]);
    let named = !name.is_empty()
        && name.iter().all(|byte| byte.is_ascii_lowercase() || b"-0123456789".contains(byte));
    (named && value.iter().all(is_shown)).then_some((name, value))
}

fn is_shown(byte: &u8) -> bool {
    *byte >= b' ' && *byte != 0x7f || *byte == b'\t'
}

/// Whether Envoy takes a header that we write.
fn is_header((name, value): (&[u8], &[u8])) -> bool {
    let name = name.strip_prefix(b":").unwrap_or(name);
    header([name, b": "].concat().as_slice()).is_some() && value.iter().all(is_shown)
}

/// An answer of ours is JSON of the right length, or a stream, with headers that are some; an error looks like one.
fn is_ours(reply: &Reply) {
    assert!((200..600).contains(&reply.status), "{reply:?}");
    assert!(reply.header_block().iter().all(is_header), "{reply:?}");
    assert!(reply.status < 400 || openai::is_error_body(&reply.body), "{reply:?}");
    assert!(!holds_secret(&reply.body), "a credential: {reply:?}");
}

/// What a provider sees is a request, with its own credential and no other.
fn is_for(provider: &str, request: &UpstreamRequest) {
    assert!(request.headers.iter().all(is_header), "{:?}", request.headers);
    let body = match &request.body {
        BodyEdit::Whole(body) => is_json(body),
        BodyEdit::Keep | BodyEdit::Prefix { .. } => true,
    };
    assert!(body, "{provider} gets what is not JSON: {request:?}");
    for (name, secret) in ENVIRONMENT {
        let own = name.to_ascii_lowercase().starts_with(provider);
        let told = request.headers.iter().any(|(_, value)| String::from_utf8_lossy(value).contains(secret));
        assert!(own || !told, "{provider} gets {name}");
    }
}

fn holds_secret(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    ENVIRONMENT.iter().any(|(_, secret)| text.contains(secret))
}
