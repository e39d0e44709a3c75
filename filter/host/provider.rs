//! The provider position: carries one attempt to the core, and its answer back.

use std::rc::Rc;

use ferro::contract::{PLAN_STATE, TARGET_STATE};
use ferro::exchange::{AnswerStep, Attempt, BodyEdit, Headers, Start};
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use crate::calls::{self, Buffer, Map};
use crate::plans;
use crate::services::Host;

/// One attempt in one cluster.
pub struct ProviderContext {
    cluster: Rc<str>,
    attempt: Option<Box<Attempt>>,
    body: BodyEdit,
    /// Bytes of the answer's body that are held and were read.
    held: usize,
}

impl ProviderContext {
    /// An attempt that has just begun.
    pub fn new(cluster: Rc<str>) -> Self {
        Self { cluster, attempt: None, body: BodyEdit::Keep, held: 0 }
    }

    fn start(&self) -> Start {
        let id = calls::state(PLAN_STATE).ok().and_then(|id| id.try_into().ok()).map(u64::from_le_bytes);
        match id.and_then(plans::find) {
            Some(plan) => Attempt::start(&plan, &self.cluster, &Host),
            None => Start::Reply(Attempt::lost_plan()),
        }
    }

    /// `length` bytes of the answer's body lie in Envoy's buffer.
    fn obey(&mut self, step: AnswerStep, length: usize) -> Action {
        match step {
            AnswerStep::Hold => {
                self.held = length;
                return Action::Pause;
            }
            AnswerStep::HoldAs(bytes) => {
                let _ = calls::set_buffer(Buffer::ResponseBody, length, &bytes);
                self.held = bytes.len();
                return Action::Pause;
            }
            AnswerStep::Continue => {}
            AnswerStep::Replace(bytes) => {
                if length > 0 || !bytes.is_empty() {
                    let _ = calls::set_buffer(Buffer::ResponseBody, length, &bytes);
                }
            }
            AnswerStep::Cut => {
                let _ = calls::cut_response();
            }
            AnswerStep::Release(release) => {
                name_target(release.target);
                let _ = calls::set_headers(Map::Response, &release.headers);
                if let Some(body) = &release.body {
                    let _ = calls::set_buffer(Buffer::ResponseBody, length, body);
                }
                if release.hold_body {
                    self.held = release.body.map_or(length, |body| body.len());
                    return Action::Pause;
                }
            }
        }
        self.held = 0;
        Action::Continue
    }
}

impl Context for ProviderContext {
    fn on_done(&mut self) -> bool {
        // Runs before a retry of Envoy's own asks for its cluster.
        match &mut self.attempt {
            Some(attempt) if attempt.is_judged() => attempt.end(&Host),
            Some(attempt) => {
                let reason = calls::property("upstream\0transport_failure_reason");
                let connected = reason.is_ok_and(|reason| reason.is_empty());
                name_target(attempt.lose(connected, &Host));
            }
            None => {}
        }
        true
    }
}

impl HttpContext for ProviderContext {
    fn on_http_request_headers(&mut self, _: usize, _: bool) -> Action {
        #[cfg(feature = "fault-injection")]
        crate::fault::fire();
        match self.start() {
            Start::Send { attempt, request, next } => {
                name_target(next);
                if let Err(failed) = calls::set_headers(Map::Request, &request.headers) {
                    log::error!("an attempt's headers could not be written: host status {}", failed.0);
                    let _ = calls::reply(&Attempt::lost_plan(), "ferro_headers");
                    return Action::Pause;
                }
                self.attempt = Some(attempt);
                self.body = request.body;
                Action::Continue
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
        let Some(attempt) = &mut self.attempt else { return Action::Continue };
        let bytes = calls::headers(Map::Response).unwrap_or_default();
        let headers = calls::decode(&bytes);
        let step = attempt.headers(Headers(&headers), end, &Host);
        self.obey(step, 0)
    }

    fn on_http_response_body(&mut self, length: usize, end: bool) -> Action {
        let Some(attempt) = &mut self.attempt else { return Action::Continue };
        // While pieces are held, `length` counts them all; only what is new is read.
        let piece = match attempt.reads() {
            true => calls::buffer(Buffer::ResponseBody, self.held, length.saturating_sub(self.held)),
            false => Ok(Vec::new()),
        };
        let step = attempt.body(piece.unwrap_or_default(), end, &Host);
        self.obey(step, length)
    }

    fn on_http_response_trailers(&mut self, _: usize) -> Action {
        let Some(attempt) = &mut self.attempt else { return Action::Continue };
        let step = attempt.trailers(&Host);
        self.obey(step, self.held)
    }
}

fn name_target(cluster: Option<String>) {
    if let Some(cluster) = cluster
        && let Err(failed) = calls::set_state(TARGET_STATE, cluster.as_bytes())
    {
        log::error!("the next target could not be named: host status {}", failed.0);
    }
}
