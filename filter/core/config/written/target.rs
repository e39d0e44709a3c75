//! `targets`: who is asked, for which model, and under what conditions.

use super::super::errors::Errors;
use super::super::section::{Node, Section};
use super::route::Known;
use super::strategy::{BY_PRICE, BY_WEIGHT, belongs};
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
    /// How often it is asked at most; `None` for the default of its place.
    pub attempts: Option<u32>,
}

const KNOWN: &[&str] =
    &["provider", "model", "weight", "label", "price_multiplier", "max_concurrency", "retry"];
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
    let section = node.section(KNOWN, &[], errors)?;
    let provider = section.require("provider", errors).and_then(|node| known_provider(&node, known, errors));
    let model = section.get("model").and_then(|node| node.string("a model's name", errors));
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
    let attempts =
        section.get("retry").and_then(|node| attempts(node.section(&["attempts"], &[], errors)?, errors));
    Some(TargetConfig {
        provider: provider?.to_owned(),
        model: model.map(str::to_owned),
        weight: weight?,
        label: label.map(str::to_owned),
        price_multiplier: price_multiplier.unwrap_or(1.0),
        max_concurrency: max_concurrency.and_then(|most| most.try_into().ok()),
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
