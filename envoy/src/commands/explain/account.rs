//! What `ferro explain` says: as text for people, as JSON for programs.

use std::collections::BTreeMap;
use std::time::Duration;

use ferro::config::{DEFAULT_ROUTE, ProviderConfig};
use ferro::exchange::{Explained, Explanation, Reply, Walk};
use serde_json::{Value, json};

use crate::load::{Environment, Loaded};
use crate::terminal::{Colour, paint};

/// What was found out about a request.
pub struct Account<'a> {
    /// The explanation, or what the client would get for a request that cannot be read.
    pub explained: Result<Explanation, Reply>,
    /// The configuration.
    pub loaded: &'a Loaded,
    /// Its providers, by name.
    pub providers: BTreeMap<&'a str, &'a ProviderConfig>,
    /// Where credentials are looked for.
    pub environment: Environment<'a>,
}

impl Account<'_> {
    /// What the client would get at once, if the request would be refused.
    fn refusal(&self) -> Option<&Reply> {
        match &self.explained {
            Ok(explanation) => explanation.walk.as_ref().err(),
            Err(reply) => Some(reply),
        }
    }

    /// Whether the request would be refused.
    pub fn is_refused(&self) -> bool {
        self.refusal().is_some()
    }

    /// As text.
    pub fn text(&self) -> String {
        let mut text = Text::default();
        if let Ok(explanation) = &self.explained {
            text.line("model", &model(explanation));
            for (route, reason) in &explanation.passed {
                text.line("passed", &format!("{route}: {reason}"));
            }
            text.line("route", &route(explanation));
            if let Some(provider) = &explanation.only {
                text.line("provider", &format!("{provider} only, named by x-ferro-provider"));
            }
            for (target, reason) in &explanation.left_out {
                text.line("left out", &format!("{target}: {reason}"));
            }
            if let Ok(walk) = &explanation.walk {
                self.walk(explanation, walk, &mut text);
            }
        }
        if let Some(reply) = self.refusal() {
            let error = error(reply);
            let word = |name: &str| error.get(name).and_then(Value::as_str).unwrap_or_default();
            let param = match word("param") {
                "" => String::new(),
                param => format!(" (param: {param})"),
            };
            text.line("refused", &format!("{} {}{param}", reply.status, word("code")));
            text.line("", word("message"));
        }
        text.0
    }

    fn walk(&self, explanation: &Explanation, walk: &Walk, text: &mut Text) {
        for (place, target) in walk.targets.iter().enumerate() {
            let heading = if place == 0 { "targets" } else { "" };
            text.line(heading, &format!("{}. {}", place.saturating_add(1), self.target(target)));
        }
        let retry = &explanation.route.retry;
        let on: Vec<_> = retry.on.iter().map(ToString::to_string).collect();
        text.line(
            "failover",
            match (walk.failover, explanation.route.failover) {
                (true, _) if walk.targets.len() < 2 => "none: there is no other target",
                (true, _) => "to the next target",
                (false, true) => "none: x-ferro-no-failover",
                (false, false) => "none: failover is false",
            },
        );
        text.line("retry", &format!("on {}", on.join(", ")));
        text.line("backoff", &format!("{:?}, growing to {:?}", retry.backoff.base, retry.backoff.max));
        let kind = if walk.stream { "stream" } else { "whole answer" };
        let timeouts =
            format!("{:?} to the first byte of a {kind}, {:?} between bytes", walk.first_byte, walk.idle);
        text.line("timeouts", &timeouts);
    }

    fn target(&self, target: &Explained) -> String {
        let label = target.label.as_ref().map(|label| format!(" ({label})")).unwrap_or_default();
        let mut words = vec![target.reason.clone()];
        words.push(match (target.attempts, &target.refused) {
            (_, Some(why)) => format!("cannot be asked: {why}"),
            (0, None) => "not asked".to_owned(),
            (1, None) => "asked once".to_owned(),
            (2, None) => "asked twice at most".to_owned(),
            (more, None) => format!("asked {more} times at most"),
        });
        if !target.dropped.is_empty() {
            words.push(format!("drops {}", target.dropped.join(", ")));
        }
        words.extend(target.limits.as_ref().map(|limits| format!("at most {limits}")));
        let missing = self.missing(&target.provider);
        if !missing.is_empty() {
            words.push(format!("credential missing here: set {}", missing.join(", ")));
        }
        format!("{}/{}{label}: {}", target.provider, target.model, words.join("; "))
    }

    /// The variables of a provider's credentials that are not set here.
    fn missing(&self, provider: &str) -> Vec<String> {
        let is_set = |name: &str| self.loaded.secrets.contains_key(name) || self.environment.usable(name);
        let provider = self.providers.get(provider);
        provider.map(|provider| provider.missing(is_set)).unwrap_or_default()
    }

    /// As JSON. What is not known of a refused request is not there.
    pub fn json(&self) -> Value {
        let mut account = serde_json::Map::new();
        let mut add = |name: &str, value: Value| account.insert(name.to_owned(), value);
        if let Ok(explanation) = &self.explained {
            add(
                "model",
                json!({
                    "sent": explanation.sent,
                    "resolved": explanation.resolved,
                    "pinned": explanation.pinned,
                }),
            );
            let pairs = |pairs: &[(String, String)], what: &str| {
                Value::from_iter(pairs.iter().map(|(name, reason)| json!({what: name, "reason": reason})))
            };
            add("passed", pairs(&explanation.passed, "route"));
            add("route", json!({"name": &*explanation.route.name, "named": explanation.is_named}));
            add("strategy", explanation.route.strategy.word().into());
            add("only_provider", json!(explanation.only));
            if let Ok(walk) = &explanation.walk {
                let retry = &explanation.route.retry;
                add("targets", Value::from_iter(walk.targets.iter().map(|target| self.target_json(target))));
                add("failover", walk.failover.into());
                let backoff = json!({"base_ms": milliseconds(retry.backoff.base), "max_ms": milliseconds(retry.backoff.max)});
                add(
                    "retry",
                    json!({
                        "on": retry.on.iter().map(ToString::to_string).collect::<Vec<_>>(),
                        "backoff": backoff,
                        "per_try_timeout_ms": milliseconds(walk.first_byte),
                        "idle_timeout_ms": milliseconds(walk.idle),
                    }),
                );
            }
            add("left_out", pairs(&explanation.left_out, "target"));
        }
        let refusal = self.refusal().map(|reply| json!({"status": reply.status, "error": error(reply)}));
        add("refused", json!(refusal));
        Value::Object(account)
    }

    fn target_json(&self, target: &Explained) -> Value {
        json!({
            "provider": target.provider,
            "model": target.model,
            "label": target.label,
            "reason": target.reason,
            "attempts": target.attempts,
            "dropped": target.dropped,
            "limits": target.limits,
            "refused": target.refused,
            "missing_credentials": self.missing(&target.provider),
        })
    }
}

