//! What one key, or all keys of a role, have taken.

use std::time::Duration;

use super::bucket::{Bucket, Left, Share};
use crate::access::{Budget, Money, Quota};
use crate::routing::{Load, Reader, Writer};

/// An account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Whose it is.
    pub id: u64,
    /// When it was last used.
    pub used: Duration,
    /// When it was made: one of the same id that was forgotten meanwhile knew other things.
    made: Duration,
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
    /// When its money was first counted: what was reserved before that is of another period.
    began: Duration,
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

/// What was taken of an account for a request, until that is over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reserved {
    /// The account that it was taken of.
    made: Duration,
    /// The period that its money was taken of.
    began: Duration,
    requests: Share,
    tokens: Share,
    money: Money,
}

/// What is known of an account that would be lost if it were forgotten, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Worth {
    /// Nothing: whoever has it could have all of its limits again.
    Nothing,
    /// What was taken in the last minute.
    Rates,
    /// Requests that are not over, or money of a period that lasts.
    Money,
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
    /// Tokens in a minute, however long it waits: how many it wants, and how many there are.
    TooLarge(u64, u64),
    /// Requests at one time.
    Concurrent,
    /// The budget; until when, in seconds since 1970, if it ever ends.
    Budget(Option<u64>),
}

impl Over {
    /// For how long it is so, by a clock that may be another's.
    pub fn wait(&self) -> (bool, Duration) {
        match self {
            Self::Requests(wait) | Self::Tokens(wait) => (false, *wait),
            Self::Concurrent => (false, Duration::ZERO),
            // A day of the calendar, at last; or never.
            Self::Budget(until) => (true, Duration::from_secs(until.unwrap_or(u64::MAX))),
            Self::TooLarge(..) => (true, Duration::MAX),
        }
    }
}

impl Account {
    /// One that is new.
    pub fn new(id: u64, now: Duration) -> Self {
        Self { id, made: now, ..Self::default() }
    }

    /// Takes what a request wants, of this quota.
    ///
    /// # Errors
    /// The first limit that it would break; nothing is taken then.
    pub fn admit(
        &mut self,
        quota: &Quota,
        wanted: Taken,
        worker: u64,
        now: Duration,
    ) -> Result<Reserved, Over> {
        self.used = now;
        let mut reserved = Reserved { made: self.made, ..Reserved::default() };
        let (mut requests, mut tokens) = (self.requests, self.tokens);
        if let Some(limit) = quota.requests_per_minute {
            reserved.requests = requests.take(1, limit, now).map_err(Over::Requests)?;
        }
        if let Some(limit) = quota.tokens_per_minute {
            let too_large = wanted.tokens > limit;
            let over =
                |wait| if too_large { Over::TooLarge(wanted.tokens, limit) } else { Over::Tokens(wait) };
            reserved.tokens = tokens.take(wanted.tokens, limit, now).map_err(over)?;
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
            (reserved.began, reserved.money) = (self.spent.began, wanted.money);
        }
        (self.requests, self.tokens) = (requests, tokens);
        if quota.concurrent_requests.is_some() {
            self.load.enter(worker, now);
        }
        Ok(reserved)
    }

    /// A request that was admitted is over, and has taken this. Whether money is used up to where the log is to warn.
    pub fn settle(
        &mut self,
        quota: &Quota,
        reserved: &Reserved,
        taken: Taken,
        worker: u64,
        now: Duration,
    ) -> bool {
        self.used = now;
        // Of an account that was forgotten nothing is given back.
        let is_known = self.made == reserved.made;
        let reserved = if is_known { *reserved } else { Reserved::default() };
        if let Some(limit) = quota.tokens_per_minute {
            self.tokens.correct(&reserved.tokens, taken.tokens, limit, now);
        }
        if quota.concurrent_requests.is_some() && is_known {
            self.load.leave(worker, now);
        }
        quota.budget.is_some_and(|budget| self.spent.settle(&budget, &reserved, taken.money, now))
    }

