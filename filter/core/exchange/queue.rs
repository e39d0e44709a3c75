//! The targets of one request: who is left, who is asked now, who comes next, and who was asked before.
//!
//! Of those that the strategy's order has left, the first that is well is asked next. A target that has its fill,
//! rests or is broken is asked after all others, but it is asked: when nobody is well, the least bad is tried. One that has
//! nothing left of its limits is not asked at all.

use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use super::Services;
use super::attempt::{Chances, UpstreamRequest};
use super::body::ClientBody;
use super::candidate::Candidate;
use super::charge::refusal;
use super::choice::nobody_left;
use super::failure::Failure;
use super::first_cause::FirstCause;
use super::headers::HeaderList;
use super::plan::Plan;
use super::record::{AttemptRecord, Came};
use super::reply::Reply;
use super::trail::continued;
use crate::access::ledger::Over;
use crate::contract::Place;
use crate::hub::{Fault, RequestError, Told};
use crate::routing::Standing;

/// The targets of a request, and what is needed to ask them.
#[derive(Debug)]
pub(super) struct Queue {
    /// The client's body, as long as somebody may need it.
    pub body: ClientBody,
    /// Headers of the client that some vendor wants.
    pub forwarded: HeaderList,
    /// Who is asked now.
    pub running: Option<Candidate>,
    /// Who is asked next.
    next: Option<Next>,
    /// Who is left after that, in the order of the strategy.
    targets: VecDeque<Candidate>,
    /// The attempts that were begun.
    pub tried: Vec<AttemptRecord>,
    /// What the client gets if nothing better comes.
    pub first_cause: FirstCause,
    /// Why a target failed, the first one that did.
    pub cause: Option<String>,
    /// Models whose context the request does not fit into.
    pub too_small: Vec<Rc<str>>,
    /// Why a target could not be asked at all.
    refused: Option<RequestError>,
    /// Which limit of a target is used up, of those the one that is there again first.
    over: Option<Over>,
    pub expected: Expected,
    /// Nobody is asked twice: the body is gone.
    once: bool,
    /// The client is gone, or has its answer: nothing is to be decided any more.
    pub closed: bool,
}

/// A target that was chosen to be asked.
#[derive(Debug)]
struct Next {
    candidate: Candidate,
    /// Its request, where it was already needed to know that it can be written.
    request: Option<UpstreamRequest>,
}

/// What the gateway position may expect of the answer it sees.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) enum Expected {
    /// Envoy's own: no attempt has answered.
    #[default]
    Foreign,
    /// It is as the client should see it.
    Given,
    /// It was marked to be tried again. If it comes all the same, Envoy has declined.
    Marked,
    /// It has no body to write to: this is to be said instead.
    Instead(Reply),
}

/// Why an attempt cannot be made.
#[derive(Debug)]
pub(super) enum NoAttempt {
    /// Nobody is left to ask.
    Over,
    /// Envoy asks in another cluster than the next target's, or at another host.
    Elsewhere,
}

impl Queue {
    /// The targets in their order, for a request with this body.
    pub fn new(targets: Vec<Candidate>, body: ClientBody, forwarded: HeaderList) -> Self {
        Self {
            body,
            forwarded,
            running: None,
            next: None,
            targets: targets.into(),
            tried: Vec::new(),
            first_cause: FirstCause::default(),
            cause: None,
            too_small: Vec::new(),
            refused: None,
            over: None,
            expected: Expected::Foreign,
            once: false,
            closed: false,
        }
    }

    /// The model that is asked for next.
    pub fn next_model(&self) -> Option<&Rc<str>> {
        self.next.as_ref().map(|next| &next.candidate.model).filter(|model| !model.is_empty())
    }

    /// Begins the attempt that Envoy makes at `place`, at the next target.
    ///
    /// # Errors
    /// There is none to be made, or its request cannot be written, which is noted.
    pub fn begin(
        &mut self,
        plan: &Plan,
        place: &(impl Place + ?Sized),
    ) -> Result<UpstreamRequest, NoAttempt> {
        let next = self.next.take().or_else(|| {
            let candidate = self.targets.pop_front()?;
            Some(Next { candidate, request: None })
        });
        let Next { mut candidate, request } = next.ok_or(NoAttempt::Over)?;
        if !candidate.is_at(place) {
            self.next = Some(Next { candidate, request });
            return Err(NoAttempt::Elsewhere);
        }
        let request = match request {
            Some(request) => Ok(request),
            None => UpstreamRequest::write(plan, self, &candidate),
        };
        let request = request.map(|request| UpstreamRequest {
            headers: continued(request.headers, candidate.provider(), place),
            ..request
        });
        candidate.tried = candidate.tried.saturating_add(1);
        self.tried.push(AttemptRecord::begins(&candidate));
        self.expected = Expected::Foreign;
        self.running = Some(candidate);
        self.trim_body(plan);
        request.map_err(|error| {
            self.refused.get_or_insert(error);
            NoAttempt::Over
        })
    }

