//! `prices`: what models cost, where the built-in table is wrong or silent.

use std::collections::BTreeSet;

use super::super::errors::Errors;
use super::super::keys::{Keys, optional, required};
use super::super::prices::Prices;
use super::super::section::Node;
use super::provider::ProviderConfig;
use crate::provider::{Price, Vendors};
use crate::routing::{did_you_mean, nearest};

pub(super) fn read(
    node: &Node<'_>,
    providers: &[ProviderConfig],
    vendors: Vendors,
    errors: &mut Errors<'_>,
) -> Prices {
    let members = node.members("an object of provider/model: price", errors).unwrap_or_default();
    let kinds = vendors.rows().map(|row| row.kind);
    let names: Vec<_> = providers.iter().map(|provider| provider.name.as_str()).chain(kinds).collect();
    let set = names.iter().copied().collect();
    let read = |(key, node): (&str, Node<'_>)| {
        let key = known(key, &node, &names, &set, errors);
        let price = price(&node, errors);
        key.zip(price).map(|((provider, model), price)| (provider.to_owned(), model.to_owned(), price))
    };
    Prices::new(members.into_iter().filter_map(read).collect())
}

/// `provider/model`, of a provider that is an instance's name or a kind.
fn known<'a>(
    key: &'a str,
    node: &Node<'_>,
    names: &[&str],
    set: &BTreeSet<&str>,
    errors: &mut Errors<'_>,
) -> Option<(&'a str, &'a str)> {
    let Some((provider, model)) = key.split_once('/').filter(|(_, model)| !model.is_empty()) else {
        node.error("a price is given for provider/model, such as \"openai/gpt-4o\"", errors);
        return None;
    };
    if !set.contains(provider) {
        let message = std::fmt::from_fn(|f| {
            let hint = did_you_mean(',', nearest(provider, names.iter().copied()));
            write!(f, "{provider:?} is neither a configured provider nor a built-in kind{hint}")
        });
        node.error(message, errors);
        return None;
    }
    Some((provider, model))
}

pub(super) const KEYS: Keys = Keys {
    path: "prices.PROVIDER/MODEL",
    doc: "What a model of a configured provider, or of a kind, costs: US dollars per million tokens.",
    keys: &[
        required("input", "2.5", "of the request"),
        required("output", "10", "of the answer"),
        optional(
            "cached_input",
            "as `input`",
            "1.25",
            "of the part of a request that the provider has cached",
        ),
    ],
    lacking: &[],
};

fn price(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Price> {
    let section = node.keys(&KEYS, errors)?;
    let dollars = |node: Node<'_>, errors: &mut Errors<'_>| {
        node.decimal("dollars per million tokens, 0 or more", |dollars| dollars >= 0.0, errors)
    };
    let input = section.require("input", errors).and_then(|node| dollars(node, errors));
    let output = section.require("output", errors).and_then(|node| dollars(node, errors));
    let cached_input = section.get("cached_input").and_then(|node| dollars(node, errors));
    Some(Price { input: input?, output: output?, cached_input })
}