    /// A request that was admitted is refused after all: it has taken nothing.
    pub fn give_back(&mut self, quota: &Quota, reserved: &Reserved, worker: u64, now: Duration) {
        if let Some(limit) = quota.requests_per_minute.filter(|_| self.made == reserved.made) {
            self.requests.correct(&reserved.requests, 0, limit, now);
        }
        self.settle(quota, reserved, Taken::default(), worker, now);
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

    /// What would be lost of it.
    pub fn worth(&self, now: Duration) -> Worth {
        let lasts = self.spent.money.0 > 0 && self.spent.lasts(now);
        match now.saturating_sub(self.used) < MINUTE {
            _ if lasts || self.load.requests(now) > 0 => Worth::Money,
            true => Worth::Rates,
            false => Worth::Nothing,
        }
    }

    pub(super) fn read(words: &mut Reader<'_>) -> Option<Self> {
        let (id, used, made) = (words.number()?, words.time()?, words.time()?);
        let mut bucket = || Some(Bucket::of(words.number()?, words.number()?));
        let (requests, tokens) = (bucket()?, bucket()?);
        let spent = Spent {
            since: words.number()?,
            until: words.number()?,
            began: words.time()?,
            money: Money(words.number()?),
            warned: words.number()? > 0,
        };
        let load = Load::read_part(words)?;
        Some(Self { id, used, made, requests, tokens, load, spent })
    }

    pub(super) fn write(&self, words: &mut Writer) {
        words.number(self.id).time(self.used).time(self.made);
        for word in self.requests.words().into_iter().chain(self.tokens.words()) {
            words.number(word);
        }
        let Spent { since, until, began, money, warned } = self.spent;
        words.number(since).number(until).time(began).number(money.0).number(warned.into());
        self.load.write_part(words);
    }
}

/// After so long nothing that counts in a minute is missing.
const MINUTE: Duration = Duration::from_secs(60);

/// By how many seconds a clock may be set back before what it has written is taken for what is now.
const CLOCK_AHEAD: u64 = 3600;

impl Spent {
    /// Begins anew where the period is over.
    fn turn(&mut self, budget: &Budget, now: Duration) {
        let (since, until) = budget.per.around(now.as_secs());
        if (self.since, self.until) == (since, until) && !self.began.is_zero() {
            return;
        }
        let ahead = self.since.saturating_sub(now.as_secs());
        if (1..CLOCK_AHEAD).contains(&ahead) {
            return;
        }
        match self.lasts(now) && !self.began.is_zero() {
            // The configuration has another period than it had: what was spent still counts.
            true => (self.since, self.until, self.warned) = (since, until, false),
            false => *self = Self { since, until, began: now, ..Self::default() },
        }
    }

    /// Whether its period is not over.
    const fn lasts(&self, now: Duration) -> bool {
        self.until == 0 || self.until > now.as_secs()
    }

    /// Corrects an estimate. Whether the log is to warn.
    fn settle(&mut self, budget: &Budget, reserved: &Reserved, actual: Money, now: Duration) -> bool {
        self.turn(budget, now);
        // What was reserved in a period that is over is not given back to this one.
        let reserved = if self.began == reserved.began { reserved.money.0 } else { 0 };
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
        let mut account = Account::new(1, at(0));
        let before = account.clone();
        let day = Some(1_796_083_200);
        for (wanted, want) in [(taken(101, 1), Over::TooLarge(101, 100)), (taken(1, 1001), Over::Budget(day))]
        {
            assert_eq!(account.admit(&quota, wanted, 1, at(0)), Err(want));
        }
        assert_eq!(account.standing(&quota, at(0)), before.standing(&quota, at(0)));
        let [first, second] = [0; 2].map(|_| account.admit(&quota, taken(10, 100), 1, at(0)).unwrap());
        assert_eq!(account.admit(&quota, taken(1, 1), 2, at(0)), Err(Over::Concurrent));
        assert_eq!(account.standing(&quota, at(0)).money, Some(Money(800)));
        account.give_back(&quota, &second, 1, at(0));
        assert!(account.settle(&quota, &first, taken(50, 700), 1, at(0)), "the log warns");
        let left = account.standing(&quota, at(0));
        assert_eq!((left.requests.unwrap().remaining, left.tokens.unwrap().remaining), (9, 50));
        assert_eq!((left.money, account.load.requests(at(0))), (Some(Money(300)), 0));
        assert_eq!(account.admit(&quota, taken(60, 1), 1, at(0)), Err(Over::Tokens(Duration::from_secs(6))));
        assert!(!account.settle(&quota, &Reserved::default(), taken(0, 100), 1, at(0)), "it has warned");
    }

