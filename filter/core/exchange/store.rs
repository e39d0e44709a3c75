//! `limits.store`: what the service that counts for several gateways is asked before a request goes to anybody, and what
//! it is told when the request is over.
//!
//! Envoy speaks to it, behind the gateway position: it is asked by a header of the request, which Envoy takes out again,
//! and told by filter state. It refuses by a status that [`refusal`] puts into words. What it counts is what
//! [`charge`](super::charge) counts for this gateway, but in windows of its own:
//!
//! | a limit | is counted |
//! |---|---|
//! | of requests | in minutes, when they come |
//! | of tokens | in minutes, with what was used when they are over |
//! | of money, an hour's or a day's | likewise, in UTC's hours or days |
//! | a week's or a month's | in years of 365 days since 1970, each week and month for itself |
//! | for good | in such years |
//!
//! It takes limits of 32 bits: money is counted in the smallest of micro-dollars, milli-dollars and dollars in which the
//! limit has so many.

use std::fmt::Write as _;
use std::time::Duration;

use super::failure::Failure;
use crate::access::ledger::Taken;
use crate::access::{Budget, Caller, Credited, Money, Period, Quota, written_date};
use crate::contract::{STORE_BUDGET, STORE_LOST, STORE_MEASURES, STORE_RATE, store_limit};
use crate::frame::protobuf::{number, object, text};
use crate::gateway::Gateway;
use crate::hub::encode;
use crate::hub::json::beginning;

/// A limit that the service holds.
#[derive(Debug, PartialEq, Eq)]
struct Limit {
    /// What it is a limit of, and of whose: two that say the same are one.
    account: String,
    /// How much may be taken: the service refuses what goes beyond it.
    most: u32,
    /// For how long.
    unit: &'static str,
}

/// What is asked of the service about a request: the value of [`STORE_HEADER`](crate::contract::STORE_HEADER).
///
/// `model` is who is asked first for it; `now` is in Unix seconds.
pub(super) fn question(caller: Option<&Caller>, model: Option<&str>, now: u64) -> String {
    /// Envoy takes 8 KiB, and without them there is no limit: nothing in here is longer than this, in bytes.
    const LONGEST: usize = 256;
    let named = [
        ("key", caller.map(|caller| &*caller.id)),
        ("role", caller.map(|caller| caller.role.name.as_str())),
        ("model", model),
    ];
    let named = named.into_iter().filter_map(|(name, value)| Some((name, text(beginning(value?, LONGEST)))));
    let limits: Vec<_> = caller.map(|caller| limits(caller, now)).unwrap_or_default();
    let limits = limits.iter().map(|(name, limit)| {
        let Limit { account, most, unit } = limit;
        let limit = object([("requests_per_unit", number(*most)), ("unit", text(unit))]);
        (name.as_str(), object([("account", text(beginning(account, LONGEST))), ("limit", limit)]))
    });
    encode(&object(named.chain(limits)))
}

/// What the service is told a request has taken: of what, and how much. `random` rounds money.
pub(super) fn charges(caller: Option<&Caller>, taken: Taken, random: u64) -> Vec<(String, u64)> {
    let [_, tokens, money] = STORE_MEASURES;
    let limited = caller.into_iter().flat_map(|caller| caller.accounts().enumerate());
    let limited = limited.filter_map(|(place, account)| {
        let unit = unit_of(account.quota.budget?.amount);
        Some((store_limit(money, place), rounded(taken.money, unit, random)))
    });
    let all = [(tokens.to_owned(), taken.tokens), (money.to_owned(), rounded(taken.money, MICRO, random))];
    all.into_iter().chain(limited).filter(|(_, taken)| *taken > 0).collect()
}

