//! The plots of the page.

use super::svg::{self, Bars, Line};
use crate::measure::bounds::{BOUNDS, Bounded};
use crate::measure::memory::Held;
use crate::measure::open::Point;
use crate::measure::streams::Streamed;
use crate::measure::{Findings, cost::Cost};

/// A file beside the page.
#[derive(Debug)]
pub struct Plot {
    pub file: &'static str,
    /// What is seen, for those who don't.
    pub title: &'static str,
    pub svg: String,
}

/// Those that there are numbers for.
pub fn all(findings: &Findings) -> Vec<Plot> {
    let Findings { cost, open, bounds, streams, memory, .. } = findings;
    [costs(cost), peers(cost), latencies(open), rates(bounds), firsts(streams), held(memory)]
        .into_iter()
        .flatten()
        .collect()
}

fn plot(file: &'static str, title: &'static str, series: &[&str], groups: &[Bars]) -> Option<Plot> {
    let any = groups.iter().any(|group| !group.values.is_empty());
    any.then(|| Plot { file, title, svg: svg::bars(title, series, groups) })
}

fn costs(cost: &Cost) -> Option<Plot> {
    let series = cost.subjects(false);
    let group = |case: &&str| Bars {
        label: (*case).to_owned(),
        values: series
            .iter()
            .enumerate()
            .filter_map(|(place, name)| Some((place, cost.of(case, name)?)))
            .collect(),
    };
    let groups: Vec<_> = cost.cases().iter().map(group).collect();
    plot("cost.svg", "Processor time per request, in microseconds", &series, &groups)
}

fn peers(cost: &Cost) -> Option<Plot> {
    const CASES: [&str; 3] = ["same small", "same stream of 20", "translated small"];
    let names = cost.subjects(true);
    let group = |name: &&'static str| Bars {
        label: (*name).to_owned(),
        values: CASES
            .iter()
            .enumerate()
            .filter_map(|(place, case)| Some((place, cost.of(case, name)?)))
            .collect(),
    };
    cost.lines().find(|line| line.is_peer)?;
    let groups: Vec<_> = names.iter().map(group).collect();
    let title = "Processor time per request beside other gateways, in microseconds";
    plot("peers.svg", title, &CASES, &groups)
}

fn latencies(points: &[Point]) -> Option<Plot> {
    let mut lines: Vec<Line> = Vec::new();
    let first = &points.first()?.case;
    for point in points.iter().filter(|point| point.case == *first) {
        let Some(p99) = point.p99_us() else { continue };
        match lines.iter_mut().find(|line| line.label == point.subject) {
            Some(line) => line.points.push((point.rate, p99)),
            None => {
                lines.push(Line { label: point.subject.to_owned(), points: vec![(point.rate, p99)] });
            }
        }
    }
    let title = "99 of 100 requests take at most, by rate";
    let svg = svg::lines(title, "requests a second that are due", "p99, microseconds", &lines);
    (!lines.is_empty()).then_some(Plot { file: "open.svg", title, svg })
}

fn rates(all: &[Bounded]) -> Option<Plot> {
    let series = BOUNDS.map(|bound| format!("p99 within {} ms", bound.as_millis()));
    let series: Vec<_> = series.iter().map(String::as_str).collect();
    let first = &all.first()?.case;
    let group = |found: &Bounded| Bars {
        label: found.subject.to_owned(),
        values: found.rates.iter().enumerate().filter_map(|(place, rate)| Some((place, (*rate)?))).collect(),
    };
    // Without a gateway there is so much more that nobody would see the others.
    let wanted = |found: &&Bounded| found.case == *first && found.subject != "direct";
    let groups: Vec<_> = all.iter().filter(wanted).map(group).collect();
    plot("bounds.svg", "Highest rate within a bound, in requests a second", &series, &groups)
}

fn firsts(all: &[Streamed]) -> Option<Plot> {
    let group = |found: &Streamed| Bars {
        label: format!("{}, {}", found.subject, found.case.trim_end_matches(" stream of 20")),
        values: found
            .first_us()
            .into_iter()
            .enumerate()
            .filter_map(|(place, time)| Some((place, time?)))
            .collect(),
    };
    let groups: Vec<_> = all.iter().map(group).collect();
    plot("streams.svg", "Time to the first event of a stream, in microseconds", &["p50", "p99"], &groups)
}

fn held(all: &[Held]) -> Option<Plot> {
    let group = |found: &Held| Bars {
        label: found.subject.to_owned(),
        values: [found.idle, found.under_load, found.after]
            .into_iter()
            .enumerate()
            .map(|(place, bytes)| (place, bytes as f64 / 1e6))
            .collect(),
    };
    let groups: Vec<_> = all.iter().map(group).collect();
    plot("memory.svg", "Resident memory, in megabytes", &["idle", "under load", "after"], &groups)
}
