//! What requests are expected to take, and what they have taken.
//!
//! | an attempt | takes |
//! |---|---|
//! | whose answer counts tokens | these, whether or not the client got the answer |
//! | whose answer came, and counts none | the estimate |
//! | whose answer broke off, or whose client left | the estimate of its input, or what was counted of it; and what had come of its output |
//! | that failed, and counts none | nothing |

use super::record::{AttemptRecord, Came};
use crate::access::Money;
use crate::access::ledger::Taken;
use crate::gateway::{Gateway, Target};
use crate::hub::Usage;
use crate::provider::Price;

/// What a request is expected to take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Estimate {
    /// Tokens of input.
    pub input: u64,
    /// Tokens of output.
    pub output: u64,
}

/// What was taken in the end.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bill {
    /// Tokens and money.
    pub taken: Taken,
    /// Some of it is an estimate.
    pub estimated: bool,
    /// All of it has a price.
    pub priced: bool,
}

impl Estimate {
    /// What that is of this target, which is asked for this model.
    pub fn taken(&self, gateway: &Gateway, target: &Target, model: &str) -> Taken {
        let usage = Usage { prompt: self.input, completion: self.output, ..Usage::default() };
        let price = gateway.price(&target.provider, model);
        let money = price.map(|price| cost(price, target.price_multiplier, &usage)).unwrap_or_default();
        Taken { tokens: self.input.saturating_add(self.output), money }
    }
}

/// What attempts have taken. Nothing is estimated where nobody has an estimate.
pub(super) fn bill<'a>(
    gateway: &Gateway,
    attempts: impl IntoIterator<Item = &'a AttemptRecord>,
    estimate: Option<&Estimate>,
) -> Bill {
    let mut bill = Bill::default();
    let (mut tried, mut unpriced) = (false, false);
    for attempt in attempts {
        tried = true;
        let Some((usage, estimated)) = usage(attempt, estimate) else { continue };
        bill.estimated |= estimated;
        let tokens = usage.prompt.saturating_add(usage.completion);
        bill.taken.tokens = bill.taken.tokens.saturating_add(tokens);
        match gateway.price(&attempt.target.provider, &attempt.model) {
            Some(price) => {
                let money = cost(price, attempt.target.price_multiplier, &usage);
                bill.taken.money = Money(bill.taken.money.0.saturating_add(money.0));
            }
            None => unpriced = true,
        }
    }
    bill.priced = tried && !unpriced;
    bill
}

/// What an attempt has used, and whether some of that is estimated.
fn usage(attempt: &AttemptRecord, estimate: Option<&Estimate>) -> Option<(Usage, bool)> {
    let AttemptRecord { told, came, said, .. } = attempt;
    let Some(estimate) = estimate else { return told.usage.map(|usage| (usage, false)) };
    let is_cut = matches!(came, Came::Awaited | Came::Beginning | Came::Broken);
    match told.usage {
        // Some count the input first, and of the output what has come by then.
        Some(usage) if is_cut && *said > usage.completion => {
            Some((Usage { completion: *said, ..usage }, true))
        }
        Some(usage) => Some((usage, false)),
        None if *came == Came::Nothing => None,
        None => {
            let completion = if *came == Came::All && *said == 0 { estimate.output } else { *said };
            Some((Usage { prompt: estimate.input, completion, ..Usage::default() }, true))
        }
    }
}

