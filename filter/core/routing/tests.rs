//! Every ordering, over fixed randomness; and what feeds them.

use super::*;
use crate::provider::Price;

const DRAWS: u32 = 10_000;

/// Numbers that repeat.
fn random() -> impl FnMut(u64) -> u64 {
    let mut seed = 7_u64;
    move |below| {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (seed >> 33).checked_rem(below).unwrap()
    }
}

/// Whether so many of [`DRAWS`] are what a share would bring, within three standard deviations.
fn assert_share(have: u32, share: f64) {
    let (draws, have) = (f64::from(DRAWS), f64::from(have));
    let bound = 3.0 * (draws * share * (1.0 - share)).sqrt();
    assert!((have - draws * share).abs() <= bound, "{have} of {draws}, not {share} of them");
}

/// Contenders of these weights, each by its name.
fn weighing(weights: &[(&str, u32)]) -> Vec<Contender> {
    let contender = |(name, weight): &(&str, u32)| Contender {
        identity: identity(name, None, None),
        weight: *weight,
        latency: None,
        cost: None,
    };
    weights.iter().map(contender).collect()
}

fn indexes(places: &[Place]) -> Vec<usize> {
    places.iter().map(|place| place.index).collect()
}

fn reasons(places: &[Place]) -> Vec<String> {
    places.iter().map(|place| place.reason.to_string()).collect()
}

#[test]
fn single_and_fallback_go_by_the_file() {
    let places = order(Strategy::Fallback, &weighing(&[("a", 0), ("b", 5)]), &Occasion::default(), |_| {
        panic!("nothing is drawn")
    });
    assert_eq!((indexes(&places), reasons(&places)), (vec![0, 1], vec!["as listed".to_owned(); 2]));
}

#[test]
fn weights_are_shares_of_the_first_place() {
    let contenders = weighing(&[("a", 70), ("drained", 0), ("b", 20), ("c", 10)]);
    let mut random = random();
    let mut first = [0; 4];
    for strategy in [Strategy::Weighted, Strategy::AbTest] {
        first = [0; 4];
        for _ in 0..DRAWS {
            let mut places = indexes(&order(strategy, &contenders, &Occasion::default(), &mut random));
            first[places[0]] += 1;
            places.sort_unstable();
            assert_eq!(places, [0, 2, 3]);
        }
    }
    for (have, share) in first.into_iter().zip([0.7, 0.0, 0.2, 0.1]) {
        assert_share(have, share);
    }
    let places = order(Strategy::Weighted, &contenders, &Occasion::default(), |below| below - 1);
    assert_eq!(
        reasons(&places),
        ["drawn by weight 10 of 100", "drawn by weight 20 of 90", "drawn by weight 70 of 70"]
    );
}

/// The orders of many callers, each by its names.
fn orders_of_callers<'a>(weights: &[(&'a str, u32)]) -> Vec<Vec<&'a str>> {
    let contenders = weighing(weights);
    let places = |number: u32| {
        let caller = Some(caller(format!("user-{number}").as_bytes()));
        let occasion = Occasion { caller, ..Occasion::default() };
        let places = order(Strategy::AbTest, &contenders, &occasion, |_| panic!("nothing is drawn"));
        indexes(&places).into_iter().map(|index| weights[index].0).collect()
    };
    (0..DRAWS).map(places).collect()
}

fn count(orders: &[Vec<&str>], holds: impl Fn(usize, &[&str]) -> bool) -> u32 {
    orders.iter().enumerate().filter(|(index, order)| holds(*index, order)).count() as u32
}

#[test]
fn a_caller_keeps_its_order() {
    let before = orders_of_callers(&[("a", 70), ("b", 30), ("drained", 0)]);
    assert!(before.iter().all(|order| order.len() == 2 && !order.contains(&"drained")));
    assert_share(count(&before, |_, order| order[0] == "a"), 0.7);
    // Neither the place in the file nor what is drained matters.
    assert_eq!(orders_of_callers(&[("b", 30), ("a", 70)]), before);
    // All weights doubled are the same weights.
    assert_eq!(orders_of_callers(&[("a", 140), ("b", 60)]), before);
}

