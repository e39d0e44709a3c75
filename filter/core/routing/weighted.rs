//! A draw by weight.

use super::order::{Contender, Place};
use super::reason::Reason;

/// A weighted draw without replacement: the pick goes first, the others follow. What weighs nothing is drained.
pub(super) fn drawn(contenders: &[Contender], random: &mut impl FnMut(u64) -> u64) -> Vec<Place> {
    let weights = contenders.iter().map(|contender| contender.weight).enumerate();
    let mut left: Vec<_> = weights.filter(|(_, weight)| *weight > 0).collect();
    let mut places = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let total = left.iter().map(|(_, weight)| u64::from(*weight)).sum::<u64>().max(1);
        let mut draw = random(total);
        let drawn = left.iter().position(|(_, weight)| match draw.checked_sub(u64::from(*weight)) {
            Some(rest) => {
                draw = rest;
                false
            }
            None => true,
        });
        let (index, weight) = left.remove(drawn.unwrap_or_default());
        places.push(Place { index, reason: Reason::Drawn { weight, total } });
    }
    places
}
