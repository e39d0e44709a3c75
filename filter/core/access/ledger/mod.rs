//! What keys and roles have taken, in pages that all workers share.
//!
//! An account is in the page of its id. There are so many pages, each holds so many accounts, and so memory is bounded.
//! A page that is full forgets the account that was not used for longest and holds no money of a period that lasts; where
//! all of them do, the account goes into the next page, and the page remembers that it has given some away. Only where all
//! pages around are full is money forgotten, of who was not here for longest.

mod account;
mod bucket;

use std::time::Duration;

pub use account::{Account, Over, Standing, Taken};
pub use bucket::Left;

use crate::routing::{Reader, Record, Writer};

/// How many pages there are.
pub const PAGES: u64 = 1024;

/// The most accounts of a page.
const MOST: usize = 64;

/// In how many pages after its own an account may be.
pub const NEIGHBOURS: u64 = 8;

/// Changes with every change of what is written.
const LAYOUT: u64 = 1;

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Accounts of it are in the pages after it.
    overflows: bool,
    accounts: Vec<Account>,
}

/// Where an account is.
#[derive(Debug)]
pub enum Found<'a> {
    /// Here. Another may have been forgotten for it.
    Here {
        /// The account.
        account: &'a mut Account,
        /// Whether one was forgotten.
        forgot: bool,
    },
    /// In a page after this one, or nowhere: there is no room for it here.
    Elsewhere,
}

impl Record for Page {
    const NAME: &'static str = "ferro.ledger";

    fn read(bytes: &[u8]) -> Self {
        let mut words = Reader::new(LAYOUT, bytes);
        let overflows = words.number().is_some_and(|word| word > 0);
        let accounts = std::iter::from_fn(|| Account::read(&mut words)).take(MOST).collect();
        Self { overflows, accounts }
    }

    fn write(&self) -> Vec<u8> {
        let mut words = Writer::new(LAYOUT);
        words.number(self.overflows.into());
        self.accounts.iter().for_each(|account| account.write(&mut words));
        words.finish()
    }
}

impl Page {
    /// The pages that the account of this id may be in, in order.
    pub fn places(id: u64) -> impl Iterator<Item = u64> {
        (0..=NEIGHBOURS).map(move |step| id.wrapping_add(step) % PAGES)
    }

    /// The account of this id, if it is here.
    pub fn find(&self, id: u64) -> Option<&Account> {
        self.accounts.iter().find(|account| account.id == id)
    }

    /// Whether the account of an id that is not here may be in the pages after it.
    pub const fn overflows(&self) -> bool {
        self.overflows
    }

    /// The account of this id, made if need be. `must` makes room for it whatever it costs.
    pub fn open(&mut self, id: u64, must: bool, now: Duration) -> Found<'_> {
        let known = self.accounts.iter().position(|account| account.id == id);
        let mut forgot = false;
        let place = match known {
            Some(place) => place,
            None if self.overflows && !must => return Found::Elsewhere,
            None if self.accounts.len() < MOST => {
                self.accounts.push(Account::new(id));
                self.accounts.len().saturating_sub(1)
            }
            None => {
                let idle = |account: &&(usize, &Account)| must || !account.1.is_kept(now);
                let oldest =
                    self.accounts.iter().enumerate().filter(|it| idle(&it)).min_by_key(|(_, it)| it.used);
                let Some((place, _)) = oldest else {
                    self.overflows = true;
                    return Found::Elsewhere;
                };
                forgot = true;
                if let Some(account) = self.accounts.get_mut(place) {
                    *account = Account::new(id);
                }
                place
            }
        };
        match self.accounts.get_mut(place) {
            Some(account) => Found::Here { account, forgot },
            None => Found::Elsewhere,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::{Budget, Money, Period, Quota};

    const NOW: Duration = Duration::from_secs(1_796_055_648);

    fn quota() -> Quota {
        let budget = Budget { amount: Money(1000), per: Period::Day, warn_at: None };
        Quota {
            requests_per_minute: Some(10),
            concurrent_requests: Some(3),
            budget: Some(budget),
            ..Quota::default()
        }
    }

    fn use_it(page: &mut Page, id: u64, money: u64, now: Duration) -> Option<bool> {
        let Found::Here { account, forgot } = page.open(id, false, now) else { return None };
        let taken = Taken { tokens: 0, money: Money(money) };
        account.admit(&quota(), taken, id, now).unwrap();
        account.settle(&quota(), taken, taken, id, now);
        Some(forgot)
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let mut page = Page::default();
        for id in 0..5 {
            use_it(&mut page, id, id, NOW).unwrap();
            let Found::Here { account, .. } = page.open(id, false, NOW) else { panic!() };
            account.admit(&quota(), Taken::default(), 7, NOW).unwrap();
        }
        assert_eq!(Page::read(&page.write()), page);
        assert_eq!(Page::read(b"foreign"), Page::default());
    }

    #[test]
    fn who_has_spent_nothing_goes_first_and_who_was_here_longest_ago() {
        let mut page = Page::default();
        for id in 0..MOST as u64 {
            use_it(&mut page, id, id % 2, NOW + Duration::from_secs(id)).unwrap();
        }
        let later = NOW + Duration::from_secs(100);
        assert_eq!(use_it(&mut page, 1000, 5, later), Some(true));
        assert!(page.find(0).is_none() && page.find(1).is_some() && page.find(2).is_some());
        for id in 1001..1032 {
            assert_eq!(use_it(&mut page, id, 5, later), Some(true));
        }
        assert!(
            (0..MOST as u64).all(|id| page.find(id).is_some() == (id % 2 == 1)),
            "all that is left has spent"
        );
        assert_eq!(use_it(&mut page, 2000, 5, later), None);
        assert!(page.overflows() && page.accounts.len() == MOST);
        let Found::Here { forgot, .. } = page.open(2000, true, later) else { panic!() };
        assert!(forgot && page.find(1).is_none() && page.find(3).is_some());
        // The next day nothing of it matters.
        let tomorrow = NOW + Duration::from_secs(86_400);
        assert!(!page.accounts.iter().any(|account| account.is_kept(tomorrow)));
    }

    #[test]
    fn an_account_has_a_few_pages() {
        let places: Vec<_> = Page::places(PAGES - 1).collect();
        assert_eq!(places, [1023, 0, 1, 2, 3, 4, 5, 6, 7]);
        assert_eq!(Page::places(u64::MAX).next(), Some(u64::MAX % PAGES));
    }
}