#[test]
fn a_changed_weight_moves_its_share_of_callers_in_one_direction() {
    let before = orders_of_callers(&[("a", 50), ("b", 50)]);
    let after = orders_of_callers(&[("a", 60), ("b", 40)]);
    assert_share(count(&after, |index, order| before[index][0] == "b" && order[0] == "a"), 0.1);
    assert_eq!(count(&after, |index, order| before[index][0] == "a" && order[0] == "b"), 0);
}

#[test]
fn a_new_target_takes_its_share_and_leaves_the_others_in_order() {
    let before = orders_of_callers(&[("a", 50), ("b", 50)]);
    let after = orders_of_callers(&[("a", 50), ("new", 25), ("b", 50)]);
    assert_share(count(&after, |_, order| order[0] == "new"), 0.2);
    for (before, after) in before.iter().zip(after) {
        let others: Vec<_> = after.into_iter().filter(|name| *name != "new").collect();
        assert_eq!(&others, before);
    }
}

#[test]
fn identities_are_their_parts() {
    let known = [
        identity("a", None, None),
        identity("a", Some("b"), None),
        identity("ab", None, None),
        identity("a", None, Some("b")),
        identity("a", Some("b"), Some("c")),
        identity("a", Some("bc"), None),
    ];
    for (index, one) in known.iter().enumerate() {
        assert!(!known[..index].contains(one), "{index}");
    }
}

/// Contenders that were so fast, so long ago: microseconds, then milliseconds before [`NOW`].
fn measured(samples: &[Option<(f64, u64)>]) -> Vec<Contender> {
    let latency = |(value, age)| Average { value, at: NOW.checked_sub(age).unwrap() };
    let contender = |sample: &Option<(f64, u64)>| Contender {
        identity: 0,
        weight: 1,
        latency: sample.map(latency),
        cost: None,
    };
    samples.iter().map(contender).collect()
}

const NOW: u64 = 1_000_000;

#[test]
fn the_fastest_goes_first_after_those_never_tried() {
    let occasion = Occasion { now: NOW, measure: Measure::OutputToken, ..Occasion::default() };
    let by_latency = |samples: &[Option<(f64, u64)>], draw: u64| {
        order(Strategy::LeastLatency, &measured(samples), &occasion, |below| draw % below)
    };
    let places = by_latency(&[Some((30.0, 0)), None, Some((12_500.0, 0)), None, Some((30.0, 0))], 1);
    assert_eq!(indexes(&places), [3, 1, 0, 4, 2]);
    let slowest = "12.5 ms per output token";
    assert_eq!(
        reasons(&places)[1..],
        ["no sample yet", "0.0 ms per output token", "0.0 ms per output token", slowest]
    );
    // The oldest sample goes first when the draw says so, if it is old.
    let places = by_latency(&[Some((1.0, 0)), Some((2.0, 40_000)), Some((3.0, 20_000))], 0);
    assert_eq!((indexes(&places), &*reasons(&places)[0]), (vec![1, 0, 2], "its sample is 40 s old"));
    for (samples, draw) in [
        (&[Some((1.0, 0)), Some((2.0, 10_000))][..], 0),
        (&[Some((1.0, 0)), Some((2.0, 40_000))], 1),
        (&[Some((f64::NEG_INFINITY, 0)), Some((f64::NAN, 0))], 1),
    ] {
        assert_eq!(indexes(&by_latency(samples, draw)), [0, 1], "{samples:?}");
    }
}

#[test]
fn the_unknown_and_the_forgotten_have_their_shares() {
    let occasion = Occasion { now: NOW, ..Occasion::default() };
    let mut random = random();
    let (unsampled, stale) = (measured(&[None; 4]), measured(&[Some((1.0, 0)), Some((2.0, 60_000))]));
    let (mut last_of_unsampled, mut explored) = (0, 0);
    for _ in 0..DRAWS {
        let mut first = |contenders: &[Contender]| {
            order(Strategy::LeastLatency, contenders, &occasion, &mut random)[0].index
        };
        last_of_unsampled += u32::from(first(&unsampled) == 3);
        explored += u32::from(first(&stale) == 1);
    }
    assert_share(last_of_unsampled, 0.25);
    assert_share(explored, 0.05);
}