/// The model's name, and what becomes of it.
fn model(explanation: &Explanation) -> String {
    let Explanation { sent, resolved, pinned, .. } = explanation;
    let alias = if sent == resolved { String::new() } else { format!(", an alias of {resolved:?}") };
    let pin = pinned.as_ref().map(|provider| format!(", pins the provider {provider}")).unwrap_or_default();
    format!("{sent:?}{alias}{pin}")
}

/// The route, and why this one.
fn route(explanation: &Explanation) -> String {
    let route = &explanation.route;
    let why = match explanation.is_named {
        true => "named by x-ferro-route",
        false if *route.name == *DEFAULT_ROUTE => "no other takes it",
        false => "the first that takes it",
    };
    match route.targets.is_empty() {
        true => format!("{}: {why}", route.name),
        false => format!("{}: {why}; strategy {}", route.name, route.strategy.word()),
    }
}

/// The error in a reply of ours.
fn error(reply: &Reply) -> Value {
    let body: Value = serde_json::from_slice(&reply.body).unwrap_or_default();
    body.get("error").cloned().unwrap_or_default()
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

/// Lines, each after a heading of a word.
#[derive(Default)]
struct Text(String);

impl Text {
    fn line(&mut self, heading: &str, words: &str) {
        const WIDTH: usize = 10;
        // The colour takes no room.
        let heading = paint(Colour::Bold, &format!("{heading:WIDTH$}"));
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        // What the request says gives the terminal no orders.
        let words = words.replace(char::is_control, "\u{fffd}");
        self.0.push_str(&format!("{heading}{words}"));
    }
}
