//! The prices of models: the operator's own before those that are built in.

use crate::provider::{Price, covers};

/// The operator's prices.
#[derive(Clone, Debug, Default)]
pub struct Prices(Vec<(String, String, Price)>);

impl Prices {
    /// Prices by provider and model. The provider is an instance's name or a kind.
    pub(super) const fn new(prices: Vec<(String, String, Price)>) -> Self {
        Self(prices)
    }

    /// The price of a model at the instance `name` of a vendor: what the file says of the instance, what it says of
    /// the kind, what is built in. The longest name that covers the model counts.
    pub fn find(&self, name: &str, kind: &str, model: &str) -> Option<Price> {
        let given = |owner: &str| {
            let covering =
                self.0.iter().filter(|(provider, known, _)| provider == owner && covers(known, model));
            covering.max_by_key(|(_, known, _)| known.len()).map(|(_, _, price)| *price)
        };
        given(name).or_else(|| given(kind)).or_else(|| Price::find(kind, model))
    }
}
