//! `prices`: what models cost, where the built-in table is wrong or silent.

use super::super::prices::Prices;
use super::super::section::{Errors, Node};
use super::provider::ProviderConfig;
use crate::provider::{Price, Vendors};
use crate::routing::{did_you_mean, nearest};

pub(super) fn read(
    node: &Node<'_>,
    providers: &[ProviderConfig],
    vendors: Vendors,
    errors: &mut Errors,
) -> Prices {
    let members = node.members("an object of provider/model: price", errors).unwrap_or_default();
    let read = |(key, node): (&str, Node<'_>)| {
        let key = known(key, &node, providers, vendors, errors);
        let price = price(&node, errors);
        key.zip(price).map(|((provider, model), price)| (provider.to_owned(), model.to_owned(), price))
    };
    Prices::new(members.into_iter().filter_map(read).collect())
}

/// `provider/model`, of a provider that is an instance's name or a kind.
fn known<'a>(
    key: &'a str,
    node: &Node<'_>,
    providers: &[ProviderConfig],
    vendors: Vendors,
    errors: &mut Errors,
) -> Option<(&'a str, &'a str)> {
    let Some((provider, model)) = key.split_once('/').filter(|(_, model)| !model.is_empty()) else {
        node.error("a price is given for provider/model, such as \"openai/gpt-4o\"", errors);
        return None;
    };
    let kinds = vendors.rows.iter().map(|row| row.kind);
    let names = || providers.iter().map(|provider| provider.name.as_str()).chain(kinds.clone());
    if !names().any(|name| name == provider) {
        let hint = did_you_mean(',', nearest(provider, names()));
        node.error(
            format_args!("{provider:?} is neither a configured provider nor a built-in kind{hint}"),
            errors,
        );
        return None;
    }
    Some((provider, model))
}

fn price(node: &Node<'_>, errors: &mut Errors) -> Option<Price> {
    let section = node.section(&["input", "output", "cached_input"], &[], errors)?;
    let dollars = |node: Node<'_>, errors: &mut Errors| {
        node.decimal("dollars per million tokens, 0 or more", |dollars| dollars >= 0.0, errors)
    };
    let input = section.require("input", errors).and_then(|node| dollars(node, errors));
    let output = section.require("output", errors).and_then(|node| dollars(node, errors));
    let cached_input = section.get("cached_input").and_then(|node| dollars(node, errors));
    Some(Price { input: input?, output: output?, cached_input })
}
