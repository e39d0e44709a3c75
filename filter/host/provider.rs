//! The provider position: carries one attempt to the core, and its answer back.

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use ferro::contract::{PLAN_STATE, Place, UNREACHABLE, place};
use ferro::exchange::{
    Attempt, BodyEdit, Carrier, Flow, HeaderBlock, Headers, Held, Silent, Start, Step, Unreached,
    UpstreamRequest, decode_headers,
};
use ferro::gateway::{Call, CallAnswer, Gateway};
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use crate::calls::{self, Buffer, Map};
use crate::plans;
use crate::services::Host;

/// One attempt.
pub struct ProviderContext {
    context: u32,
    answer: Option<Rc<RefCell<Answer>>>,
    body: BodyEdit,
}

/// The answer of an attempt, on its way.
pub struct Answer {
    /// The attempt's context.
    context: u32,
    /// The request's plan.
    plan: u64,
    attempt: Box<Attempt>,
    /// Bytes of the body that Envoy holds.
    held: usize,
}

/// The body of an answer in Envoy's buffer.
struct Buffered {
    length: usize,
    fresh: usize,
}

impl ProviderContext {
    /// An attempt that has just begun.
    pub fn new(context: u32) -> Self {
        Self { context, answer: None, body: BodyEdit::Keep }
    }

    /// Sends the attempt's request.
    fn send(&mut self, id: u64, attempt: Box<Attempt>, request: UpstreamRequest) -> calls::Result<()> {
        calls::set_headers(Map::Request, &request.headers)?;
        let answer = Rc::new(RefCell::new(Answer { context: self.context, plan: id, attempt, held: 0 }));
        plans::attach(id, &answer);
        self.answer = Some(answer);
        self.body = request.body;
        Ok(())
    }

    /// Works on the answer. Where no attempt was made, it is a reply of our own and passes.
    fn answer(&self, work: impl FnOnce(&mut Answer) -> Action) -> Action {
        match self.answer.as_ref().map(|answer| answer.try_borrow_mut()) {
            None => Action::Continue,
            Some(Ok(mut answer)) => work(&mut answer),
            Some(Err(_)) => cut("it is being worked on"),
        }
    }
}

impl Answer {
    /// So much time has passed: what the answer's silence means, if its request runs under `gateway`.
    pub fn grow_silence(&mut self, gateway: &Rc<Gateway>, elapsed: Duration) -> Silent {
        self.attempt.grow_silence(gateway, elapsed, &Host)
    }

    /// The answer has ended and its provider is silent: writes the end that its stream lacks.
    pub fn complete(&mut self) -> calls::Result<()> {
        let Some(bytes) = self.attempt.complete(&Host) else { return Ok(()) };
        let held = std::mem::take(&mut self.held);
        calls::speak_for(self.context)?;
        calls::set_buffer(Buffer::ResponseBody, held, &bytes)?;
        calls::continue_response()
    }

    /// The question about the answer that is to be asked now, if its request runs under `gateway`.
    pub fn asks(&mut self, gateway: &Rc<Gateway>) -> Option<Call> {
        self.attempt.asks(gateway, &Host)
    }

    /// What came of that question.
    pub fn hear(&mut self, answer: CallAnswer<'_>) -> calls::Result<()> {
        let step = self.attempt.hear(answer, &Host);
        if step == Step::hold() {
            return Ok(());
        }
        calls::speak_for(self.context)?;
        match self.obey(step, self.held) {
            Action::Continue => calls::continue_response(),
            _ => Ok(()),
        }
    }

    /// Does what was said, with `length` bytes of body in Envoy's buffer. What cannot be done as it was said is not
    /// done by halves: the answer's transport breaks.
    fn obey(&mut self, step: Step, length: usize) -> Action {
        self.held = length;
        match step.carry_out(length, self) {
            Ok(Flow::Go) => {
                self.held = 0;
                Action::Continue
            }
            Ok(Flow::Hold) => Action::Pause,
            Ok(Flow::Cut) => cut("it cannot be completed"),
            Err(failed) => cut(&format!("host status {}", failed.0)),
        }
    }
}

impl Carrier for Answer {
    type Failed = calls::Failed;

    fn name_next(&mut self, cluster: &Rc<str>) -> calls::Result<()> {
        plans::name_next(self.plan, cluster)
    }

    fn write_headers(&mut self, headers: &HeaderBlock) -> calls::Result<()> {
        calls::set_headers(Map::Response, headers)
    }

    fn write_body(&mut self, bytes: &[u8]) -> calls::Result<()> {
        let held = std::mem::replace(&mut self.held, bytes.len());
        calls::set_buffer(Buffer::ResponseBody, held, bytes)
    }
}

impl Held for Buffered {
    fn length(&self) -> usize {
        self.length
    }

    fn fresh(&self) -> usize {
        self.fresh
    }

    fn read(&self, from: usize) -> Option<Vec<u8>> {
        match self.length.saturating_sub(from) {
            0 => Some(Vec::new()),
            length => calls::buffer(Buffer::ResponseBody, from, length).ok(),
        }
    }
}

impl Context for ProviderContext {
    fn on_done(&mut self) -> bool {
        // Runs before a retry of Envoy's own asks for its cluster.
        self.answer(|answer| {
            plans::tell_later(answer.attempt.ends_job());
            if let Some(cluster) = answer.attempt.end(unreached, &Host) {
                report(plans::name_next(answer.plan, &cluster));
            }
            Action::Continue
        });
        true
    }
}

