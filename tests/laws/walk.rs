//! The way of one request through the exchange, for laws that care only where it ends.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use ferro::exchange::{
    Attempt, BodyEdit, Delivery, Exchange, Flow, Headers, Reply, RequestStep, Start, Step, UpstreamRequest,
};
use ferro::gateway::Gateway;

use super::random::Random;
use crate::host::{ENVIRONMENT, Host, Piece, Written, gateway};

/// The formats, and a model of each.
pub const TARGETS: [(&str, &str); 5] = [
    ("openai", "gpt-4o"),
    ("anthropic", "claude-sonnet-4-5"),
    ("gemini", "gemini-2.5-pro"),
    ("cohere", "command-a-plus-05-2026"),
    ("ollama-native", "qwen3:8b"),
];

/// A request that is with its provider.
pub struct Walk {
    host: Host,
    client: Exchange,
    attempt: Box<Attempt>,
    sent: Vec<u8>,
    request: UpstreamRequest,
}

impl Walk {
    /// Sends `body` to `model` of `provider`, whatever model it names.
    ///
    /// # Errors
    /// The gateway's reply, if it refuses the body.
    pub fn begin(body: &[u8], provider: &str, model: &str) -> Result<Self, Reply> {
        let host = Host::new(11);
        let mut client = Exchange::new(built(provider, model), &host);
        let head = Headers(&[(b":method", b"POST"), (b":path", b"/v1/chat/completions")]);
        assert!(matches!(client.headers(head, false, &host), RequestStep::Wait));
        let forward = match client.piece(body.to_vec(), true, &host) {
            RequestStep::Forward(forward) => forward,
            RequestStep::Reply(reply) => return Err(reply),
            RequestStep::Wait | RequestStep::Pass => panic!("it waits for a body that has come"),
        };
        assert_eq!(&*forward.target, provider);
        match Attempt::start(&forward.plan, &forward.target, &host) {
            Start::Send { attempt, request, .. } => {
                Ok(Self { host, client, attempt, sent: body.to_vec(), request })
            }
            Start::Reply(reply) => panic!("a plan that cannot start: {reply:?}"),
        }
    }

    /// The body that the provider sees.
    pub fn upstream(&self) -> Vec<u8> {
        match &self.request.body {
            BodyEdit::Keep => self.sent.clone(),
            BodyEdit::Prefix { length, with } => [with, &self.sent[*length..]].concat(),
            BodyEdit::Whole(body) => body.clone(),
        }
    }

    /// Whether something of the body is not for this provider.
    pub fn is_whole(&self) -> bool {
        self.request.dropped.is_empty()
    }

    /// The provider answers with `body`, in random pieces. Gives what the client gets of it; `None` if its transport
    /// is cut.
    pub fn answer(mut self, status: u16, body: &[u8], random: &mut Random) -> Option<Vec<u8>> {
        let text = status.to_string();
        let head = [(&b":status"[..], text.as_bytes()), (b"content-type", b"text/event-stream")];
        let (mut held, mut out) = (Vec::new(), Vec::new());
        let step = self.attempt.headers(Headers(&head), false, &self.host);
        take(step, &mut held, &mut out)?;
        let mut rest = body;
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(1 + random.below(rest.len()).min(16_000));
            let end = after.is_empty() && random.below(2) == 0;
            held.extend_from_slice(piece);
            let step = self.attempt.body(&Piece { held: &held, fresh: piece.len() }, end, &self.host);
            take(step, &mut held, &mut out)?;
            if end {
                return self.deliver(status, out);
            }
            rest = after;
        }
        let nothing = Piece { held: &held, fresh: 0 };
        let step = match random.below(2) {
            0 => self.attempt.trailers(&nothing, &self.host),
            _ => self.attempt.body(&nothing, true, &self.host),
        };
        take(step, &mut held, &mut out)?;
        assert!(held.is_empty(), "an answer that never leaves");
        self.deliver(status, out)
    }

    fn deliver(mut self, status: u16, out: Vec<u8>) -> Option<Vec<u8>> {
        assert!(self.attempt.is_judged(), "an answer of {status} without a verdict");
        Some(match self.client.answer(|| status) {
            Delivery::Instead(reply) => reply.body,
            Delivery::Continue | Delivery::Unmark => out,
        })
    }
}

/// The gateway for one target. Built once: it keeps nothing of a request that laws look at.
fn built(provider: &str, model: &str) -> Rc<Gateway> {
    thread_local! {
        static BUILT: RefCell<HashMap<String, Rc<Gateway>>> = RefCell::default();
    }
    let config = || {
        format!(
            r#"{{"providers":{{"{provider}":{{}}}},"log":{{"requests":"none"}},
                "routes":[{{"name":"all","targets":[{{"provider":"{provider}","model":"{model}"}}]}}]}}"#
        )
    };
    let name = format!("{provider}/{model}");
    BUILT.with_borrow_mut(|built| {
        Rc::clone(built.entry(name).or_insert_with(|| gateway(&config(), ENVIRONMENT)))
    })
}

/// Does with what is held what Envoy would; `None` if the client's transport is cut.
pub fn take(step: Step, held: &mut Vec<u8>, out: &mut Vec<u8>) -> Option<()> {
    let mut written = Written { body: std::mem::take(held), ..Written::default() };
    let Ok(flow) = step.carry_out(written.body.len(), &mut written);
    match flow {
        Flow::Go => out.append(&mut written.body),
        Flow::Hold => *held = written.body,
        Flow::Cut => return None,
    }
    Some(())
}

/// A small request.
pub fn ask(stream: bool) -> String {
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"hi"}}],"stream":{stream}}}"#)
}
