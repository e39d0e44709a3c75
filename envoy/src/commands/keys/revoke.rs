//! `ferro keys revoke`: what to write into the file so that a key is good no more.

use ferro::access::{IssuedKey, KeyId, digest};

use super::super::{ConfigOption, Outcome};
use super::known::Known;
use crate::terminal;

/// Options of `ferro keys revoke`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// The key or its id; - reads it from standard input, which no list of processes shows
    #[arg(value_name = "KEY|ID")]
    key: String,
}

/// Prints the lines.
pub fn run(options: &Options) -> Outcome {
    let known = Known::read(&options.config)?;
    let text = super::given(&options.key)?;
    let id = id(&text, &known).ok_or_else(|| {
        "this is no issued key, nor the id of one, nor a key that the file lists (name the file with -c)"
            .to_owned()
    })?;
    if known.access().is_some_and(|access| access.revoked.contains(&id)) {
        terminal::note("The file has it already.");
    }
    terminal::print(&format!("access: {{revoked: [{id}]}}"));
    terminal::note(
        "Write this into the file, beside what is there: it holds when the file is loaded anew. POST /admin/keys/revoke \
         takes a key back at once.",
    );
    Ok(())
}

/// The id that is meant. What is not known to be one may be a key, and is not repeated.
fn id(text: &str, known: &Known) -> Option<String> {
    if let Some(key) = IssuedKey::read(text) {
        return Some(key.claims.id.to_string());
    }
    if KeyId::parse(text).is_some() {
        return Some(text.to_owned());
    }
    let listed = known.access().map(|access| access.keys.as_slice()).unwrap_or_default();
    let digest = digest(text.as_bytes());
    let mut listed = listed.iter().filter(|key| key.id == text || key.sha256 == digest);
    listed.next().map(|key| key.id.clone())
}
