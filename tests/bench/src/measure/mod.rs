//! What is measured, one way a file. All of them take subjects that are running and put what they find into `Findings`.

use crate::Outcome;
use crate::cell::{Cell, Request};
use crate::load::closed;
use crate::load::expected::Expected;
use crate::options::{Mode, Options};
use crate::subject::Subject;
use crate::upstream::Upstream;

pub mod bounds;
pub mod cost;
pub mod memory;
pub mod open;
pub mod streams;

/// So many void windows of a subject in a case, and it is left.
const MOST_VOID: usize = 3;

/// What every measurement needs.
#[derive(Debug)]
pub struct Bench<'a> {
    pub options: &'a Options,
    pub cells: &'a [Cell],
    pub upstream: &'a Upstream,
}

/// What was found.
#[derive(Debug, Default)]
pub struct Findings {
    pub cost: cost::Cost,
    pub open: Vec<open::Point>,
    pub bounds: Vec<bounds::Bounded>,
    pub streams: Vec<streams::Streamed>,
    pub memory: Vec<memory::Held>,
    /// What was left out, and why.
    pub notes: Vec<String>,
}

impl Findings {
    /// Puts what belongs to one case together: other gateways were measured after all others.
    pub fn group(&mut self) {
        by_case(&mut self.open, |point| &point.case);
        by_case(&mut self.bounds, |found| &found.case);
        by_case(&mut self.streams, |found| &found.case);
    }
}

/// In the order in which the cases came first.
fn by_case<T>(all: &mut [T], case: fn(&T) -> &String) {
    let mut cases: Vec<String> = Vec::new();
    for one in &*all {
        if !cases.contains(case(one)) {
            cases.push(case(one).clone());
        }
    }
    all.sort_by_key(|one| cases.iter().position(|known| known == case(one)));
}

/// A subject that answers a case as it should.
#[derive(Debug)]
pub struct Asked<'a> {
    pub subject: &'a Subject,
    pub request: Request,
    pub expected: Expected,
}

/// Windows of one subject in one case. One in which a request failed is void: it counts for nothing but its number, and
/// is repeated; a gateway that answers errors fast would look good.
#[derive(Debug)]
pub struct Rounds<T> {
    pub good: Vec<T>,
    /// Why each of the others is void.
    pub void: Vec<String>,
}

impl<T> Default for Rounds<T> {
    fn default() -> Self {
        Self { good: Vec::new(), void: Vec::new() }
    }
}

impl<T> Rounds<T> {
    /// Measures until one window is good, or too many are void.
    pub async fn add(&mut self, measure: impl AsyncFn() -> Outcome<T>) {
        while !self.is_given_up() {
            match measure().await {
                Ok(window) => {
                    self.good.push(window);
                    return;
                }
                Err(error) => self.void.push(error.to_string()),
            }
        }
    }

    /// Whether too many are void.
    pub const fn is_given_up(&self) -> bool {
        self.void.len() >= MOST_VOID
    }

    /// What stands in place of a number.
    pub fn words(&self) -> Option<String> {
        let first = self.void.first().filter(|_| self.is_given_up())?;
        let line = first.lines().next().unwrap_or_default();
        let short: String = line.chars().take(LONGEST_REASON).collect();
        Some(format!("{} void: {short}", self.void.len()))
    }
}

const LONGEST_REASON: usize = 80;

impl Bench<'_> {
    /// Measures these subjects in every way that the options ask for.
    pub async fn run(&self, subjects: &[Subject], findings: &mut Findings) -> Outcome<()> {
        for mode in &self.options.modes {
            self.upstream.set_gap(self.options.gap.unwrap_or_default());
            match mode {
                Mode::Memory => memory::measure(self, subjects, findings).await?,
                Mode::Cost => cost::measure(self, subjects, findings).await?,
                Mode::Open => open::measure(self, subjects, findings).await?,
                Mode::Bounds => bounds::measure(self, subjects, findings).await?,
                Mode::Streams => streams::measure(self, subjects, findings).await?,
            }
        }
        Ok(())
    }

    /// The cases of a mode.
    fn cells(&self, mode: Mode) -> impl Iterator<Item = &Cell> {
        let names: Vec<_> = self.cells.iter().map(Cell::name).collect();
        self.cells.iter().filter(move |cell| self.options.wants(mode, &cell.name(), &names))
    }

    /// Asks every subject once. One of someone else's that cannot do the case is left out of it; ours must.
    async fn ask<'s>(
        &self,
        cell: &Cell,
        subjects: impl IntoIterator<Item = &'s Subject>,
        notes: &mut Vec<String>,
    ) -> Outcome<Vec<Asked<'s>>> {
        let mut asked = Vec::new();
        for subject in subjects {
            let place = format!("{}, {}", cell.name(), subject.name());
            let Some(request) = subject.request(cell) else {
                add(notes, format!("{place}: left out, as it has no way to ask"));
                continue;
            };
            match subject.check(cell, &request, self.upstream).await {
                Ok(expected) => asked.push(Asked { subject, request, expected }),
                Err(error) if subject.is_peer() => add(notes, format!("{place}: left out: {error}")),
                Err(error) => return Err(format!("{place}: {error}").into()),
            }
        }
        Ok(asked)
    }

    /// A round of the closed loop.
    async fn ready(&self, asked: &Asked<'_>) -> Outcome<closed::Ready> {
        let Asked { subject, request, expected } = asked;
        closed::connect(subject.address, self.options.connections, request, expected).await
    }

    /// How many requests a second the closed loop reaches: the better of two rounds.
    async fn capacity(&self, asked: &Asked<'_>) -> Outcome<f64> {
        let mut best = 0.0_f64;
        for _ in 0..2 {
            let loaded = self.ready(asked).await?.run(self.options.round).await?;
            best = best.max(loaded.latencies.len() as f64 / loaded.time.as_secs_f64());
        }
        Ok(best)
    }
}

/// Several modes may find the same.
fn add(notes: &mut Vec<String>, note: String) {
    if !notes.contains(&note) {
        eprintln!("{note}");
        notes.push(note);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now<T>(future: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
    }

    #[test]
    fn a_void_window_is_repeated_and_counts_for_nothing() {
        let tries = std::cell::Cell::new(0);
        let mut rounds = Rounds::default();
        let measure = async || {
            tries.set(tries.get() + 1);
            if tries.get() == 1 { Err("not a 200".into()) } else { Ok(7) }
        };
        now(rounds.add(measure));
        assert_eq!((rounds.good.as_slice(), rounds.void.len(), rounds.words()), ([7].as_slice(), 1, None));
    }

    #[test]
    fn a_subject_with_too_many_is_left() {
        let mut rounds = Rounds::<()>::default();
        now(rounds.add(async || Err("not a 200: {}\nand more".into())));
        assert_eq!(rounds.words().unwrap(), "3 void: not a 200: {}");
        now(rounds.add(async || Ok(())));
        assert!(rounds.good.is_empty());
    }
}