/// What a request is answered that Envoy has refused by this status for the service; `None` if it is none of these.
pub(super) fn refusal(status: u16, caller: Option<&Caller>, now: u64) -> Option<Failure> {
    const MINUTE: u64 = 60;
    let quotas = || caller.into_iter().flat_map(Caller::accounts).map(|account| account.quota);
    match status {
        STORE_RATE => {
            // What the service limits by itself, it alone knows the time of.
            let is_ours = quotas()
                .any(|quota| quota.requests_per_minute.is_some() || quota.tokens_per_minute.is_some());
            let wait = is_ours.then(|| MINUTE.saturating_sub(now % MINUTE));
            let words = wait.map(|wait| format!(": wait {wait} s")).unwrap_or_default();
            let why = format!("the limit of requests or tokens over all gateways is reached{words}");
            let wait = wait.map(|wait| ("retry-after", wait.to_string()));
            Some(Failure::new(429, "rate_limit_exceeded", why).with_headers(wait))
        }
        STORE_BUDGET => {
            let ends = quotas().filter_map(|quota| Some(quota.budget?.per.around(now).1));
            let until = ends.filter(|end| *end > now).min();
            let when = until.map(|until| format!(" until {}", written_date(until))).unwrap_or_default();
            let wait = until.map(|until| ("retry-after", until.saturating_sub(now).to_string()));
            Some(
                Failure::new(402, "budget_exceeded", format!("the budget of this key is spent{when}"))
                    .with_kind("insufficient_quota")
                    .with_headers(wait),
            )
        }
        STORE_LOST => {
            let why = "the limits of this key cannot be looked up for now; send the request again";
            Some(Failure::new(503, "limits_unavailable", why).with_header(&("retry-after", "1")))
        }
        _ => None,
    }
}

/// Whether the service has something to say of a caller: of what it does not limit, it says nothing.
pub(super) fn is_limited(caller: &Caller) -> bool {
    let mut quotas = caller.accounts().map(|account| account.quota);
    quotas.any(|quota| Quota { concurrent_requests: None, ..quota } != Quota::default())
}

/// The service has said nothing of a request. It is told once a minute.
pub(super) fn missed(gateway: &Gateway, now: Duration) {
    const PAUSE: Duration = Duration::from_secs(60);
    let Some(told) = &gateway.store else { return };
    if now.saturating_sub(told.get()) >= PAUSE {
        told.set(now);
        log::warn!("the service of limits.store has not answered: a request was not counted there");
    }
}

/// The limits that a caller has, each with its name.
fn limits(caller: &Caller, now: u64) -> Vec<(String, Limit)> {
    let [requests, tokens, money] = STORE_MEASURES;
    let mut limits = Vec::new();
    for (place, account) in caller.accounts().enumerate() {
        let quota = account.quota;
        let of_minute = |most: u64| Limit {
            account: format!("{} {}", account.kind, account.name),
            most: u32::try_from(most).unwrap_or(u32::MAX),
            unit: "MINUTE",
        };
        let found = [
            (requests, quota.requests_per_minute.map(of_minute)),
            (tokens, quota.tokens_per_minute.map(|most| of_minute(before(most)))),
            (money, quota.budget.map(|budget| of_money(&account, &budget, now))),
        ];
        let found =
            found.into_iter().filter_map(|(measure, limit)| Some((store_limit(measure, place), limit?)));
        limits.extend(found);
    }
    limits
}

/// What the service is told is the limit of what is counted at a request's end. It refuses when more than the limit was
/// taken, and nothing is left when as much was.
const fn before(most: u64) -> u64 {
    most.saturating_sub(1)
}

fn of_money(account: &Credited<'_>, budget: &Budget, now: u64) -> Limit {
    let unit = unit_of(budget.amount);
    let most = budget.amount.0.checked_div(unit).unwrap_or_default();
    let (since, _) = budget.per.around(now);
    let mut name = format!("{} {} {}", account.kind, account.name, budget.per.word());
    let unit_of_time = match budget.per {
        Period::Hour => "HOUR",
        Period::Day => "DAY",
        Period::Week | Period::Month => {
            let _ = write!(name, " {since}");
            "YEAR"
        }
        Period::Forever => "YEAR",
    };
    // A budget that is widened may be counted in another unit, and what was spent of it is then counted anew.
    let _ = write!(name, " in {unit}");
    Limit { account: name, most: u32::try_from(before(most)).unwrap_or(u32::MAX), unit: unit_of_time }
}

/// A micro-dollar, in billionths.
const MICRO: u64 = 1000;

/// In what an amount of money is counted, in billionths of a dollar: the smallest unit in which it has 32 bits.
fn unit_of(amount: Money) -> u64 {
    const STEP: u64 = 1000;
    let mut unit = MICRO;
    while unit < Money::DOLLAR.0 && amount.0.checked_div(unit).unwrap_or_default() > u64::from(u32::MAX) {
        unit = unit.saturating_mul(STEP);
    }
    unit
}