#[test]
fn averages_follow_their_samples() {
    let before = Some(Average { value: 100.0, at: 0 });
    for (before, value, now, want) in [
        (None, 7.0, 5, Some(7.0)),
        (before, 200.0, 0, Some(125.0)),
        (before, 200.0, 10_000, Some(150.0)),
        (before, 200.0, 90_000, Some(190.0)),
        (before, 0.0, 0, Some(75.0)),
        (before, f64::NAN, 9, Some(100.0)),
        (before, -1.0, 9, Some(100.0)),
        (before, f64::INFINITY, 9, Some(100.0)),
        (Some(Average { value: f64::NAN, at: 0 }), 7.0, 0, Some(7.0)),
        (None, f64::NAN, 9, None),
    ] {
        let after = Average::sample(before, value, now);
        assert_eq!(after.map(|after| after.value), want, "{before:?} {value}");
        let moved = after != before;
        assert!(!moved || after.is_some_and(|after| after.at == now));
    }
    // A clock that goes back is no old sample.
    assert_eq!(Average { value: 1.0, at: 9 }.age(5), 0);
}

#[test]
fn failures_count_as_slow() {
    let second = 1_000_000.0;
    for (measure, before, want) in [
        (Measure::FirstByte, None, second),
        (Measure::FirstByte, Some(1000.0), second),
        (Measure::FirstByte, Some(3.0 * second), 6.0 * second),
        (Measure::FirstByte, Some(f64::NAN), second),
        (Measure::FirstByte, Some(500.0 * second), 600.0 * second),
        (Measure::OutputToken, None, 0.1 * second),
        (Measure::OutputToken, Some(0.2 * second), 0.4 * second),
    ] {
        let before = before.map(|value| Average { value, at: 1 });
        assert_eq!(measure.slow(before, 9), Average { value: want, at: 9 }, "{before:?}");
    }
}

#[test]
fn the_cheapest_goes_first() {
    let cost = |dollars| Cost { dollars, input_tokens: 12, output_tokens: 500 };
    let costs = [Some(2.0), None, Some(0.000_42), Some(2.0), Some(f64::NAN), Some(0.0)];
    let contender = |dollars: Option<f64>| Contender { cost: dollars.map(cost), ..weighing(&[("a", 1)])[0] };
    let contenders = costs.map(contender);
    for (unpriced, want) in [
        (Unpriced::Last, &[5, 2, 0, 3, 1, 4][..]),
        (Unpriced::Skip, &[5, 2, 0, 3]),
        (Unpriced::First, &[1, 4, 5, 2, 0, 3]),
    ] {
        let occasion = Occasion { unpriced, ..Occasion::default() };
        let places = order(Strategy::Cost, &contenders, &occasion, |_| panic!("nothing is drawn"));
        assert_eq!(indexes(&places), want);
    }
    let places = order(Strategy::Cost, &contenders, &Occasion::default(), |_| 0);
    let reasons = reasons(&places);
    assert_eq!(reasons[1], "$0.00042 expected (12 input and 500 output tokens)");
    assert_eq!(reasons[4], "no price");
}

#[test]
fn costs_are_tokens_times_prices() {
    let price = Price { input: 2.5, output: 10.0, cached_input: Some(1.25) };
    for (multiplier, input, output, want) in [
        (1.0, 1_000_000, 0, "$2.50"),
        (1.0, 0, 1_000_000, "$10.00"),
        (0.5, 1000, 100, "$0.00175"),
        (1.0, 123, 0, "$0.000307"),
        (2.0, 0, 0, "$0.00"),
    ] {
        let shown = Cost::expected(price, multiplier, input, output).to_string();
        assert_eq!(shown, format!("{want} expected ({input} input and {output} output tokens)"));
    }
}

#[test]
fn the_output_to_expect_is_the_usual_one_within_the_limit() {
    for (history, most, want) in [
        (None, None, 500),
        (None, Some(64), 64),
        (Some(99.6), None, 100),
        (Some(99.6), Some(64), 64),
        (Some(9.0), Some(64), 9),
        (Some(f64::NAN), Some(64), 64),
        (Some(-5.0), None, 0),
    ] {
        assert_eq!(expected_output(history, most), want, "{history:?} {most:?}");
    }
}
