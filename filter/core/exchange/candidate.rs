//! A target of a plan: how often this request has asked it, with which credential, and what of it the request holds.

use std::borrow::Cow;
use std::rc::Rc;
use std::time::Duration;

use super::Services;
use super::bill::bill;
use super::charge::{NotReserved, give_back, reserve, settle};
use super::choice::OrderedTarget;
use super::memory::{Contended, change, look};
use super::plan::Plan;
use super::record::AttemptRecord;
use crate::access::ledger::{Over, Reserved};
use crate::contract::Place;
use crate::dialect::{CountWish, History, Quirks, Task};
use crate::gateway::{Provider, Target};
use crate::hub::Param;
use crate::hub::json::Names;
use crate::provider::{CHAT, Operation};
use crate::routing::{Breaker, Glob, Health, Load, Scope, Standing};
use crate::surface::{Answer, Surface};

/// A target of a plan.
#[derive(Debug)]
pub struct Candidate {
    pub(super) target: Rc<Target>,
    /// What it is asked for.
    surface: &'static Surface,
    /// The model that it is asked for.
    pub(super) model: Rc<str>,
    /// For what its credentials rest when they do.
    pub(super) scope: Scope,
    /// How often it was asked.
    pub(super) tried: u32,
    /// It was asked once more because of a stale connection.
    pub(super) repaired: bool,
    /// The credential it is asked with, by its place among the provider's.
    pub(super) credential: usize,
    /// Credentials that have failed this request.
    spent: Vec<usize>,
    /// Nothing was held against the target when it was chosen.
    pub(super) clean: bool,
    /// Until when this request is the one that a half-open breaker has let through, if it is.
    pub(super) probe: Option<Duration>,
    /// This request counts among those at the target.
    counted: bool,
    /// What the attempt that is under way, or is to be made, was given of the target's limits.
    reserved: Option<Reserved>,
    /// Why nothing was given: it cannot be asked now.
    pub(super) over: Option<Over>,
}

impl Candidate {
    /// A target that was not asked yet.
    pub(super) fn new(chosen: OrderedTarget, surface: &'static Surface) -> Self {
        let scope = match chosen.target.model {
            Some(_) => Scope::ALL,
            None => Scope::of_model(&chosen.model),
        };
        Self {
            scope,
            target: chosen.target,
            surface,
            model: chosen.model,
            tried: 0,
            repaired: false,
            credential: 0,
            spent: Vec::new(),
            clean: false,
            probe: None,
            counted: false,
            reserved: None,
            over: None,
        }
    }

    /// What it is asked to do, or else the first thing that it does: what it has of no surface's own may still be at the
    /// format's usual place. A chat is a chat in whichever format its clients speak.
    pub fn operation(&self) -> Option<&Operation> {
        let provider = self.provider();
        let chat = || provider.operation(CHAT).filter(|_| self.surface.answer == Answer::Chat);
        let own = provider.operation(self.surface.word).filter(|operation| self.is_for_model(operation));
        own.or_else(chat).or_else(|| provider.operations.first())
    }

    /// Whether an operation is for the model that is asked for.
    fn is_for_model(&self, operation: &Operation) -> bool {
        let mut globs = operation.models.iter().map(|glob| Glob::new(glob));
        operation.models.is_empty() || globs.any(|glob| glob.matches(&self.model))
    }

