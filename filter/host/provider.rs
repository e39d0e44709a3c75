//! The provider position: carries one attempt to the core, and its answer back.

use std::cell::RefCell;
use std::rc::Rc;

use ferro::contract::{PLAN_STATE, TARGET_STATE};
use ferro::exchange::{AnswerStep, Attempt, BodyEdit, Headers, Start, UpstreamRequest, decode_headers};
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use crate::calls::{self, Buffer, Map};
use crate::plans;
use crate::services::Host;

/// One attempt in one cluster.
pub struct ProviderContext {
    context: u32,
    cluster: Rc<str>,
    answer: Option<Rc<RefCell<Answer>>>,
    body: BodyEdit,
}

/// The answer of an attempt, on its way.
pub struct Answer {
    /// The attempt's context.
    context: u32,
    attempt: Box<Attempt>,
    /// Bytes of the body that are held and were read.
    held: usize,
}

impl ProviderContext {
    /// An attempt that has just begun.
    pub fn new(context: u32, cluster: Rc<str>) -> Self {
        Self { context, cluster, answer: None, body: BodyEdit::Keep }
    }

    /// Sends the attempt's request.
    fn send(&mut self, id: u64, attempt: Box<Attempt>, request: UpstreamRequest) -> calls::Result<()> {
        calls::set_headers(Map::Request, &request.headers)?;
        let answer = Rc::new(RefCell::new(Answer { context: self.context, attempt, held: 0 }));
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

/// The answer has ended and its provider is silent: writes the end that its stream lacks.
pub fn complete(answer: &RefCell<Answer>) -> calls::Result<()> {
    let Ok(mut answer) = answer.try_borrow_mut() else { return Ok(()) };
    let Some(bytes) = answer.attempt.complete(&Host) else { return Ok(()) };
    let held = std::mem::take(&mut answer.held);
    calls::speak_for(answer.context)?;
    calls::set_buffer(Buffer::ResponseBody, held, &bytes)?;
    calls::continue_response()
}

impl Answer {
    /// `length` bytes of the answer's body lie in Envoy's buffer. What cannot be done as it was said is not done by
    /// halves: the answer's transport breaks.
    fn obey(&mut self, step: AnswerStep, length: usize) -> Action {
        match self.carry_out(step, length) {
            Ok(action) => action,
            Err(failed) => cut(&format!("host status {}", failed.0)),
        }
    }

    fn carry_out(&mut self, step: AnswerStep, length: usize) -> calls::Result<Action> {
        match step {
            AnswerStep::Hold => {
                self.held = length;
                return Ok(Action::Pause);
            }
            AnswerStep::HoldAs(bytes) => {
                calls::set_buffer(Buffer::ResponseBody, length, &bytes)?;
                self.held = bytes.len();
                return Ok(Action::Pause);
            }
            AnswerStep::Continue => {}
            AnswerStep::Replace(bytes) => {
                if length > 0 || !bytes.is_empty() {
                    calls::set_buffer(Buffer::ResponseBody, length, &bytes)?;
                }
            }
            AnswerStep::Cut => {
                calls::cut_response()?;
                return Ok(Action::Pause);
            }
            AnswerStep::Release(release) => {
                name_target(release.target);
                calls::set_headers(Map::Response, &release.headers)?;
                if let Some(body) = &release.body {
                    calls::set_buffer(Buffer::ResponseBody, length, body)?;
                }
                if release.hold_body {
                    self.held = release.body.map_or(length, |body| body.len());
                    return Ok(Action::Pause);
                }
            }
        }
        self.held = 0;
        Ok(Action::Continue)
    }
}

impl Context for ProviderContext {
    fn on_done(&mut self) -> bool {
        // Runs before a retry of Envoy's own asks for its cluster.
        self.answer(|Answer { attempt, .. }| {
            if attempt.is_judged() {
                attempt.end(&Host);
            } else {
                let reason = calls::property("upstream\0transport_failure_reason");
                let connected = reason.is_ok_and(|reason| reason.is_empty());
                name_target(attempt.lose(connected, &Host));
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
        let start = match plans::find(id) {
            Some(plan) => Attempt::start(&plan, &self.cluster, &Host),
            None => Start::Reply(Attempt::lost_plan()),
        };
        match start {
            Start::Send { attempt, request, next } => {
                name_target(next);
                match self.send(id, attempt, request) {
                    Ok(()) => Action::Continue,
                    Err(failed) => {
                        log::error!("an attempt's headers could not be written: host status {}", failed.0);
                        let _ = calls::reply(&Attempt::lost_plan(), "ferro_headers");
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
            let _ = calls::reply(&Attempt::lost_plan(), "ferro_body");
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
            let Answer { attempt, held, .. } = answer;
            // While pieces are held, `length` counts them all; only what is new is read.
            let piece = match attempt.reads() {
                true => calls::buffer(Buffer::ResponseBody, *held, length.saturating_sub(*held)),
                false => Ok(Vec::new()),
            };
            match piece {
                Ok(piece) => {
                    let step = attempt.body(piece, end, &Host);
                    answer.obey(step, length)
                }
                Err(failed) => cut(&format!("host status {}", failed.0)),
            }
        })
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        self.answer(|answer| {
            let step = answer.attempt.trailers(&Host);
            // A client gets none: they could hold anything.
            match calls::set_headers(Map::ResponseTrailers, &Vec::new()) {
                Ok(()) => answer.obey(step, answer.held),
                Err(failed) => cut(&format!("host status {}", failed.0)),
            }
        })
    }
}

/// Breaks the answer's transport, so that nobody takes what has left for all of it.
fn cut(why: &str) -> Action {
    log::error!("an answer could not be carried on and is cut off: {why}");
    let _ = calls::cut_response();
    Action::Pause
}

fn name_target(cluster: Option<String>) {
    if let Some(cluster) = cluster
        && let Err(failed) = calls::set_state(TARGET_STATE, cluster.as_bytes())
    {
        log::error!("the next target could not be named: host status {}", failed.0);
    }
}
