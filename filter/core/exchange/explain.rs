//! Where a request would go, and why: what the filter would decide, by the same code, for somebody who asks first.
//!
//! The request is put to the gateway position itself, so what it is refused with, how long an attempt may take and
//! what a target cannot express are what they would be. Only the order is told as the strategy gives it: who is not
//! well at the time would be asked after the others.

use std::rc::Rc;
use std::time::Duration;

use super::Services;
use super::admit::Wishes;
use super::attempt::UpstreamRequest;
use super::candidate::Candidate;
use super::choice::{Eligible, OrderedTarget, Question, RoutingWishes, nobody_left};
use super::failure::Failure;
use super::gate::Entered;
use super::headers::Headers;
use super::intake::{Exchange, RequestStep};
use super::plan::Plan;
use super::queue::Queue;
use super::record::Parting;
use super::reply::Reply;
use crate::access::Role;
use crate::dialect::{Envelope, USUAL_CLIENT};
use crate::gateway::{Gateway, Route, Target};
use crate::hub::Param;
use crate::hub::json::Document;
use crate::routing::{Reason, Strategy, Unpriced};
use crate::surface::by_word;

/// Where a request would go.
#[derive(Debug)]
pub struct Explanation {
    /// The model as the client named it.
    pub sent: String,
    /// What that name stands for: its alias, if it is one.
    pub resolved: String,
    /// The provider that the name pins.
    pub pinned: Option<String>,
    /// The routes before the chosen one, each with the condition that the request does not meet. None if the client
    /// named its route.
    pub passed: Vec<(String, String)>,
    /// The route.
    pub route: Rc<Route>,
    /// Whether the client named it.
    pub is_named: bool,
    /// The only provider that the client wants to be asked.
    pub only: Option<String>,
    /// The targets that the route's strategy does not ask, each with the reason.
    pub left_out: Vec<(String, String)>,
    /// Who would be asked; or what the client would get, if nobody.
    pub walk: Result<Walk, Reply>,
}

/// How a request would go from target to target.
#[derive(Debug)]
pub struct Walk {
    /// The targets, in the order they would be asked if all were well.
    pub targets: Vec<Explained>,
    /// Whether those after the first would be asked if it failed.
    pub failover: bool,
    /// Whether the answer would be streamed.
    pub stream: bool,
    /// How long an attempt may take to the first byte of its body.
    pub first_byte: Duration,
    /// How long an answer may be silent between bytes.
    pub idle: Duration,
}

/// A target in its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Explained {
    /// The provider's name.
    pub provider: String,
    /// The model it would be asked for.
    pub model: String,
    /// Its label.
    pub label: Option<String>,
    /// Why it stands here.
    pub reason: String,
    /// How often it would be asked at most; 0 for not at all.
    pub attempts: u32,
    /// What of the request it cannot express and would not see.
    pub dropped: Vec<String>,
    /// What may be taken of it by all callers together, in words.
    pub limits: Option<String>,
    /// Why it cannot be asked at all.
    pub refused: Option<String>,
}

