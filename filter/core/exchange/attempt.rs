//! The provider position: one attempt, from the plan to the upstream request, and its end if no answer came.

use std::time::Duration;

use super::answer::Answering;
use super::failure::Failure;
use super::first_cause::Words;
use super::plan::{Outcome, Plan, SharedPlan};
use super::record::Tried;
use super::reply::Reply;
use super::silence::Silence;
use super::upstream::UpstreamRequest;
use super::verdict::{Loss, Verdict, lost};
use super::{AnswerStep, Headers, Services};
use crate::chat::Dropped;
use crate::config::Redactor;

/// How soon a broken connection may be one that was already closed when it was taken.
const SOON: Duration = Duration::from_secs(1);

/// One attempt.
#[derive(Debug)]
pub struct Attempt {
    plan: SharedPlan,
    answering: Answering,
}

/// How an attempt starts.
#[derive(Debug)]
pub enum Start {
    /// With a request for its target.
    Send {
        /// The attempt.
        attempt: Box<Attempt>,
        /// What its target is to see.
        request: UpstreamRequest,
        /// The cluster to ask if the connection breaks or nothing comes, where it is not the one already named.
        next: Option<String>,
    },
    /// Not at all: this is the client's answer.
    Reply(Reply),
}

impl Attempt {
    /// Starts the attempt that Envoy makes in `cluster`.
    pub fn start(plan: &SharedPlan, cluster: &str, services: &dyn Services) -> Start {
        let started = plan.with(|plan| {
            let index = plan.cursor;
            let request = begin(plan, cluster, services)?;
            let answering = Answering::new(plan, index, request.dropped.clone());
            plan.cursor = index.saturating_add(1);
            let following = plan.targets.get(plan.cursor).map(|target| target.provider().name.clone());
            Ok((request, answering, following.and_then(|cluster| plan.rename(cluster))))
        });
        match started {
            Some(Ok((request, answering, next))) => {
                let attempt = Self { plan: plan.clone(), answering };
                Start::Send { attempt: Box::new(attempt), request, next }
            }
            Some(Err(reply)) => Start::Reply(reply),
            None => Start::Reply(Self::lost_plan()),
        }
    }

    /// What an attempt answers that finds no plan: the filter was replaced or restarted under the request.
    pub fn lost_plan() -> Reply {
        Failure::new(503, "plan_lost", "the gateway was restarted under this request; send it again")
            .into_reply(&Redactor::default())
    }

    /// The headers of its answer have come; `end` if that is all.
    pub fn headers(&mut self, headers: Headers<'_>, end: bool, services: &dyn Services) -> AnswerStep {
        self.answering.headers(&self.plan, headers, end, services)
    }

    /// A piece of its answer's body has come: what was not seen before. `end` if it is the last.
    pub fn body(&mut self, piece: Vec<u8>, end: bool, services: &dyn Services) -> AnswerStep {
        self.answering.body(&self.plan, piece, end, services)
    }

    /// Trailers have come: the body is over without a last piece.
    pub fn trailers(&mut self, services: &dyn Services) -> AnswerStep {
        self.answering.trailers(&self.plan, services)
    }

    /// Its answer has ended, and its provider is silent: what of it was held, with the end that its stream lacks.
    pub fn complete(&mut self, services: &dyn Services) -> Option<Vec<u8>> {
        self.answering.complete(&self.plan, services)
    }

    /// Whether the bytes of the next piece are needed.
    pub const fn reads(&self) -> bool {
        self.answering.reads()
    }

    /// Whether there was a verdict on its answer.
    pub const fn is_judged(&self) -> bool {
        self.answering.is_judged()
    }

    /// The attempt is over without an answer that was judged. Says whom Envoy's own retry is to ask: the cluster,
    /// where it is not the one already named. `connected`: there was a connection.
    pub fn lose(&mut self, connected: bool, services: &dyn Services) -> Option<String> {
        let answered = self.answering.has_begun();
        self.plan.with(|plan| lose(plan, self.answering.target, connected, answered, services)).flatten()
    }

    /// The attempt is over; there was a verdict on its answer. If the client is still there and the answer's end was
    /// not seen, it broke.
    pub fn end(&self, services: &dyn Services) {
        self.plan.with(|plan| {
            if !plan.closed {
                plan.ends(self.answering.target, true, services);
            }
        });
    }
}

