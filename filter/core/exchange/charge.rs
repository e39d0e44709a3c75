//! What a caller's request takes: reserved by an estimate before anybody is asked, and settled by what was used when it is
//! over ([`bill`]), however it ends. The same of a target, for every attempt at it.
//!
//! A request that the gateway itself refuses takes nothing, and is no request of a minute's.

use std::rc::Rc;
use std::time::Duration;

use super::Services;
use super::accounts::at_account;
use super::bill::{Bill, Estimate, bill};
use super::failure::Failure;
use super::headers::HeaderBlock;
use super::memory::Contended;
use super::record::AttemptRecord;
use crate::access::ledger::{Left, Over, Reserved, Standing, Taken};
use crate::access::{Caller, Credited, written_date};
use crate::gateway::Gateway;

/// What is reserved for a request.
#[derive(Debug)]
pub(super) struct Charge {
    caller: Rc<Caller>,
    /// What it may take.
    estimate: Estimate,
    /// What was taken of each of the caller's accounts.
    reserved: Vec<Reserved>,
    /// What is left to the caller by now.
    pub standing: Standing,
}

/// Why nothing was reserved.
#[derive(Debug)]
pub(super) enum NotReserved {
    /// A limit would be broken; what is left.
    Over(Over, Standing),
    /// It could not be written.
    Lost,
}

impl Charge {
    /// Reserves what a request of this caller is expected to take.
    ///
    /// # Errors
    /// The caller has not so much left: nothing is reserved then.
    pub fn reserve(
        caller: &Rc<Caller>,
        estimate: Estimate,
        wanted: Taken,
        gateway: &Gateway,
        services: &dyn Services,
    ) -> Result<Self, Failure> {
        let now = services.now();
        let mut charge =
            Self { caller: Rc::clone(caller), estimate, reserved: Vec::new(), standing: Standing::default() };
        for account in caller.accounts() {
            match reserve(&account, wanted, services, now) {
                Ok((reserved, standing)) => {
                    charge.reserved.push(reserved);
                    charge.standing = narrower(charge.standing, standing);
                }
                Err(not) => {
                    charge.give_back(services);
                    return Err(match not {
                        NotReserved::Over(over, standing) => {
                            refusal(over, "this key", now).with_headers(standing_headers(&standing))
                        }
                        // Whoever cannot count lets nobody in.
                        NotReserved::Lost => Failure::of_overload(),
                    });
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
        let now = services.now();
        for (account, reserved) in self.caller.accounts().zip(&self.reserved) {
            settle(&account, reserved, bill.taken, services, now);
        }
        bill
    }

    /// The request takes nothing after all.
    fn give_back(&self, services: &dyn Services) {
        let now = services.now();
        for (account, reserved) in self.caller.accounts().zip(&self.reserved) {
            give_back(&account, reserved, services, now);
        }
    }

    /// Nobody can be asked after all.
    pub fn cancel(self, gateway: &Gateway, services: &dyn Services) {
        gateway.callers.leave(&self.caller);
        self.give_back(services);
    }
}

/// Reserves so much of an account. What is left of it then.
///
/// # Errors
/// So much is not there, or it could not be written: nothing is reserved then.
pub(super) fn reserve(
    account: &Credited<'_>,
    wanted: Taken,
    services: &dyn Services,
    now: Duration,
) -> Result<(Reserved, Standing), NotReserved> {
    let (quota, worker) = (account.quota, services.worker());
    let admitted = at_account(account, services, now, |it| {
        let admitted = it.admit(&quota, wanted, worker, now);
        (admitted, it.standing(&quota, now))
    });
    match admitted {
        Ok((Ok(reserved), standing)) => Ok((reserved, standing)),
        Ok((Err(over), standing)) => Err(NotReserved::Over(over, standing)),
        Err(lost) => {
            lost.warn();
            Err(NotReserved::Lost)
        }
    }
}

/// What was reserved has turned out to be this much.
pub(super) fn settle(
    account: &Credited<'_>,
    reserved: &Reserved,
    taken: Taken,
    services: &dyn Services,
    now: Duration,
) {
    let (quota, worker) = (account.quota, services.worker());
    let settled = at_account(account, services, now, |it| {
        it.settle(&quota, reserved, taken, worker, now).then(|| it.standing(&quota, now).money)
    });
    match settled {
        Ok(Some(left)) => {
            let left = left.unwrap_or_default();
            log::warn!("{} {} has {left} US dollars left of its budget", account.kind, account.name);
        }
        Ok(None) => {}
        Err(lost) => lost.warn(),
    }
}

/// What was reserved is not taken after all.
pub(super) fn give_back(account: &Credited<'_>, reserved: &Reserved, services: &dyn Services, now: Duration) {
    let worker = services.worker();
    let given = at_account(account, services, now, |it| it.give_back(&account.quota, reserved, worker, now));
    given.unwrap_or_else(Contended::warn);
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

/// What a request is answered that would break a limit, which is that of somebody.
pub(super) fn refusal(over: Over, whose: &str, now: Duration) -> Failure {
    let limited = |what: &str, wait: Duration| {
        let seconds = wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0)).max(1);
        let why = format!("the limit of {what} of {whose} is reached: wait {seconds} s");
        Failure::new(429, "rate_limit_exceeded", why).with_headers([("retry-after", seconds.to_string())])
    };
    match over {
        Over::Requests(wait) => limited("requests per minute", wait),
        Over::Tokens(wait) => limited("tokens per minute", wait),
        Over::TooLarge(wanted, limit) => {
            let why = format!(
                "the request may take about {wanted} tokens, and the limit of tokens per minute of {whose} is {limit}"
            );
            // No time makes it smaller.
            Failure::new(429, "rate_limit_exceeded", why).with_header(&("x-should-retry", "false"))
        }
        Over::Concurrent => limited("requests at one time", Duration::from_secs(1)),
        Over::Budget(until) => {
            let when = until.map(|until| format!(" until {}", written_date(until))).unwrap_or_default();
            let wait =
                until.map(|until| ("retry-after", until.saturating_sub(now.as_secs()).max(1).to_string()));
            Failure::new(402, "budget_exceeded", format!("the budget of {whose} is spent{when}"))
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
}
