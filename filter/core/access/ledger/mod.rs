//! What keys, roles and targets have taken, in pages that all workers share.
//!
//! An account is in the page of its id. There are so many pages, each holds so many accounts, and so memory is bounded.
//! A page that is full forgets an account of which nothing is lost ([`Worth`]), the one that was not used for longest.
//! Where there is none, the account goes into one of the next pages, and the page remembers for how long it has given some
//! away: until then no account is made in it that could be in one of those. Only where all pages around are full is
//! something forgotten, first what was taken in a minute, then requests and money, of who was not here for longest.

mod account;
mod bucket;

use std::time::Duration;

pub use account::{Account, Over, Reserved, Standing, Taken, Worth};
pub use bucket::Left;

use crate::routing::{Reader, Record, Writer};

/// How many pages there are.
pub const PAGES: u64 = 4096;

/// The most accounts of a page: few, since a page is read and written whole.
const MOST: usize = 16;

/// In how many pages after its own an account may be.
pub const NEIGHBOURS: u64 = 31;

/// Changes with every change of what is written.
const LAYOUT: u64 = 2;

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Until when accounts of it may be in the pages after it, in seconds since 1970.
    overflows: u64,
    accounts: Vec<Account>,
}

/// For which account a place is sought.
#[derive(Clone, Copy, Debug)]
pub struct Wanted {
    /// Its id.
    pub id: u64,
    /// Until when what is taken of it may matter, in seconds since 1970.
    pub lasts: u64,
    /// Now.
    pub now: Duration,
}

/// Where an account is made that is in no page before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Where there is room, in a page that has given none away.
    Own,
    /// Where there is room.
    Any,
    /// In place of another.
    OfAnother,
}

/// Where an account is.
#[derive(Debug)]
pub enum Found<'a> {
    /// Here. Another may have been forgotten for it.
    Here {
        /// The account.
        account: &'a mut Account,
        /// What was lost of that.
        forgot: Worth,
    },
    /// In a page after this one, or nowhere: there is no room for it here.
    Elsewhere,
}

impl Record for Page {
    const NAME: &'static str = "ferro.ledger";

    fn read(bytes: &[u8]) -> Self {
        let mut words = Reader::new(LAYOUT, bytes);
        let overflows = words.number().unwrap_or_default();
        let accounts = std::iter::from_fn(|| Account::read(&mut words)).take(MOST).collect();
        Self { overflows, accounts }
    }

    fn write(&self) -> Vec<u8> {
        let mut words = Writer::new(LAYOUT);
        words.number(self.overflows);
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
    pub const fn overflows(&self, now: Duration) -> bool {
        self.overflows > now.as_secs()
    }

    /// Where the account of an id may be, and where it may be made if it is not there: in order.
    pub fn search(id: u64) -> impl Iterator<Item = (u64, Room)> {
        let home = id % PAGES;
        let own = Self::places(id).map(|place| (place, Room::Own));
        own.chain(Self::places(id).map(|place| (place, Room::Any))).chain([(home, Room::OfAnother)])
    }

    /// The account that is wanted, made if it is in no page before this one, nor in this, and there is room for it.
    pub fn open(&mut self, wanted: Wanted, room: Room) -> Found<'_> {
        let Wanted { id, lasts, now } = wanted;
        let known = self.accounts.iter().position(|account| account.id == id);
        let may_make = room != Room::Own || !self.overflows(now);
        let (place, forgot) = match known {
            Some(place) => (Some(place), Worth::Nothing),
            None if may_make => self.make(id, room == Room::OfAnother, now),
            None => (None, Worth::Nothing),
        };
        match place.and_then(|place| self.accounts.get_mut(place)) {
            Some(account) => Found::Here { account, forgot },
            None => {
                self.overflows = self.overflows.max(lasts);
                Found::Elsewhere
            }
        }
    }

