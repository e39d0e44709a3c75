//! What the gateway itself is asked: at once, or when the body has come that belongs to it. A body of ours is JSON, and
//! short.

use std::rc::Rc;

use super::super::Services;
use super::super::deliver::too_large;
use super::super::failure::Failure;
use super::super::headers::Headers;
use super::super::intake::{Exchange, RequestStep, State, ends_at};
use super::{answer, check_open};
use crate::access::Caller;
use crate::surface::{Body, Surface, SurfaceMatch};

/// What is asked, while its body is being read.
#[derive(Debug)]
pub(in super::super) struct Question {
    surface: &'static Surface,
    /// What follows the surface's own path.
    rest: String,
    /// Who asks, where that is known.
    caller: Option<Rc<Caller>>,
    /// What of the body has come.
    body: Vec<u8>,
    /// How long the body is, where the host cannot say when it has ended.
    pub ends_at: Option<usize>,
}

/// The longest body, in bytes.
const LONGEST: usize = 64 * 1024;

impl Exchange {
    /// Answers what no provider is asked for, or waits for the body.
    ///
    /// # Errors
    /// It has no answer.
    pub(in super::super) fn be_asked(
        &mut self,
        asked: SurfaceMatch<'_>,
        caller: Option<Rc<Caller>>,
        headers: Headers<'_>,
        end: bool,
        services: &dyn Services,
    ) -> Result<RequestStep, Failure> {
        check_open(asked.surface, &self.gateway)?;
        if asked.surface.body != Body::Json {
            let reply = answer(asked, &self.gateway, caller.as_deref(), &[], services)?;
            return Ok(self.reply(reply));
        }
        let ends_at = ends_at(asked.surface, headers, end)?;
        self.check_json(headers, end, services)?;
        if self.declared(headers)?.is_some_and(|length| length > self.longest()) {
            return Err(too_large(self.longest()));
        }
        let (surface, rest) = (asked.surface, asked.rest.to_owned());
        let question = Question { surface, rest, caller, body: Vec::new(), ends_at };
        self.state = State::Asked(Box::new(question));
        Ok(RequestStep::Wait)
    }

    /// A piece of the body has come; `end` if it is the last.
    pub(in super::super) fn hear(
        &mut self,
        mut question: Box<Question>,
        piece: Vec<u8>,
        end: bool,
        services: &dyn Services,
    ) -> RequestStep {
        if question.body.len().saturating_add(piece.len()) > self.longest() {
            return self.refuse(too_large(self.longest()));
        }
        question.body.extend_from_slice(&piece);
        if !end {
            self.state = State::Asked(question);
            return RequestStep::Wait;
        }
        let Question { surface, rest, caller, body, .. } = *question;
        let asked = SurfaceMatch { surface, rest: &rest };
        match answer(asked, &self.gateway, caller.as_deref(), &body, services) {
            Ok(reply) => self.reply(reply),
            Err(failure) => self.refuse(failure),
        }
    }

    /// The longest body that is read here.
    fn longest(&self) -> usize {
        LONGEST.min(self.gateway.max_request_bytes)
    }
}
