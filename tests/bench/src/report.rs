//! The numbers: of the rounds of each subject the cheapest, and what it is of the plain one's.

use std::fmt::Write as _;
use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::cell::Cell;
use crate::load::Loaded;

/// One round.
#[derive(Clone, Debug)]
pub struct Measured {
    requests: usize,
    cpu_us: f64,
    per_second: f64,
    p50_us: f64,
    p99_us: f64,
}

/// All rounds.
#[derive(Debug)]
pub struct Report {
    subjects: Vec<String>,
    lines: Vec<Line>,
}

#[derive(Debug)]
struct Line {
    cell: String,
    /// For each subject, its rounds.
    rounds: Vec<Vec<Measured>>,
}

impl Measured {
    /// A round in which Envoy used so much processor time.
    #[expect(clippy::cast_precision_loss, reason = "counts of requests are small")]
    pub fn new(cpu: Duration, loaded: Loaded) -> Self {
        let requests = loaded.latencies.len();
        let count = requests.max(1) as f64;
        let at = |part: usize| {
            let latency = loaded.latencies.get(requests * part / 100).or(loaded.latencies.last());
            latency.map_or(0.0, Duration::as_secs_f64) * 1e6
        };
        Self {
            requests,
            cpu_us: cpu.as_secs_f64() * 1e6 / count,
            per_second: count / loaded.time.as_secs_f64(),
            p50_us: at(50),
            p99_us: at(99),
        }
    }

    fn json(&self) -> Value {
        json!({
            "requests": self.requests,
            "cpu_us": self.cpu_us,
            "per_second": self.per_second,
            "p50_us": self.p50_us,
            "p99_us": self.p99_us,
        })
    }
}

impl Report {
    /// An empty report; the first subject is what the others are compared with.
    pub const fn new(subjects: Vec<String>) -> Self {
        Self { subjects, lines: Vec::new() }
    }

    /// Adds a round.
    pub fn add(&mut self, cell: &Cell, subject: &str, measured: Measured) {
        let name = cell.name();
        if self.lines.last().is_none_or(|line| line.cell != name) {
            self.lines.push(Line { cell: name, rounds: vec![Vec::new(); self.subjects.len()] });
        }
        let place = self.subjects.iter().position(|known| known == subject);
        if let (Some(line), Some(place)) = (self.lines.last_mut(), place)
            && let Some(rounds) = line.rounds.get_mut(place)
        {
            rounds.push(measured);
        }
    }

    /// For people.
    pub fn table(&self) -> String {
        let mut text = String::new();
        // Writing to memory cannot fail.
        let _ = writeln!(
            text,
            "\n{:<34} {:<15} {:>9} {:>7} {:>8} {:>8} {:>8} {:>8}",
            "", "", "CPU us", "ratio", "median", "req/s", "p50 us", "p99 us"
        );
        for line in &self.lines {
            let plain = line.rounds.first().and_then(|rounds| cheapest(rounds)).map(|best| best.cpu_us);
            for (place, (subject, rounds)) in self.subjects.iter().zip(&line.rounds).enumerate() {
                let Some(best) = cheapest(rounds) else { continue };
                let cell = if place == 0 { line.cell.as_str() } else { "" };
                let ratio = plain.map_or(f64::NAN, |plain| best.cpu_us / plain);
                let _ = writeln!(
                    text,
                    "{cell:<34} {subject:<15} {:>9.1} {ratio:>7.2} {:>8.1} {:>8.0} {:>8.0} {:>8.0}",
                    best.cpu_us,
                    median(rounds),
                    best.per_second,
                    best.p50_us,
                    best.p99_us
                );
            }
        }
        text
    }

    /// For programs: all rounds.
    pub fn json(&self) -> Value {
        let line = |line: &Line| {
            let subjects: Map<_, _> = self
                .subjects
                .iter()
                .zip(&line.rounds)
                .map(|(subject, rounds)| {
                    let best = cheapest(rounds).map(Measured::json);
                    let rounds: Vec<_> = rounds.iter().map(Measured::json).collect();
                    (subject.clone(), json!({ "cheapest": best, "rounds": rounds }))
                })
                .collect();
            (line.cell.clone(), Value::from(subjects))
        };
        Value::from(self.lines.iter().map(line).collect::<Map<_, _>>())
    }
}

fn cheapest(rounds: &[Measured]) -> Option<&Measured> {
    rounds.iter().min_by(|one, other| one.cpu_us.total_cmp(&other.cpu_us))
}

/// How far it is above the cheapest shows how quiet the machine was.
fn median(rounds: &[Measured]) -> f64 {
    let mut all: Vec<_> = rounds.iter().map(|round| round.cpu_us).collect();
    all.sort_unstable_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or_default()
}
