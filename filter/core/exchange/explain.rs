//! Where a request would go, and why: what the filter would decide, by the same code, for somebody who asks first.

use std::rc::Rc;

use super::Services;
use super::choice::{Asked, Question, nobody_left};
use super::envelope::Envelope;
use super::failure::Failure;
use super::headers::Headers;
use super::steering::Steering;
use crate::config::{Gateway, Route};

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
    /// Its targets, in the order they would be asked if all were well.
    pub targets: Vec<Explained>,
    /// Whether those after the first would be asked if it failed.
    pub failover: bool,
}

/// A target in its place.
#[derive(Debug, PartialEq, Eq)]
pub struct Explained {
    /// The provider's name.
    pub provider: String,
    /// The model it would be asked for.
    pub model: String,
    /// Why it stands here.
    pub reason: String,
    /// How often it would be asked.
    pub attempts: u32,
}

/// Explains where a request with these headers and this body would go.
///
/// # Errors
/// The request would be refused, with this.
pub fn explain(
    gateway: &Gateway,
    headers: Headers<'_>,
    body: Vec<u8>,
    services: &dyn Services,
) -> Result<Explanation, Failure> {
    let body = Envelope::text(body).map_err(Failure::of_request)?;
    let envelope = Envelope::read(&body).map_err(Failure::of_request)?;
    let steering = Steering::read(headers, gateway)?;
    let no_failover = steering.no_failover;
    let owned = |(name, value): &(&[u8], &[u8])| (String::from_utf8_lossy(name).into_owned(), value.to_vec());
    let asked = Asked { headers: headers.0.iter().map(owned).collect(), steering };
    let question = Question::new(gateway, &envelope, &body, &asked);
    let route = Rc::clone(question.route().ok_or_else(nobody_left)?);
    let chosen = question.order(&route, services)?;
    let failover = route.failover && !no_failover;
    let last = if failover { chosen.len().saturating_sub(1) } else { 0 };
    let targets = chosen.into_iter().enumerate().map(|(place, chosen)| Explained {
        provider: chosen.target.provider.name.clone(),
        reason: chosen.reason.to_string(),
        attempts: chosen.target.attempts.unwrap_or(if place == last { 2 } else { 1 }),
        model: chosen.model,
    });
    let subject = question.subject();
    let before = gateway.routes.iter().take_while(|known| known.name != route.name);
    let passed = before
        .filter_map(|route| Some((route.name.clone(), route.matching.miss(&subject)?.to_string())))
        .collect();
    let pinned = question.name.pinned.and_then(|index| gateway.providers.get(index));
    Ok(Explanation {
        sent: envelope.model.clone(),
        resolved: question.name.resolved.to_owned(),
        pinned: pinned.map(|provider| provider.name.clone()),
        passed: if asked.steering.route.is_some() { Vec::new() } else { passed },
        is_named: asked.steering.route.is_some(),
        targets: targets.collect(),
        route,
        failover,
    })
}
