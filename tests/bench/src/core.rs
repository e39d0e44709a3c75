//! The filter's core alone: what each step of a request's walk costs as native code, without Envoy.

use std::hint::black_box;
use std::rc::Rc;
use std::time::Duration;

use ferro::config::Config;
use ferro::exchange::{Attempt, Exchange, Headers, Held, Parting, RequestStep, Services, Start};
use ferro::gateway::Gateway;
use serde_json::json;
use tokio::time::Instant;

use crate::Outcome;
use crate::cell::Cell;

/// Walks of one case; the cheapest of each step counts.
const WALKS: usize = 400;

const STEPS: [&str; 5] = ["headers", "body", "attempt", "answer", "end"];

/// Measures these cases and prints a table.
pub fn run(cells: &[Cell]) -> Outcome<()> {
    let gateway = gateway()?;
    print!("{:<34}", "microseconds, native");
    STEPS.iter().for_each(|step| print!(" {step:>9}"));
    println!();
    for cell in cells {
        let mut cheapest = [Duration::MAX; STEPS.len()];
        for _ in 0..WALKS {
            let walk = walk(cell, &gateway)?;
            cheapest.iter_mut().zip(walk).for_each(|(best, time)| *best = time.min(*best));
        }
        print!("{:<34}", cell.name());
        cheapest.iter().for_each(|time| print!(" {:>9.2}", time.as_secs_f64() * 1e6));
        println!();
    }
    Ok(())
}

/// A piece of an answer before which nothing is held.
struct Piece(Vec<u8>);

impl Held for Piece {
    fn length(&self) -> usize {
        self.0.len()
    }

    fn fresh(&self) -> usize {
        self.0.len()
    }

    fn read(&self, from: usize) -> Option<Vec<u8>> {
        self.0.get(from..).map(<[u8]>::to_vec)
    }
}

/// One request from its headers to its end, and how long each step took.
fn walk(cell: &Cell, gateway: &Rc<Gateway>) -> Outcome<[Duration; STEPS.len()]> {
    let body = cell.body(&cell.asking().model);
    let length = body.len().to_string();
    let head = headers(&[
        (":method", "POST"),
        (":path", "/v1/chat/completions"),
        (":authority", "127.0.0.1"),
        ("user-agent", "OpenAI/Python 1.99.0"),
        ("content-type", "application/json"),
        ("content-length", &length),
    ]);
    let answer = cell.answer();
    let pieces: Vec<Vec<u8>> = match cell.is_stream() {
        true => std::str::from_utf8(&answer.body)?.split_inclusive("\n\n").map(Into::into).collect(),
        false => vec![answer.body.clone()],
    };
    let kind = if cell.is_stream() { "text/event-stream; charset=utf-8" } else { "application/json" };
    let answer_head = headers(&[
        (":status", "200"),
        ("content-type", kind),
        ("date", "Mon, 07 Jul 2025 10:50:31 GMT"),
        ("x-request-id", "req_011CQzVvGkXcV8zTfWYs3fUo"),
    ]);

    let start = Instant::now();
    let mut request = Exchange::new(Rc::clone(gateway), &Fixed);
    black_box(request.headers(Headers(&head), false, &Fixed));
    let read = Instant::now();
    let RequestStep::Forward(forward) = request.piece(body, true, &Fixed) else {
        return Err("the core does not forward the request".into());
    };
    let planned = Instant::now();
    let Start::Send { mut attempt, request: upstream, .. } =
        Attempt::start(&forward.plan, &forward.target, &Fixed)
    else {
        return Err("the core does not send the request".into());
    };
    let begun = Instant::now();
    black_box(attempt.headers(Headers(&answer_head), false, &Fixed));
    let last = pieces.len().saturating_sub(1);
    for (place, piece) in pieces.into_iter().enumerate() {
        black_box(attempt.body(&Piece(piece), place == last, &Fixed));
    }
    let answered = Instant::now();
    black_box(request.answer(|| 200));
    black_box(request.done(|| Parting { status: 200, ..Parting::default() }, &Fixed));
    drop((request, forward, upstream, attempt));
    let end = Instant::now();
    Ok([read - start, planned - read, begun - planned, answered - begun, end - answered])
}

fn headers<'a>(list: &[(&'a str, &'a str)]) -> Vec<(&'a [u8], &'a [u8])> {
    list.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect()
}

fn gateway() -> Outcome<Rc<Gateway>> {
    let provider =
        |kind: &str| json!({ "kind": kind, "endpoint": "http://127.0.0.1:9", "api_key": "${KEY}" });
    let route = |name: &str, model: &str| json!({ "name": name, "match": { "models": [name] }, "targets": [{ "provider": name, "model": model }] });
    let written = json!({
        "providers": { "same": provider("openai"), "other": provider("anthropic") },
        "routes": [route("same", "gpt-4o"), route("other", "claude-sonnet-4-5")],
        "log": { "requests": "none" },
    });
    let config = Config::parse(&written).map_err(|errors| format!("{errors:?}"))?;
    Ok(Rc::new(Gateway::build(&config, |_| Some("sk-of-nobody-0123456789abcdef".to_owned()), 0)))
}

/// A host whose clock stands still, and that shares nothing.
struct Fixed;

impl Services for Fixed {
    fn now(&self) -> Duration {
        Duration::from_secs(1_751_885_431)
    }

    fn random(&self) -> u64 {
        0x0123_4567_89ab_cdef
    }

    fn address(&self) -> Option<std::net::IpAddr> {
        None
    }
    fn held(&self) -> usize {
        0
    }

    fn worker(&self) -> u64 {
        1
    }

    fn shared(&self, _: &str) -> Option<(Vec<u8>, u32)> {
        None
    }

    fn share(&self, _: &str, _: &[u8], _: u32) -> bool {
        true
    }
}
