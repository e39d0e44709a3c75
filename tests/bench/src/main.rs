//! What Ferro costs: CPU per request of Envoy with the filter, against the same Envoy with a plain route.
//!
//! ```text
//! load (8 connections) ── Envoy, one worker on a core of its own ── upstream with canned answers
//! └───────────────────────── this program, on the other core ─────────────────────────┘
//! ```
//!
//! All Envoys run at once and are measured in turns; of the rounds of each, the cheapest counts: what else happens on
//! the machine can only make a round dearer. Every answer is compared with what it must be.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "a development tool: sums of counts and times that are far from their types' ends"
)]

mod canned;
mod cell;
mod core;
mod cpu;
mod http;
mod load;
mod options;
mod report;
mod subject;
mod upstream;

use std::error::Error;
use std::process::ExitCode;

use cell::Cell;
use options::Options;
use report::{Measured, Report};
use subject::{Folder, Subject};
use upstream::Upstream;

/// What everything here may fail with: words for whoever runs it.
type Outcome<T> = Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let options = match Options::read(std::env::args().skip(1)) {
        Ok(options) => options,
        Err(words) => {
            eprintln!("{words}");
            return ExitCode::from(2);
        }
    };
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| tokio::task::LocalSet::new().block_on(&runtime, run(&options)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ferro-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(options: &Options) -> Outcome<()> {
    cpu::pin_this_process(options.load_core)?;
    let names: Vec<_> = Cell::all().iter().map(Cell::name).collect();
    let cells: Vec<Cell> =
        Cell::all().into_iter().filter(|cell| options.wants(&cell.name(), &names)).collect();
    if cells.is_empty() {
        return Err(format!("--only matches nothing; there are:\n  {}", names.join("\n  ")).into());
    }
    if options.core {
        return core::run(&cells);
    }
    let upstream = Upstream::start(options.gap).await?;
    let folder = Folder::new()?;
    let mut subjects = Vec::new();
    for kind in subject::Kind::all(options) {
        eprintln!("starting {}", kind.name());
        subjects.push(Subject::start(kind, options, upstream.address, &folder).await?);
    }
    for subject in &subjects {
        eprintln!("{}: process {}", subject.name(), subject.process());
    }
    let mut report = Report::new(subjects.iter().map(|subject| subject.name().to_owned()).collect());
    for cell in &cells {
        eprint!("{} ", cell.name());
        for subject in &subjects {
            check(cell, subject, &upstream)
                .await
                .map_err(|error| format!("{}, {}: {error}", cell.name(), subject.name()))?;
        }
        // Every round begins with another subject: what periodically disturbs must not always hit the same one.
        for round in 0..options.rounds {
            let turns = subjects.iter().cycle().skip(round % subjects.len()).take(subjects.len());
            for subject in turns {
                let measured = measure(cell, subject, options)
                    .await
                    .map_err(|error| format!("{}, {}: {error}", cell.name(), subject.name()))?;
                report.add(cell, subject.name(), measured);
            }
            eprint!(".");
        }
        eprintln!();
    }
    print!("{}", report.table());
    if let Some(file) = &options.json {
        std::fs::write(file, format!("{:#}\n", report.json()))?;
    }
    Ok(())
}

/// One request, looked at from both ends.
async fn check(cell: &Cell, subject: &Subject, upstream: &Upstream) -> Outcome<()> {
    let answer = load::one(subject.address, &cell.request(subject.is_plain())).await?;
    if subject.is_plain() {
        return Ok(()); // byte for byte in every round
    }
    let seen = serde_json::from_slice(&upstream.last_body()).map_err(|error| format!("upstream: {error}"))?;
    cell.check_upstream(&seen)?;
    cell.check_answer(&answer)
}

async fn measure(cell: &Cell, subject: &Subject, options: &Options) -> Outcome<Measured> {
    let expected = match subject.is_plain() {
        true => cell.answer().body.clone(),
        false => load::one(subject.address, &cell.request(false)).await?,
    };
    let request = cell.request(subject.is_plain());
    let ready = load::connect(subject.address, options.connections, &request, &expected).await?;
    let before = cpu::of_process(subject.process())?;
    let loaded = ready.run(options.round).await?;
    let cpu = cpu::of_process(subject.process())?.saturating_sub(before);
    Ok(Measured::new(cpu, loaded))
}
