//! The prices of models: the operator's own before those that are built in.

use std::collections::BTreeMap;

use crate::provider::{Price, covering};

/// The operator's prices, by provider and by model. The provider is an instance's name or a kind.
#[derive(Clone, Debug, Default)]
pub struct Prices(BTreeMap<String, BTreeMap<String, Price>>);

impl Prices {
    /// Prices by provider and model.
    pub(super) fn new(prices: Vec<(String, String, Price)>) -> Self {
        let mut sorted = Self::default();
        for (provider, model, price) in prices {
            sorted.0.entry(provider).or_default().insert(model, price);
        }
        sorted
    }

    /// The price of a model at the instance `name` of a vendor: what the file says of the instance, what it says of
    /// the kind, what is built in. The longest name that covers the model counts.
    pub fn find(&self, name: &str, kind: &str, model: &str) -> Option<Price> {
        let given = |owner: &str| {
            let prices = self.0.get(owner)?;
            covering(model).find_map(|name| prices.get(name)).copied()
        };
        given(name).or_else(|| given(kind)).or_else(|| Price::find(kind, model))
    }
}
