//! The accounts of those who have limits, in pages that all workers share ([`Page`]).

use std::time::Duration;

use super::Services;
use super::memory::{Contended, change, look};
use crate::access::ledger::{Account, Found, Page, Standing, Wanted, Worth};
use crate::access::{Credited, Money};
use crate::routing::{Reader, Record, Writer};

/// Works on an account, in the page that it is in. `work` may be done again where another worker was quicker.
///
/// # Errors
/// Nothing was written, and what `work` has said is not so.
pub(super) fn at_account<T>(
    account: &Credited<'_>,
    services: &dyn Services,
    now: Duration,
    mut work: impl FnMut(&mut Account) -> T,
) -> Result<T, Contended> {
    let wanted = Wanted { id: account.id(), lasts: account.quota.lasts(now), now };
    for (place, room) in Page::search(wanted.id) {
        let worked = change(services, &place.to_string(), |page: &mut Page| match page.open(wanted, room) {
            Found::Here { account, forgot } => Some((work(account), forgot)),
            Found::Elsewhere => None,
        })?;
        if let Some((result, forgot)) = worked {
            if forgot > Worth::Nothing {
                count_forgotten(services);
            }
            return Ok(result);
        }
    }
    Err(Contended::of_room())
}

/// What an account has left, and what was spent of its budget, without touching it.
pub(super) fn standing_of(account: &Credited<'_>, services: &dyn Services) -> (Standing, Option<Money>) {
    let (id, now) = (account.id(), services.now());
    for place in Page::places(id) {
        let page: Page = look(services, &place.to_string());
        if let Some(found) = page.find(id) {
            let spent = account.quota.budget.map(|budget| found.spent(&budget, now));
            return (found.standing(&account.quota, now), spent);
        }
        if !page.overflows(now) {
            break;
        }
    }
    let fresh = Account::new(id, now);
    (fresh.standing(&account.quota, now), account.quota.budget.map(|_| Money::default()))
}

/// A worker lives that has requests at this account.
pub(super) fn refresh(account: &Credited<'_>, services: &dyn Services) {
    let (worker, now) = (services.worker(), services.now());
    at_account(account, services, now, |it| it.refresh(worker, now)).unwrap_or_else(Contended::warn);
}

/// How many accounts were forgotten of which something was lost.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Forgotten(u64);

/// Changes with every change of what is written.
const LAYOUT: u64 = 1;

impl Record for Forgotten {
    const NAME: &'static str = "ferro.forgotten";

    fn read(bytes: &[u8]) -> Self {
        Self(Reader::new(LAYOUT, bytes).number().unwrap_or_default())
    }

    fn write(&self) -> Vec<u8> {
        let mut words = Writer::new(LAYOUT);
        words.number(self.0);
        words.finish()
    }
}

const ACCOUNTS: &str = "accounts";

fn count_forgotten(services: &dyn Services) {
    let counted = change(services, ACCOUNTS, |forgotten: &mut Forgotten| {
        forgotten.0 = forgotten.0.saturating_add(1);
    });
    counted.unwrap_or_else(Contended::warn);
}

/// How many accounts were forgotten, of which something was lost, since Envoy runs.
pub(super) fn forgotten(services: &dyn Services) -> u64 {
    look::<Forgotten>(services, ACCOUNTS).0
}
