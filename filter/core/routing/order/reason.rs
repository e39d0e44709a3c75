//! Why a target stands where it stands.

use std::fmt;

use super::cost::Cost;
use super::latency::Measure;

/// Why a target stands where it stands in an order. Plain numbers: words are made only where they are read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reason {
    /// The file lists it there.
    Listed,
    /// It was drawn.
    Drawn {
        /// Its weight.
        weight: u32,
        /// The weight of all that were left.
        total: u64,
    },
    /// It has its place with this caller.
    Kept,
    /// Nothing is known of it: it is tried.
    Unsampled,
    /// It has been so fast.
    Latency {
        /// The average, in microseconds.
        microseconds: f64,
        /// Of what.
        measure: Measure,
    },
    /// What is known of it is old: it is tried again.
    Stale {
        /// In milliseconds.
        age: u64,
    },
    /// What it is expected to cost.
    Cost(Cost),
    /// It has no price.
    Unpriced,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Listed => f.write_str("as listed"),
            Self::Drawn { weight, total } => write!(f, "drawn by weight {weight} of {total}"),
            Self::Kept => f.write_str("chosen by its caller"),
            Self::Unsampled => f.write_str("no sample yet"),
            Self::Latency { microseconds, measure } => {
                write!(f, "{:.1} ms {measure}", microseconds / 1000.0)
            }
            Self::Stale { age } => write!(f, "its sample is {} s old", age / 1000),
            Self::Cost(cost) => cost.fmt(f),
            Self::Unpriced => f.write_str("no price"),
        }
    }
}

impl fmt::Display for Measure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::FirstByte => "to the first byte",
            Self::OutputToken => "per output token",
        })
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Costs of one request span many magnitudes: three digits that say something, at any of them.
        let places =
            if self.dollars > 0.0 { (2.0 - self.dollars.log10().floor()).clamp(2.0, 15.0) } else { 2.0 };
        let dollars = format!("{:.*}", places as usize, self.dollars);
        let dollars = if places > 2.0 { dollars.trim_end_matches('0') } else { &dollars };
        let Self { input_tokens, output_tokens, .. } = self;
        write!(f, "${dollars} expected ({input_tokens} input and {output_tokens} output tokens)")
    }
}