    /// The cluster that Envoy asks if the running attempt ends without our seeing it.
    pub fn following(&self) -> Option<Rc<str>> {
        self.targets.front().map(|candidate| candidate.cluster())
    }

    /// The running target is asked once more, or the next one where it has nothing left for that. Gives the cluster.
    pub fn ask_again(&mut self, plan: &Plan, services: &dyn Services) -> Option<Rc<str>> {
        if self.once {
            return None;
        }
        let mut candidate = self.running.take()?;
        candidate.settle(plan, self.tried.last(), services);
        if !candidate.reserve(plan, services, services.now()) {
            self.note_over(candidate.over);
            candidate.let_go(services);
            return self.move_on(plan, services);
        }
        let cluster = candidate.cluster();
        self.next = Some(Next { candidate, request: None });
        Some(cluster)
    }

    /// Leaves the running target, and chooses who is asked next. Gives the cluster; `None` if nobody is left who can
    /// express the request.
    pub fn move_on(&mut self, plan: &Plan, services: &dyn Services) -> Option<Rc<str>> {
        if let Some(mut running) = self.running.take() {
            running.settle(plan, self.tried.last(), services);
            running.let_go(services);
        }
        while let Some(mut candidate) = self.pick(plan, services) {
            match UpstreamRequest::write(plan, self, &candidate) {
                Ok(request) => {
                    let cluster = candidate.cluster();
                    self.next = Some(Next { candidate, request: Some(request) });
                    return Some(cluster);
                }
                Err(error) => {
                    self.refused.get_or_insert(error);
                    candidate.settle(plan, None, services);
                    candidate.let_go(services);
                }
            }
        }
        // Who is left has nothing left, and Envoy may still try.
        self.drop_rest();
        None
    }

    /// Takes the best of the targets that are left, and claims it. Who has nothing left of its limits is not asked at all.
    fn pick(&mut self, plan: &Plan, services: &dyn Services) -> Option<Candidate> {
        let now = services.now();
        self.targets.retain(|target| target.provider().is_ready() && !self.too_small.contains(&target.model));
        let place = match self.claim_well(plan, services, now) {
            Ok(place) => place,
            Err(mut others) => {
                others.sort_unstable();
                let least_bad = |(standing, place): (Standing, usize)| {
                    let target = self.targets.get_mut(place)?;
                    target.claim(standing, &plan.route.breaker, services, now);
                    let is_given = target.reserve(plan, services, now);
                    if !is_given {
                        target.let_go(services);
                    }
                    is_given.then_some(place)
                };
                others.into_iter().find_map(least_bad).or_else(|| {
                    let over = self.targets.iter_mut().map(|target| target.over.take()).collect::<Vec<_>>();
                    over.into_iter().for_each(|over| self.note_over(over));
                    None
                })?
            }
        };
        let mut candidate = self.targets.remove(place)?;
        candidate.choose_credential(services, now);
        Some(candidate)
    }

    /// Claims the first target that is well and has something left: its place. Or else how those are that have.
    fn claim_well(
        &mut self,
        plan: &Plan,
        services: &dyn Services,
        now: Duration,
    ) -> Result<usize, Vec<(Standing, usize)>> {
        let breaker = &plan.route.breaker;
        let mut others = Vec::new();
        for (place, target) in self.targets.iter_mut().enumerate() {
            target.over = None;
            let mut standing = target.standing(breaker, services, now);
            if standing < Standing::Full {
                if target.claim(standing, breaker, services, now) {
                    if target.reserve(plan, services, now) {
                        return Ok(place);
                    }
                    target.let_go(services);
                    continue;
                }
                // Somebody was quicker.
                standing = target.standing(breaker, services, now).max(Standing::Full);
            }
            others.push((standing, place));
        }
        Err(others)
    }

    /// A target has nothing left. What the client is told is the limit that is there again first.
    fn note_over(&mut self, over: Option<Over>) {
        let sooner = |known: &Over, over: &Over| known.wait() <= over.wait();
        self.over = match (self.over.take(), over) {
            (Some(known), Some(over)) if !sooner(&known, &over) => Some(over),
            (known, over) => known.or(over),
        };
    }