/// What so many tokens cost. What was read from a cache may cost less.
fn cost(price: Price, multiplier: f64, usage: &Usage) -> Money {
    const TOKENS_OF_A_PRICE: f64 = 1_000_000.0;
    let cached = usage.cached.unwrap_or_default().min(usage.prompt);
    let fresh = usage.prompt.saturating_sub(cached);
    let dollars = fresh as f64 * price.input
        + cached as f64 * price.cached_input.unwrap_or(price.input)
        + usage.completion as f64 * price.output;
    Money::of_dollars(dollars / TOKENS_OF_A_PRICE * multiplier).unwrap_or(Money(u64::MAX))
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use serde_json::json;

    use super::*;
    use crate::config::Config;
    use crate::hub::Told;

    fn gateway() -> Gateway {
        let config = json!({
            "providers": {"openai": {}, "local": {"kind": "openai", "endpoint": "http://127.0.0.1:1/v1"}},
            "prices": {"openai/m": {"input": 1.0, "output": 2.0}},
            "routes": [{"name": "r", "strategy": "cost", "targets": [
                {"provider": "openai", "model": "m", "price_multiplier": 10.0},
                {"provider": "local", "model": "free"},
            ]}],
        });
        Gateway::build(&Config::parse(&config).unwrap(), |_| Some("key".to_owned()), 0)
    }

    fn attempt(gateway: &Gateway, came: Came, usage: Option<(u64, u64)>, said: u64) -> AttemptRecord {
        let target = Rc::clone(&gateway.routes[0].targets[0]);
        let usage = usage.map(|(prompt, completion)| Usage { prompt, completion, ..Usage::default() });
        let told = Told { usage, ..Told::default() };
        AttemptRecord { target, model: "m".into(), status: None, came, told, said }
    }

    #[test]
    fn every_row_of_the_table_takes_what_it_says() {
        let gateway = gateway();
        let estimate = Estimate { input: 100, output: 500 };
        for (came, usage, said, want, estimated) in [
            // It counts, whether or not the client got it.
            (Came::All, Some((10, 20)), 7, 30, false),
            (Came::All, Some((10, 20)), 70, 30, false),
            (Came::Nothing, Some((10, 20)), 0, 30, false),
            // It came and counts nothing.
            (Came::All, None, 0, 600, true),
            (Came::All, None, 40, 140, true),
            // It broke off, or its client left.
            (Came::Broken, None, 40, 140, true),
            (Came::Beginning, None, 40, 140, true),
            (Came::Beginning, None, 0, 100, true),
            (Came::Beginning, Some((10, 1)), 40, 50, true),
            (Came::Beginning, Some((10, 60)), 40, 70, false),
            // Its client left before it began.
            (Came::Awaited, None, 0, 100, true),
            // It failed.
            (Came::Nothing, None, 0, 0, false),
        ] {
            let attempt = attempt(&gateway, came, usage, said);
            let bill = bill(&gateway, [&attempt], Some(&estimate));
            assert_eq!((bill.taken.tokens, bill.estimated), (want, estimated), "{came:?} {usage:?} {said}");
            assert!(bill.priced);
        }
    }

    #[test]
    fn failed_attempts_are_added_and_what_has_no_price_costs_nothing() {
        let gateway = gateway();
        let mut attempts = vec![
            attempt(&gateway, Came::Nothing, Some((1, 2)), 0),
            attempt(&gateway, Came::All, Some((3, 4)), 0),
        ];
        let all = bill(&gateway, &attempts, None);
        // Four at one dollar and six at two, per million, times ten.
        assert_eq!((all.taken.tokens, all.taken.money, all.priced), (10, Money(160_000), true));
        let free = AttemptRecord {
            target: Rc::clone(&gateway.routes[0].targets[1]),
            model: "free".into(),
            ..attempt(&gateway, Came::All, Some((5, 5)), 0)
        };
        attempts.push(free);
        let all = bill(&gateway, &attempts, None);
        assert_eq!((all.taken.tokens, all.taken.money, all.priced), (20, Money(160_000), false));
        // Nobody has an estimate.
        let unknown = attempt(&gateway, Came::All, None, 9);
        assert_eq!(bill(&gateway, [&unknown], None).taken, Taken::default());
        let target = &gateway.routes[0].targets[0];
        let taken = Estimate { input: 2, output: 1 }.taken(&gateway, target, "m");
        assert_eq!(taken, Taken { tokens: 3, money: Money(40_000) });
    }

    #[test]
    fn what_was_in_a_cache_costs_less() {
        let price = Price { input: 2.5, output: 10.0, cached_input: Some(1.25) };
        let usage = Usage { prompt: 1000, completion: 100, cached: Some(400), ..Usage::default() };
        // 600 at 2.5, 400 at 1.25, 100 at 10 dollars per million.
        assert_eq!(cost(price, 1.0, &usage), Money(3_000_000));
        assert_eq!(cost(price, 0.5, &usage), Money(1_500_000));
        let usage = Usage { cached: None, ..usage };
        assert_eq!(cost(price, 1.0, &usage), Money(3_500_000));
        assert_eq!(cost(Price { cached_input: None, ..price }, 1.0, &usage), Money(3_500_000));
    }
}
