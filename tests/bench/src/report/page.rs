//! The page: what was measured, how, how well, and how to do it again.

use std::fmt::Write as _;
use std::time::Duration;

use super::plots::Plot;
use super::table::Table;
use crate::machine::Machine;
use crate::measure::{Findings, bounds, memory, open, streams};
use crate::options::Options;
use crate::subject::peer::Found;
use crate::subject::variant::OFF;

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
    words: String,
    plot: &'static str,
    table: Table,
}

/// What a number needs to be one.
const FEWEST_ROUNDS: usize = 5;
const SHORTEST_ROUND: Duration = Duration::from_millis(500);

/// Writes the page.
pub fn write(findings: &Findings, machine: &Machine, how: &How<'_>, plots: &[Plot]) -> String {
    let mut text = head(findings, machine, how);
    for Section { title, words, plot, table } in sections(findings, how.options) {
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
    if *rounds < FEWEST_ROUNDS || *round < SHORTEST_ROUND {
        text.push_str("\n**A short run: its numbers only show what the page looks like.**\n");
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

fn sections(findings: &Findings, options: &Options) -> Vec<Section> {
    let section = |title, plot, table, words: &str| Section { title, words: words.to_owned(), plot, table };
    let streams_words = STREAMS
        .replace("{connections}", &options.connections.to_string())
        .replace("{gap}", &format!("{} ms", options.gap.unwrap_or(streams::GAP).as_secs_f64() * 1e3));
    let is_reference = |subject| subject == "plain" || subject == OFF;
    let with_peers = |case: &str| findings.cost.lines().any(|line| line.is_peer && line.case == case);
    vec![
        section("Processor time per request", "cost.svg", findings.cost.table(|line| !line.is_peer), COST),
        section(
            "Beside other gateways",
            "peers.svg",
            findings
                .cost
                .table(|line| with_peers(&line.case) && (line.is_peer || is_reference(line.subject))),
            PEERS,
        ),
        section("Latency at a fixed rate", "open.svg", open::table(&findings.open), OPEN),
        section("Rates within a bound", "bounds.svg", bounds::table(&findings.bounds), BOUNDS),
        section("Streams", "streams.svg", streams::table(&findings.streams), &streams_words),
        section("Memory", "memory.svg", memory::table(&findings.memory), MEMORY),
    ]
}

const COST: &str = "\
A closed loop. *CPU us* is what the gateway's processes used, in user space and kernel, per request of the cheapest round:
what else happens on the machine can only make a round dearer. *ratio* is against `plain`; *over off* are the microseconds
over `ferro`. *median* is that of all rounds. Rates and latencies are those of a processor with no time left.";

const PEERS: &str = "\
The same measurement of other gateways, each alone, in a few cases and a third of the rounds. They do other things by
default than Ferro does; [below](#the-other-gateways) is what must be known of each.";

const OPEN: &str = "\
An open loop: requests are due at random moments, at parts of the rate that the subject's own closed loop reached, and
latency counts from when a request was due, so a slow answer cannot hide what waits behind it. *sent late* is what the load
itself adds. A quantile is missing where too few requests were sent for one to lie beyond it.";

const BOUNDS: &str = "\
Requests a second, in the same open loop, at which 99 of 100 requests stay within the bound: bisection to one part in
twenty, by short windows. A rate is too high when two windows say so. The rate of the closed loop is the highest that is
tried.";

const STREAMS: &str = "\
{connections} clients read streams of twenty events that come {gap} apart. *first* is from the request to the first that
comes of the answer's body, *gap* the longest time between two pieces of a stream. Ferro waits on purpose, twice: the chunk
that says why a stream ended goes out when the upstream has ended it well, one event later (two, where it is translated);
and a translated stream begins with the first event that says something in the client's format, the third here, while
`plain` passes all on as they are.";

const MEMORY: &str = "\
What the gateway's processes have resident (RSS): started and not asked yet, at most while small and large requests come in
a closed loop, and a second after. Pages that several processes share count for each.";

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

- Two processors, which on a virtual machine may be threads of one core, and other guests come and go. Processor time in
  the cheapest of interleaved rounds repeats within a fifth; tails of latency do not, and belong to this run.
- Load and upstream share a processor. Rates near those of `direct` say what these can do, not what the gateway can.
- One processor for each gateway says what a core is worth, not how a gateway grows with more of them.
- No TLS, no real network, no model that thinks: a provider takes a second where these answers take none. What a gateway
  adds is the same in microseconds, and much less in parts.
- Bodies are made up. What a gateway does with tools, images or long streams is not measured here.
";
