//! Other gateways, measured beside Ferro where they are installed. Which there are: `peers.rs`.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::KEY;
use super::peers::PEERS;
use crate::Outcome;
use crate::cell::{Asking, Cell, Dialect};
use crate::process::{in_path, is_program};

/// A gateway of someone else's. In `arguments`, `environment`, `configuration`, and headers stand for what is known
/// only then: `{port}` of the gateway, `{upstream}` as address and port, `{key}`, `{folder}` and `{file}`.
#[derive(Debug, PartialEq, Eq)]
pub struct Peer {
    /// Its name in the tables.
    pub name: &'static str,
    /// How it is installed.
    pub install: &'static str,
    /// Its program: the one that `$FERRO_BENCH_<NAME>` names, in `.tools/peers`, or in `PATH`.
    pub program: &'static str,
    /// What the path of the program must contain, where others have one of the same name.
    pub within: &'static str,
    /// How it is told to serve one address, on one thread as far as it can.
    pub arguments: &'static [&'static str],
    /// What it reads from its environment, beside the credential.
    pub environment: &'static [(&'static str, &'static str)],
    /// The name of its configuration; empty for none.
    pub file: &'static str,
    /// Its configuration, as JSON.
    pub configuration: &'static str,
    /// How its version is asked for; without arguments the package that it came in tells.
    pub version: &'static [&'static str],
    /// How it is asked for a model of a provider that speaks as the client does.
    pub same: Ask,
    /// How it is asked for one whose requests and answers are translated.
    pub translated: Option<Ask>,
    /// What a reader of the numbers must know.
    pub note: &'static str,
}

/// How a gateway is asked.
#[derive(Debug, PartialEq, Eq)]
pub struct Ask {
    pub path: &'static str,
    pub model: &'static str,
    pub headers: &'static [(&'static str, &'static str)],
}

/// What the words in braces stand for.
#[derive(Debug)]
pub struct Filling<'a> {
    pub port: u16,
    pub upstream: &'a str,
    pub folder: &'a Path,
}

/// Where `make peers` puts them.
const INSTALLED: &[&str] = &[".tools/peers/python/bin", ".tools/peers/node_modules/.bin"];

/// A gateway and its program.
#[derive(Clone, Debug)]
pub struct Found {
    pub peer: &'static Peer,
    pub program: PathBuf,
}

/// Those that are installed, and words on those that are not.
pub fn find() -> (Vec<Found>, Vec<String>) {
    let (mut found, mut missing) = (Vec::new(), Vec::new());
    for peer in PEERS {
        match peer.find() {
            Some(program) => found.push(Found { peer, program }),
            None => missing.push(format!(
                "{} is not installed ({}; its program may be named with {})",
                peer.name,
                peer.install,
                peer.variable()
            )),
        }
    }
    (found, missing)
}

impl Peer {
    fn variable(&self) -> String {
        let letters = self.name.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' });
        format!("FERRO_BENCH_{}", letters.collect::<String>().to_ascii_uppercase())
    }

    fn find(&self) -> Option<PathBuf> {
        if let Some(named) = env::var_os(self.variable()).filter(|named| !named.is_empty()) {
            return Some(named.into());
        }
        let installed = INSTALLED.iter().map(|folder| Path::new(folder).join(self.program));
        let candidates = installed.filter(|file| is_program(file)).chain(in_path(self.program));
        let is_it = |file: &PathBuf| {
            file.canonicalize().is_ok_and(|file| file.to_string_lossy().contains(self.within))
        };
        // Another folder is its working folder.
        candidates.filter(is_it).find_map(|file| std::path::absolute(file).ok())
    }

