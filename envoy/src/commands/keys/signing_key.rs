//! `ferro keys signing-key`: what keys are signed with.

use ferro::access::SigningKey;

use super::super::Outcome;
use crate::terminal;

/// Options of `ferro keys signing-key`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// A pair of keys, of which one half signs and the other only checks. Keys are 86 characters longer, so less fits into
    /// them
    #[arg(long)]
    ed25519: bool,
}

/// Prints the secret.
pub fn run(options: &Options) -> Outcome {
    let secret = super::new_secret(options.ed25519)?;
    let key = SigningKey::of_secret(&secret).map_err(|why| why.words().to_owned())?;
    match key.public() {
        Some(public) => {
            terminal::note("The public half, for `public_key` of a gateway that checks keys and makes none:");
            terminal::note(&public);
            terminal::note("The secret half, for the variable that `secret` names:");
        }
        None => terminal::note("For the variable that `signing_key` names, and for nobody to see:"),
    }
    terminal::print(&secret);
    Ok(())
}
