//! `ferro init`: a file to begin with, and a signing key. What is there already stays as it is.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use super::Outcome;
use super::keys::{USUAL_VARIABLE, new_secret};
use crate::{load, terminal};

/// Options of `ferro init`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Where to write them [default: the current folder]
    #[arg(value_name = "FOLDER", default_value = ".", hide_default_value = true)]
    folder: PathBuf,
}

const FILE: &str = "gateway.yaml";
const SECRETS: &str = ".env";

/// Everybody may read it.
const PUBLIC: u32 = 0o644;
/// Nobody but its owner may.
const PRIVATE: u32 = 0o600;

/// Writes both.
pub fn run(options: &Options) -> Outcome {
    let (file, secrets) = (options.folder.join(FILE), options.folder.join(SECRETS));
    if !write(&file, STARTER, PUBLIC)? {
        return Err(format!("there is a {} already: nothing was written", file.display()).into());
    }
    terminal::note(&format!("wrote {}", file.display()));
    let line = format!("{USUAL_VARIABLE}={}\n", new_secret(false)?);
    match write(&secrets, &line, PRIVATE)? {
        true => terminal::note(&format!(
            "wrote {}: the signing key, for its owner alone to read. Keep it out of version control",
            secrets.display()
        )),
        false => mention(&secrets),
    }
    let folder = match options.folder.as_path() {
        folder if folder == Path::new(".") => String::new(),
        folder => format!("cd {} && ", folder.display()),
    };
    terminal::note(&format!(
        "Next:\n  {folder}set -a && . ./{SECRETS} && set +a\n  ferro validate -c {FILE}\n  ferro keys create -c {FILE} \
         --role developer\n  ferro run -c {FILE}"
    ));
    Ok(())
}

/// Says what to do about a file of secrets that is there.
fn mention(secrets: &Path) {
    let text = load::read(secrets).map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let is_there = |line: &str| line.trim_start().trim_start_matches("export ").starts_with(USUAL_VARIABLE);
    let name = secrets.display();
    match text.is_ok_and(|text| text.lines().any(is_there)) {
        true => terminal::note(&format!("{name} has a {USUAL_VARIABLE} already, which stays")),
        false => terminal::warning(&format!(
            "{name} is there already and stays as it is. Add a signing key: echo \"{USUAL_VARIABLE}=$(ferro keys \
             signing-key)\" >> {name}"
        )),
    }
}

/// Writes a file where none is; whether it did.
fn write(file: &Path, content: &str, mode: u32) -> Result<bool, String> {
    let opened = OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    let written = match opened {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => return Ok(false),
        opened => opened.and_then(|mut opened| opened.write_all(content.as_bytes())),
    };
    written.map(|()| true).map_err(|error| format!("cannot write {}: {error}", file.display()))
}

const STARTER: &str = r#"# Ferro's configuration. `ferro validate -c gateway.yaml` checks it.

listen: 127.0.0.1:8080        # this machine alone; 0.0.0.0:8080 is for all who reach it

# Who is asked. Without this, every built-in provider whose credential is set: `ferro providers` lists them.
# providers:
#   openai: {}                # the key comes from $OPENAI_API_KEY
#   anthropic: {}             # $ANTHROPIC_API_KEY
#   local: {kind: openai-compatible, endpoint: "http://127.0.0.1:8000/v1", models: ["llama-*"]}

# Other names for models.
# aliases:
#   fast: gpt-4o-mini

# Where requests go, if not to the provider that has the model. The first that matches; targets in order.
# routes:
#   - name: chat
#     match: {models: ["gpt-4o*"]}
#     targets: [{provider: openai, model: gpt-4o}, {provider: anthropic, model: claude-sonnet-4-5}]

# Who may call. `ferro keys create -c gateway.yaml --role developer` makes a key.
access:
  signing_key: ${FERRO_SIGNING_KEY}
  roles:
    admin: {admin: true}      # makes keys and takes them back, by /admin
    developer: {}             # models: ["gpt-*"], surfaces: [chat, embeddings, models], addresses: ["10.0.0.0/8"]
  # revoked: []               # ids of keys that are good no more: `ferro keys revoke` says what to write

log: {requests: metadata}     # none | metadata | full, which has what was said
"#;
