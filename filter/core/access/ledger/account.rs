//! What one key, or all keys of a role, have taken.

use std::time::Duration;

use super::bucket::{Bucket, Left};
use crate::access::{Budget, Money, Quota};
use crate::routing::{Load, Reader, Writer};

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub id: u64,
    /// When it was last used.
    pub used: Duration,
    requests: Bucket,
    tokens: Bucket,
    /// Requests at this time.
    load: Load,
    spent: Spent,
}

/// Money that was spent in a period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Spent {
    /// When the period began, in seconds since 1970.
    since: u64,
    /// When it ends; 0 for never.
    until: u64,
    money: Money,
    /// The log has warned of it.
    warned: bool,
}

/// What a request takes, as far as that is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Taken {
    /// Tokens, input and output.
    pub tokens: u64,
    /// Money.
    pub money: Money,
}

/// What is left to a caller.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Requests in a minute, where they are limited.
    pub requests: Option<Left>,
    /// Tokens in a minute, where they are limited.
    pub tokens: Option<Left>,
    /// Money, where there is a budget.
    pub money: Option<Money>,
}

/// Which limit a request would break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Over {
    /// Requests in a minute; for how long.
    Requests(Duration),
    /// Tokens in a minute; for how long.
    Tokens(Duration),
    /// Requests at one time.
    Concurrent,
    /// The budget; until when, in seconds since 1970, if it ever ends.
    Budget(Option<u64>),
}

impl Account {
    /// One that is new.
    pub fn new(id: u64) -> Self {
        Self { id, ..Self::default() }
    }

    /// Takes what a request wants, of this quota.
    ///
    /// # Errors
    /// The first limit that it would break; nothing is taken then.
    pub fn admit(&mut self, quota: &Quota, wanted: Taken, worker: u64, now: Duration) -> Result<(), Over> {
        self.used = now;
        let (mut requests, mut tokens) = (self.requests, self.tokens);
        if let Some(limit) = quota.requests_per_minute {
            requests.take(1, limit, now).map_err(Over::Requests)?;
        }
        if let Some(limit) = quota.tokens_per_minute {
            tokens.take(wanted.tokens, limit, now).map_err(Over::Tokens)?;
        }
        if quota.concurrent_requests.is_some_and(|most| self.load.requests(now) >= most) {
            return Err(Over::Concurrent);
        }
        if let Some(budget) = quota.budget {
            self.spent.turn(&budget, now);
            let sum = self.spent.money.0.saturating_add(wanted.money.0);
            if sum > budget.amount.0 || self.spent.money >= budget.amount {
                return Err(Over::Budget(Some(self.spent.until).filter(|until| *until > 0)));
            }
            self.spent.money = Money(sum);
        }
        (self.requests, self.tokens) = (requests, tokens);
        if quota.concurrent_requests.is_some() {
            self.load.enter(worker, now);
        }
        Ok(())
    }

    /// A request that was admitted is over, and has taken this. Whether money is used up to where the log is to warn.
    pub fn settle(&mut self, quota: &Quota, wanted: Taken, taken: Taken, worker: u64, now: Duration) -> bool {
        self.used = now;
        if let Some(limit) = quota.tokens_per_minute {
            self.tokens.correct(wanted.tokens, taken.tokens, limit, now);
        }
        if quota.concurrent_requests.is_some() {
            self.load.leave(worker, now);
        }
        quota.budget.is_some_and(|budget| self.spent.settle(&budget, wanted.money, taken.money, now))
    }

    /// A request that was admitted is refused after all: it has taken nothing.
    pub fn give_back(&mut self, quota: &Quota, wanted: Taken, worker: u64, now: Duration) {
        if let Some(limit) = quota.requests_per_minute {
            self.requests.correct(1, 0, limit, now);
        }
        self.settle(quota, wanted, Taken::default(), worker, now);
    }

    /// A worker lives that has requests here.
    pub fn refresh(&mut self, worker: u64, now: Duration) {
        self.load.refresh(worker, now);
    }

    /// What is left.
    pub fn standing(&self, quota: &Quota, now: Duration) -> Standing {
        let money = quota.budget.map(|budget| {
            let mut spent = self.spent;
            spent.turn(&budget, now);
            Money(budget.amount.0.saturating_sub(spent.money.0))
        });
        Standing {
            requests: quota.requests_per_minute.map(|limit| self.requests.left(limit, now)),
            tokens: quota.tokens_per_minute.map(|limit| self.tokens.left(limit, now)),
            money,
        }
    }

    /// What was spent in this period.
    pub fn spent(&self, budget: &Budget, now: Duration) -> Money {
        let mut spent = self.spent;
        spent.turn(budget, now);
        spent.money
    }

    /// Whether it holds what may not be forgotten: money of a period that lasts, or requests.
    pub fn is_kept(&self, now: Duration) -> bool {
        let lasts = self.spent.until == 0 || self.spent.until > now.as_secs();
        (self.spent.money.0 > 0 && lasts) || self.load.requests(now) > 0
    }

