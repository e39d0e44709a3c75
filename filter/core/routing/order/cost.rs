//! The target that is expected to be cheapest for this request goes first.

use super::reason::Reason;
use super::{Contender, Place};
use crate::provider::Price;

/// What a request is expected to cost at a target.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// In US dollars.
    pub dollars: f64,
    /// For so many tokens of input.
    pub input_tokens: u64,
    /// For so many tokens of output.
    pub output_tokens: u64,
}

/// Where targets without a price stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Unpriced {
    /// After those that have one.
    #[default]
    Last,
    /// Nowhere: they are not asked.
    Skip,
    /// Before those that have one.
    First,
}

impl Cost {
    /// What so many tokens cost, times the target's multiplier. Nothing of the input is taken to be cached: whether
    /// it is, the provider alone knows.
    pub fn expected(price: Price, multiplier: f64, input_tokens: u64, output_tokens: u64) -> Self {
        const TOKENS_OF_A_PRICE: f64 = 1_000_000.0;
        let (input, output) = (input_tokens as f64 * price.input, output_tokens as f64 * price.output);
        Self { dollars: (input + output) / TOKENS_OF_A_PRICE * multiplier, input_tokens, output_tokens }
    }
}

/// How many tokens of output to expect: as many as the target's answers have had on average, but no more than the
/// request allows; without a history as many as it allows, or 500.
pub fn expected_output(history: Option<f64>, most: Option<u64>) -> u64 {
    const USUAL: u64 = 500;
    match history.filter(|history| history.is_finite()) {
        // A float that is negative or too large becomes the nearest number there is.
        Some(history) => (history.round() as u64).min(most.unwrap_or(u64::MAX)),
        None => most.unwrap_or(USUAL),
    }
}

/// By expected cost; what costs the same, and what has no price, keeps the order of the file.
pub(super) fn cheapest(contenders: &[Contender], unpriced: Unpriced) -> Vec<Place> {
    let (mut priced, mut others) = (Vec::with_capacity(contenders.len()), Vec::new());
    for (index, contender) in contenders.iter().enumerate() {
        match contender.cost.filter(|cost| cost.dollars.is_finite()) {
            Some(cost) => priced.push((index, cost)),
            None => others.push(Place { index, reason: Reason::Unpriced }),
        }
    }
    priced.sort_by(|(_, one), (_, other)| one.dollars.total_cmp(&other.dollars));
    let priced = priced.into_iter().map(|(index, cost)| Place { index, reason: Reason::Cost(cost) });
    match unpriced {
        Unpriced::Last => priced.chain(others).collect(),
        Unpriced::Skip => priced.collect(),
        Unpriced::First => others.into_iter().chain(priced).collect(),
    }
}
