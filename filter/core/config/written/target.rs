//! `targets`: who is asked, for which model, and under what conditions.

use super::super::errors::Errors;
use super::super::keys::{Keys, key, optional, required};
use super::super::section::{Node, Section};
use super::access;
use super::route::Known;
use super::strategy::{BY_PRICE, BY_WEIGHT, belongs};
use crate::access::Quota;
use crate::routing::{Strategy, did_you_mean, nearest};

/// A target of a route.
#[derive(Clone, Debug)]
pub struct TargetConfig {
    /// The provider's name.
    pub provider: String,
    /// The model; `None` for the client's.
    pub model: Option<String>,
    /// Its share, under the strategies that go by weight.
    pub weight: u32,
    /// What its answers are marked with.
    pub label: Option<String>,
    /// What its price is multiplied by before it is compared.
    pub price_multiplier: f64,
    /// How many requests it serves at a time; `None` for any number.
    pub max_concurrency: Option<u32>,
    /// What may be taken of it, by all callers together.
    pub quota: Quota,
    /// How often it is asked at most; `None` for the default of its place.
    pub attempts: Option<u32>,
}

pub(super) const KEYS: Keys = Keys {
    path: "routes[].targets[]",
    doc: "A target of a route: a provider and a model.",
    keys: &[
        required("provider", "openai", "the name of a configured provider"),
        optional("model", "the client's", "gpt-4o", "which of its models"),
        key("weight", "1", "70", "its share, under `weighted` and `ab-test`; 0 is not asked"),
        optional(
            "label",
            "none",
            "challenger",
            "what its answers are marked with in log and metrics, under `weighted` and `ab-test`",
        ),
        key("price_multiplier", "1", "0.8", "what its price is multiplied by, under `cost`"),
        optional("max_concurrency", "any", "50", "how many requests it serves at a time"),
        optional("requests_per_minute", "no limit", "500", "attempts at it, of all callers together"),
        optional("tokens_per_minute", "no limit", "200000", "input and output, of all callers together"),
        optional("budget", "no limit", "", "money, of all callers together"),
        optional("retry", "as below", "", "how often it is asked"),
    ],
    lacking: &[],
};

pub(super) const BUDGET: Keys = Keys { path: "routes[].targets[].budget", ..access::BUDGET };

pub(super) const RETRY: Keys = Keys {
    path: "routes[].targets[].retry",
    doc: "How often a target is asked. One that was silent is never asked again for the same request, and no \
          credential that was refused.",
    keys: &[optional(
        "attempts",
        "1 where another target follows, else 2",
        "3",
        "how often at most, from 1 to 6",
    )],
    lacking: &[],
};

const HEAVIEST: u64 = 1_000_000;
const MOST_CONCURRENT: u64 = 1_000_000;

/// The targets of a route. `strategy` is `None` where it is wrong.
pub(super) fn read(
    node: &Node<'_>,
    known: &Known<'_>,
    strategy: Option<Strategy>,
    errors: &mut Errors<'_>,
) -> Vec<TargetConfig> {
    let nodes = node.list("a list of targets", errors).unwrap_or_default();
    nodes.into_iter().filter_map(|node| target(&node, known, strategy, errors)).collect()
}

fn target(
    node: &Node<'_>,
    known: &Known<'_>,
    strategy: Option<Strategy>,
    errors: &mut Errors<'_>,
) -> Option<TargetConfig> {
    let section = node.keys(&KEYS, errors)?;
    let provider = section.require("provider", errors).and_then(|node| known_provider(&node, known, errors));
    let model = section.get("model").and_then(|node| node.name("a model's name", errors));
    let weight = section.get("weight").map_or(Some(1), |node| {
        belongs(&node, BY_WEIGHT, strategy, errors);
        node.number(0, HEAVIEST, errors).and_then(|weight| u32::try_from(weight).ok())
    });
    let label = section.get("label").and_then(|node| {
        belongs(&node, BY_WEIGHT, strategy, errors);
        label(&node, errors)
    });
    let price_multiplier = section.get("price_multiplier").and_then(|node| {
        belongs(&node, BY_PRICE, strategy, errors);
        node.decimal("a number above 0", |factor| factor > 0.0, errors)
    });
    let max_concurrency =
        section.get("max_concurrency").and_then(|node| node.number(1, MOST_CONCURRENT, errors));
    let quota = access::limits(&section, errors);
    let attempts = section.get("retry").and_then(|node| attempts(node.keys(&RETRY, errors)?, errors));
    Some(TargetConfig {
        provider: provider?.to_owned(),
        model: model.map(str::to_owned),
        weight: weight?,
        label: label.map(str::to_owned),
        price_multiplier: price_multiplier.unwrap_or(1.0),
        max_concurrency: max_concurrency.and_then(|most| most.try_into().ok()),
        quota,
        attempts,
    })
}

fn label<'a>(node: &Node<'a>, errors: &mut Errors<'_>) -> Option<&'a str> {
    let label = node.string("a label", errors)?;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    if label.len() > 64 || !label.bytes().all(plain) {
        node.error("a label is 1 to 64 of letters, digits, '-' and '_'", errors);
    }
    Some(label)
}

fn attempts(section: Section<'_>, errors: &mut Errors<'_>) -> Option<u32> {
    section.get("attempts")?.number(1, 6, errors).and_then(|attempts| u32::try_from(attempts).ok())
}

fn known_provider<'a>(node: &Node<'a>, known: &Known<'_>, errors: &mut Errors<'_>) -> Option<&'a str> {
    let name = node.string("a provider's name", errors)?;
    if known.names.contains_key(name) {
        return Some(name);
    }
    let message = std::fmt::from_fn(|f| {
        let near = nearest(name, known.providers.iter().map(|provider| provider.name.as_str()));
        write!(f, "no provider of the name {name:?} is configured{}", did_you_mean(',', near))
    });
    node.error(message, errors);
    None
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::access::{Budget, Money, Period, Quota};
    use crate::config::Config;

    fn config(limits: &Value) -> Value {
        let mut target = json!({"provider": "openai", "model": "m"});
        target.as_object_mut().unwrap().extend(limits.as_object().unwrap().clone());
        json!({"providers": {"openai": {}}, "routes": [{"name": "r", "targets": [target]}]})
    }

    #[test]
    fn limits_arrive() {
        let budget = json!({"usd": 20, "per": "day"});
        let limits = json!({"requests_per_minute": 500, "tokens_per_minute": 200_000, "budget": budget});
        let config = Config::parse(&config(&limits)).unwrap();
        let budget = Budget { amount: Money(20_000_000_000), per: Period::Day, warn_at: None };
        let want = Quota {
            requests_per_minute: Some(500),
            tokens_per_minute: Some(200_000),
            concurrent_requests: None,
            budget: Some(budget),
        };
        assert_eq!(config.routes[0].targets[0].quota, want);
        assert_eq!(want.to_string(), "500 requests and 200000 tokens a minute, 20.00 US dollars a day");
    }

    #[test]
    fn limits_are_checked() {
        for (limits, path) in [
            (json!({"requests_per_minute": -1}), "requests_per_minute"),
            (json!({"tokens_per_minute": "many"}), "tokens_per_minute"),
            (json!({"budget": {"usd": 1}}), "budget"),
            (json!({"budget": {"usd": 1, "per": "year"}}), "budget.per"),
            (json!({"concurrent_requests": 3}), "concurrent_requests"),
        ] {
            let errors = Config::parse(&config(&limits)).unwrap_err();
            let error = errors.iter().next().unwrap().to_string();
            assert!(error.contains(&format!("targets[0].{path}")), "{error}");
        }
    }
}
