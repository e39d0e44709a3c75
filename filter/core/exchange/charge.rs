//! What a caller's request takes: reserved by an estimate before anybody is asked, and settled by what was used when it is
//! over, however it ends.
//!
//! | an attempt | takes |
//! |---|---|
//! | whose answer counts tokens | these, whether or not the client got the answer |
//! | whose answer came, and counts none | the estimate |
//! | whose stream broke off, or whose client left | the estimate of its input, and what had come of its output |
//! | that failed, and counts none | nothing |
//!
//! A request that the gateway itself refuses takes nothing, and is no request of a minute's.

use std::rc::Rc;
use std::time::Duration;

use super::Services;
use super::failure::Failure;
use super::headers::HeaderBlock;
use super::memory::{Contended, change, look};
use super::record::{AttemptRecord, Came};
use crate::access::ledger::{Account, Found, Left, Over, Page, Standing, Taken};
use crate::access::{Caller, Credited, Money, written_date};
use crate::gateway::Gateway;
use crate::hub::Usage;
use crate::provider::Price;

/// What is reserved for a request.
#[derive(Debug)]
pub(super) struct Charge {
    caller: Rc<Caller>,
    /// What it may take.
    estimate: Estimate,
    /// What is left to the caller by now.
    pub standing: Standing,
}

/// What a request is expected to take.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Estimate {
    /// Tokens of input.
    pub input: u64,
    /// Tokens of output.
    pub output: u64,
    /// What its first target asks for, times what its multiplier says.
    pub price: Option<(Price, f64)>,
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
    fn taken(&self) -> Taken {
        let tokens = self.input.saturating_add(self.output);
        let usage = Usage { prompt: self.input, completion: self.output, ..Usage::default() };
        Taken {
            tokens,
            money: self.price.map(|(price, times)| cost(price, times, &usage)).unwrap_or_default(),
        }
    }
}

impl Charge {
    /// Reserves what a request of this caller is expected to take.
    ///
    /// # Errors
    /// The caller has not so much left: nothing is reserved then.
    pub fn reserve(
        caller: &Rc<Caller>,
        estimate: Estimate,
        gateway: &Gateway,
        services: &dyn Services,
    ) -> Result<Self, Failure> {
        let (wanted, worker, now) = (estimate.taken(), services.worker(), services.now());
        let mut charge = Self { caller: Rc::clone(caller), estimate, standing: Standing::default() };
        for (place, account) in caller.accounts().enumerate() {
            let quota = account.quota;
            let admitted = at_account(&account, services, now, |it| {
                let admitted = it.admit(&quota, wanted, worker, now);
                (admitted, it.standing(&quota, now))
            });
            match admitted {
                Ok((Ok(()), standing)) => charge.standing = narrower(charge.standing, standing),
                Ok((Err(over), standing)) => {
                    charge.give_back(place, services);
                    return Err(refusal(over, now).with_headers(standing_headers(&standing)));
                }
                Err(lost) => {
                    // Whoever cannot count lets nobody in.
                    lost.warn();
                    charge.give_back(place, services);
                    return Err(Failure::of_overload());
                }
            }
        }
        gateway.callers.enter(caller);
        Ok(charge)
    }

    /// The request is over, and these were its attempts: what they have taken.
    pub fn settle(self, gateway: &Gateway, attempts: &[AttemptRecord], services: &dyn Services) -> Bill {
        if attempts.is_empty() {
            self.cancel(gateway, services);
            return Bill::default();
        }
        gateway.callers.leave(&self.caller);
        let bill = bill(gateway, attempts, Some(&self.estimate));
        let (wanted, worker, now) = (self.estimate.taken(), services.worker(), services.now());
        for account in self.caller.accounts() {
            let quota = account.quota;
            let settled = at_account(&account, services, now, |it| {
                it.settle(&quota, wanted, bill.taken, worker, now).then(|| it.standing(&quota, now).money)
            });
            match settled {
                Ok(Some(left)) => {
                    let left = left.unwrap_or_default().dollars();
                    log::warn!("{} {} has {left} US dollars left of its budget", account.kind, account.name);
                }
                Ok(None) => {}
                Err(lost) => lost.warn(),
            }
        }
        bill
    }

