//! What comes out: tables for a terminal, JSON for programs, and a page with plots.

use std::path::Path;

use serde_json::{Value, json};

use crate::Outcome;
use crate::machine::Machine;
use crate::measure::{Findings, bounds, memory, open, streams};

mod page;
mod plots;
mod svg;
pub mod table;

/// For people.
pub fn text(findings: &Findings, machine: &Machine) -> String {
    let mut text = format!("\n{}\n", machine.line());
    for (title, table) in [
        ("processor time per request", findings.cost.table(|_| true)),
        ("latency at fixed rates", open::table(&findings.open)),
        ("highest rate at which p99 is within", bounds::table(&findings.bounds)),
        ("streams", streams::table(&findings.streams)),
        ("memory", memory::table(&findings.memory)),
    ] {
        if !table.is_empty() {
            text.push_str(&format!("\n{title}\n{}", table.text()));
        }
    }
    if let Some((middle, most)) = findings.cost.noise() {
        text.push_str(&format!(
            "\nnoise: medians of plain lie {middle:.0} % above its minima, {most:.0} % at most\n"
        ));
    }
    for note in &findings.notes {
        text.push_str(&format!("{note}\n"));
    }
    text
}

/// For programs: all rounds.
pub fn json(findings: &Findings, machine: &Machine) -> Value {
    json!({
        "machine": machine.json(),
        "cost": findings.cost.json(),
        "open": open::json(&findings.open),
        "bounds": bounds::json(&findings.bounds),
        "streams": streams::json(&findings.streams),
        "memory": memory::json(&findings.memory),
        "notes": findings.notes,
    })
}

/// Writes `benchmarks.md` and `benchmarks/*.svg` into this folder.
pub fn write(folder: &Path, findings: &Findings, machine: &Machine, how: &page::How<'_>) -> Outcome<()> {
    let plots = plots::all(findings);
    let beside = folder.join("benchmarks");
    std::fs::create_dir_all(&beside)?;
    for plot in &plots {
        std::fs::write(beside.join(plot.file), &plot.svg)?;
    }
    let page = page::write(findings, machine, how, &plots);
    std::fs::write(folder.join("benchmarks.md"), page)?;
    Ok(())
}

pub use page::How;
