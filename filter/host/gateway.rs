//! The gateway position: carries one client request to the core, and its answer past it.

use std::rc::Rc;

use ferro::contract::{
    AFTER_HEADER, PLAN_STATE, RETRY_HEADER, ROUTE_STATE, STORE_ANSWER, log_state, store_state,
};
use ferro::exchange::{
    Delivery, Exchange, Forward, HeaderBlock, Headers, Parting, RequestStep, decode_headers,
};
use ferro::gateway::Gateway;
use proxy_wasm::traits::{Context, HttpContext};
use proxy_wasm::types::Action;

use crate::calls::{self, Buffer, Map};
use crate::metrics;
use crate::plans;
use crate::services::Host;

/// One client request.
pub struct GatewayContext {
    context: u32,
    exchange: Exchange,
    plan: Option<u64>,
    /// Bytes of the request's body that have come.
    received: usize,
    /// Those of them that were read.
    read: usize,
    /// What goes out in place of the answer's body.
    instead: Option<Vec<u8>>,
}

impl GatewayContext {
    /// A request that has just come.
    pub fn new(context: u32, gateway: Rc<Gateway>) -> Self {
        let exchange = Exchange::new(gateway, &Host);
        Self { context, exchange, plan: None, received: 0, read: 0, instead: None }
    }

    fn obey(&mut self, step: RequestStep) -> Action {
        match step {
            RequestStep::Wait => Action::Pause,
            RequestStep::Pass => Action::Continue,
            RequestStep::Reply(reply) => {
                let _ = calls::reply(&reply, "ferro_reply");
                Action::Pause
            }
            RequestStep::Forward(forward) => match self.forward(forward) {
                Ok(()) => Action::Continue,
                Err(failed) => {
                    log::error!("a request could not be forwarded: host status {}", failed.0);
                    let _ = calls::reply(&self.exchange.lost(), "ferro_forward");
                    Action::Pause
                }
            },
        }
    }

    fn forward(&mut self, forward: Forward) -> calls::Result<()> {
        for name in &forward.remove {
            calls::remove_header(Map::Request, name)?;
        }
        for (name, value) in &forward.headers {
            calls::set_header(Map::Request, name, value)?;
        }
        let id = plans::insert(self.context, forward.plan, forward.target)?;
        self.plan = Some(id);
        calls::set_state(PLAN_STATE, &id.to_le_bytes())?;
        calls::set_state(ROUTE_STATE, forward.route.as_bytes())?;
        calls::clear_route_cache()
    }

    /// Takes out of an answer what who counts for several gateways has said.
    fn hear_store(&self) {
        let [first, ..] = STORE_ANSWER;
        if calls::header(Map::Response, first).is_err() {
            self.exchange.misses_store(&Host);
        }
        for name in STORE_ANSWER {
            let _ = calls::remove_header(Map::Response, name);
        }
    }

    /// `length` bytes of the body lie in Envoy's buffer.
    fn piece(&mut self, length: usize, end: bool) -> Action {
        self.received = length;
        let end = end || self.exchange.is_all(length);
        // Envoy refuses what outgrows its buffer, by the same limit.
        if !self.exchange.reads(end) {
            return Action::Pause;
        }
        let new = length.saturating_sub(self.read);
        let refusal = self.exchange.overflows(new, &Host);
        let step = refusal.unwrap_or_else(|| match calls::buffer(Buffer::RequestBody, self.read, new) {
            Ok(piece) => {
                self.read = length;
                self.exchange.piece(piece, end, &Host)
            }
            Err(failed) => {
                log::error!("a request's body could not be read: host status {}", failed.0);
                RequestStep::Reply(self.exchange.lost())
            }
        });
        self.obey(step)
    }
}

impl Context for GatewayContext {}

impl HttpContext for GatewayContext {
    fn on_http_request_headers(&mut self, _: usize, end: bool) -> Action {
        let bytes = calls::headers(Map::Request).unwrap_or_default();
        let headers = decode_headers(&bytes);
        #[cfg(feature = "fault-injection")]
        crate::fault::arm(&headers);
        if self.exchange.has_base() {
            match calls::base() {
                Ok(base) => self.exchange.stand_below(base),
                Err(failed) => {
                    log::error!("it is not known where a request came in: host status {}", failed.0);
                    return self.obey(RequestStep::Reply(self.exchange.lost()));
                }
            }
        }
        let step = self.exchange.headers(Headers(&headers), end, &Host);
        self.obey(step)
    }

