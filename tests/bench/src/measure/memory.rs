//! What lies in memory of a subject's processes: before it is asked, at most under load, and when that is over.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use super::{Bench, Findings, Rounds};
use crate::Outcome;
use crate::options::Mode;
use crate::report::table::{self, Table};
use crate::subject::Subject;

/// Each case loads for so many rounds.
const ROUNDS: u32 = 2;
/// What has just started or been loaded may still put things away.
const REST: Duration = Duration::from_secs(1);
/// How often is looked under load.
const LOOK: Duration = Duration::from_millis(50);

/// Bytes of one subject.
#[derive(Debug)]
pub struct Held {
    pub subject: &'static str,
    pub idle: u64,
    pub under_load: u64,
    pub after: u64,
    rounds: Rounds<u64>,
}

/// Measures these subjects, which must not have been asked yet.
pub async fn measure(bench: &Bench<'_>, subjects: &[Subject], findings: &mut Findings) -> Outcome<()> {
    for subject in subjects {
        let Some(group) = subject.group() else { continue };
        eprintln!("memory: {}", subject.name());
        sleep(REST).await;
        let idle = group.memory();
        let mut rounds = Rounds::default();
        for cell in bench.cells(Mode::Memory) {
            for asked in bench.ask(cell, [subject], &mut findings.notes).await? {
                let most = async || {
                    let load = bench.ready(&asked).await?.run(bench.options.round * ROUNDS);
                    let mut load = std::pin::pin!(load);
                    let mut most = group.memory();
                    loop {
                        tokio::select! {
                            loaded = &mut load => return loaded.map(|_| most),
                            () = sleep(LOOK) => most = most.max(group.memory()),
                        }
                    }
                };
                rounds.add(most).await;
            }
        }
        sleep(REST).await;
        let under_load = rounds.good.iter().copied().max().unwrap_or_default();
        findings.memory.push(Held {
            subject: subject.name(),
            idle,
            under_load,
            after: group.memory(),
            rounds,
        });
    }
    Ok(())
}

/// For people.
pub fn table(all: &[Held]) -> Table {
    let mut table = Table::new(1, &["subject", "idle MB", "under load MB", "after MB", "void"]);
    for found in all {
        let under_load = match found.rounds.words() {
            Some(words) => words,
            None => megabytes(found.under_load),
        };
        let void = table::count(found.rounds.void.len());
        table.add(vec![
            found.subject.to_owned(),
            megabytes(found.idle),
            under_load,
            megabytes(found.after),
            void,
        ]);
    }
    table
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / 1e6)
}

/// For programs.
pub fn json(all: &[Held]) -> Value {
    let one = |found: &Held| {
        json!({
            "subject": found.subject,
            "idle": found.idle,
            "under_load": found.under_load,
            "after": found.after,
            "void": found.rounds.void,
        })
    };
    all.iter().map(one).collect()
}
