//! Whatever happens to targets, no request is lost that one of them would have served.

use std::rc::Rc;
use std::time::Duration;

use ferro::contract::RETRY_HEADER;
use ferro::exchange::{Attempt, Exchange, Headers, RequestStep, SharedPlan, Start, Step};

use super::random::Random;
use super::walk::ask;
use crate::host::{At, ENVIRONMENT, GONE, Host, Piece, gateway, unreached};

const PROVIDERS: [&str; 4] = ["a", "b", "c", "d"];

/// How an attempt may go.
const OUTCOMES: &[&str] =
    &["200", "500", "529", "429", "429 for long", "401", "lost", "unreachable", "empty"];

/// Requests that overlap, in a gateway with breakers, credentials and full targets, while time passes.
struct World {
    gateway: Rc<ferro::gateway::Gateway>,
    host: Host,
    random: Random,
    running: Vec<Running>,
}

/// A request that is not over.
struct Running {
    request: Exchange,
    plan: SharedPlan,
    /// The cluster of the next attempt.
    named: Rc<str>,
    asked: Vec<Rc<str>>,
    retries: usize,
}

/// A request that every target fails has asked every target; one that is answered was asked no more.
pub fn every_target_is_asked() {
    for seed in 1..=40 {
        let mut world = World::new(Random::new(seed));
        for _ in 0..150 {
            match world.random.below(3) {
                0 => world.begin(),
                1 => {
                    let milliseconds = world.random.below(900) as u64;
                    world.host.pass(Duration::from_millis(milliseconds));
                }
                _ => world.step(),
            }
        }
        while !world.running.is_empty() {
            world.step();
        }
        // All places are free again: with everybody well, the first of the file is asked.
        world.host.pass(Duration::from_secs(3600));
        world.begin();
        assert_eq!(&*world.running[0].named, "a");
    }
}

impl World {
    fn new(mut random: Random) -> Self {
        let provider = |name: &str| {
            let keys = r#""api_keys":["${OPENAI_API_KEY}","${GEMINI_API_KEY}"]"#;
            let keys = if name == "b" { keys } else { r#""api_key":"${OPENAI_API_KEY}""# };
            format!(r#""{name}":{{"kind":"openai",{keys}}}"#)
        };
        let target = |name: &&str| {
            let most = if *name == "a" || *name == "c" { r#","max_concurrency":2"# } else { "" };
            format!(r#"{{"provider":"{name}","model":"m-{name}"{most}}}"#)
        };
        let config = format!(
            r#"{{"providers":{{{}}},"routes":[{{"name":"all","strategy":"fallback","targets":[{}],
                "breaker":{{"failures":{},"open":"300ms","max_open":"2s"}}}}]}}"#,
            PROVIDERS.map(provider).join(","),
            PROVIDERS.iter().map(target).collect::<Vec<_>>().join(","),
            1 + random.below(3),
        );
        let host = Host::new(random.next());
        Self { gateway: gateway(&config, ENVIRONMENT), host, random, running: Vec::new() }
    }

    fn begin(&mut self) {
        let mut request = Exchange::new(Rc::clone(&self.gateway), &self.host);
        let head = Headers(&[(b":method", b"POST"), (b":path", b"/v1/chat/completions")]);
        assert!(matches!(request.headers(head, false, &self.host), RequestStep::Wait));
        let stream = self.random.below(2) == 0;
        let RequestStep::Forward(forward) = request.piece(ask(stream).into_bytes(), true, &self.host) else {
            panic!("somebody can always be asked");
        };
        let retries = forward.headers[0].1.parse().unwrap();
        self.running.push(Running {
            request,
            plan: forward.plan,
            named: forward.target,
            asked: Vec::new(),
            retries,
        });
    }

    /// One of the running requests makes an attempt, or its client leaves.
    fn step(&mut self) {
        if self.running.is_empty() {
            return;
        }
        let index = self.random.below(self.running.len());
        let mut running = self.running.swap_remove(index);
        if self.random.below(20) == 0 {
            running.request.done(|| GONE, &self.host);
            return;
        }
        let place = At { cluster: &running.named, kept: self.random.below(2) == 0 };
        let Start::Send { mut attempt, next, .. } = Attempt::start(&running.plan, &place, &self.host) else {
            running.all_were_asked(&self.host);
            return;
        };
        running.asked.push(std::mem::take(&mut running.named));
        running.named = next.unwrap_or_else(|| running.asked.last().unwrap().clone());
        assert!(running.asked.len() <= running.retries + 1, "Envoy would have stopped: {:?}", running.asked);
        let outcome = self.random.pick(OUTCOMES);
        match self.play(&mut attempt, outcome) {
            Played::Again(next) => {
                running.named = next.unwrap_or(running.named);
                self.running.push(running);
            }
            Played::Over if outcome == "200" => {
                running.request.done(|| GONE, &self.host);
            }
            Played::Over => running.all_were_asked(&self.host),
        }
    }

    fn play(&mut self, attempt: &mut Attempt, outcome: &str) -> Played {
        let (status, after): (&[u8], &[u8]) = match outcome {
            "lost" | "unreachable" => {
                return Played::Again(
                    attempt.end(|| if outcome == "lost" { None } else { unreached("refused") }, &self.host),
                );
            }
            "200" | "empty" => (b"200", b"0"),
            "429 for long" => (b"429", b"60"),
            status => (status.as_bytes(), b"0"),
        };
        let head =
            [(&b":status"[..], status), (b"content-type", b"application/json"), (b"retry-after", after)];
        let head = if status == b"429" { &head[..] } else { &head[..2] };
        let whole = br#"{"choices":[{"index":0,"message":{"content":"yes"},"finish_reason":"stop"}]}"#;
        assert_eq!(attempt.headers(Headers(head), false, &self.host), Step::hold());
        let body = if outcome == "200" { whole.to_vec() } else { Vec::new() };
        let step = attempt.body(&Piece { held: &body, fresh: body.len() }, true, &self.host);
        let headers = step.headers.expect("an answer is released at its end");
        attempt.end(|| None, &self.host);
        match headers.get(RETRY_HEADER).is_some() {
            true => Played::Again(step.next),
            false => Played::Over,
        }
    }
}

/// What an attempt leads to.
enum Played {
    /// Another one, in this cluster where it is not the one already named.
    Again(Option<Rc<str>>),
    /// The client's answer.
    Over,
}

impl Running {
    fn all_were_asked(mut self, host: &Host) {
        self.request.done(|| GONE, host);
        for name in PROVIDERS {
            assert!(
                self.asked.iter().any(|asked| **asked == *name),
                "{name} was never asked: {:?}",
                self.asked
            );
        }
    }
}