    /// Makes an account, if there is room or it `must` be, and says what was lost by that.
    fn make(&mut self, id: u64, must: bool, now: Duration) -> (Option<usize>, Worth) {
        let made = Account::new(id, now);
        if self.accounts.len() < MOST {
            self.accounts.push(made);
            return (self.accounts.len().checked_sub(1), Worth::Nothing);
        }
        let worths = self.accounts.iter().enumerate().map(|(place, it)| (it.worth(now), it.used, place));
        match worths.min().filter(|(worth, ..)| must || *worth == Worth::Nothing) {
            Some((worth, _, place)) => {
                if let Some(account) = self.accounts.get_mut(place) {
                    *account = made;
                }
                (Some(place), worth)
            }
            None => (None, Worth::Nothing),
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

    fn wanted(id: u64, now: Duration) -> Wanted {
        Wanted { id, lasts: quota().lasts(now), now }
    }

    fn use_it(page: &mut Page, id: u64, money: u64, now: Duration) -> Option<Worth> {
        let Found::Here { account, forgot } = page.open(wanted(id, now), Room::Own) else { return None };
        let taken = Taken { tokens: 0, money: Money(money) };
        let reserved = account.admit(&quota(), taken, id, now).unwrap();
        account.settle(&quota(), &reserved, taken, id, now);
        Some(forgot)
    }

    #[test]
    fn it_is_read_as_it_was_written() {
        let mut page = Page::default();
        for id in 0..5 {
            use_it(&mut page, id, id, NOW).unwrap();
            let Found::Here { account, .. } = page.open(wanted(id, NOW), Room::Own) else { panic!() };
            account.admit(&quota(), Taken::default(), 7, NOW).unwrap();
        }
        assert_eq!(Page::read(&page.write()), page);
        assert_eq!(Page::read(b"foreign"), Page::default());
    }

    #[test]
    fn who_has_taken_nothing_goes_first_and_who_was_here_longest_ago() {
        let mut page = Page::default();
        let most = MOST as u64;
        for id in 0..most {
            use_it(&mut page, id, id % 2, NOW + Duration::from_secs(id)).unwrap();
        }
        let soon = NOW + Duration::from_secs(most);
        assert_eq!(use_it(&mut page, 1000, 5, soon), None, "all were here within a minute");
        assert!(page.overflows(soon));
        let later = NOW + Duration::from_secs(100);
        let make = |page: &mut Page, id, room, now| match page.open(wanted(id, now), room) {
            Found::Here { forgot, .. } => Some(forgot),
            Found::Elsewhere => None,
        };
        assert_eq!(make(&mut page, 1000, Room::Own, later), None, "it may be in a page after it");
        for id in 1000..1000 + most / 2 {
            assert_eq!(make(&mut page, id, Room::Any, later), Some(Worth::Nothing));
            assert_eq!(use_it(&mut page, id, 5, later), Some(Worth::Nothing));
        }
        assert!((0..most).all(|id| page.find(id).is_some() == (id % 2 == 1)), "all that is left has spent");
        assert_eq!(make(&mut page, 2000, Room::Any, later), None);
        assert_eq!(make(&mut page, 2000, Room::OfAnother, later), Some(Worth::Money));
        assert!(page.find(1).is_none() && page.find(3).is_some() && page.accounts.len() == MOST);
        // The next day nothing of it matters.
        let tomorrow = NOW + Duration::from_secs(86_400);
        assert!(page.accounts.iter().all(|account| account.worth(tomorrow) == Worth::Nothing));
        assert!(!page.overflows(tomorrow));
        assert_eq!(use_it(&mut page, 3000, 5, tomorrow), Some(Worth::Nothing));
    }

    #[test]
    fn an_account_has_a_few_pages() {
        let places: Vec<_> = Page::places(PAGES - 1).collect();
        assert_eq!((places.len(), &places[..3]), (32, &[PAGES - 1, 0, 1][..]));
        assert_eq!(Page::places(u64::MAX).next(), Some(u64::MAX % PAGES));
        assert_eq!(Page::search(3).last(), Some((3, Room::OfAnother)));
    }
}
