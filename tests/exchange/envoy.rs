//! Plays Envoy for a script: carries its lines to the core as events, and holds, replaces and lets go what it says.

use std::rc::Rc;
use std::time::Duration;

use ferro::contract::{AFTER_HEADER, RETRY_HEADER};
use ferro::dialect::{ClientFormat, USUAL_CLIENT};
use ferro::exchange::{
    Attempt, BodyEdit, Came, Delivery, Exchange, Flow, HeaderBlock, Headers, METRICS, Parting, Reply,
    RequestStep, SharedPlan, Silent, Start, Step, UpstreamRequest,
};
use ferro::gateway::Gateway;

use ferro::provider::Vendors;
use ferro::surface::{SURFACES, Surface};

use super::words::{borrowed, duration, pairs, text, unescaped};
use super::{surfaces, toys};
use crate::host::{At, ENVIRONMENT, GONE, Host, Piece, Written, gateway_among, unreached};

/// The configuration of a script that brings none.
const USUAL: &str = r#"{"providers":{"openai":{},"anthropic":{},"gemini":{}},"routes":[{"name":"chat",
    "match":{"models":["m"]},"targets":[{"provider":"openai","model":"gpt-4o"},
    {"provider":"anthropic","model":"claude-sonnet-4-5"}]}]}"#;

/// One exchange.
pub struct Envoy {
    pub(super) host: Host,
    pub(super) gateway: Rc<Gateway>,
    surfaces: &'static [Surface],
    /// What the client speaks.
    client: ClientFormat,
    request: Exchange,
    /// The client's body, as the router replays it.
    sent: Vec<u8>,
    /// How many bytes of it the core has read.
    read: usize,
    plan: Option<SharedPlan>,
    /// The cluster of the next attempt.
    named: Rc<str>,
    pub(super) attempt: Option<Box<Attempt>>,
    /// The request and attempt of a client that waits.
    aside: Option<(Exchange, Option<Box<Attempt>>)>,
    /// The answer's body, as far as it is held.
    held: Vec<u8>,
    /// The answer's headers, if they left with a mark and Envoy may try again.
    marked: Option<HeaderBlock>,
    /// How the exchange ends as Envoy sees it: the client has left, unless its answer has ended.
    parting: Parting,
    /// Another body has gone to the client: what still comes is swallowed.
    replaced: bool,
    out: Vec<String>,
}

impl Envoy {
    /// Reads what of a script comes before its events.
    pub fn new(lines: &[&str]) -> Self {
        let rest = |word| lines.iter().filter_map(move |line| line.strip_prefix(word)?.strip_prefix(' '));
        let lacking: Vec<_> = rest("without").collect();
        let set = |(name, _): &(&str, &str)| !lacking.contains(name);
        let own = rest("environment").filter_map(|pair| pair.split_once('='));
        let environment: Vec<_> = own.chain(ENVIRONMENT.iter().copied().filter(set)).collect();
        let host = Host::new(0xfe110);
        let (surfaces, vendors, usual) = match lines {
            lines if lines.contains(&"toys") => (toys::SURFACES, toys::VENDORS, toys::USUAL),
            lines if lines.contains(&"surfaces of tests") => (surfaces::OF_TESTS, Vendors::BUILT_IN, USUAL),
            _ => (SURFACES, Vendors::BUILT_IN, USUAL),
        };
        let gateway = gateway_among(vendors, rest("config").next().unwrap_or(usual), &environment);
        Self {
            request: Exchange::serving(surfaces, Rc::clone(&gateway), &host),
            surfaces,
            client: USUAL_CLIENT,
            host,
            gateway,
            sent: Vec::new(),
            read: 0,
            plan: None,
            named: Rc::default(),
            attempt: None,
            aside: None,
            held: Vec::new(),
            marked: None,
            parting: GONE,
            replaced: false,
            out: Vec::new(),
        }
    }

    /// Plays one line, and gives the lines that come of it.
    pub fn play(&mut self, line: &str) -> Vec<String> {
        let (what, rest) = line.split_once(' ').unwrap_or((line, ""));
        let (word, rest) = rest.split_once(' ').unwrap_or((rest, ""));
        let (word, end) = word.strip_suffix('!').map_or((word, false), |word| (word, true));
        match what {
            "" | "#" | "config" | "environment" | "without" | "surfaces" | "toys" => {}
            ">" => self.client(word, rest, end),
            "=" => self.provider(word, rest, end),
            "@" => self.meanwhile(word, rest),
            _ => panic!("a line that means nothing: {line}"),
        }
        std::mem::take(&mut self.out)
    }