/// Money in a unit, to the one below or above by chance, so that what many requests cost is right though each costs less
/// than one.
fn rounded(money: Money, unit: u64, random: u64) -> u64 {
    let chance = random.checked_rem(unit).unwrap_or_default();
    money.0.saturating_add(chance).checked_div(unit).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use super::*;
    use crate::access::{Role, parse_date};

    fn caller(own: Quota, of_role: Quota, shared: bool) -> Caller {
        let role = Role { name: "dev".to_owned(), quota: of_role, shared, ..Role::default() };
        Caller { id: "k".into(), label: None, role: Rc::new(role), models: None, quota: own }
    }

    fn budget(dollars: u64, per: Period) -> Option<Budget> {
        Some(Budget { amount: Money(dollars.saturating_mul(Money::DOLLAR.0)), per, warn_at: None })
    }

    fn known(caller: &Caller) -> Vec<String> {
        let now = parse_date("2026-11-30T17:30:20Z").unwrap();
        let limits = limits(caller, now).into_iter();
        limits.map(|(name, it)| format!("{name}: {}, {} a {}", it.account, it.most, it.unit)).collect()
    }

    #[test]
    fn each_account_has_limits_of_its_own() {
        let rates =
            Quota { requests_per_minute: Some(60), tokens_per_minute: Some(1000), ..Quota::default() };
        let money = |dollars, per| Quota { budget: budget(dollars, per), ..Quota::default() };
        assert_eq!(known(&caller(Quota::default(), Quota::default(), false)), [""; 0]);
        assert_eq!(
            known(&caller(money(2, Period::Month), rates, true)),
            [
                "money-0: key k month 1793491200 in 1000, 1999999 a YEAR",
                "requests-1: role dev, 60 a MINUTE",
                "tokens-1: role dev, 999 a MINUTE",
            ]
        );
        assert_eq!(
            known(&caller(rates, money(5000, Period::Day), false)),
            [
                "requests-0: key k, 60 a MINUTE",
                "tokens-0: key k, 999 a MINUTE",
                "money-1: key of a role k day in 1000000, 4999999 a DAY",
            ]
        );
    }

    #[test]
    fn money_fits_into_what_the_service_takes() {
        for (dollars, want) in [(1, 1000), (4294, 1000), (4295, 1_000_000), (5_000_000, 1_000_000_000)] {
            assert_eq!(unit_of(Money(dollars * Money::DOLLAR.0)), want, "{dollars}");
        }
        assert_eq!(unit_of(Money(u64::MAX)), Money::DOLLAR.0);
    }

    #[test]
    fn what_many_requests_cost_is_right() {
        let cost = Money(300);
        let all: u64 = (0..1000).map(|random| rounded(cost, 1000, random)).sum();
        assert_eq!(all, 300);
        let limited =
            caller(Quota::default(), Quota { budget: budget(5000, Period::Day), ..Quota::default() }, false);
        let taken = Taken { tokens: 7, money: Money(2_500_000) };
        let want =
            [("tokens", 7), ("money", 2500), ("money-0", 2)].map(|(name, taken)| (name.to_owned(), taken));
        assert_eq!(charges(Some(&limited), taken, 0), want);
        assert_eq!(charges(None, Taken::default(), 999), []);
    }

    #[test]
    fn a_refusal_says_when_to_come_back_where_that_is_known() {
        let now = parse_date("2026-11-30T17:30:20Z").unwrap();
        let rates = Quota { tokens_per_minute: Some(1), ..Quota::default() };
        let money = Quota { budget: budget(1, Period::Hour), ..Quota::default() };
        let limited = caller(rates, money, false);
        let told = |status, caller: Option<&Caller>| {
            let failure = refusal(status, caller, now)?;
            Some(format!("{failure:?}").contains("retry-after"))
        };
        for status in [STORE_RATE, STORE_BUDGET] {
            assert_eq!(told(status, Some(&limited)), Some(true), "{status}");
            assert_eq!(told(status, None), Some(false), "{status}");
        }
        assert_eq!(told(STORE_LOST, None), Some(true));
        assert_eq!(told(503, None), None);
    }
}
