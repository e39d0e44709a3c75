//! What holds for every golden stream, however the network cuts it.

use ferro::dialect::Format;

use super::cases::{self, Case};

/// Cut at every byte, and at random pairs of bytes, a stream says the same.
pub fn cuts(case: &Case, from: &'static Format, to: &'static Format) {
    let want = cases::stream(case, from, to, &[]);
    let length = case.text.len();
    for cut in 0..=length {
        assert_eq!(cases::stream(case, from, to, &[cut]), want, "{} cut at {cut}", case.name());
    }
    let mut random = 0x9e37_79b9_7f4a_7c15_u64 ^ length as u64;
    for _ in 0..200 {
        let mut pair = [0; 2].map(|_: usize| {
            random ^= random << 13;
            random ^= random >> 7;
            random ^= random << 17;
            random as usize % (length + 1)
        });
        pair.sort_unstable();
        assert_eq!(cases::stream(case, from, to, &pair), want, "{} cut at {pair:?}", case.name());
    }
}
