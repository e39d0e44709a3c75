//! What a list of times says about its middle and its tail.

use std::time::Duration;

/// The time that so many thousandths of a sorted list do not exceed: a value of the list, by nearest rank. `None` where
/// the list is too short to have one beyond it: a p99 of 50 requests is only their maximum.
pub fn quantile(sorted: &[Duration], thousandths: usize) -> Option<Duration> {
    let beyond = sorted.len() * 1000_usize.saturating_sub(thousandths) / 1000;
    if beyond == 0 {
        return None;
    }
    at(sorted, thousandths)
}

/// The same of a list however short; of none, nothing.
pub fn at_least(sorted: &[Duration], thousandths: usize) -> Option<Duration> {
    quantile(sorted, thousandths).or_else(|| sorted.last().copied())
}

fn at(sorted: &[Duration], thousandths: usize) -> Option<Duration> {
    let rank = (sorted.len() * thousandths).div_ceil(1000).max(1);
    sorted.get(rank - 1).copied()
}

/// The middle of numbers in any order; of an even count, the upper one.
pub fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_unstable_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

/// In microseconds.
pub fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(count: u64) -> Vec<Duration> {
        (1..=count).map(Duration::from_micros).collect()
    }

    #[test]
    fn a_quantile_is_the_value_of_its_rank() {
        let thousand = times(1000);
        assert_eq!(quantile(&thousand, 500), Some(Duration::from_micros(500)));
        assert_eq!(quantile(&thousand, 990), Some(Duration::from_micros(990)));
        assert_eq!(quantile(&thousand, 999), Some(Duration::from_micros(999)));
        assert_eq!(quantile(&times(3), 500), Some(Duration::from_micros(2)));
    }

    #[test]
    fn a_short_list_has_no_tail() {
        assert_eq!(quantile(&times(99), 990), None);
        assert_eq!(quantile(&times(100), 990), Some(Duration::from_micros(99)));
        assert_eq!(quantile(&[], 500), None);
        assert_eq!(at_least(&times(5), 990), Some(Duration::from_micros(5)));
        assert_eq!(at_least(&[], 990), None);
    }

    #[test]
    fn a_median_needs_no_order() {
        assert_eq!(median(vec![3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(Vec::new()), None);
    }
}