/// The request of the target at the cursor, or why there is none.
fn begin(plan: &mut Plan, cluster: &str, services: &dyn Services) -> Result<UpstreamRequest, Reply> {
    let prepared = plan.prepared.take().filter(|(index, _)| *index == plan.cursor);
    let Some(target) = plan.targets.get(plan.cursor) else {
        plan.outcome = Outcome::Given;
        return Err(plan.last_word());
    };
    if target.provider().name != cluster {
        plan.outcome = Outcome::Given;
        return Err(plan.dress(Attempt::lost_plan(), None));
    }
    let request = match prepared {
        Some((_, request)) => Ok(request),
        None => UpstreamRequest::write(plan, target),
    };
    plan.keep_tried();
    plan.outcome = Outcome::None;
    plan.silence = Silence::default();
    plan.attempts = plan.attempts.saturating_add(1);
    plan.began = services.now();
    plan.asked = plan.cursor;
    plan.answered = false;
    plan.concluded = false;
    plan.usage = None;
    if let Some(target) = plan.targets.get_mut(plan.cursor) {
        target.tried = target.tried.saturating_add(1);
        plan.tried.push(Tried::begins(target));
    }
    request.map_err(|error| {
        plan.outcome = Outcome::Given;
        plan.refused.get_or_insert(error);
        plan.last_word()
    })
}

fn lose(
    plan: &mut Plan,
    index: usize,
    connected: bool,
    answered: bool,
    services: &dyn Services,
) -> Option<String> {
    if plan.closed {
        return None;
    }
    let elapsed = services.now().saturating_sub(plan.began);
    // Envoy's timer and ours are read at different moments.
    let limit = plan.first_byte;
    let late = elapsed >= limit.saturating_sub(limit.checked_div(20).unwrap_or_default());
    let loss = match (late, connected) {
        (true, _) => Loss::Timeout,
        (false, true) => Loss::Reset { soon: elapsed < SOON && !answered },
        (false, false) => Loss::Unreachable,
    };
    let chances = plan.chances(index);
    let many = plan.targets.len();
    let target = plan.targets.get_mut(index)?;
    let cluster = target.provider().name.clone();
    let verdict = lost(loss, target.repaired, &plan.route.retry, chances);
    let repaired =
        matches!((verdict, loss), (Verdict::Again { .. }, Loss::Reset { soon: true })) && !target.repaired;
    if repaired {
        target.repaired = true;
        // Nothing was asked: this try does not count.
        target.tried = target.tried.saturating_sub(1);
    } else if loss == Loss::Timeout && plan.is_shortened() {
        // What one client does not wait for says nothing of the target.
        plan.concluded = true;
    } else {
        plan.ends(index, true, services);
    }
    match verdict {
        Verdict::Again { .. } | Verdict::OtherCredential => {
            plan.cursor = index;
            return plan.rename(cluster);
        }
        Verdict::Next => plan.cursor = index.saturating_add(1),
        Verdict::Give => plan.cursor = many,
    }
    plan.keep_loss(index, &cluster, loss);
    let cluster = plan.settle(services)?;
    plan.rename(cluster)
}

impl Plan {
    /// What the client gets when nobody is left to ask.
    pub(super) fn last_word(&mut self) -> Reply {
        let reply = self.first_cause.take().unwrap_or_else(|| {
            let refused = self.refused.take().map(Failure::of_request);
            let late = || Failure::new(504, "timeout", "no provider answered in time");
            refused.unwrap_or_else(late).into_reply(&self.gateway.redactor)
        });
        self.dress(reply, None)
    }

    /// Adds our headers to a reply, unless it has them.
    pub(super) fn dress(&self, mut reply: Reply, index: Option<usize>) -> Reply {
        for (name, value) in self.answer_headers(index, &Dropped::default()) {
            reply.headers.retain(|(known, _)| *known != name || name != "x-ferro-attempts");
            if !reply.headers.iter().any(|(known, _)| *known == name) {
                reply.headers.push((name, String::from_utf8_lossy(&value).into_owned()));
            }
        }
        reply
    }

    fn keep_loss(&mut self, index: usize, provider: &str, loss: Loss) {
        let failure = match loss {
            Loss::Timeout => Failure::new(504, "timeout", format!("{provider} did not answer in time")),
            Loss::Unreachable => Failure::new(503, "no_target", format!("{provider} could not be reached")),
            Loss::Reset { .. } => Failure::new(
                503,
                "no_target",
                format!("the connection to {provider} broke before it answered"),
            ),
        };
        let reply = self.dress(failure.into_reply(&self.gateway.redactor), Some(index));
        self.first_cause.keep(Words::Ours, || reply);
    }
}