    fn on_http_request_body(&mut self, length: usize, end: bool) -> Action {
        if self.plan.is_some() {
            return Action::Continue;
        }
        self.piece(length, end)
    }

    fn on_http_request_trailers(&mut self, _: usize) -> Action {
        // They could hold anything, and providers see none of the client's headers.
        if let Err(failed) = calls::set_headers(Map::RequestTrailers, &HeaderBlock::default()) {
            log::error!("a request's trailers could not be removed: host status {}", failed.0);
            let _ = calls::reply(&self.exchange.lost(), "ferro_trailers");
            return Action::Pause;
        }
        if self.plan.is_some() {
            return Action::Continue;
        }
        self.piece(self.received, true)
    }

    fn on_http_response_headers(&mut self, _: usize, end: bool) -> Action {
        let status = || {
            let status = calls::header(Map::Response, ":status").ok();
            status.and_then(|status| std::str::from_utf8(&status).ok()?.parse().ok()).unwrap_or(502)
        };
        if self.exchange.asks_store() {
            self.hear_store();
        }
        match self.exchange.answer(status) {
            Delivery::Continue => {}
            Delivery::Unmark => {
                let unmarked = calls::remove_header(Map::Response, RETRY_HEADER)
                    .and_then(|()| calls::remove_header(Map::Response, AFTER_HEADER));
                return or_cut(unmarked);
            }
            Delivery::Instead(reply) if end => {
                let _ = calls::reply(&reply, "ferro_instead");
                return Action::Pause;
            }
            Delivery::Instead(reply) => {
                let written = calls::set_headers(Map::Response, &reply.header_block());
                self.instead = Some(reply.body);
                return or_cut(written);
            }
        }
        Action::Continue
    }

    fn on_http_response_body(&mut self, length: usize, _: bool) -> Action {
        if let Some(body) = &mut self.instead {
            // The first piece becomes all of it, later ones nothing.
            let body = std::mem::take(body);
            self.exchange.delivers(|| body.clone());
            return or_cut(calls::set_buffer(Buffer::ResponseBody, length, &body));
        }
        self.exchange.delivers(|| calls::buffer(Buffer::ResponseBody, 0, length).unwrap_or_default());
        Action::Continue
    }

    fn on_log(&mut self) {
        let record = self.exchange.done(parting, &Host);
        for (field, text) in record.logged() {
            let _ = calls::set_state(&log_state(field.name), text.as_bytes());
        }
        for (taken, amount) in &record.charges {
            let _ = calls::set_state(&store_state(taken), amount.to_string().as_bytes());
        }
        metrics::count(&record);
        if let Some(id) = self.plan.take() {
            plans::remove(id);
        }
    }
}

/// How the request ended, as Envoy saw it.
fn parting() -> Parting {
    /// The client closed its connection, or reset its stream: bits of Envoy's response flags
    /// (`envoy/stream_info/stream_info.h`, `DownstreamConnectionTermination` and `DownstreamRemoteReset`).
    const GONE: u64 = 1 << 14 | 1 << 28;
    /// What it sent was not HTTP (`DownstreamProtocolError`).
    const MALFORMED: u64 = 1 << 18;
    let number = |name| {
        let bytes = calls::property(name).ok()?;
        bytes.try_into().ok().map(u64::from_le_bytes)
    };
    let status = number("response\0code").and_then(|status| u16::try_from(status).ok());
    let flags = number("response\0flags").unwrap_or_default();
    let (gone, malformed) = (flags & GONE != 0, flags & MALFORMED != 0);
    Parting { status: status.unwrap_or_default(), gone, malformed }
}

/// Goes on where the host did what it was asked; else breaks the answer's transport, so that nothing leaves as it came.
fn or_cut(outcome: calls::Result<()>) -> Action {
    match outcome {
        Ok(()) => Action::Continue,
        Err(failed) => {
            log::error!("an answer could not be written and is cut off: host status {}", failed.0);
            let _ = calls::cut_response();
            Action::Pause
        }
    }
}