    /// How what it is asked to do is translated for it, where that is no chat and it says it otherwise than its client.
    pub fn task(&self, plan: &Plan) -> Option<&'static Task> {
        let operation = self.operation().filter(|operation| operation.surface == self.surface.word)?;
        operation.format.task(self.surface.word).filter(|_| operation.format != plan.client.format)
    }

    /// The cluster that asks it.
    pub fn cluster(&self) -> Rc<str> {
        self.operation().map(|operation| Rc::clone(&operation.cluster)).unwrap_or_default()
    }

    /// Whether it is asked there.
    pub fn is_at(&self, place: &(impl Place + ?Sized)) -> bool {
        self.operation().is_some_and(|Operation { cluster, endpoint, authority, .. }| {
            place.is(cluster, endpoint.scheme(), authority)
        })
    }

    /// Whether the plan's body goes to it as it is, but for the model's name.
    pub fn takes_bytes(&self, plan: &Plan) -> bool {
        self.spelling(plan).is_none() && self.speaks_as_client(plan)
    }

    /// Whether it speaks what the client does.
    fn speaks_as_client(&self, plan: &Plan) -> bool {
        self.operation().is_some_and(|operation| operation.format == plan.client.format)
    }

    /// In what the provider differs from its format, as far as it concerns this plan's body: what it is written by. With
    /// what the caller may have of an answer, where that is to be said in the body as it is.
    pub fn spelling(&self, plan: &Plan) -> Option<Cow<'_, Quirks>> {
        let own = self.operation().filter(|operation| operation.surface == self.surface.word);
        let is_chat = self.is_chat();
        let quirks = match is_chat {
            true => self.provider().quirks.as_deref(),
            false => own.and_then(|own| own.quirks.as_deref()),
        };
        let bound = plan.most_output.filter(|_| self.speaks_as_client(plan)).zip(self.surface.output_limit());
        let refused = if is_chat { self.refused(plan) } else { Names::NONE };
        let beyond = self.own_bound(plan).filter(|most| plan.max_tokens.is_some_and(|wanted| wanted > *most));
        if bound.is_none() && beyond.is_none() && refused.is_empty() {
            return quirks.filter(|quirks| quirks.edits()).map(Cow::Borrowed);
        }
        let mut quirks = quirks.cloned().unwrap_or_default();
        if let Some((most, member)) = bound {
            let most = self.own_bound(plan).map_or(most, |own| own.min(most));
            quirks.bound_output(
                member,
                most,
                plan.max_tokens.is_none() && self.surface.answer == Answer::Chat,
            );
        } else if let Some(most) = beyond {
            quirks.clamp_output(most);
        }
        let foreign = self.operation().and_then(|operation| operation.format.foreign.as_ref());
        let gone = foreign.into_iter().flat_map(|foreign| foreign.of_the_request);
        quirks.drop.extend(gone.filter(|name| refused.has(name)).map(|name| (*name).to_owned()));
        Some(Cow::Owned(quirks))
    }

    /// Whether it is asked for a chat, be it in the words of another surface.
    fn is_chat(&self) -> bool {
        let own = self.operation().filter(|operation| operation.surface == self.surface.word);
        self.surface.answer == Answer::Chat && own.is_none_or(|own| own.surface == CHAT)
    }

    /// The most tokens that an answer of the model may have, where that is known.
    fn known_bound(&self) -> Option<u64> {
        let quirks = self.provider().quirks.as_deref().filter(|_| self.is_chat());
        quirks.and_then(|quirks| quirks.output_of(&self.model))
    }

    /// The same, or what the caller may have, if that is to be said in what is written anew.
    fn own_bound(&self, plan: &Plan) -> Option<u64> {
        let known = self.known_bound();
        // Where it speaks another format, the caller's own bound is in what is written anew.
        match self.speaks_as_client(plan) {
            true => known,
            false => [known, plan.most_output].into_iter().flatten().min(),
        }
    }

    /// Whether what of the request is not expressed is what the caller may not have, and no inability of the target.
    pub fn is_the_callers(&self, plan: &Plan, param: &Param) -> bool {
        let Some(most) = plan.most_output else { return false };
        let quirks = self.provider().quirks.as_deref();
        let asks_less = plan.max_tokens.is_some_and(|wanted| wanted <= most);
        let has_less = self.known_bound().is_some_and(|known| known < most);
        let is_bound = |name: &str| {
            *param == Param::from(name)
                && !quirks.is_some_and(|quirks| quirks.drop.iter().any(|gone| gone == name))
        };
        !asks_less && !has_less && Quirks::OUTPUT_BOUNDS.iter().any(|name| is_bound(name))
    }

    /// Of what is in the plan's body and not for everybody, that which it does not take.
    pub fn refused(&self, plan: &Plan) -> Names {
        let foreign = self.operation().and_then(|operation| operation.format.foreign.as_ref());
        let takes = self.provider().quirks.as_deref().map_or(Names::NONE, |quirks| quirks.takes);
        foreign.map_or(Names::NONE, |_| plan.names.without(takes))
    }

    /// How it wants the history in the plan's body.
    pub fn history<'q>(&self, plan: &Plan, quirks: &'q Quirks) -> History<'q> {
        let mut models = quirks.thinking_parts.iter().map(|glob| Glob::new(glob));
        History {
            refused: self.refused(plan),
            takes: quirks.takes,
            drop: &quirks.drop_within,
            thinking_parts: models.any(|glob| glob.matches(&self.model)),
        }
    }

    /// How it is asked for a count of tokens that the client does not want, if it is: it speaks the client's format, has
    /// not refused that, and no quirk is about the same member.
    pub fn count<'p>(&self, plan: &'p Plan) -> Option<&'p CountWish> {
        let wish = plan.count.as_ref().filter(|_| !self.provider().refuses_count.get())?;
        let quirks = self.provider().quirks.as_deref();
        let free = quirks.is_none_or(|quirks| !quirks.concerns(wish.member));
        (free && self.speaks_as_client(plan)).then_some(wish)
    }

    /// Who is asked.
    pub fn provider(&self) -> &Rc<Provider> {
        &self.target.provider
    }

    /// How welcome a request is.
    pub fn standing(&mut self, breaker: &Breaker, services: &dyn Services, now: Duration) -> Standing {
        let health: Health = look(services, &self.target.name);
        self.clean = health.is_clean(now, breaker);
        let credentials = self.provider().credentials.iter().map(|credential| credential.id);
        let standing = health.standing(now, credentials, self.scope);
        match self.target.max_concurrency {
            Some(most) if standing < Standing::Full && self.load(services, now) >= most => Standing::Full,
            _ => standing,
        }
    }

    /// Takes what this standing offers: a place among the requests, and the probe. False if somebody was quicker, or
    /// every time: nothing is taken then.
    pub fn claim(
        &mut self,
        standing: Standing,
        breaker: &Breaker,
        services: &dyn Services,
        now: Duration,
    ) -> bool {
        if let Some(most) = self.target.max_concurrency {
            let entered = change(services, &self.target.name, |load: &mut Load| {
                let enters = standing >= Standing::Full || load.requests(now) < most;
                if enters {
                    load.enter(services.worker(), now);
                }
                enters
            });
            self.counted = granted(entered);
            if !self.counted {
                return false;
            }
        }
        if standing == Standing::HalfOpen {
            // A probe that takes longer than any breaker is open keeps nobody off any more.
            let patience = breaker.max_open;
            let probes =
                change(services, &self.target.name, |health: &mut Health| health.probe(now, patience));
            self.probe = granted(probes);
            if self.probe.is_none() {
                self.let_go(services);
            }
            return self.probe.is_some();
        }
        true
    }

    /// Takes of the target's limits what an attempt is expected to take. False if so much is not there.
    pub fn reserve(&mut self, plan: &Plan, services: &dyn Services, now: Duration) -> bool {
        let Some(account) = self.target.account() else { return true };
        let wanted = plan.estimate.taken(&plan.gateway, &self.target, &self.model);
        match reserve(&account, wanted, services, now) {
            Ok((reserved, _)) => self.reserved = Some(reserved),
            Err(NotReserved::Over(over, _)) => self.over = Some(over),
            // Whoever cannot count asks nobody.
            Err(NotReserved::Lost) => self.over = Some(Over::Requests(Duration::from_secs(1))),
        }
        self.reserved.is_some()
    }

    /// An attempt is over: it has taken what its answer says, or nothing and is none, if it was not begun.
    pub fn settle(&mut self, plan: &Plan, attempt: Option<&AttemptRecord>, services: &dyn Services) {
        let (Some(account), Some(reserved)) = (self.target.account(), self.reserved.take()) else { return };
        let now = services.now();
        match attempt {
            Some(attempt) => {
                let taken = bill(&plan.gateway, [attempt], Some(&plan.estimate)).taken;
                settle(&account, &reserved, taken, services, now);
            }
            None => give_back(&account, &reserved, services, now),
        }
    }

    /// Gives back what was claimed.
    pub fn let_go(&mut self, services: &dyn Services) {
        if std::mem::take(&mut self.counted) {
            let (worker, now) = (services.worker(), services.now());
            let left = change(services, &self.target.name, |load: &mut Load| load.leave(worker, now));
            // It counts for as long as this is not written: the next time something is given back it is tried again.
            self.counted = left.map_err(Contended::warn).is_err();
        }
        if let Some(probe) = self.probe.take() {
            let now = services.now();
            let forget = |health: &mut Health| health.forget_probe(probe, now);
            let left = change(services, &self.target.name, forget);
            left.map_or_else(Contended::warn, |_| ());
        }
    }

    /// Chooses the credential of the next attempt: of those that have not failed this request, in turn, the first that
    /// does not rest; or else the one whose rest ends first. Whether it is one that does not rest, where there are
    /// several.
    pub fn choose_credential(&mut self, services: &dyn Services, now: Duration) -> bool {
        let provider = self.provider();
        if provider.credentials.len() < 2 {
            return false;
        }
        let health: Health = look(services, &self.target.name);
        let rests = |place: usize| {
            let id = provider.credentials.get(place).map_or(0, |credential| credential.id);
            health.rests_until(id, self.scope).max(now)
        };
        let left = provider.in_turn().filter(|place| !self.spent.contains(place));
        let Some((until, place)) = left.map(|place| (rests(place), place)).min_by_key(|(until, _)| *until)
        else {
            return false;
        };
        self.credential = place;
        until <= now
    }

    /// The credential has failed this request. Chooses another that does not rest, if there is one.
    pub fn spend_credential(&mut self, services: &dyn Services, now: Duration) -> bool {
        self.spent.push(self.credential);
        self.choose_credential(services, now)
    }

    fn load(&self, services: &dyn Services, now: Duration) -> u32 {
        look::<Load>(services, &self.target.name).requests(now)
    }
}

/// What was claimed, if that is written.
fn granted<T: Default>(claimed: Result<T, Contended>) -> T {
    claimed.unwrap_or_else(|lost| {
        lost.warn();
        T::default()
    })
}
