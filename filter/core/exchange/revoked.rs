//! Keys that were taken back while the gateway runs: known to all its workers at once, through what they share. What is
//! to last is written into `access.revoked`.
//!
//! Ids are spread over a number of records, so that a request reads a short one.

use std::collections::BTreeSet;

use super::Services;
use super::memory::{Contended, change, look};
use crate::routing::Record;

/// The ids of one record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Revoked(BTreeSet<String>);

/// How many records there are.
const RECORDS: usize = 256;

/// The most ids of one.
const MOST: usize = 256;

/// No id holds one.
const BETWEEN: char = '\n';

impl Record for Revoked {
    const NAME: &'static str = "ferro.revoked";

    fn read(bytes: &[u8]) -> Self {
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        Self(text.split(BETWEEN).filter(|id| !id.is_empty()).map(str::to_owned).collect())
    }

    fn write(&self) -> Vec<u8> {
        self.0.iter().map(String::as_str).collect::<Vec<_>>().join(&BETWEEN.to_string()).into_bytes()
    }
}

/// Whether the key of this id was taken back since the gateway runs.
pub(super) fn is_revoked(services: &dyn Services, id: &str) -> bool {
    look::<Revoked>(services, &record(id)).0.contains(id)
}

/// Takes the key of this id back. False where there is no room for more.
///
/// # Errors
/// It was not written.
pub(super) fn revoke(services: &dyn Services, id: &str) -> Result<bool, Contended> {
    change(services, &record(id), |revoked: &mut Revoked| {
        let fits = revoked.0.len() < MOST || revoked.0.contains(id);
        if fits {
            revoked.0.insert(id.to_owned());
        }
        fits
    })
}

/// The record that an id is in.
fn record(id: &str) -> String {
    let sum = id.bytes().fold(0_usize, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte.into()));
    sum.checked_rem(RECORDS).unwrap_or_default().to_string()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;
    use std::net::IpAddr;
    use std::time::Duration;

    use super::*;
    use crate::exchange::still::Still;

    /// A host that keeps what is shared, of one worker.
    #[derive(Default)]
    struct Sharing(RefCell<BTreeMap<String, Vec<u8>>>);

    impl Services for Sharing {
        fn shared(&self, name: &str) -> Option<(Vec<u8>, u32)> {
            self.0.borrow().get(name).map(|bytes| (bytes.clone(), 1))
        }
        fn share(&self, name: &str, bytes: &[u8], _: u32) -> bool {
            self.0.borrow_mut().insert(name.to_owned(), bytes.to_vec());
            true
        }
        fn now(&self) -> Duration {
            Still.now()
        }
        fn random(&self) -> u64 {
            Still.random()
        }
        fn held(&self) -> usize {
            Still.held()
        }
        fn worker(&self) -> u64 {
            Still.worker()
        }
        fn address(&self) -> Option<IpAddr> {
            Still.address()
        }
    }

    #[test]
    fn what_was_taken_back_stays_so() {
        let services = Sharing::default();
        assert!(!is_revoked(&services, "key_a"));
        for id in ["key_a", "key_b", "key_a"] {
            assert_eq!(revoke(&services, id), Ok(true));
        }
        assert!(is_revoked(&services, "key_a") && is_revoked(&services, "key_b"));
        assert!(!is_revoked(&services, "key_") && !is_revoked(&services, "key_c"));
    }
}
