//! Latency at fixed rates: an open loop, at parts of what the subject's own closed loop reached.

use std::time::Duration;

use serde_json::{Value, json};

use super::{Asked, Bench, Findings, Rounds};
use crate::Outcome;
use crate::load::open::{Pool, Window};
use crate::load::schedule::schedule;
use crate::options::Mode;
use crate::quantile::{microseconds, quantile};
use crate::report::table::{self, Table};
use crate::subject::Subject;

/// A window is so many rounds long.
const ROUNDS: u32 = 5;

/// One case of one subject at one rate.
#[derive(Debug)]
pub struct Point {
    pub case: String,
    pub subject: &'static str,
    /// Requests a second that were due.
    pub rate: f64,
    rounds: Rounds<Latencies>,
}

#[derive(Debug)]
struct Latencies {
    requests: usize,
    unanswered: usize,
    p50: Option<Duration>,
    p99: Option<Duration>,
    p999: Option<Duration>,
    lag: Option<Duration>,
}

/// Measures these subjects at all rates.
pub async fn measure(bench: &Bench<'_>, subjects: &[Subject], findings: &mut Findings) -> Outcome<()> {
    for cell in bench.cells(Mode::Open) {
        for asked in bench.ask(cell, subjects, &mut findings.notes).await? {
            let (case, subject) = (cell.name(), asked.subject.name());
            eprint!("open: {case}, {subject} ");
            let mut reached = Rounds::default();
            reached.add(async || bench.capacity(&asked).await).await;
            let Some(reached) = reached.good.first() else {
                super::add(
                    &mut findings.notes,
                    format!("{case}, {subject}: {}", reached.words().unwrap_or_default()),
                );
                continue;
            };
            for rate in &bench.options.rates {
                let rate = rate.per_second(*reached);
                let mut rounds = Rounds::default();
                rounds.add(async || one(bench, &asked, rate).await).await;
                findings.open.push(Point { case: case.clone(), subject, rate, rounds });
                eprint!(".");
            }
            eprintln!();
        }
    }
    Ok(())
}

async fn one(bench: &Bench<'_>, asked: &Asked<'_>, rate: f64) -> Outcome<Latencies> {
    let Asked { subject, request, expected } = asked;
    let pool = Pool::connect(subject.address, bench.options.pool, request, expected).await?;
    let moments = schedule(bench.options.arrivals, rate, bench.options.round * ROUNDS);
    Ok(Latencies::new(&pool.run(&moments).await?))
}

impl Latencies {
    fn new(window: &Window) -> Self {
        let at = |thousandths| quantile(&window.latencies, thousandths);
        Self {
            requests: window.latencies.len(),
            unanswered: window.unanswered,
            p50: at(500),
            p99: at(990),
            p999: at(999),
            lag: quantile(&window.lags, 990),
        }
    }
}

impl Point {
    /// Microseconds that 99 of 100 requests took at most.
    pub fn p99_us(&self) -> Option<f64> {
        self.rounds.good.first()?.p99.map(microseconds)
    }
}

/// For people.
pub fn table(points: &[Point]) -> Table {
    let columns = [
        "case",
        "subject",
        "req/s",
        "requests",
        "p50 us",
        "p99 us",
        "p99.9 us",
        "sent late, p99 us",
        "unanswered",
        "void",
    ];
    let mut table = Table::new(2, &columns);
    for point in points {
        let mut row = vec![point.case.clone(), point.subject.to_owned(), format!("{:.0}", point.rate)];
        match point.rounds.good.first() {
            Some(found) => {
                row.push(found.requests.to_string());
                let times = [found.p50, found.p99, found.p999, found.lag];
                row.extend(times.map(|time| table::number(time.map(microseconds), 0)));
                row.push(table::count(found.unanswered));
            }
            None => {
                row.push(point.rounds.words().unwrap_or_default());
                row.resize(columns.len() - 1, String::new());
            }
        }
        row.push(table::count(point.rounds.void.len()));
        table.add(row);
    }
    table
}

/// For programs.
pub fn json(points: &[Point]) -> Value {
    let window = |found: &Latencies| {
        json!({
            "requests": found.requests,
            "unanswered": found.unanswered,
            "p50_us": found.p50.map(microseconds),
            "p99_us": found.p99.map(microseconds),
            "p999_us": found.p999.map(microseconds),
            "sent_late_p99_us": found.lag.map(microseconds),
        })
    };
    let point = |point: &Point| {
        json!({
            "case": point.case,
            "subject": point.subject,
            "rate": point.rate,
            "window": point.rounds.good.first().map(window),
            "void": point.rounds.void,
        })
    };
    points.iter().map(point).collect()
}
