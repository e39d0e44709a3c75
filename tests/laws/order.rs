//! An order is a permutation of those that may be asked, whatever is known of them.

use ferro::routing::{Average, Contender, Cost, Measure, Occasion, Strategy, Unpriced, order};

use super::random::Random;

/// Numbers that break comparisons.
const ODD: [f64; 8] =
    [f64::NAN, -f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1.0, -0.0, 0.0, f64::MIN_POSITIVE];

pub fn permutations() {
    let mut random = Random::new(4);
    let mut drained = 0;
    for _ in 0..2000 {
        let contenders: Vec<_> = (0..random.below(8)).map(|_| contender(&mut random)).collect();
        let occasion = occasion(&mut random);
        for strategy in Strategy::ALL {
            let places = order(strategy, &contenders, &occasion, |below| random.next() % below);
            let mut asked: Vec<_> = places.iter().map(|place| place.index).collect();
            asked.sort_unstable();
            let eligible = |(_, contender): &(usize, &Contender)| match strategy {
                Strategy::Weighted | Strategy::AbTest => contender.weight > 0,
                Strategy::Cost if occasion.unpriced == Unpriced::Skip => {
                    contender.cost.is_some_and(|cost| cost.dollars.is_finite())
                }
                _ => true,
            };
            let want: Vec<_> =
                contenders.iter().enumerate().filter(eligible).map(|(index, _)| index).collect();
            assert_eq!(asked, want, "{strategy:?} {occasion:?} {contenders:?}");
            drained += contenders.len() - want.len();
            assert!(places.iter().all(|place| !place.reason.to_string().is_empty()));
        }
    }
    assert!(drained > 0, "nobody was ever left out");
}

fn contender(random: &mut Random) -> Contender {
    let (value, at, dollars) = (number(random), instant(random), number(random));
    let cost = Cost { dollars, input_tokens: random.next(), output_tokens: random.next() };
    Contender {
        identity: random.next() % 4,
        weight: [0, 1, 70, u32::MAX][random.below(4)],
        latency: (random.below(3) > 0).then_some(Average { value, at }),
        cost: (random.below(3) > 0).then_some(cost),
    }
}

fn occasion(random: &mut Random) -> Occasion {
    Occasion {
        now: instant(random),
        measure: [Measure::FirstByte, Measure::OutputToken][random.below(2)],
        unpriced: [Unpriced::Last, Unpriced::Skip, Unpriced::First][random.below(3)],
        caller: (random.below(2) > 0).then(|| random.next()),
    }
}

fn number(random: &mut Random) -> f64 {
    match random.below(3) {
        0 => ODD[random.below(ODD.len())],
        _ => random.below(1_000_000) as f64 / 1000.0,
    }
}

fn instant(random: &mut Random) -> u64 {
    [0, u64::MAX, random.next() % 100_000][random.below(3)]
}
