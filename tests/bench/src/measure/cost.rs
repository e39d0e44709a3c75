//! Processor time per request: a closed loop in rounds, in which the subjects take turns.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::{Asked, Bench, Findings, Rounds};
use crate::Outcome;
use crate::load::closed::Loaded;
use crate::options::Mode;
use crate::quantile::{median, microseconds, quantile};
use crate::report::table::{self, Table};
use crate::subject::Subject;
use crate::subject::variant::OFF;

/// Other gateways cost so much more that noise matters less.
const PEERS_SHARE: usize = 3;
/// What the other gateways are measured in.
const PEERS_CASES: &[&str] =
    &["same small", "same 100 KB", "same stream of 20", "translated small", "translated stream of 20"];

/// All rounds, by case and subject.
#[derive(Debug, Default)]
pub struct Cost(Vec<Line>);

/// One case of one subject.
#[derive(Debug)]
pub struct Line {
    pub case: String,
    pub subject: &'static str,
    pub is_peer: bool,
    rounds: Rounds<Measured>,
}

/// One round.
#[derive(Clone, Debug)]
struct Measured {
    requests: usize,
    cpu_us: f64,
    per_second: f64,
    p50: Option<Duration>,
    p99: Option<Duration>,
}

/// Measures these subjects in all cases.
pub async fn measure(bench: &Bench<'_>, subjects: &[Subject], findings: &mut Findings) -> Outcome<()> {
    for cell in bench.cells(Mode::Cost) {
        let case = cell.name();
        let wanted = subjects.iter().filter(|subject| {
            subject.group().is_some()
                && (!subject.is_peer()
                    || PEERS_CASES.contains(&case.as_str())
                    || !bench.options.only.is_empty())
        });
        let asked = bench.ask(cell, wanted, &mut findings.notes).await?;
        let Some(first) = asked.first() else { continue };
        let peer =
            if first.subject.is_peer() { format!(", {}", first.subject.name()) } else { String::new() };
        eprint!("cost: {case}{peer} ");
        let mut lines: Vec<_> = asked.iter().map(|asked| Line::new(&case, asked.subject)).collect();
        let share = if first.subject.is_peer() { PEERS_SHARE } else { 1 };
        // Every round begins with another subject: what periodically disturbs must not always hit the same one.
        for round in 0..bench.options.rounds.div_ceil(share) {
            for turn in 0..asked.len() {
                let place = (round + turn) % asked.len();
                if let (Some(asked), Some(line)) = (asked.get(place), lines.get_mut(place)) {
                    line.rounds.add(async || one(bench, asked).await).await;
                }
            }
            eprint!(".");
        }
        eprintln!();
        findings.cost.0.extend(lines);
    }
    Ok(())
}

async fn one(bench: &Bench<'_>, asked: &Asked<'_>) -> Outcome<Measured> {
    let ready = bench.ready(asked).await?;
    let group = asked.subject.group().ok_or("it has no process")?;
    let before = group.cpu()?;
    let loaded = ready.run(bench.options.round).await?;
    Ok(Measured::new(group.cpu()?.saturating_sub(before), &loaded))
}

impl Measured {
    /// A round in which the gateway used so much processor time.
    fn new(cpu: Duration, loaded: &Loaded) -> Self {
        let requests = loaded.latencies.len();
        let count = requests.max(1) as f64;
        Self {
            requests,
            cpu_us: microseconds(cpu) / count,
            per_second: count / loaded.time.as_secs_f64(),
            p50: quantile(&loaded.latencies, 500),
            p99: quantile(&loaded.latencies, 990),
        }
    }

    fn json(&self) -> Value {
        json!({
            "requests": self.requests,
            "cpu_us": self.cpu_us,
            "per_second": self.per_second,
            "p50_us": self.p50.map(microseconds),
            "p99_us": self.p99.map(microseconds),
        })
    }
}

impl Line {
    fn new(case: &str, subject: &Subject) -> Self {
        let rounds = Rounds::default();
        Self { case: case.to_owned(), subject: subject.name(), is_peer: subject.is_peer(), rounds }
    }

    /// Of a round that nothing made dearer; `None` where too many are void.
    fn cheapest(&self) -> Option<&Measured> {
        let good = self.rounds.good.iter().filter(|_| !self.rounds.is_given_up());
        good.min_by(|one, other| one.cpu_us.total_cmp(&other.cpu_us))
    }

    /// Processor time per request in the cheapest round.
    pub fn cpu_us(&self) -> Option<f64> {
        Some(self.cheapest()?.cpu_us)
    }

