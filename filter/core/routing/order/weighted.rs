//! A draw by weight.

use super::reason::Reason;
use super::{Contender, Place};

/// A weighted draw without replacement: the pick goes first, the others follow. What weighs nothing is drained.
pub(super) fn drawn(contenders: &[Contender], random: &mut impl FnMut(u64) -> u64) -> Vec<Place> {
    let weights = contenders.iter().map(|contender| u64::from(contender.weight));
    let mut sums = Sums::new(weights);
    let weighty = contenders.iter().filter(|contender| contender.weight > 0).count();
    let mut places = Vec::with_capacity(weighty);
    for _ in 0..weighty {
        let total = sums.total();
        let index = sums.find(random(total.max(1)).min(total.saturating_sub(1)));
        let Some(weight) = contenders.get(index).map(|contender| contender.weight) else { break };
        sums.take(index, u64::from(weight));
        places.push(Place { index, reason: Reason::Drawn { weight, total } });
    }
    places
}

/// Numbers of which one can be taken away, and the place found where their sum, from the first on, goes beyond another
/// number, each in steps by the logarithm of how many there are: a tree of sums, of which each node has the sum of what
/// is below it.
struct Sums {
    /// The root first; the children of the node `at` are `2 * at + 1` and the one after it. The numbers are the last.
    nodes: Vec<u64>,
    leaves: usize,
}

impl Sums {
    fn new(numbers: impl ExactSizeIterator<Item = u64>) -> Self {
        let leaves = numbers.len().next_power_of_two();
        let inner = leaves.saturating_sub(1);
        let mut nodes = vec![0; inner];
        nodes.extend(numbers);
        nodes.resize(inner.saturating_add(leaves), 0);
        let mut sums = Self { nodes, leaves };
        for at in (0..inner).rev() {
            let sum = sums.node(left(at)).saturating_add(sums.node(left(at).saturating_add(1)));
            if let Some(node) = sums.nodes.get_mut(at) {
                *node = sum;
            }
        }
        sums
    }

    fn total(&self) -> u64 {
        self.node(0)
    }

    /// The place of the number that takes the sum beyond `below`, which is less than the total.
    fn find(&self, mut below: u64) -> usize {
        let (mut at, inner) = (0, self.leaves.saturating_sub(1));
        while at < inner {
            at = left(at);
            if let Some(rest) = below.checked_sub(self.node(at)) {
                (below, at) = (rest, at.saturating_add(1));
            }
        }
        at.saturating_sub(inner)
    }

    /// Takes a number away from the one at this place.
    fn take(&mut self, place: usize, number: u64) {
        let mut at = place.saturating_add(self.leaves.saturating_sub(1));
        loop {
            if let Some(node) = self.nodes.get_mut(at) {
                *node = node.saturating_sub(number);
            }
            let Some(below) = at.checked_sub(1) else { return };
            at = below / 2;
        }
    }

    fn node(&self, at: usize) -> u64 {
        self.nodes.get(at).copied().unwrap_or_default()
    }
}

const fn left(at: usize) -> usize {
    at.saturating_mul(2).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_draw_falls_where_the_weights_before_it_end() {
        let weights = [3, 0, 1, 5, 0, 2, 4];
        let contender = |weight: u32| Contender { identity: 0, weight, latency: None, cost: None };
        let contenders = weights.map(contender);
        for first in 0..15 {
            let mut draws = std::iter::once(first).chain(std::iter::repeat(0));
            let order = drawn(&contenders, &mut |_| draws.next().unwrap());
            let mut sum = 0;
            let want = weights.iter().position(|weight| {
                sum += u64::from(*weight);
                first < sum
            });
            let rest = [0, 2, 3, 5, 6].into_iter().filter(|index| Some(*index) != want);
            let indexes: Vec<_> = order.iter().map(|place| place.index).collect();
            assert_eq!(indexes, want.into_iter().chain(rest).collect::<Vec<_>>(), "{first}");
        }
        assert!(drawn(&[], &mut |_| 0).is_empty());
        assert!(drawn(&[contender(0)], &mut |_| 0).is_empty());
    }
}
