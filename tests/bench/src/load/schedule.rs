//! When requests are to be sent, whatever happens to those before.

use std::time::Duration;

/// How arrivals are spread over time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arrivals {
    /// As of many clients that know nothing of each other: bursts and pauses.
    Poisson,
    /// One as long after another as the last.
    Even,
}

/// The moments at which requests are due, from the start of a window. The same for every subject that is asked at this
/// rate.
pub fn schedule(arrivals: Arrivals, rate: f64, time: Duration) -> Vec<Duration> {
    let mut random = SEED;
    let mut due = 0.0;
    let mut moments = Vec::new();
    while due < time.as_secs_f64() && rate > 0.0 {
        moments.push(Duration::from_secs_f64(due));
        due += match arrivals {
            Arrivals::Even => 1.0 / rate,
            Arrivals::Poisson => -(1.0 - fraction(&mut random)).ln() / rate,
        };
    }
    moments
}

const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// The next of a sequence from 0 to less than 1 (xorshift64).
fn fraction(state: &mut u64) -> f64 {
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    (*state >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn even_arrivals_are_even() {
        let moments = schedule(Arrivals::Even, 1000.0, Duration::from_secs(2));
        assert!((2000..=2001).contains(&moments.len()), "{}", moments.len());
        assert_eq!(moments[3] - moments[2], Duration::from_millis(1));
    }

    #[test]
    fn poisson_arrivals_have_the_rate_and_no_rhythm() {
        let moments = schedule(Arrivals::Poisson, 1000.0, Duration::from_secs(10));
        assert!((9_700..10_300).contains(&moments.len()), "{}", moments.len());
        assert!(moments.is_sorted());
        let gaps: Vec<_> = moments.windows(2).map(|pair| pair[1] - pair[0]).collect();
        // e^-1 of an exponential distribution lies above its mean.
        let long = gaps.iter().filter(|gap| **gap > Duration::from_millis(1)).count() * 1000 / gaps.len();
        assert!((340..400).contains(&long), "{long} of 1000");
    }

    #[test]
    fn no_rate_has_no_arrivals() {
        assert_eq!(schedule(Arrivals::Even, 0.0, Duration::from_secs(1)), []);
    }
}