    /// How far it is above the cheapest shows how quiet the machine was.
    fn median(&self) -> Option<f64> {
        median(self.rounds.good.iter().map(|round| round.cpu_us).collect())
    }
}

impl Cost {
    /// All lines, as they were measured.
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.0.iter()
    }

    /// The cases, in order.
    pub fn cases(&self) -> Vec<&str> {
        let mut cases: Vec<&str> = Vec::new();
        for line in &self.0 {
            if !cases.contains(&line.case.as_str()) {
                cases.push(&line.case);
            }
        }
        cases
    }

    /// The subjects, in order; those of someone else's too, if they are wanted.
    pub fn subjects(&self, peers: bool) -> Vec<&'static str> {
        let mut subjects = Vec::new();
        for line in self.0.iter().filter(|line| peers || !line.is_peer) {
            if !subjects.contains(&line.subject) {
                subjects.push(line.subject);
            }
        }
        subjects
    }

    /// Processor time per request of a subject in a case.
    pub fn of(&self, case: &str, subject: &str) -> Option<f64> {
        self.0.iter().find(|line| line.case == case && line.subject == subject)?.cpu_us()
    }

    /// How far the median round of the plain Envoy lies above its cheapest, in hundredths: in the middle of the cases,
    /// and at worst.
    pub fn noise(&self) -> Option<(f64, f64)> {
        let plain = self.0.iter().filter(|line| line.subject == "plain");
        let above = |line: &Line| Some((line.median()? / line.cpu_us()? - 1.0) * 100.0);
        let spreads: Vec<_> = plain.filter_map(above).collect();
        let most = spreads.iter().copied().max_by(f64::total_cmp)?;
        Some((median(spreads)?, most))
    }

    /// For people: of the subjects that are wanted.
    pub fn table(&self, wanted: impl Fn(&Line) -> bool) -> Table {
        let columns =
            ["case", "subject", "CPU us", "ratio", "over off", "median", "req/s", "p50 us", "p99 us", "void"];
        let mut table = Table::new(2, &columns);
        for case in self.cases() {
            let (plain, off) = (self.of(case, "plain"), self.of(case, OFF));
            for line in self.0.iter().filter(|line| line.case == case && wanted(line)) {
                let mut row = vec![line.case.clone(), line.subject.to_owned()];
                match line.cheapest() {
                    Some(best) => row.extend([
                        format!("{:.1}", best.cpu_us),
                        table::number(plain.map(|plain| best.cpu_us / plain), 2),
                        match off.filter(|_| line.subject != "plain" && line.subject != OFF && !line.is_peer)
                        {
                            Some(off) => format!("{:+.1}", best.cpu_us - off),
                            None => String::new(),
                        },
                        table::number(line.median(), 1),
                        format!("{:.0}", best.per_second),
                        table::number(best.p50.map(microseconds), 0),
                        table::number(best.p99.map(microseconds), 0),
                    ]),
                    None => {
                        row.push(line.rounds.words().unwrap_or_default());
                        row.resize(columns.len() - 1, String::new());
                    }
                }
                row.push(table::count(line.rounds.void.len()));
                table.add(row);
            }
        }
        table
    }

    /// For programs: all rounds.
    pub fn json(&self) -> Value {
        let mut cases = Map::new();
        for line in &self.0 {
            let rounds: Vec<_> = line.rounds.good.iter().map(Measured::json).collect();
            let best = line.cheapest().map(Measured::json);
            let subject = json!({ "cheapest": best, "rounds": rounds, "void": line.rounds.void });
            cases.entry(&line.case).or_insert_with(|| json!({}))[line.subject] = subject;
        }
        cases.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(subject: &'static str, rounds: &[f64]) -> Line {
        let round =
            |cpu_us: &f64| Measured { requests: 1, cpu_us: *cpu_us, per_second: 1.0, p50: None, p99: None };
        let rounds = Rounds { good: rounds.iter().map(round).collect(), void: Vec::new() };
        Line { case: "same small".to_owned(), subject, is_peer: false, rounds }
    }

    #[test]
    fn the_cheapest_round_counts_and_the_median_tells_the_noise() {
        let cost = Cost(vec![
            line("plain", &[60.0, 50.0, 55.0]),
            line("ferro", &[100.0]),
            line("ferro, logging", &[104.5]),
        ]);
        assert_eq!(cost.of("same small", "plain"), Some(50.0));
        let (middle, most) = cost.noise().unwrap();
        assert!((middle - 10.0).abs() < 1e-9 && (most - 10.0).abs() < 1e-9, "{middle} {most}");
        let text = cost.table(|_| true).text();
        assert!(text.contains("2.09") && text.contains("+4.5"), "{text}");
    }
}