    /// What a request is answered for which nobody can be asked.
    pub fn nobody(&mut self, services: &dyn Services) -> Failure {
        match (self.over.take(), self.refused.take()) {
            (Some(over), _) => refusal(over, "every target that is left", services.now()),
            (None, Some(error)) => Failure::of_request(error),
            (None, None) => nobody_left(),
        }
    }

    /// Nobody is asked after the next one, and that one once.
    pub fn ask_once(&mut self) {
        self.drop_rest();
        self.once = true;
    }

    /// Nobody is asked after the next one.
    pub fn drop_rest(&mut self) {
        self.targets.clear();
    }

    /// Lets go of what of the body nobody who is left needs. Who speaks the client's own format gets the client's own
    /// bytes, which Envoy has, and only those up to the model's name are written anew.
    fn trim_body(&mut self, plan: &Plan) {
        if self.once {
            self.body.let_go();
            return;
        }
        let mut left = self.running.iter().chain(&self.targets);
        if left.all(|target| target.takes_bytes(plan)) {
            let count = plan.count.as_ref().map_or(0, |count| count.place.end);
            self.body.keep(plan.model_span.end.max(count));
        }
    }

    /// Which chances are left after a try of the running target.
    pub fn chances(&self) -> Chances {
        if self.once {
            return Chances::default();
        }
        let next = !self.targets.is_empty();
        let again =
            self.running.as_ref().is_some_and(|running| running.tried < running.target.attempts(!next));
        Chances { next, again, credential: false }
    }

    /// Which chances are left after a failure of this kind, other than by connection. A credential that failed is not
    /// used again for this request where there is another.
    pub fn chances_of(&mut self, fault: Fault, services: &dyn Services) -> Chances {
        let chances = self.chances();
        let Some(target) = self.running.as_mut().filter(|_| !self.once) else { return chances };
        let spent = matches!(fault, Fault::Credential | Fault::RateLimit);
        let credential = spent && target.spend_credential(services, services.now());
        Chances { credential, ..chances }
    }

    /// The most attempts Envoy may make beyond the first. The queue itself says when to stop, so this only has to be
    /// enough: all tries, one repair for each target, every credential once, and one that says there is nobody left.
    pub fn max_retries(&self) -> u32 {
        let next = self.next.iter().map(|next| &next.candidate);
        let next = next.chain(&self.targets);
        let last = next.clone().count().saturating_sub(1);
        next.enumerate().fold(1, |sum: u32, (place, target)| {
            let attempts = target.target.attempts(place == last);
            let credentials = u32::try_from(target.provider().credentials.len()).unwrap_or(u32::MAX).max(1);
            sum.saturating_add(attempts).saturating_add(credentials)
        })
    }

    /// The client gets an answer: no other target will be asked, and nothing that was kept for that is needed.
    pub fn settle_for(&mut self, expected: Expected) {
        self.expected = expected;
        self.body.let_go();
        self.forwarded = Vec::new();
    }

    /// The exchange is over, or its client is gone: nothing is decided any more, and nothing is held. `answered`: the client
    /// got an answer, whoever's.
    pub fn close(&mut self, plan: &Plan, answered: bool, services: &dyn Services) {
        self.closed = true;
        let is_awaited = !answered && self.running.is_some() && self.expected == Expected::Foreign;
        if let Some(tried) = self.tried.last_mut().filter(|tried| is_awaited && tried.came == Came::Nothing) {
            tried.came = Came::Awaited;
        }
        if let Some(Next { candidate, .. }) = &mut self.next {
            candidate.settle(plan, None, services);
            candidate.let_go(services);
        }
        if let Some(running) = &mut self.running {
            running.settle(plan, self.tried.last(), services);
            running.let_go(services);
        }
    }

    /// What the client gets when nobody is left to ask.
    pub fn last_word(&mut self, plan: &Plan) -> Reply {
        self.expected = Expected::Given;
        let reply = self.first_cause.take().unwrap_or_else(|| {
            let refused = self.refused.take().map(Failure::of_request);
            let late = || Failure::new(504, "timeout", "no provider answered in time");
            plan.reply(refused.unwrap_or_else(late))
        });
        self.dress(plan, reply, None)
    }

    /// Adds our headers to a reply, unless it has them.
    pub fn dress(&self, plan: &Plan, reply: Reply, target: Option<&AttemptRecord>) -> Reply {
        plan.dress(reply, self.tried.len(), target)
    }

    /// What the answer of the running attempt has said of itself.
    pub fn note(&mut self, told: Told) {
        if let Some(tried) = self.tried.last_mut() {
            tried.told = told;
        }
    }

    /// So many tokens have come of the running attempt's stream.
    pub fn note_said(&mut self, tokens: u64) {
        if let Some(tried) = self.tried.last_mut() {
            tried.said = tokens;
        }
    }
}
