//! The highest rate at which 99 of 100 requests stay within a bound: bisection, by short windows of an open loop.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Asked, Bench, Findings, Rounds};
use crate::Outcome;
use crate::load::open::Pool;
use crate::load::schedule::schedule;
use crate::options::Mode;
use crate::quantile::at_least;
use crate::report::table::{self, Table};
use crate::subject::Subject;

/// Bounds of p99.
pub const BOUNDS: [Duration; 4] = [
    Duration::from_millis(1),
    Duration::from_millis(5),
    Duration::from_millis(10),
    Duration::from_millis(50),
];
/// Of one subject in one case; the last rate may take one more.
const MOST_WINDOWS: usize = 18;
/// A window has at least so many requests, if four rounds are long enough for them: less have no p99.
const FEWEST_REQUESTS: f64 = 200.0;
const MOST_ROUNDS: f64 = 4.0;
/// A rate is known when what is too high is less than this part above it.
const CLOSE: f64 = 0.05;
/// Below this part of what the closed loop reached, nobody looks any more.
const LOWEST: f64 = 0.02;

/// One case of one subject.
#[derive(Debug)]
pub struct Bounded {
    pub case: String,
    pub subject: &'static str,
    /// For each bound, requests a second.
    pub rates: [Option<f64>; BOUNDS.len()],
    windows: usize,
    reached: f64,
    rounds: Rounds<()>,
}

/// What is known of how p99 depends on the rate. A window that was good at a rate makes all lower ones good: whatever
/// disturbs can only make a window worse.
#[derive(Debug)]
struct Search {
    ceiling: f64,
    /// Rates and what p99 was.
    seen: Vec<(f64, Duration)>,
}

impl Search {
    /// The highest rate that stayed within the bound.
    fn good(&self, bound: Duration) -> Option<f64> {
        let within = self.seen.iter().filter(|(_, p99)| *p99 <= bound);
        within.map(|(rate, _)| *rate).max_by(f64::total_cmp)
    }

    /// The lowest rate above it that did not.
    fn bad(&self, bound: Duration) -> f64 {
        let good = self.good(bound).unwrap_or(0.0);
        let beyond = self.seen.iter().filter(|(rate, p99)| *p99 > bound && *rate > good);
        beyond.map(|(rate, _)| *rate).min_by(f64::total_cmp).unwrap_or(self.ceiling)
    }

    /// The rate to try next, `None` when it is known well enough.
    fn next(&self, bound: Duration) -> Option<f64> {
        let (good, bad) = (self.good(bound).unwrap_or(0.0), self.bad(bound));
        let known = bad - good <= bad * CLOSE || bad < self.ceiling * LOWEST;
        (!known).then_some(f64::midpoint(good, bad))
    }

    /// The bound of which least is known, and the rate to try for it: if windows run out, all are known as well.
    fn next_of_all(&self) -> Option<(Duration, f64)> {
        let unknown = |bound: Duration| self.bad(bound) - self.good(bound).unwrap_or(0.0);
        let open = BOUNDS.iter().filter_map(|bound| Some((*bound, self.next(*bound)?)));
        open.max_by(|(one, _), (other, _)| unknown(*one).total_cmp(&unknown(*other)))
    }
}

/// Searches for these subjects.
pub async fn measure(bench: &Bench<'_>, subjects: &[Subject], findings: &mut Findings) -> Outcome<()> {
    for cell in bench.cells(Mode::Bounds) {
        for asked in bench.ask(cell, subjects, &mut findings.notes).await? {
            eprint!("bounds: {}, {} ", cell.name(), asked.subject.name());
            findings.bounds.push(search(bench, cell.name(), &asked).await);
            eprintln!();
        }
    }
    Ok(())
}

async fn search(bench: &Bench<'_>, case: String, asked: &Asked<'_>) -> Bounded {
    let mut rounds = Rounds::default();
    let mut capacity = Rounds::default();
    capacity.add(async || bench.capacity(asked).await).await;
    rounds.void.append(&mut capacity.void);
    let reached = capacity.good.first().copied().unwrap_or_default();
    let mut search = Search { ceiling: reached, seen: Vec::new() };
    let mut windows = 0;
    while let Some((bound, rate)) = search.next_of_all() {
        // One that is too slow may have been disturbed: it is believed when it is so twice.
        let mut least = Duration::MAX;
        for _ in 0..2 {
            windows += 1;
            eprint!(".");
            match window(bench, asked, rate).await {
                Ok(p99) => least = least.min(p99),
                Err(error) => rounds.void.push(error.to_string()),
            }
            if least <= bound {
                break;
            }
        }
        search.seen.push((rate, least));
        if windows >= MOST_WINDOWS || rounds.is_given_up() {
            break;
        }
    }
    Bounded {
        case,
        subject: asked.subject.name(),
        rates: BOUNDS.map(|bound| search.good(bound).filter(|_| !rounds.is_given_up())),
        windows,
        reached,
        rounds,
    }
}

