//! What Ferro costs: Envoy with the filter against the same Envoy with a plain route, and other gateways.
//!
//! ```text
//! load ── a gateway on a processor of its own ── upstream with canned answers
//! └───────────── this program, on another processor ─────────────┘
//! ```
//!
//! The Envoys run at once and are measured in turns; other gateways run one after another, when the Envoys are gone.
//! Every answer is compared with what it must be.

#![allow(
    clippy::arithmetic_side_effects,
    reason = "a development tool: sums of counts and times that are far from their types' ends"
)]

mod canned;
mod cell;
mod core;
mod http;
mod load;
mod machine;
mod measure;
mod options;
mod pause;
mod process;
mod quantile;
mod report;
mod subject;
mod upstream;

use std::error::Error;
use std::process::ExitCode;

use cell::Cell;
use machine::Machine;
use measure::{Bench, Findings};
use options::Options;
use report::How;
use subject::{Folder, Kind, Subject, peer};
use tokio::signal::unix::{SignalKind, signal};
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
        .and_then(|runtime| tokio::task::LocalSet::new().block_on(&runtime, unless_stopped(&options)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ferro-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Gateways are in process groups of their own and end with their owners, so these must not die of a signal.
async fn unless_stopped(options: &Options) -> Outcome<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    tokio::select! {
        outcome = run(options) => outcome,
        _ = tokio::signal::ctrl_c() => Err("stopped".into()),
        _ = terminate.recv() => Err("stopped".into()),
    }
}

async fn run(options: &Options) -> Outcome<()> {
    let machine = Machine::look();
    process::pin_this_process(options.load_core)?;
    let names: Vec<_> = Cell::all().iter().map(Cell::name).collect();
    let wanted = |cell: &Cell| options.modes.iter().any(|mode| options.wants(*mode, &cell.name(), &names));
    let cells: Vec<Cell> = Cell::all().into_iter().filter(wanted).collect();
    if cells.is_empty() {
        return Err(format!("--only matches nothing; there are:\n  {}", names.join("\n  ")).into());
    }
    if options.core {
        return core::run(&cells);
    }
    let upstream = Upstream::start().await?;
    let folder = Folder::new()?;
    let bench = Bench { options, cells: &cells, upstream: &upstream };
    let mut findings = Findings::default();
    envoys(&bench, &folder, &mut findings).await?;
    let mut peers = Vec::new();
    if options.peers {
        let (found, missing) = peer::find();
        findings.notes.extend(missing);
        for found in found {
            other(&bench, &folder, &found, &mut findings).await;
            peers.push(found);
        }
    }
    findings.group();
    print!("{}", report::text(&findings, &machine));
    if let Some(file) = &options.json {
        std::fs::write(file, format!("{:#}\n", report::json(&findings, &machine)))?;
    }
    if let Some(folder) = &options.report {
        report::write(folder, &findings, &machine, &How { options, peers: &peers })?;
    }
    Ok(())
}

/// Envoy without and with Ferro.
async fn envoys(bench: &Bench<'_>, folder: &Folder, findings: &mut Findings) -> Outcome<()> {
    let mut subjects = Vec::new();
    for kind in [Kind::Direct].into_iter().chain(Kind::envoys(bench.options)) {
        let subject = Subject::start(kind, bench.options, bench.upstream, folder).await?;
        if let Some(group) = subject.group() {
            eprintln!("{}: process {}", subject.name(), group.id());
        }
        subjects.push(subject);
    }
    bench.run(&subjects, findings).await
}

/// A gateway of someone else's, alone. What it cannot do is a note; it never ends the others' measurement.
async fn other(bench: &Bench<'_>, folder: &Folder, found: &peer::Found, findings: &mut Findings) {
    let name = found.peer.name;
    eprintln!("{name} {}: {}", found.version(), found.program.display());
    let kind = Kind::Peer(found.clone());
    let outcome = async {
        let subject = Subject::start(kind, bench.options, bench.upstream, folder).await?;
        let outcome = bench.run(std::slice::from_ref(&subject), findings).await;
        outcome.map_err(|error| format!("{error}\n{}", subject.last_words()).into())
    };
    let outcome: Outcome<()> = outcome.await;
    if let Err(error) = outcome {
        findings.notes.push(format!("{name}: {error}"));
    }
}
