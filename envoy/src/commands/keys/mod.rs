//! `ferro keys`: the keys of callers, without asking anybody. A key that is made goes to standard output and nowhere else;
//! one that is given is never printed.

mod create;
mod inspect;
mod known;
mod revoke;
mod signing_key;

use std::io::Read;
use std::time::Duration;

use super::Outcome;
pub use known::USUAL_VARIABLE;

/// Commands of `ferro keys`.
#[derive(clap::Subcommand, Debug)]
pub enum Keys {
    /// Make a key
    ///
    /// It goes to standard output, and is shown this once; its id and all else go to standard error. It is signed with the
    /// first signing key of the file that signs or, without a file, with $FERRO_SIGNING_KEY.
    Create(create::Options),
    /// Say what a key says, and whether it is good: exit code 0 for a good one, 1 for any other
    Inspect(inspect::Options),
    /// Say what to write into the file so that a key is good no more
    Revoke(revoke::Options),
    /// Make what keys are signed with
    ///
    /// The secret goes to standard output. With --ed25519 the public half goes to standard error: a gateway that has it
    /// alone checks keys and can make none.
    SigningKey(signing_key::Options),
}

/// Does what is asked for.
pub fn run(command: Keys) -> Outcome {
    match command {
        Keys::Create(options) => create::run(options),
        Keys::Inspect(options) => inspect::run(&options),
        Keys::Revoke(options) => revoke::run(&options),
        Keys::SigningKey(options) => signing_key::run(&options),
    }
}

/// A new secret to sign with, as it is written.
///
/// # Errors
/// The machine has nothing random.
pub fn new_secret(pair: bool) -> Result<String, String> {
    Ok(ferro::access::SigningKey::secret_of(random()?, pair))
}

/// So many random bytes.
fn random<const LENGTH: usize>() -> Result<[u8; LENGTH], String> {
    let mut bytes = [0; LENGTH];
    getrandom::fill(&mut bytes).map_err(|error| format!("no random bytes can be had: {error}"))?;
    Ok(bytes)
}

/// Since 1970.
#[expect(clippy::disallowed_types, reason = "the command line has a clock; the core has none")]
fn now() -> Duration {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default()
}

/// A key that was given on the command line, or by `-` on standard input, which no list of processes shows.
fn given(argument: &str) -> Result<String, String> {
    const MOST: u64 = 4096;
    if argument != "-" {
        return Ok(argument.trim().to_owned());
    }
    let mut text = String::new();
    let read = std::io::stdin().take(MOST).read_to_string(&mut text);
    read.map_err(|error| format!("standard input cannot be read: {error}"))?;
    Ok(text.trim().to_owned())
}