async fn window(bench: &Bench<'_>, asked: &Asked<'_>, rate: f64) -> Outcome<Duration> {
    let Asked { subject, request, expected } = asked;
    let pool = Pool::connect(subject.address, bench.options.pool, request, expected).await?;
    let round = bench.options.round.as_secs_f64();
    let length = (FEWEST_REQUESTS / rate).clamp(round, round * MOST_ROUNDS);
    let moments = schedule(bench.options.arrivals, rate, Duration::from_secs_f64(length));
    let window = pool.run(&moments).await?;
    at_least(&window.latencies, 990).ok_or_else(|| "no request was due".into())
}

/// For people.
pub fn table(all: &[Bounded]) -> Table {
    let columns = ["case", "subject", "1 ms", "5 ms", "10 ms", "50 ms", "closed loop", "windows", "void"];
    let mut table = Table::new(2, &columns);
    for found in all {
        let mut row = vec![found.case.clone(), found.subject.to_owned()];
        match found.rounds.words() {
            Some(words) => {
                row.push(words);
                row.resize(columns.len() - 2, String::new());
            }
            None => {
                row.extend(
                    found.rates.map(|rate| rate.map_or("none".to_owned(), |rate| format!("{rate:.0}"))),
                );
                row.push(format!("{:.0}", found.reached));
            }
        }
        row.extend([found.windows.to_string(), table::count(found.rounds.void.len())]);
        table.add(row);
    }
    table
}

/// For programs.
pub fn json(all: &[Bounded]) -> Value {
    let one = |found: &Bounded| {
        let bounds = BOUNDS
            .iter()
            .zip(found.rates)
            .map(|(bound, rate)| json!({ "p99_ms": bound.as_millis() as u64, "rate": rate }));
        json!({
            "case": found.case,
            "subject": found.subject,
            "bounds": bounds.collect::<Vec<_>>(),
            "closed_loop": found.reached,
            "windows": found.windows,
            "void": found.rounds.void,
        })
    };
    all.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A gateway of this capacity, whose waiting grows as that of a queue.
    fn p99(rate: f64, capacity: f64) -> Duration {
        match rate < capacity {
            true => Duration::from_secs_f64(5.0 / (capacity - rate)),
            false => Duration::from_secs(10),
        }
    }

    fn found(ceiling: f64, capacity: f64) -> (Search, usize) {
        let mut search = Search { ceiling, seen: Vec::new() };
        while let Some((_, rate)) = search.next_of_all() {
            assert!(search.seen.len() < MOST_WINDOWS, "{:?}", search.seen);
            search.seen.push((rate, p99(rate, capacity)));
        }
        let windows = search.seen.len();
        (search, windows)
    }

    #[test]
    fn bisection_ends_close_below_each_bound() {
        let (search, windows) = found(11_000.0, 10_000.0);
        for bound in BOUNDS {
            let exact = 10_000.0 - 5.0 / bound.as_secs_f64();
            let rate = search.good(bound).unwrap();
            assert!(rate <= exact && rate > exact * 0.94, "{rate} for {exact}");
        }
        assert!(windows < MOST_WINDOWS, "{windows}");
    }

    #[test]
    fn what_is_never_fast_enough_has_no_rate() {
        let (search, _) = found(1000.0, 1000.0);
        assert_eq!(search.good(BOUNDS[0]), None);
        assert!(search.good(BOUNDS[3]).is_some());
    }

    #[test]
    fn a_disturbed_window_below_a_good_one_is_forgotten() {
        let (slow, fast) = (Duration::from_secs(1), Duration::from_micros(100));
        let search = Search { ceiling: 1000.0, seen: vec![(500.0, slow), (980.0, fast)] };
        assert_eq!((search.good(BOUNDS[0]), search.next(BOUNDS[0])), (Some(980.0), None));
    }
}
