//! What a client of a stream sees: when its first event comes, and the longest gap between two pieces.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Asked, Bench, Findings, Rounds};
use crate::Outcome;
use crate::load::Timed;
use crate::options::Mode;
use crate::quantile::{microseconds, quantile};
use crate::report::table::{self, Table};
use crate::subject::Subject;

/// As of a model that writes a hundred tokens a second.
pub const GAP: Duration = Duration::from_millis(10);
/// A window is so many rounds long.
const ROUNDS: u32 = 5;

/// One case of one subject.
#[derive(Debug)]
pub struct Streamed {
    pub case: String,
    pub subject: &'static str,
    rounds: Rounds<Pieces>,
}

#[derive(Debug)]
struct Pieces {
    streams: usize,
    /// Of the first event, p50 and p99.
    first: [Option<Duration>; 2],
    /// Of the longest gap of each stream, the same.
    gap: [Option<Duration>; 2],
}

/// Measures these subjects.
pub async fn measure(bench: &Bench<'_>, subjects: &[Subject], findings: &mut Findings) -> Outcome<()> {
    bench.upstream.set_gap(bench.options.gap.unwrap_or(GAP));
    for cell in bench.cells(Mode::Streams).filter(|cell| cell.is_stream()) {
        for asked in bench.ask(cell, subjects, &mut findings.notes).await? {
            eprintln!("streams: {}, {}", cell.name(), asked.subject.name());
            let mut rounds = Rounds::default();
            rounds.add(async || one(bench, &asked).await).await;
            findings.streams.push(Streamed { case: cell.name(), subject: asked.subject.name(), rounds });
        }
    }
    Ok(())
}

async fn one(bench: &Bench<'_>, asked: &Asked<'_>) -> Outcome<Pieces> {
    let timed = bench.ready(asked).await?.run_timed(bench.options.round * ROUNDS).await?;
    let both = |part: fn(&Timed) -> Duration| {
        let mut times: Vec<_> = timed.iter().map(part).collect();
        times.sort_unstable();
        [500, 990].map(|thousandths| quantile(&times, thousandths))
    };
    Ok(Pieces { streams: timed.len(), first: both(|timed| timed.first), gap: both(|timed| timed.gap) })
}

impl Streamed {
    /// Microseconds to the first event, p50 and p99.
    pub fn first_us(&self) -> [Option<f64>; 2] {
        let found = self.rounds.good.first();
        found.map_or([None; 2], |found| found.first.map(|time| time.map(microseconds)))
    }
}

/// For people.
pub fn table(all: &[Streamed]) -> Table {
    let columns = [
        "case",
        "subject",
        "streams",
        "first, p50 us",
        "first, p99 us",
        "gap, p50 us",
        "gap, p99 us",
        "void",
    ];
    let mut table = Table::new(2, &columns);
    for found in all {
        let mut row = vec![found.case.clone(), found.subject.to_owned()];
        match found.rounds.good.first() {
            Some(pieces) => {
                row.push(pieces.streams.to_string());
                let times = pieces.first.into_iter().chain(pieces.gap);
                row.extend(times.map(|time| table::number(time.map(microseconds), 0)));
            }
            None => {
                row.push(found.rounds.words().unwrap_or_default());
                row.resize(columns.len() - 1, String::new());
            }
        }
        row.push(table::count(found.rounds.void.len()));
        table.add(row);
    }
    table
}

/// For programs.
pub fn json(all: &[Streamed]) -> Value {
    let window = |found: &Pieces| {
        let [first, gap] = [found.first, found.gap].map(|times| times.map(|time| time.map(microseconds)));
        json!({
            "streams": found.streams,
            "first_p50_us": first[0],
            "first_p99_us": first[1],
            "gap_p50_us": gap[0],
            "gap_p99_us": gap[1],
        })
    };
    let one = |found: &Streamed| {
        json!({
            "case": found.case,
            "subject": found.subject,
            "window": found.rounds.good.first().map(window),
            "void": found.rounds.void,
        })
    };
    all.iter().map(one).collect()
}
