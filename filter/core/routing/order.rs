//! A strategy is an ordering: which target is asked first, and who follows when it fails.

/// How a route orders its targets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// The only one.
    Single,
    /// As they are written.
    Fallback,
    /// By weighted draw without replacement: the pick goes first, the others follow.
    Weighted,
    /// The one that has answered fastest of late goes first.
    LeastLatency,
    /// The one that is expected to be cheapest goes first.
    Cost,
    /// By weight, and the same caller keeps its variant.
    AbTest,
}

impl Strategy {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Single, Self::Fallback, Self::Weighted, Self::LeastLatency, Self::Cost, Self::AbTest];

    /// The word for it in a configuration.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Single => "single",
            Self::Fallback => "fallback",
            Self::Weighted => "weighted",
            Self::LeastLatency => "least-latency",
            Self::Cost => "cost",
            Self::AbTest => "ab-test",
        }
    }
}

/// The order in which targets of these weights are asked: their indexes, each at most once. Under
/// [`Strategy::Weighted`] a target of weight 0 is drained and left out. `random` gives a number below its argument,
/// which is never 0.
pub fn order(strategy: Strategy, weights: &[u32], mut random: impl FnMut(u64) -> u64) -> Vec<usize> {
    match strategy {
        Strategy::Single | Strategy::Fallback | Strategy::LeastLatency | Strategy::Cost => {
            (0..weights.len()).collect()
        }
        Strategy::Weighted | Strategy::AbTest => {
            let mut left: Vec<_> = weights
                .iter()
                .map(|weight| u64::from(*weight))
                .enumerate()
                .filter(|(_, weight)| *weight > 0)
                .collect();
            let mut order = Vec::with_capacity(left.len());
            while !left.is_empty() {
                let total = left.iter().map(|(_, weight)| weight).sum::<u64>().max(1);
                let mut draw = random(total);
                let drawn = left.iter().position(|(_, weight)| match draw.checked_sub(*weight) {
                    Some(rest) => {
                        draw = rest;
                        false
                    }
                    None => true,
                });
                order.push(left.remove(drawn.unwrap_or_default()).0);
            }
            order
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_a_permutation_of_what_is_not_drained() {
        let mut seed = 7_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            (seed >> 33) % below
        };
        let mut first = [0_u32; 4];
        for _ in 0..10_000 {
            let mut order = order(Strategy::Weighted, &[70, 0, 20, 10], &mut random);
            first[order[0]] += 1;
            order.sort_unstable();
            assert_eq!(order, [0, 2, 3]);
        }
        // Three standard deviations of a draw of 10,000.
        for (have, want) in first.into_iter().zip([7000.0, 0.0, 2000.0, 1000.0]) {
            assert!((f64::from(have) - want).abs() <= 138.0, "{first:?}");
        }
        assert_eq!(order(Strategy::Fallback, &[0, 5], random), [0, 1]);
    }
}