    // === what happens meanwhile ===

    fn put_aside(&mut self) {
        let fresh = Exchange::serving(self.surfaces, Rc::clone(&self.gateway), &self.host);
        let request = std::mem::replace(&mut self.request, fresh);
        self.aside = Some((request, self.attempt.take()));
    }

    /// The host says that so much time of an answer's silence has passed.
    fn tick(&mut self, time: Duration) {
        let silent = self.attempt.as_mut().unwrap().grow_silence(&self.gateway, time, &self.host);
        self.say(match silent {
            Silent::Not => "not silent",
            Silent::AfterItsEnd => "silent after its end",
            Silent::TooLong => "silent for too long",
        });
    }

    fn meanwhile(&mut self, word: &str, rest: &str) {
        match word {
            "pass" => self.host.pass(duration(rest)),
            "rivals" => self.host.rivals(rest.parse().unwrap()),
            "token" => self.token(rest),
            "models" => self.models(rest),
            "job" => self.job(rest),
            "holds" => self.host.holds(rest.parse::<usize>().unwrap() << 20),
            "lost" | "unreachable" => {
                let why = || if word == "lost" { None } else { unreached(rest) };
                self.end_job();
                let next = self.attempt.take().unwrap().end(why, &self.host);
                match next.filter(|next| *next != self.named) {
                    Some(next) => self.name(&next),
                    None => self.say(format!("next stays {}", self.named)),
                }
            }
            "complete" => {
                let bytes = self.attempt.as_mut().unwrap().complete(&self.host);
                match bytes {
                    Some(bytes) => {
                        self.held = bytes;
                        self.flush(false);
                    }
                    None => self.say("nothing to complete"),
                }
            }
            "tick" => self.tick(duration(rest)),
            "broken" => {
                let mut attempt = self.attempt.take().unwrap();
                assert!(attempt.is_judged(), "that an attempt ends without a verdict is `lost`");
                attempt.end(|| None, &self.host);
            }
            "aside" => self.put_aside(),
            "back" => {
                self.held.clear();
                (self.request, self.attempt) = self.aside.take().expect("a client that waits");
            }
            "declined" => {
                let head = self.marked.take().expect("the answer is marked");
                self.deliver(head, true);
            }
            "reply" => {
                self.held = b"Envoy's own words".to_vec();
                self.deliver([(":status", rest)].into_iter().collect(), true);
            }
            "done" => self.done(),
            _ => panic!("nothing like {word} happens"),
        }
    }

    // === the gateway position ===

