//! `strategy`, and the keys that mean something to some strategies only.

use super::super::errors::Errors;
use super::super::keys::{Keys, optional, required};
use super::super::section::{Node, Section};
use super::route::Known;
use super::target::TargetConfig;
use crate::routing::{Sticky, Strategy, Unpriced};

/// The strategies that go by weight.
pub(super) const BY_WEIGHT: &[Strategy] = &[Strategy::Weighted, Strategy::AbTest];
/// The one that goes by price.
pub(super) const BY_PRICE: &[Strategy] = &[Strategy::Cost];

/// The strategy; `None` where it is wrong.
pub(super) fn read(section: &Section<'_>, errors: &mut Errors<'_>) -> Option<Strategy> {
    let Some(node) = section.get("strategy") else {
        let targets = section.get("targets").and_then(|node| node.value.as_array());
        let several = targets.is_some_and(|targets| targets.len() > 1);
        return Some(if several { Strategy::Fallback } else { Strategy::Single });
    };
    let words = Strategy::ALL.map(|strategy| (strategy.word(), strategy));
    node.word(&words, errors)
}

/// Reports a key that means nothing to the route's strategy. Nothing is known of a strategy that is itself wrong.
pub(super) fn belongs(node: &Node<'_>, to: &[Strategy], strategy: Option<Strategy>, errors: &mut Errors<'_>) {
    let Some(strategy) = strategy.filter(|strategy| !to.contains(strategy)) else { return };
    let words: Vec<_> = to.iter().map(|strategy| strategy.word()).collect();
    let noun = if words.len() == 1 { "strategy" } else { "strategies" };
    node.error(
        format_args!("belongs to the {noun} {}, not to {}", words.join(" and "), strategy.word()),
        errors,
    );
}

pub(super) const STICKY: Keys = Keys {
    path: "routes[].sticky",
    doc: "What keeps a caller's order, under `weighted` and `ab-test`.",
    keys: &[
        required("by", "header", "`header`; `key`: what the caller presents; `user`: the body's `user`"),
        optional("header", "none", "x-user-id", "which header; needed with `by: header`, and only there"),
    ],
    lacking: &[],
};

/// `sticky`.
pub(super) fn sticky(
    section: &Section<'_>,
    strategy: Option<Strategy>,
    errors: &mut Errors<'_>,
) -> Option<Sticky> {
    #[derive(Clone, Copy, PartialEq)]
    enum By {
        Header,
        Key,
        User,
    }
    let node = section.get("sticky")?;
    belongs(&node, BY_WEIGHT, strategy, errors);
    let section = node.keys(&STICKY, errors)?;
    let words = [("header", By::Header), ("key", By::Key), ("user", By::User)];
    let by = section.require("by", errors)?.word(&words, errors)?;
    if by == By::Header {
        return Some(Sticky::Header(header(&section.require("header", errors)?, errors)?));
    }
    if let Some(node) = section.get("header") {
        node.error("belongs to `by: header` only", errors);
    }
    Some(if by == By::Key { Sticky::Key } else { Sticky::User })
}

/// A header's name, in lower case as the filter sees it.
fn header(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<String> {
    let what = "the name of a header such as x-user-id";
    let name = node.string(what, errors)?;
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !name.bytes().all(legal) {
        node.expected(what, errors);
        return None;
    }
    Some(name.to_ascii_lowercase())
}

/// `unpriced`.
pub(super) fn unpriced(
    section: &Section<'_>,
    strategy: Option<Strategy>,
    errors: &mut Errors<'_>,
) -> Unpriced {
    let Some(node) = section.get("unpriced") else { return Unpriced::default() };
    belongs(&node, BY_PRICE, strategy, errors);
    let words = [("last", Unpriced::Last), ("skip", Unpriced::Skip), ("first", Unpriced::First)];
    node.word(&words, errors).unwrap_or_default()
}

/// Reports a strategy that leaves nothing to ask, or too much.
pub(super) fn check(
    section: &Section<'_>,
    strategy: Option<Strategy>,
    targets: &[TargetConfig],
    known: &Known<'_>,
    errors: &mut Errors<'_>,
) {
    if targets.is_empty() {
        return;
    }
    if let (Some(node), Some(strategy)) = (section.get("strategy"), strategy) {
        if strategy == Strategy::Single && targets.len() > 1 {
            node.error("a single route has one target; use fallback, or what suits several", errors);
        }
        if BY_WEIGHT.contains(&strategy) && targets.iter().all(|target| target.weight == 0) {
            node.error("all weights are 0: nothing would be asked", errors);
        }
    }
    if let Some(node) = section.get("unpriced").filter(|node| node.value == "skip")
        && targets.iter().all(|target| has_no_price(target, known))
    {
        node.error("no target has a price: nothing would be asked; give some under `prices`", errors);
    }
}

/// Whether it is known that a target has no price: one of the client's model may have.
fn has_no_price(target: &TargetConfig, known: &Known<'_>) -> bool {
    let provider = known.names.get(target.provider.as_str());
    let found = provider.zip(target.model.as_deref());
    found.is_some_and(|(provider, model)| known.prices.find(&provider.name, &provider.kind, model).is_none())
}