impl HttpContext for ProviderContext {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        #[cfg(feature = "fault-injection")]
        crate::fault::fire();
        let id = calls::state(PLAN_STATE).ok().and_then(|id| id.try_into().ok()).map(u64::from_le_bytes);
        let id = id.unwrap_or_default();
        let plan = plans::find(id);
        let start = match &plan {
            Some(plan) => Attempt::start(plan, &Cluster, &Host),
            None => Start::Reply(Attempt::lost_plan()),
        };
        match start {
            Start::Send { attempt, request, next } => {
                if let Some(cluster) = next {
                    report(plans::name_next(id, &cluster));
                }
                match self.send(id, attempt, request) {
                    Ok(()) => Action::Continue,
                    Err(failed) => {
                        log::error!("an attempt's headers could not be written: host status {}", failed.0);
                        let lost = plan.map_or_else(Attempt::lost_plan, |plan| plan.lost());
                        let _ = calls::reply(&lost, "ferro_headers");
                        Action::Pause
                    }
                }
            }
            Start::Reply(reply) => {
                let _ = calls::reply(&reply, "ferro_no_attempt");
                Action::Pause
            }
        }
    }

    fn on_http_request_body(&mut self, length: usize, _: bool) -> Action {
        let edited = match &mut self.body {
            BodyEdit::Keep => Ok(()),
            // The first piece becomes all of it, later ones nothing.
            BodyEdit::Whole(body) => {
                let body = std::mem::take(body);
                calls::set_buffer(Buffer::RequestBody, length, &body)
            }
            BodyEdit::Prefix { length: left, with } => {
                let gone = (*left).min(length);
                *left = left.saturating_sub(gone);
                let with = if *left == 0 { std::mem::take(with) } else { Vec::new() };
                let edited = calls::set_buffer(Buffer::RequestBody, gone, &with);
                if *left == 0 {
                    self.body = BodyEdit::Keep;
                }
                edited
            }
        };
        if let Err(failed) = edited {
            log::error!("an attempt's body could not be written: host status {}", failed.0);
            let plan = self.answer.as_ref().and_then(|answer| plans::find(answer.try_borrow().ok()?.plan));
            let lost = plan.map_or_else(Attempt::lost_plan, |plan| plan.lost());
            let _ = calls::reply(&lost, "ferro_body");
            return Action::Pause;
        }
        Action::Continue
    }

    fn on_http_response_headers(&mut self, _: usize, end: bool) -> Action {
        self.answer(|answer| {
            let bytes = match calls::headers(Map::Response) {
                Ok(bytes) => bytes,
                Err(failed) => return cut(&format!("host status {}", failed.0)),
            };
            let step = answer.attempt.headers(Headers(&decode_headers(&bytes)), end, &Host);
            answer.obey(step, 0)
        })
    }

    fn on_http_response_body(&mut self, length: usize, end: bool) -> Action {
        self.answer(|answer| {
            // While pieces are held, `length` counts them all.
            let buffered = Buffered { length, fresh: length.saturating_sub(answer.held) };
            let step = answer.attempt.body(&buffered, end, &Host);
            answer.obey(step, length)
        })
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        self.answer(|answer| {
            let held = answer.held;
            let step = answer.attempt.trailers(&Buffered { length: held, fresh: 0 }, &Host);
            // A client gets none: they could hold anything.
            match calls::set_headers(Map::ResponseTrailers, &HeaderBlock::default()) {
                Ok(()) => answer.obey(step, held),
                Err(failed) => cut(&format!("host status {}", failed.0)),
            }
        })
    }
}

/// The cluster that an attempt is in, which Envoy knows.
struct Cluster;

impl Place for Cluster {
    fn is(&self, cluster: &str, scheme: &str, authority: &str) -> bool {
        calls::is_in_cluster(&place(cluster, scheme, authority))
    }

    /// Envoy takes a connection before an attempt's filters run: one that was there is known by then, a new one is not.
    fn is_kept(&self) -> bool {
        calls::property(CONNECTED).is_ok()
    }

    fn header(&self, name: &str) -> Option<Vec<u8>> {
        calls::header(Map::Request, name).ok()
    }
}

/// Why there was no connection, if there was none.
fn unreached() -> Option<Unreached> {
    let text = |name| String::from_utf8_lossy(&calls::property(name).unwrap_or_default()).into_owned();
    let connected = calls::property(CONNECTED).is_ok();
    (!connected).then(|| Unreached {
        reason: text("upstream\0transport_failure_reason"),
        nameless: text("upstream\0address").starts_with(UNREACHABLE),
    })
}

/// What is known of an attempt once it has a connection, and not before: our side of it.
const CONNECTED: &str = "upstream\0local_address";

/// Breaks the answer's transport, so that nobody takes what has left for all of it.
fn cut(why: &str) -> Action {
    log::error!("an answer could not be carried on and is cut off: {why}");
    let _ = calls::cut_response();
    Action::Pause
}

/// The next attempt asks in the cluster that was named before: the one that finds there that it should not says so.
fn report(named: calls::Result<()>) {
    if let Err(failed) = named {
        log::error!("the next target could not be named: host status {}", failed.0);
    }
}