    pub(super) fn read(words: &mut Reader<'_>) -> Option<Self> {
        let (id, used) = (words.number()?, words.time()?);
        let mut bucket = || Some(Bucket::of(words.number()?, words.number()?));
        let (requests, tokens) = (bucket()?, bucket()?);
        let spent = Spent {
            since: words.number()?,
            until: words.number()?,
            money: Money(words.number()?),
            warned: words.number()? > 0,
        };
        let load = Load::read_part(words)?;
        Some(Self { id, used, requests, tokens, load, spent })
    }

    pub(super) fn write(&self, words: &mut Writer) {
        words.number(self.id).time(self.used);
        for word in [self.requests.words(), self.tokens.words()].concat() {
            words.number(word);
        }
        let Spent { since, until, money, warned } = self.spent;
        words.number(since).number(until).number(money.0).number(warned.into());
        self.load.write_part(words);
    }
}

impl Spent {
    /// Begins anew where the period is over, or is another one.
    fn turn(&mut self, budget: &Budget, now: Duration) {
        let (since, until) = budget.per.around(now.as_secs());
        if (self.since, self.until) != (since, until) {
            // What was written while a clock was ahead still counts.
            let is_ahead = self.until > 0 && until > 0 && self.since > since;
            if !is_ahead {
                *self = Self { since, until, ..Self::default() };
            }
        }
    }

    /// Corrects an estimate. Whether the log is to warn.
    fn settle(&mut self, budget: &Budget, estimate: Money, actual: Money, now: Duration) -> bool {
        let since = self.since;
        self.turn(budget, now);
        // What was reserved in a period that is over is not given back to this one.
        let reserved = if self.since == since { estimate.0 } else { 0 };
        self.money = Money(self.money.0.saturating_add(actual.0).saturating_sub(reserved));
        let part = budget.warn_at.map(|part| {
            u128::from(self.money.0).saturating_mul(1000)
                >= u128::from(budget.amount.0).saturating_mul(part.into())
        });
        let warns = part == Some(true) && !self.warned;
        self.warned |= warns;
        warns
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Period;

    const NOW: u64 = 1_796_055_648;

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(NOW.saturating_add(seconds))
    }

    fn taken(tokens: u64, money: u64) -> Taken {
        Taken { tokens, money: Money(money) }
    }

    fn budget(amount: u64, per: Period) -> Quota {
        let budget = Budget { amount: Money(amount), per, warn_at: Some(500) };
        Quota { budget: Some(budget), ..Quota::default() }
    }

    #[test]
    fn what_would_break_a_limit_takes_nothing() {
        let quota = Quota {
            requests_per_minute: Some(10),
            tokens_per_minute: Some(100),
            concurrent_requests: Some(2),
            ..budget(1000, Period::Day)
        };
        let mut account = Account::new(1);
        let before = account.clone();
        let wait = Duration::from_millis(600);
        assert_eq!(account.admit(&quota, taken(101, 1), 1, at(0)), Err(Over::Tokens(wait)));
        let day = Some(1_796_083_200);
        assert_eq!(account.admit(&quota, taken(1, 1001), 1, at(0)), Err(Over::Budget(day)));
        assert_eq!(account.standing(&quota, at(0)), before.standing(&quota, at(0)));
        for _ in 0..2 {
            account.admit(&quota, taken(10, 100), 1, at(0)).unwrap();
        }
        assert_eq!(account.admit(&quota, taken(1, 1), 2, at(0)), Err(Over::Concurrent));
        assert_eq!(account.standing(&quota, at(0)).money, Some(Money(800)));
        account.give_back(&quota, taken(10, 100), 1, at(0));
        assert!(account.settle(&quota, taken(10, 100), taken(50, 700), 1, at(0)), "the log warns");
        let left = account.standing(&quota, at(0));
        assert_eq!((left.requests.unwrap().remaining, left.tokens.unwrap().remaining), (9, 50));
        assert_eq!((left.money, account.load.requests(at(0))), (Some(Money(300)), 0));
        assert!(!account.settle(&quota, Taken::default(), taken(0, 100), 1, at(0)), "it has warned");
    }

    #[test]
    fn a_budget_is_spent_to_its_end_and_back_in_the_next_period() {
        let quota = budget(1000, Period::Hour);
        let mut account = Account::new(1);
        account.admit(&quota, taken(0, 0), 1, at(0)).unwrap();
        account.settle(&quota, taken(0, 0), taken(0, 5000), 1, at(1));
        assert_eq!(account.standing(&quota, at(1)).money, Some(Money(0)));
        assert!(matches!(account.admit(&quota, taken(0, 0), 1, at(1)), Err(Over::Budget(Some(_)))));
        assert!(account.is_kept(at(1)) && !account.is_kept(at(3600)));
        account.admit(&quota, taken(0, 400), 1, at(3600)).unwrap();
        // It was admitted an hour ago, and ends in the new one.
        account.settle(&quota, taken(0, 300), taken(0, 50), 1, at(3600));
        assert_eq!(account.standing(&quota, at(3600)).money, Some(Money(850)));
        let forever = budget(10, Period::Forever);
        let mut account = Account::new(1);
        account.admit(&forever, taken(0, 10), 1, at(0)).unwrap();
        assert_eq!(account.admit(&forever, taken(0, 0), 1, at(99_999_999)), Err(Over::Budget(None)));
    }
}
