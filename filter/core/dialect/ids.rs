//! Ids of calls that a provider gives none, or that it would not take.

use std::collections::{BTreeMap, BTreeSet};

use super::provider::Stamp;
use crate::hub::json::Str;

/// The ids of one answer's calls.
#[derive(Debug)]
pub(super) struct Ids {
    seed: u64,
    next: usize,
}

impl Ids {
    /// The ids of one answer.
    pub(super) const fn new(stamp: Stamp) -> Self {
        Self { seed: stamp.seed, next: 0 }
    }

    /// The id of the next call: the one that was given, else one of ours.
    pub(super) fn id<'a>(&mut self, given: Option<Str<'a>>) -> Str<'a> {
        let number = self.next;
        self.next = self.next.saturating_add(1);
        let given = given.filter(|id| !id.is_empty());
        given.unwrap_or_else(|| Str::from(format!("call_{:x}_{number}", self.seed)))
    }
}

/// Ids for a vendor that takes only such of so many ASCII letters and digits. Of one id always the same is made, so that
/// what the vendor keeps of a conversation fits its next turn, too; of two never the same.
#[derive(Debug)]
pub(super) struct Uniform {
    length: usize,
    given: BTreeMap<String, String>,
    taken: BTreeSet<String>,
}

impl Uniform {
    /// The ids of one request, of which `all` are spoken of.
    pub(super) fn new<'a>(length: usize, all: impl Iterator<Item = &'a str>) -> Self {
        let fitting = all.filter(|id| fits(id, length)).map(str::to_owned);
        Self { length, given: BTreeMap::new(), taken: fitting.collect() }
    }

    /// The one in place of this one; `None` where it can stay.
    pub(super) fn other(&mut self, id: &str) -> Option<String> {
        /// As many as are tried; that two are the same is next to impossible, unless they are so short that they run out.
        const TRIES: u64 = 32;
        if fits(id, self.length) {
            return None;
        }
        if let Some(given) = self.given.get(id) {
            return Some(given.clone());
        }
        let other =
            (0..TRIES).map(|salt| derived(id, salt, self.length)).find(|it| !self.taken.contains(it))?;
        self.taken.insert(other.clone());
        self.given.insert(id.to_owned(), other.clone());
        Some(other)
    }
}

fn fits(id: &str, length: usize) -> bool {
    id.len() == length && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// An id made of another: a hash of it (FNV-1a), spread over so many letters and digits (`SplitMix64`).
fn derived(id: &str, salt: u64, length: usize) -> String {
    const ALPHABET: &[u8; 62] = b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let hash = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    let mut state = id.bytes().fold(0xcbf2_9ce4_8422_2325 ^ salt, hash);
    let mut letter = || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        let place = usize::try_from((mixed ^ (mixed >> 31)) % 62).unwrap_or_default();
        ALPHABET.get(place).copied().map_or('0', char::from)
    };
    (0..length).map(|_| letter()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_different_ids_different_ones_are_made_and_of_one_the_same() {
        let all: Vec<_> = (0..20_000).map(|number| format!("call_{number}")).collect();
        let mut ids = Uniform::new(9, all.iter().map(String::as_str));
        let made: BTreeSet<_> = all.iter().map(|id| ids.other(id).unwrap()).collect();
        assert_eq!(made.len(), all.len());
        assert!(made.iter().all(|id| fits(id, 9)));
        assert_eq!(ids.other("call_7"), Some(derived("call_7", 0, 9)), "in every request the same");
        assert_eq!(ids.other("abcDEF123"), None);
        for strange in ["", "abcDEF12", "abcDEF1234", "abc_EF123", "abcdefg\u{e9}"] {
            assert!(fits(&ids.other(strange).unwrap(), 9), "{strange}");
        }
    }

    #[test]
    fn one_that_the_client_names_itself_is_not_given_to_another_call() {
        let taken = derived("call_1", 0, 9);
        let mut ids = Uniform::new(9, [taken.as_str(), "call_1"].into_iter());
        assert_eq!(ids.other(&taken), None);
        let other = ids.other("call_1").unwrap();
        assert!(other != taken && fits(&other, 9));
        // Where there are no more, it stays as it is.
        let (mut few, mut left) = (Uniform::new(1, std::iter::empty()), 0);
        for number in 0..1000 {
            left += usize::from(few.other(&format!("call_{number}")).is_none());
        }
        assert!(left >= 1000 - 62, "{left}");
    }
}