    /// The request takes nothing after all, of its first `accounts`.
    fn give_back(&self, accounts: usize, services: &dyn Services) {
        let (wanted, worker, now) = (self.estimate.taken(), services.worker(), services.now());
        for account in self.caller.accounts().take(accounts) {
            let given =
                at_account(&account, services, now, |it| it.give_back(&account.quota, wanted, worker, now));
            given.unwrap_or_else(Contended::warn);
        }
    }

    /// Nobody can be asked after all.
    pub fn cancel(self, gateway: &Gateway, services: &dyn Services) {
        gateway.callers.leave(&self.caller);
        self.give_back(usize::MAX, services);
    }
}

/// What attempts have taken.
pub(super) fn bill(gateway: &Gateway, attempts: &[AttemptRecord], estimate: Option<&Estimate>) -> Bill {
    let mut bill = Bill { priced: !attempts.is_empty(), ..Bill::default() };
    for attempt in attempts {
        let usage = match (attempt.told.usage, attempt.came, estimate) {
            (Some(usage), _, _) => usage,
            (None, Came::Nothing, _) | (None, _, None) => continue,
            (None, came, Some(estimate)) => {
                bill.estimated = true;
                let output = match came {
                    Came::All if attempt.said == 0 => estimate.output,
                    _ => attempt.said,
                };
                Usage { prompt: estimate.input, completion: output, ..Usage::default() }
            }
        };
        let tokens = usage.prompt.saturating_add(usage.completion);
        bill.taken.tokens = bill.taken.tokens.saturating_add(tokens);
        match gateway.price(&attempt.target.provider, &attempt.model) {
            Some(price) => {
                let money = cost(price, attempt.target.price_multiplier, &usage);
                bill.taken.money = Money(bill.taken.money.0.saturating_add(money.0));
            }
            None => bill.priced = false,
        }
    }
    bill
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

/// Works on an account, in the page that it is in. `work` may be done again where another worker was quicker.
fn at_account<T>(
    account: &Credited<'_>,
    services: &dyn Services,
    now: Duration,
    mut work: impl FnMut(&mut Account) -> T,
) -> Result<T, Contended> {
    let id = account.id();
    let home = Page::places(id).next();
    let places = Page::places(id).map(|place| (place, false)).chain(home.map(|place| (place, true)));
    for (place, must) in places {
        let worked =
            change(services, &place.to_string(), |page: &mut Page| match page.open(id, must, now) {
                Found::Here { account, forgot } => Some((work(account), forgot)),
                Found::Elsewhere => None,
            })?;
        if let Some((result, forgot)) = worked {
            if forgot {
                log::debug!("an account was forgotten for another");
            }
            return Ok(result);
        }
    }
    Err(Contended::of_room())
}

/// What an account has left, without touching it.
pub(super) fn standing_of(account: &Credited<'_>, services: &dyn Services) -> (Standing, Option<Money>) {
    let (id, now) = (account.id(), services.now());
    for place in Page::places(id) {
        let page: Page = look(services, &place.to_string());
        if let Some(found) = page.find(id) {
            let spent = account.quota.budget.map(|budget| found.spent(&budget, now));
            return (found.standing(&account.quota, now), spent);
        }
        if !page.overflows() {
            break;
        }
    }
    let fresh = Account::new(id);
    (fresh.standing(&account.quota, now), account.quota.budget.map(|_| Money::default()))
}

/// A worker lives that has requests at these accounts.
pub(super) fn refresh(account: &Credited<'_>, services: &dyn Services) {
    let (worker, now) = (services.worker(), services.now());
    at_account(account, services, now, |it| it.refresh(worker, now)).unwrap_or_else(Contended::warn);
}

/// The less of two standings.
fn narrower(one: Standing, other: Standing) -> Standing {
    let less = |one: Option<Left>, other: Option<Left>| match (one, other) {
        (Some(one), Some(other)) => Some(if other.remaining < one.remaining { other } else { one }),
        (one, other) => one.or(other),
    };
    Standing {
        requests: less(one.requests, other.requests),
        tokens: less(one.tokens, other.tokens),
        money: match (one.money, other.money) {
            (Some(one), Some(other)) => Some(one.min(other)),
            (one, other) => one.or(other),
        },
    }
}

/// What a request is answered that would break a limit.
fn refusal(over: Over, now: Duration) -> Failure {
    let limited = |what: &str, wait: Duration| {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
        let why = format!("the limit of {what} is reached: wait {seconds} s");
        Failure::new(429, "rate_limit_exceeded", why).with_headers([("retry-after", seconds.to_string())])
    };
    match over {
        Over::Requests(wait) => limited("requests per minute", wait),
        Over::Tokens(wait) => limited("tokens per minute", wait),
        Over::Concurrent => limited("requests at one time", Duration::from_secs(1)),
        Over::Budget(until) => {
            let when = until.map(|until| format!(" until {}", written_date(until))).unwrap_or_default();
            let wait =
                until.map(|until| ("retry-after", until.saturating_sub(now.as_secs()).max(1).to_string()));
            Failure::new(402, "budget_exceeded", format!("the budget of this key is spent{when}"))
                .with_kind("insufficient_quota")
                .with_headers(wait)
        }
    }
}

/// Adds what is left to a caller, as OpenAI's clients read it
/// (<https://platform.openai.com/docs/guides/rate-limits#rate-limits-in-headers>).
pub(super) fn add_standing(headers: &mut HeaderBlock, standing: &Standing) {
    headers.extend(standing_headers(standing));
}

fn standing_headers(standing: &Standing) -> Vec<(&'static str, String)> {
    let mut headers = Vec::new();
    let mut limit = |left: Option<Left>, names: [&'static str; 3]| {
        let Some(Left { limit, remaining, reset }) = left else { return };
        let values = [limit.to_string(), remaining.to_string(), spelled(reset)];
        headers.extend(names.into_iter().zip(values));
    };
    limit(standing.requests, REQUESTS);
    limit(standing.tokens, TOKENS);
    headers.extend(standing.money.map(|money| ("x-ferro-budget-remaining-usd", money.to_string())));
    headers
}

const REQUESTS: [&str; 3] =
    ["x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests"];
const TOKENS: [&str; 3] =
    ["x-ratelimit-limit-tokens", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"];

/// Whether a header of a provider's tells of limits where the caller has limits of its own.
pub(super) fn is_of_limits(name: &[u8]) -> bool {
    name.starts_with(b"x-ratelimit-")
}

/// A time as OpenAI spells it: `6m0s`, `1.5s`, `120ms`.
fn spelled(time: Duration) -> String {
    let (seconds, milliseconds) = (time.as_secs(), time.subsec_millis());
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0) => format!("{milliseconds}ms"),
        (0, 0, seconds) if milliseconds > 0 => format!("{seconds}.{milliseconds:03}s"),
        (0, 0, seconds) => format!("{seconds}s"),
        (0, minutes, seconds) => format!("{minutes}m{seconds}s"),
        (hours, minutes, seconds) => format!("{hours}h{minutes}m{seconds}s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_spelled_as_openai_does() {
        for (milliseconds, want) in [
            (0, "0ms"),
            (120, "120ms"),
            (1000, "1s"),
            (1500, "1.500s"),
            (360_000, "6m0s"),
            (3_661_000, "1h1m1s"),
        ] {
            assert_eq!(spelled(Duration::from_millis(milliseconds)), want);
        }
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