/// Explains where a chat request with these headers and this body would go; `role` is that of a caller who shows no key. `services` say what is known of the
/// targets, as far as an order goes by it.
///
/// # Errors
/// The request cannot be read: what the client would get.
pub fn explain(
    gateway: &Rc<Gateway>,
    role: Option<&Rc<Role>>,
    headers: Headers<'_>,
    body: Vec<u8>,
    services: &dyn Services,
) -> Result<Explanation, Reply> {
    let reply = |failure: Failure| failure.into_reply(USUAL_CLIENT, &gateway.redactor);
    let entered = role.map(Entered::by_role);
    let text = body.clone();
    let (asked, envelope, body) = read(gateway, entered.as_ref(), headers, body).map_err(reply)?;
    let chat = by_word("chat").ok_or_else(|| reply(nobody_left()))?;
    let question = Question::new(gateway, chat, USUAL_CLIENT, &envelope, chat.body, &body, &asked);
    let route = Rc::clone(question.route().ok_or_else(|| reply(nobody_left()))?);
    let takes_brought = route.targets.first().is_some_and(|target| target.provider.takes_brought);
    let mut request = Exchange::new(Rc::clone(gateway), services);
    request.introduced = entered.map(|entered| if takes_brought { entered.bringing() } else { entered });
    let step = put(&mut request, headers, text, services);
    // Why there is no order, the request itself was told.
    let order = question.order(&route, services).unwrap_or_default();
    let left_out = left_out(gateway, &question, &route);
    let nobody = || reply(nobody_left());
    let walk = match step {
        RequestStep::Forward(forward) => {
            let failover = question.fails_over(&route);
            forward
                .plan
                .with(|plan, queue| Walk::of(order, &question, failover, plan, queue))
                .ok_or_else(nobody)
        }
        RequestStep::Reply(reply) => Err(reply),
        RequestStep::Wait | RequestStep::Pass => Err(nobody()),
    };
    request.done(|| Parting { status: 0, gone: true, ..Parting::default() }, services);
    let is_named = asked.steering.route.is_some();
    Ok(Explanation {
        sent: envelope.model.clone(),
        resolved: question.name.resolved.to_owned(),
        pinned: question.pinned().map(|provider| provider.name.clone()),
        passed: if is_named { Vec::new() } else { passed(gateway, &question, &route) },
        is_named,
        only: asked.steering.provider.clone(),
        left_out,
        walk,
        route,
    })
}

/// Puts the request to the gateway position.
fn put(request: &mut Exchange, headers: Headers<'_>, body: Vec<u8>, services: &dyn Services) -> RequestStep {
    let line: [(&[u8], &[u8]); 2] = [(b":method", b"POST"), (b":path", b"/v1/chat/completions")];
    let headers: Vec<_> = line.iter().chain(headers.0).copied().collect();
    match request.headers(Headers(&headers), body.is_empty(), services) {
        RequestStep::Wait => request.piece(body, true, services),
        decided => decided,
    }
}

/// What of the request decides where it goes.
fn read(
    gateway: &Gateway,
    entered: Option<&Entered>,
    headers: Headers<'_>,
    body: Vec<u8>,
) -> Result<(RoutingWishes, Envelope, Document), Failure> {
    let wishes = Wishes::of(headers, USUAL_CLIENT, entered, gateway)?;
    let body = Document::new(Envelope::text(body).map_err(Failure::of_request)?);
    let envelope = USUAL_CLIENT.chat.read_envelope(&body).map_err(Failure::of_request)?;
    Ok((wishes.asked, envelope, body))
}

/// The routes before the chosen one, and why not those.
fn passed(gateway: &Gateway, question: &Question<'_>, route: &Route) -> Vec<(String, String)> {
    let subject = question.subject();
    let before = gateway.routes.iter().take_while(|known| known.name != route.name);
    before
        .filter_map(|known| {
            Some((known.name.as_ref().to_owned(), known.matching.miss(&subject)?.to_string()))
        })
        .collect()
}

/// The targets that the route's strategy does not ask, and why.
fn left_out(gateway: &Gateway, question: &Question<'_>, route: &Route) -> Vec<(String, String)> {
    let reason = |target: &Target, model: &str| match (route.strategy, route.unpriced) {
        (Strategy::Weighted | Strategy::AbTest, _) if target.weight == 0 => {
            Some("its weight is 0".to_owned())
        }
        (Strategy::Cost, Unpriced::Skip) if gateway.price(&target.provider, model).is_none() => {
            Some(Reason::Unpriced.to_string())
        }
        _ => None,
    };
    let targets = question.targets(route).unwrap_or_default().into_iter();
    let left_out = |(target, model): Eligible| {
        Some((format!("{}/{model}", target.provider.name), reason(&target, &model)?))
    };
    targets.filter_map(left_out).collect()
}

