//! Whether an attempt is made, and with which request.

use std::rc::Rc;
use std::time::Duration;

use super::report::Report;
use super::silence::Silence;
use super::{Attempt, Running, State, UpstreamRequest};
use crate::contract::Place;
use crate::exchange::headers::HeaderBlock;
use crate::exchange::plan::SharedPlan;
use crate::exchange::queue::{Expected, NoAttempt};
use crate::exchange::record::AttemptRecord;
use crate::exchange::{Failure, Reply, Services};

/// How an attempt starts.
#[derive(Debug)]
pub enum Start {
    /// With a request for its target.
    Send {
        /// The attempt.
        attempt: Box<Attempt>,
        /// What its target is to see.
        request: UpstreamRequest,
        /// The cluster to ask if the connection breaks or nothing comes.
        next: Option<Rc<str>>,
    },
    /// Not at all: this is the client's answer.
    Reply(Reply),
}

impl Attempt {
    /// Starts the attempt that Envoy makes at `place`.
    pub fn start(plan: &SharedPlan, place: &(impl Place + ?Sized), services: &dyn Services) -> Start {
        let started = plan.with(|facts, queue| {
            let request = match queue.begin(facts, place) {
                Ok(request) => request,
                Err(NoAttempt::Over) => return Start::Reply(queue.last_word(facts)),
                Err(NoAttempt::Elsewhere) => {
                    queue.expected = Expected::Given;
                    return Start::Reply(queue.dress(facts, facts.reply(Failure::of_lost_plan()), None));
                }
            };
            let Some(asked) = queue.tried.last().cloned() else {
                return Start::Reply(facts.reply(Failure::of_lost_plan()));
            };
            let running = Running { kept: place.is_kept(), ..Running::new(asked, &request, services.now()) };
            let attempt = Box::new(Self { plan: plan.clone(), running });
            Start::Send { attempt, request, next: queue.following() }
        });
        started.unwrap_or_else(|| Start::Reply(plan.lost()))
    }
}

impl Running {
    fn new(asked: AttemptRecord, request: &UpstreamRequest, began: Duration) -> Self {
        Self {
            format: request.format,
            asked,
            dropped: request.dropped.clone(),
            memo: request.memo.clone(),
            report: Some(Report { began }),
            silence: Silence::default(),
            head: HeaderBlock::default(),
            read_headers: Vec::new(),
            kept: false,
            counts: request.counts,
            status: 0,
            retry_after: None,
            holds_end: true,
            encoded: false,
            broken: false,
            state: State::Waiting,
        }
    }
}
