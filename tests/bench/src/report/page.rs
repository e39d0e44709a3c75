//! The page: what was measured, how, how well, and how to do it again.

use std::fmt::Write as _;

use super::plots::Plot;
use super::table::Table;
use crate::machine::Machine;
use crate::measure::{Findings, bounds, memory, open, streams};
use crate::options::Options;
use crate::subject::peer::Found;

/// How it was measured.
#[derive(Debug)]
pub struct How<'a> {
    pub options: &'a Options,
    /// The other gateways that were found.
    pub peers: &'a [Found],
}

/// A part of the page. It is there if its table has rows.
struct Section {
    title: &'static str,
    words: &'static str,
    plot: &'static str,
    table: Table,
}

/// Writes the page.
pub fn write(findings: &Findings, machine: &Machine, how: &How<'_>, plots: &[Plot]) -> String {
    let mut text = head(findings, machine, how);
    for Section { title, words, plot, table } in sections(findings) {
        if table.is_empty() {
            continue;
        }
        // Writing to memory cannot fail.
        let _ = writeln!(text, "\n## {title}\n\n{words}\n");
        if let Some(plot) = plots.iter().find(|found| found.file == plot) {
            let _ = writeln!(text, "![{}](benchmarks/{})\n", plot.title, plot.file);
        }
        text.push_str(&table.markdown());
    }
    text.push_str(&peers(findings, how));
    text.push_str(LIMITS);
    text
}

fn head(findings: &Findings, machine: &Machine, how: &How<'_>) -> String {
    let Options { rounds, round, connections, pool, .. } = how.options;
    let Machine { processor, processors, kernel, envoy, ferro, date } = machine;
    let mut text = format!(
        "# Benchmarks\n\n`make bench BENCH=\"--report docs\"` wrote this page on {date}; `make peers` installs other \
         gateways for it to measure.\nHow each number comes about says [its README](../tests/bench/README.md).\n\n\
         | | |\n|---|---|\n| processor | {processor}, {processors} of them |\n| kernel | Linux {kernel} |\n\
         | Envoy | {envoy}, one worker |\n| Ferro | {ferro} |\n\
         | load | {connections} connections in the closed loop, {pool} in the open one; rounds of {} s, {rounds} of \
         each case |\n",
        round.as_secs_f64()
    );
    if let Some((middle, most)) = findings.cost.noise() {
        let _ = writeln!(
            text,
            "| noise | median rounds of the plain Envoy lie {middle:.0} % above the cheapest in the middle of the \
             cases, {most:.0} % at worst |"
        );
    }
    text.push_str(
        "\nEvery gateway runs on one processor, alone or beside Envoys that are idle; load and upstream share the \
         other. All get the\nsame bodies and the same answers, and every answer is looked at. A window in which a \
         request failed is void: it counts for\nnothing and is repeated, three times at most; *void* says how many \
         were.\n\n`direct` is no gateway at all: what load and upstream cost themselves. `plain` is Envoy with a \
         route and no filter but the\nrouter, `ferro` the same Envoy with Ferro and everything off.\n",
    );
    text
}

fn sections(findings: &Findings) -> Vec<Section> {
    vec![
        Section {
            title: "Processor time per request",
            words: "A closed loop. *CPU us* is what the gateway's processes used, in user space and kernel, per \
                    request of the cheapest\nround: what else happens can only make a round dearer. *ratio* is \
                    against `plain`, *over off* the microseconds over `ferro`.\nRates and latencies are those of \
                    a processor with no time left.",
            plot: "cost.svg",
            table: findings.cost.table(|line| !line.is_peer),
        },
        Section {
            title: "Beside other gateways",
            words: "The same measurement of other gateways, in a few cases, each alone. They do other things by \
                    default than Ferro does; what is\nsaid of each is [below](#the-other-gateways).",
            plot: "peers.svg",
            table: match findings.cost.lines().any(|line| line.is_peer) {
                true => findings.cost.table(|line| {
                    let has_peer =
                        |other: &&crate::measure::cost::Line| other.is_peer && other.case == line.case;
                    findings.cost.lines().any(|other| has_peer(&other))
                }),
                false => Table::new(2, &[]),
            },
        },
        Section {
            title: "Latency at a fixed rate",
            words: "An open loop: requests are due at random moments (Poisson) at parts of the rate that the \
                    subject's own closed loop reached,\nand latency counts from when a request was due, so a slow \
                    answer cannot hide what waits behind it. *sent late* is what the load\nitself adds. A \
                    quantile is missing where fewer requests were sent than it takes to have one beyond it.",
            plot: "open.svg",
            table: open::table(&findings.open),
        },
        Section {
            title: "Rates within a bound",
            words: "Requests a second, in the same open loop, at which 99 of 100 requests stay within the bound: \
                    bisection to one part in twenty,\nby short windows. A rate is too high when two windows say \
                    so. The rate of the closed loop is the highest that is tried.",
            plot: "bounds.svg",
            table: bounds::table(&findings.bounds),
        },
        Section {
            title: "Streams",
            words: "Eight clients read streams of twenty events that come ten milliseconds apart. *first* is from \
                    the request to the first event,\n*gap* the longest time between two pieces of a stream: ten \
                    milliseconds would be perfect.",
            plot: "streams.svg",
            table: streams::table(&findings.streams),
        },
        Section {
            title: "Memory",
            words: "What the gateway's processes have resident (RSS): started and not asked yet, at most while small \
                    and large requests come in a\nclosed loop, and a second after. Pages that several processes \
                    share count for each.",
            plot: "memory.svg",
            table: memory::table(&findings.memory),
        },
    ]
}

fn peers(findings: &Findings, how: &How<'_>) -> String {
    let mut text = String::new();
    if !how.peers.is_empty() {
        text.push_str("\n## The other gateways\n\n| gateway | version | note |\n|---|---|---|\n");
        for found in how.peers {
            let _ = writeln!(text, "| {} | {} | {} |", found.peer.name, found.version(), found.peer.note);
        }
    }
    if !findings.notes.is_empty() {
        text.push_str("\n## What was left out\n\n");
        for note in &findings.notes {
            let line = note.lines().next().unwrap_or_default();
            let _ = writeln!(text, "- {}", line.chars().take(LONGEST_NOTE).collect::<String>());
        }
    }
    text
}

const LONGEST_NOTE: usize = 200;

const LIMITS: &str = "
## What this can say, and what not

- Two virtual processors of a shared machine: other guests come and go, and the two may be threads of one core. Processor
  time in the cheapest of interleaved rounds repeats within a fifth; tails of latency do not, and belong to this run.
- Load and upstream share a processor. Rates near those of `direct` say what these can do, not what the gateway can.
- One processor for each gateway says what a core is worth, not how a gateway grows with more of them.
- No TLS, no real network, no model that thinks: a provider takes a second where these answers take none. What a gateway
  adds is the same in microseconds, and much less in parts.
- Bodies are made up. What a gateway does with tools, images or long streams is not measured here.
";
