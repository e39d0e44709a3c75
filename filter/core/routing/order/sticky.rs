//! The same caller gets the same order, whatever else changes about a route.
//!
//! This is weighted rendezvous hashing: caller and target together give a number `u` between 0 and 1, and the targets
//! stand by `-ln(u) / weight`. Each is first for its share of the callers. A target that comes, goes or changes its
//! weight moves only the callers that it gains or loses; their place in the file means nothing.

use super::reason::Reason;
use super::{Contender, Place};

/// What tells callers apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sticky {
    /// A header of the request, by its name in lower case.
    Header(String),
    /// The caller's credential.
    Key,
    /// The body's `user`.
    User,
}

/// A number for a caller. It says nothing of what it was made from.
pub fn caller(value: &[u8]) -> u64 {
    mix(fnv1a(FNV_OFFSET, value))
}

/// A number for a target: the same wherever it stands, and on every gateway.
pub fn identity(provider: &str, model: Option<&str>, label: Option<&str>) -> u64 {
    // A byte that no text holds, so that the parts cannot run into each other.
    const END: &[u8] = &[0xff];
    let parts = [provider, model.unwrap_or_default(), label.unwrap_or_default()];
    mix(parts.iter().fold(FNV_OFFSET, |hash, part| fnv1a(fnv1a(hash, part.as_bytes()), END)))
}

/// The order of a caller. What weighs nothing is drained.
pub(super) fn kept(contenders: &[Contender], caller: u64) -> Vec<Place> {
    let weighty = contenders.iter().enumerate().filter(|(_, contender)| contender.weight > 0);
    let mut scores: Vec<_> = weighty
        .map(|(index, contender)| {
            let score = -unit(mix(caller ^ contender.identity)).ln() / f64::from(contender.weight);
            (index, score)
        })
        .collect();
    scores.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    scores.into_iter().map(|(index, _)| Place { index, reason: Reason::Kept }).collect()
}

/// A number between 0 and 1, both excluded, from the upper 52 bits: with a half more that is all a float can tell.
fn unit(bits: u64) -> f64 {
    const STEPS: f64 = (1_u64 << 52) as f64;
    ((bits >> 12) as f64 + 0.5) / STEPS
}

const FNV_OFFSET: u64 = 0xcbf2_9ce4_8422_2325;

/// FNV-1a: <https://datatracker.ietf.org/doc/html/rfc9923>.
fn fnv1a(hash: u64, bytes: &[u8]) -> u64 {
    bytes.iter().fold(hash, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

/// MurmurHash3's last step: every bit of the result depends on every bit of the input.
const fn mix(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_the_standard() {
        for (text, want) in
            [("", FNV_OFFSET), ("a", 0xaf63_dc4c_8601_ec8c), ("foobar", 0x8594_4171_f739_67e8)]
        {
            assert_eq!(fnv1a(FNV_OFFSET, text.as_bytes()), want, "{text}");
        }
        // A new version of the gateway keeps everybody's variant.
        assert_eq!(caller(b"user-1"), 0x41a2_fca5_c684_01c5);
        assert_eq!(identity("openai", Some("gpt-4o"), None), 0xedc1_a72a_7d3e_e1e3);
    }

    #[test]
    fn units_stay_within_their_bounds() {
        for bits in [0, u64::MAX] {
            assert!(unit(bits) > 0.0 && unit(bits) < 1.0);
        }
    }
}