impl Walk {
    fn of(
        order: Vec<OrderedTarget>,
        question: &Question<'_>,
        failover: bool,
        plan: &Plan,
        queue: &Queue,
    ) -> Self {
        let spell = |param: &Param| plan.client.chat.spell(param);
        let write = |chosen: OrderedTarget| {
            let (reason, candidate) =
                (question.reason(&plan.route, &chosen), Candidate::new(chosen, plan.surface));
            let request = UpstreamRequest::write(plan, queue, &candidate);
            (reason, candidate, request)
        };
        let written: Vec<_> = order.into_iter().map(write).collect();
        let first = written.iter().position(|(_, _, request)| request.is_ok()).unwrap_or_default();
        let last = if failover { written.len().saturating_sub(1) } else { first };
        let targets = written.into_iter().enumerate().map(|(place, (reason, candidate, request))| {
            let is_asked = place <= last && request.is_ok();
            Explained {
                provider: candidate.provider().name.clone(),
                label: candidate.target.label.as_deref().map(str::to_owned),
                reason,
                attempts: if is_asked { candidate.target.attempts(place == last) } else { 0 },
                dropped: request.as_ref().map(|request| request.dropped.names(spell)).unwrap_or_default(),
                limits: candidate.target.account().map(|account| account.quota.to_string()),
                refused: request.err().map(|error| error.message(spell)),
                model: candidate.model.as_ref().to_owned(),
            }
        });
        let targets = targets.collect();
        let idle = plan.idle();
        Self { targets, failover, stream: plan.wanted_stream, first_byte: plan.first_byte, idle }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::exchange::still::Still;

    #[test]
    fn what_is_explained_is_what_is_done() {
        let targets = json!([
            {"provider": "anthropic", "model": "claude-sonnet-4-5", "retry": {"attempts": 3}},
            {"provider": "openai", "model": "gpt-4o"},
            {"provider": "gemini", "model": "gemini-2.5-pro"},
        ]);
        let config = json!({
            "providers": {"openai": {}, "anthropic": {}, "gemini": {}},
            "compatibility": {"unsupported_params": "reject"},
            "routes": [
                {"name": "all", "match": {"models": ["all"]}, "targets": targets},
                {"name": "one", "match": {"models": ["one"]}, "targets": targets, "failover": false},
                {"name": "drawn", "match": {"models": ["drawn"]}, "strategy": "weighted", "targets": [
                    {"provider": "openai"}, {"provider": "anthropic"}, {"provider": "gemini", "weight": 0},
                ]},
            ],
        });
        let config = Config::parse(&config).unwrap();
        let gateway = Rc::new(Gateway::build(&config, |_| Some("key".to_owned()), 0));
        for (model, member, asked) in [
            ("all", "\"n\": 1", &[3, 1, 2][..]),
            ("all", "\"logit_bias\": {\"1\": 1}", &[0, 1, 0]),
            ("one", "\"n\": 1", &[3, 0, 0]),
            ("one", "\"logit_bias\": {\"1\": 1}", &[0, 2, 0]),
            ("drawn", "\"n\": 1", &[1, 2]),
            ("gpt-4o", "\"n\": 1", &[2]),
        ] {
            let body = format!(
                r#"{{"model": "{model}", {member}, "messages": [{{"role": "user", "content": "Hi"}}]}}"#
            );
            let walk = explain(&gateway, None, Headers(&[]), body.clone().into_bytes(), &Still)
                .unwrap()
                .walk
                .unwrap();
            let attempts: Vec<_> = walk.targets.iter().map(|target| target.attempts).collect();
            assert_eq!(attempts, asked, "{model} {member}");

            let mut request = Exchange::new(Rc::clone(&gateway), &Still);
            let step = put(&mut request, Headers(&[]), body.into_bytes(), &Still);
            let RequestStep::Forward(forward) = step else { panic!("{step:?}") };
            let first = walk.targets.iter().find(|target| target.attempts > 0).unwrap();
            assert_eq!(*forward.target, *first.provider, "{model} {member}");
            assert_eq!(forward.plan.facts().first_byte, walk.first_byte);
        }
    }
}