    #[test]
    fn a_budget_is_spent_to_its_end_and_back_in_the_next_period() {
        let quota = budget(1000, Period::Hour);
        let mut account = Account::new(1, at(0));
        let first = account.admit(&quota, taken(0, 0), 1, at(0)).unwrap();
        let late = account.admit(&quota, taken(0, 300), 1, at(0)).unwrap();
        account.settle(&quota, &first, taken(0, 5000), 1, at(1));
        assert_eq!(account.standing(&quota, at(1)).money, Some(Money(0)));
        assert!(matches!(account.admit(&quota, taken(0, 0), 1, at(1)), Err(Over::Budget(Some(_)))));
        assert_eq!((account.worth(at(1)), account.worth(at(3600))), (Worth::Money, Worth::Nothing));
        account.admit(&quota, taken(0, 400), 1, at(3600)).unwrap();
        // It was admitted an hour ago: its estimate is not of this hour's money.
        account.settle(&quota, &late, taken(0, 50), 1, at(3600));
        assert_eq!(account.standing(&quota, at(3600)).money, Some(Money(550)));
        let forever = budget(10, Period::Forever);
        let mut account = Account::new(1, at(0));
        account.admit(&forever, taken(0, 10), 1, at(0)).unwrap();
        assert_eq!(account.admit(&forever, taken(0, 0), 1, at(99_999_999)), Err(Over::Budget(None)));
    }

    #[test]
    fn what_was_spent_counts_in_the_period_that_another_configuration_has() {
        let periods = [Period::Hour, Period::Day, Period::Week, Period::Month, Period::Forever];
        for (before, after) in periods.iter().flat_map(|one| periods.map(|other| (*one, other))) {
            let mut account = Account::new(1, at(0));
            let reserved = account.admit(&budget(1000, before), taken(0, 400), 1, at(0)).unwrap();
            let quota = budget(2000, after);
            assert_eq!(account.standing(&quota, at(0)).money, Some(Money(1600)), "{before:?} {after:?}");
            account.admit(&quota, taken(0, 100), 1, at(0)).unwrap();
            account.settle(&quota, &reserved, taken(0, 50), 1, at(0));
            assert_eq!(account.standing(&quota, at(0)).money, Some(Money(1850)), "{before:?} {after:?}");
            let (_, until) = after.around(NOW);
            let next = Duration::from_secs(if until == 0 { NOW + 99_999_999 } else { until });
            let left = if after == Period::Forever { 1850 } else { 2000 };
            assert_eq!(account.standing(&quota, next).money, Some(Money(left)), "{before:?} {after:?}");
        }
    }

    #[test]
    fn an_account_that_was_forgotten_gives_nothing_back() {
        let quota =
            Quota { tokens_per_minute: Some(100), concurrent_requests: Some(2), ..budget(1000, Period::Day) };
        let reserved = Account::new(1, at(0)).admit(&quota, taken(90, 900), 1, at(0)).unwrap();
        let mut account = Account::new(1, at(1));
        account.admit(&quota, taken(50, 500), 1, at(1)).unwrap();
        account.settle(&quota, &reserved, taken(10, 100), 1, at(1));
        let left = account.standing(&quota, at(1));
        assert_eq!((left.tokens.unwrap().remaining, left.money), (40, Some(Money(400))));
        assert_eq!(account.load.requests(at(1)), 1);
        account.give_back(&quota, &reserved, 1, at(1));
        assert_eq!(account.standing(&quota, at(1)), left);
    }

    #[test]
    fn a_clock_that_is_set_back_brings_no_money_and_takes_none_for_long() {
        let quota = budget(1000, Period::Hour);
        let turn = Period::Hour.around(NOW).1 - NOW;
        let mut account = Account::new(1, at(turn));
        account.admit(&quota, taken(0, 600), 1, at(turn)).unwrap();
        assert_eq!(account.standing(&quota, at(turn - 1)).money, Some(Money(400)));
        assert_eq!(account.standing(&quota, at(turn)).money, Some(Money(400)));
        // It was a year ahead.
        account.admit(&quota, taken(0, 0), 1, at(turn)).unwrap();
        let mut ahead = Account::new(1, at(31_536_000));
        ahead.admit(&quota, taken(0, 600), 1, at(31_536_000)).unwrap();
        ahead.admit(&quota, taken(0, 0), 1, at(0)).unwrap();
        assert_eq!(ahead.standing(&quota, at(0)).money, Some(Money(400)));
        assert_eq!(ahead.standing(&quota, at(3600)).money, Some(Money(1000)));
    }
}