    fn client(&mut self, word: &str, rest: &str, end: bool) {
        match word {
            "headers" => self.headers(rest, end),
            "body" => {
                self.sent = unescaped(rest);
                let step = match self.request.overflows(self.sent.len(), &self.host) {
                    Some(refusal) => refusal,
                    None => self.request.piece(self.sent.clone(), true, &self.host),
                };
                self.obey(step);
            }
            "piece" => {
                let piece = unescaped(rest);
                self.sent.extend_from_slice(&piece);
                let step = match self.request.reads(end) {
                    true => {
                        let new = self.sent[self.read..].to_vec();
                        self.read = self.sent.len();
                        self.request.piece(new, end, &self.host)
                    }
                    false if self.plan.is_some() => RequestStep::Pass,
                    false => RequestStep::Wait,
                };
                self.obey(step);
            }
            "ask" => {
                let more = if rest == "stream" { r#","stream":true"# } else { rest };
                let body = format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}]{more}}}"#);
                self.headers("POST /v1/chat/completions", false);
                self.client("body", &body, true);
            }
            "next" | "fresh" => {
                self.next();
                self.headers(rest, end || word == "next");
            }
            "another" => {
                self.next();
                self.client("ask", rest, true);
            }
            _ => panic!("clients do not {word}"),
        }
    }

    fn headers(&mut self, rest: &str, end: bool) {
        let mut words = rest.split(' ');
        let mut pseudo = |name: &str| (name.to_owned(), words.next().unwrap().as_bytes().to_vec());
        let mut list = vec![pseudo(":method"), pseudo(":path")];
        let path = list[1].1.as_slice();
        let asked = self.surfaces.iter().find(|surface| surface.path.as_bytes() == path);
        self.client = asked.and_then(|asked| asked.format.of_clients()).unwrap_or(USUAL_CLIENT);
        list.extend(pairs(words));
        let step = self.request.headers(Headers(&borrowed(&list)), end, &self.host);
        self.obey(step);
    }

    /// Another client comes.
    fn next(&mut self) {
        self.request = Exchange::serving(self.surfaces, Rc::clone(&self.gateway), &self.host);
        self.attempt = None;
        self.sent.clear();
        self.read = 0;
        self.held.clear();
        self.marked = None;
        self.replaced = false;
    }

    fn obey(&mut self, step: RequestStep) {
        match step {
            RequestStep::Wait => {}
            RequestStep::Pass => self.say("pass"),
            RequestStep::Reply(reply) => self.reply(&reply),
            RequestStep::Forward(forward) => {
                let headers: String =
                    forward.headers.iter().map(|(name, value)| format!(" {name}={value}")).collect();
                let removed: String = forward.remove.iter().map(|name| format!(" -{name}")).collect();
                let headers = headers + &removed;
                self.say(format!("forward {} route={}{headers}", forward.target, forward.route));
                self.named = forward.target;
                self.plan = Some(forward.plan);
            }
        }
    }

    /// A reply of ours, which passes the gateway position on its way.
    fn reply(&mut self, reply: &Reply) {
        self.held.clone_from(&reply.body);
        self.deliver(reply.header_block(), true);
    }

    // === the provider position ===

    fn provider(&mut self, word: &str, rest: &str, end: bool) {
        match word {
            "attempt" => self.attempt(rest),
            "headers" => {
                let (status, rest) = rest.split_once(' ').unwrap_or((rest, ""));
                let mut list = pairs(rest.split_whitespace());
                list.insert(0, (":status".to_owned(), status.as_bytes().to_vec()));
                let step = self.attempt.as_mut().unwrap().headers(Headers(&borrowed(&list)), end, &self.host);
                self.take(step, end);
            }
            "body" => self.piece(unescaped(rest), end),
            "filler" => self.piece(vec![b'x'; rest.parse().unwrap()], end),
            "data" => self.piece(format!("data: {rest}\n\n").into_bytes(), end),
            "event" => {
                let (name, data) = rest.split_once(' ').unwrap();
                self.piece(format!("event: {name}\ndata: {data}\n\n").into_bytes(), end);
            }
            "end" => self.piece(Vec::new(), true),
            "trailers" => {
                let held = Piece { held: &self.held, fresh: 0 };
                let step = self.attempt.as_mut().unwrap().trailers(&held, &self.host);
                self.take(step, true);
            }
            _ => panic!("providers do not {word}"),
        }
    }

    fn attempt(&mut self, rest: &str) {
        let (cluster, kept) = rest.strip_suffix("kept").map_or((rest, false), |rest| (rest.trim_end(), true));
        self.held.clear();
        self.marked = None;
        let cluster = if cluster.is_empty() { Rc::clone(&self.named) } else { cluster.into() };
        match self.plan.as_ref().map(|plan| Attempt::start(plan, &At { cluster: &cluster, kept }, &self.host))
        {
            Some(Start::Send { attempt, request, next }) => {
                self.say(format!("send {cluster}{}", text(&request.headers)));
                self.say_body(&self.edited(&request));
                if !request.dropped.is_empty() {
                    let spoken = self.client.chat;
                    self.say(format!("dropped {}", request.dropped.header(|param| spoken.spell(param))));
                }
                if let Some(next) = next {
                    self.name(&next);
                }
                self.attempt = Some(attempt);
            }
            Some(Start::Reply(reply)) => self.reply(&reply),
            None => self.reply(&Attempt::lost_plan()),
        }
    }

    fn edited(&self, request: &UpstreamRequest) -> Vec<u8> {
        match &request.body {
            BodyEdit::Keep => self.sent.clone(),
            BodyEdit::Prefix { length, with } => [with, &self.sent[*length..]].concat(),
            BodyEdit::Whole(body) => body.clone(),
        }
    }

    fn piece(&mut self, piece: Vec<u8>, end: bool) {
        self.held.extend_from_slice(&piece);
        let held = Piece { held: &self.held, fresh: piece.len() };
        let step = self.attempt.as_mut().unwrap().body(&held, end, &self.host);
        self.take(step, end);
    }

    pub(super) fn take(&mut self, step: Step, end: bool) {
        let mut held = Written { body: std::mem::take(&mut self.held), ..Written::default() };
        let Ok(flow) = step.carry_out(held.body.len(), &mut held);
        let Written { named, headers, body } = held;
        self.held = body;
        if let Some(cluster) = named {
            self.name(&cluster);
        }
        match (headers, flow) {
            (_, Flow::Cut) => {
                self.held.clear();
                self.parting.gone = false;
                self.say("client cut");
            }
            (Some(headers), flow) => self.release(headers, flow == Flow::Hold, end),
            (None, Flow::Hold) => self.say("hold"),
            (None, Flow::Go) => self.flush(end),
        }
    }

    fn release(&mut self, head: HeaderBlock, hold_body: bool, end: bool) {
        if head.get(RETRY_HEADER).is_some() {
            let after = head.get(AFTER_HEADER);
            let after = after.map(|value| format!(" after {} s", String::from_utf8_lossy(value)));
            self.say(format!("retry in {}{}", self.named, after.unwrap_or_default()));
            self.marked = Some(head);
        } else if hold_body {
            let held = std::mem::take(&mut self.held);
            self.deliver(head, false);
            self.held = held;
            self.say("hold");
        } else {
            self.deliver(head, end);
        }
    }

    // === the client ===

    /// An answer leaves: past the gateway position to the client.
    fn deliver(&mut self, mut head: HeaderBlock, end: bool) {
        let status = String::from_utf8_lossy(head.get(":status").unwrap()).parse().unwrap();
        self.parting.status = status;
        match self.request.answer(|| status) {
            Delivery::Continue => {}
            Delivery::Unmark => {
                let marks = [RETRY_HEADER, AFTER_HEADER].map(str::as_bytes);
                head = head.iter().filter(|(name, _)| !marks.contains(name)).collect();
            }
            Delivery::Instead(reply) => {
                self.say(format!("client{}", text(&reply.header_block())));
                self.request.delivers(|| reply.body.clone());
                self.say_body(&reply.body);
                self.client_ends(reply.status);
                self.held.clear();
                self.replaced = true;
                return;
            }
        }
        self.say(format!("client{}", text(&head)));
        self.flush(end);
    }

    /// The client has all of its answer.
    fn client_ends(&mut self, status: u16) {
        self.parting = Parting { status, ..Parting::default() };
        self.say("client end");
    }

    fn flush(&mut self, end: bool) {
        let body = std::mem::take(&mut self.held);
        if self.replaced || self.marked.is_some() {
            return self.say("swallowed");
        }
        if !body.is_empty() {
            self.request.delivers(|| body.clone());
            self.say_body(&body);
        }
        if end {
            self.client_ends(self.parting.status);
        }
    }

    /// The next attempt asks in this cluster, which is told where it changes.
    fn name(&mut self, cluster: &str) {
        if *self.named != *cluster {
            self.say(format!("next {cluster}"));
            self.named = cluster.into();
        }
    }

    /// What is told of an exchange that is over.
    fn done(&mut self) {
        self.end_job();
        let parting = std::mem::replace(&mut self.parting, GONE);
        let record = self.request.done(|| parting, &self.host);
        let field = |text: &str| text.replace('\r', "\\r").replace('\n', "\\n");
        let fields = record.logged().map(|(known, text)| format!(" {}={}", known.name, field(&text)));
        let fields: String = fields.collect();
        self.say(if fields.is_empty() { "log nothing".to_owned() } else { format!("log{fields}") });
        for tried in &record.attempts {
            let status = tried.status.map_or("no answer".to_owned(), |status| status.to_string());
            let outcome = match tried.came {
                Came::Nothing => "failed",
                Came::Awaited => "awaited",
                Came::Beginning => "not over",
                Came::All => "answered",
                Came::Broken => "broken",
            };
            let tokens =
                tried.told.usage.map(|usage| format!(", {} + {} tokens", usage.prompt, usage.completion));
            let tokens = tokens.unwrap_or_default();
            self.say(format!(
                "tried {} {}: {status}, {outcome}{tokens}",
                tried.target.provider.name, tried.model
            ));
        }
        for (taken, amount) in &record.charges {
            self.say(format!("charge {amount} {taken}"));
        }
        for counter in METRICS.iter().filter_map(|metric| metric.counter(&record)) {
            self.say(format!("count {counter}"));
        }
    }

    pub(super) fn say(&mut self, line: impl Into<String>) {
        self.out.push(line.into());
    }

    fn say_body(&mut self, body: &[u8]) {
        let filler = "x".repeat(1000);
        for line in String::from_utf8_lossy(body).split('\n') {
            self.say(format!("| {}", line.replace('\r', "\\r").replace(&filler, "…")));
        }
    }
}
