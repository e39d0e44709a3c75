//! Where and with what was measured.

use std::fs;
use std::path::Path;
use std::process::Command;

use serde_json::{Value, json};

use crate::subject;
use crate::subject::variant::ferro;

/// What a reader of the numbers must know.
#[derive(Debug)]
pub struct Machine {
    pub processor: String,
    pub processors: usize,
    pub kernel: String,
    pub envoy: String,
    pub ferro: String,
    pub date: String,
}

impl Machine {
    /// Looks around.
    pub fn look() -> Self {
        let words = |text: Option<String>| text.unwrap_or_else(|| "unknown".to_owned());
        let envoy = subject::envoy().ok().and_then(|envoy| said(&envoy, "--version"));
        Self {
            processor: words(processor()),
            processors: std::thread::available_parallelism().map_or(1, usize::from).max(count()),
            kernel: words(
                fs::read_to_string("/proc/sys/kernel/osrelease").ok().map(|text| text.trim().to_owned()),
            ),
            envoy: words(envoy.and_then(|text| version(&text))),
            ferro: words(
                said(&ferro(), "--version").map(|text| text.trim().trim_start_matches("ferro ").to_owned()),
            ),
            date: words(said(Path::new("date"), "+%Y-%m-%d").map(|text| text.trim().to_owned())),
        }
    }

    /// In one line.
    pub fn line(&self) -> String {
        let Self { processor, processors, kernel, envoy, ferro, date } = self;
        format!("{date}: {processor}, {processors} processors, Linux {kernel}; Envoy {envoy}, Ferro {ferro}")
    }

    /// For programs.
    pub fn json(&self) -> Value {
        json!({
            "date": self.date,
            "processor": self.processor,
            "processors": self.processors,
            "kernel": self.kernel,
            "envoy": self.envoy,
            "ferro": self.ferro,
        })
    }
}

fn processor() -> Option<String> {
    let text = fs::read_to_string("/proc/cpuinfo").ok()?;
    let line = text.lines().find(|line| line.starts_with("model name"))?;
    Some(line.split_once(':')?.1.trim().to_owned())
}

/// This program is on one processor only, and would count that.
fn count() -> usize {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    text.lines().filter(|line| line.starts_with("processor")).count()
}

fn said(program: &Path, argument: &str) -> Option<String> {
    String::from_utf8(Command::new(program).arg(argument).output().ok()?.stdout).ok()
}

/// `envoy  version: COMMIT/1.40.0/Clean/RELEASE/BoringSSL`
fn version(text: &str) -> Option<String> {
    text.split('/')
        .find(|part| part.starts_with(|c: char| c.is_ascii_digit()) && part.contains('.'))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn envoy_tells_its_version_among_others() {
        let text = "\nenvoy  version: 8c1b0e/1.40.0/Clean/RELEASE/BoringSSL\n";
        assert_eq!(version(text).as_deref(), Some("1.40.0"));
        assert_eq!(version("nothing"), None);
    }
}