    /// Writes its configuration and says how it is started.
    pub fn command(&self, program: &Path, filling: &Filling<'_>) -> Outcome<Command> {
        fs::create_dir_all(filling.folder)?;
        if !self.file.is_empty() {
            fs::write(filling.folder.join(self.file), self.fill(self.configuration, filling))?;
        }
        let mut command = Command::new(program);
        command.args(self.arguments.iter().map(|argument| self.fill(argument, filling)));
        command.envs(self.environment.iter().map(|(name, value)| (name, self.fill(value, filling))));
        command.env(KEY.0, KEY.1).current_dir(filling.folder);
        Ok(command)
    }

    fn fill(&self, text: &str, filling: &Filling<'_>) -> String {
        text.replace("{port}", &filling.port.to_string())
            .replace("{upstream}", filling.upstream)
            .replace("{key}", KEY.1)
            .replace("{file}", &filling.folder.join(self.file).to_string_lossy())
            .replace("{folder}", &filling.folder.to_string_lossy())
    }

    /// How it is asked in this case, if it can be.
    pub fn asking(&self, cell: &Cell, filling: &Filling<'_>) -> Option<Asking> {
        let ask = match cell.dialect {
            Dialect::Same => Some(&self.same),
            Dialect::Translated => self.translated.as_ref(),
        }?;
        let header = |(name, value): &(&str, &str)| ((*name).to_owned(), self.fill(value, filling));
        Some(Asking {
            path: ask.path.to_owned(),
            model: ask.model.to_owned(),
            headers: ask.headers.iter().map(header).collect(),
        })
    }
}

impl Found {
    /// Its version, in its own words.
    pub fn version(&self) -> String {
        let version = match self.peer.version {
            [] => self.version_of_package(),
            arguments => self.version_of_program(arguments),
        };
        version.unwrap_or_else(|| "of unknown version".to_owned())
    }

    fn version_of_program(&self, arguments: &[&str]) -> Option<String> {
        let output = Command::new(&self.program).args(arguments).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let mut words = text.split_whitespace().filter(|word| word.contains('.'));
        let version =
            words.find(|word| word.trim_start_matches('v').starts_with(|c: char| c.is_ascii_digit()));
        Some(version?.to_owned())
    }

    fn version_of_package(&self) -> Option<String> {
        let program = self.program.canonicalize().ok()?;
        program.ancestors().find_map(|folder| {
            let package: Value = serde_json::from_slice(&fs::read(folder.join("package.json")).ok()?).ok()?;
            Some(package.get("version")?.as_str()?.to_owned())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filling() -> Filling<'static> {
        Filling { port: 4000, upstream: "127.0.0.1:9", folder: Path::new("/somewhere") }
    }

    #[test]
    fn every_row_becomes_a_configuration_without_gaps() {
        for peer in PEERS {
            let mut texts: Vec<_> = peer.arguments.iter().map(|text| peer.fill(text, &filling())).collect();
            texts.extend(peer.environment.iter().map(|(_, text)| peer.fill(text, &filling())));
            for cell in Cell::all() {
                let asking = peer.asking(&cell, &filling()).into_iter();
                texts.extend(asking.flat_map(|asking| asking.headers).map(|(_, value)| value));
            }
            assert_eq!(peer.file.is_empty(), peer.configuration.is_empty(), "{}", peer.name);
            if !peer.file.is_empty() {
                let text = peer.fill(peer.configuration, &filling());
                let read: Result<Value, _> = serde_json::from_str(&text);
                assert!(read.is_ok(), "{}: {read:?}\n{text}", peer.name);
                assert!(text.contains(filling().upstream), "{}", peer.name);
                texts.push(text);
            }
            assert!(texts.iter().any(|text| text.contains("4000")), "{} is told no port", peer.name);
            for word in ["{port}", "{upstream}", "{key}", "{folder}", "{file}"] {
                assert!(!texts.iter().any(|text| text.contains(word)), "{}: {word}", peer.name);
            }
        }
    }

    #[test]
    fn a_variable_is_a_name_that_a_shell_takes() {
        for peer in PEERS {
            let name = peer.variable();
            assert!(name.bytes().all(|byte| byte == b'_' || byte.is_ascii_uppercase()), "{name}");
        }
    }
}
