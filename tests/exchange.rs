//! Exchanges as scripts: what a client, the providers and Envoy do, and after each line what the core says to it.
//!
//! `exchange/<subject>/<name>.script` holds inputs, and below each the lines it gave, which begin with `<`. They are compared
//! literally. `UPDATE_EXCHANGE=1 cargo test --test exchange` writes what comes out now; read it before you commit it.
//!
//! | line | what happens |
//! |---|---|
//! | `config {…}`, `without NAME` | the gateway's configuration, if not the usual one; a variable that is not set |
//! | `environment NAME=value` | a variable that is set beside the usual ones |
//! | `surfaces of tests` | clients may ask for more than they may yet |
//! | `toys` | clients and providers may speak a format that is none |
//! | `> headers POST /path name=value` | the client's headers; `headers!` for a request without a body |
//! | `> body …` | its whole body |
//! | `> piece …` | a piece of it; `piece!` if it is the last |
//! | `> ask`, `> ask stream` | both, for a small request to the usual route |
//! | `> another`, `> another stream` | the same, of the next client |
//! | `> next GET /path` | the next client's headers, without a body |
//! | `> fresh POST /path` | the next client's headers; `fresh!` for a request without a body |
//! | `= attempt` | Envoy makes an attempt in the cluster that was named; `= attempt x` in another one, `= attempt kept` on a connection that was there before |
//! | `= headers 200 name=value` | the provider's headers; `headers!` if that is all |
//! | `= body …`, `= data …`, `= event name …` | a piece of its body as it is, or one event; `body!` if it is the last |
//! | `= filler 1000` | so many letters of its body; a thousand of them show as `…` |
//! | `= end`, `= trailers` | its body is over |
//! | `@ pass 2s` | time passes |
//! | `@ tick 2s` | the host says that so much of an answer's silence has passed |
//! | `@ token abc` | whatever token is due is asked for, and this is the answer; without one, none comes |
//! | `@ models {…}` | whatever list of models is due is asked for, and this is the answer; without one, none comes |
//! | `@ job 200 {…}` | whatever question about an answer is due is asked, and this is the answer; without one, none comes |
//! | `@ holds 512` | the VM holds so many MiB |
//! | `@ rivals 3` | before each of this worker's next three writes to what all share, another writes the same record |
//! | `@ lost`, `@ unreachable` | the connection broke, or there was none; Envoy will try again |
//! | `@ complete` | the provider says no more, and the end of the answer is there |
//! | `@ broken` | the connection broke after there was a verdict on the answer |
//! | `@ aside`, `@ back` | this client waits while others are served; it is its turn again |
//! | `@ declined` | Envoy does not try again though the answer is marked |
//! | `@ reply 503` | Envoy answers by itself |
//! | `@ done` | the exchange is over, or the client is gone: what is logged, every attempt, and what is counted |
//!
//! In `= body`, `\n` and `\r` stand for line ends.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]

mod host;
#[path = "laws/toy/format.rs"]
mod toy;
mod exchange {
    pub mod calls;
    pub mod envoy;
    pub mod surfaces;
    pub mod toys;
    pub mod words;
}

use std::path::Path;

use exchange::envoy::Envoy;

/// How many scripts there are at least.
const MINIMUM: usize = 213;

#[test]
fn scripts() {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/exchange")];
    let mut scripts = Vec::new();
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            match path.extension() {
                None => folders.push(path),
                Some(ending) if ending == "script" => scripts.push(path),
                Some(_) => {}
            }
        }
    }
    scripts.sort();
    let problems: Vec<_> = scripts.iter().filter_map(|path| check(path)).collect();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(scripts.len() >= MINIMUM, "only {} scripts, at least {MINIMUM} are kept", scripts.len());
}

/// Plays a script; what is wrong, if anything.
fn check(path: &Path) -> Option<String> {
    let text = std::fs::read_to_string(path).unwrap();
    let inputs: Vec<_> = text.lines().filter(|line| !line.starts_with('<')).collect();
    let mut envoy = Envoy::new(&inputs);
    let mut have = String::new();
    for line in inputs {
        have.extend([line, "\n"]);
        for output in envoy.play(line) {
            have.extend([format!("< {output}").trim_end(), "\n"]);
        }
    }
    if std::env::var_os("UPDATE_EXCHANGE").is_some() {
        std::fs::write(path, &have).unwrap();
    }
    let want = std::fs::read_to_string(path).unwrap();
    (want != have).then(|| format!("{} differs\n--- want\n{want}\n--- have\n{have}", path.display()))
}
