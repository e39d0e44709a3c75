//! `--watch`: the file's edits, applied to a running Envoy.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::certificates::Certificates;
use super::process::Words;
use super::serving::Serving;
use crate::load::{self, Environment, Loaded, Problems, Purpose};
use crate::render::{self, Rendered, Surroundings};
use crate::terminal;

/// Watches a file. Who keeps it looks at it again and again: that works on every file system, and whatever stands where
/// the file was (another one, or a link to another one) is seen.
#[derive(Debug)]
pub struct Watch<'a> {
    file: PathBuf,
    certificates: &'a Certificates<'a>,
    surroundings: Surroundings,
    words: Words,
    /// What was there when it was last looked at, and what was last applied.
    found: Option<Vec<u8>>,
    applied: Option<Vec<u8>>,
    is_first: bool,
    secrets: BTreeMap<String, String>,
}

/// What became of an edit.
#[derive(Debug, PartialEq)]
pub enum Outcome {
    /// Envoy serves it.
    Applied,
    /// It means the same as before.
    Same,
    /// It has mistakes; what ran before runs on.
    Wrong(Problems),
    /// It cannot be applied to a running Envoy, for this reason; what ran before runs on.
    NeedsRestart(String),
    /// Envoy says no, and why; what ran before runs on.
    Refused(String),
}

impl<'a> Watch<'a> {
    /// Looks from now on at a file that was `loaded`.
    pub fn new(
        file: &Path,
        certificates: &'a Certificates<'a>,
        surroundings: Surroundings,
        loaded: &Loaded,
        words: Words,
    ) -> Self {
        let credentials: BTreeSet<_> = loaded.credentials().into_iter().map(str::to_owned).collect();
        let surroundings = Surroundings { credentials, ..surroundings };
        let secrets = loaded.secrets.clone();
        Self {
            file: file.to_owned(),
            certificates,
            surroundings,
            words,
            found: None,
            applied: None,
            is_first: true,
            secrets,
        }
    }

    /// Applies an edit, if there is one, and says what became of it.
    pub async fn look(&mut self, serving: &mut Serving) {
        let content = load::read(&self.file).ok().filter(|content| !content.is_empty());
        // What is still being written is not what is meant; a file that is being replaced may be absent for a moment.
        let is_settled = content.is_some() && content == self.found;
        self.found = content;
        if !is_settled || self.found == self.applied {
            return;
        }
        self.applied.clone_from(&self.found);
        let outcome = self.apply(serving).await;
        // It may have been edited since it was loaded, and mostly was not.
        let is_first = std::mem::take(&mut self.is_first);
        let name = self.file.display();
        match outcome {
            Outcome::Applied => terminal::progress(&format!("{name} changed: applied")),
            Outcome::Same if is_first => {}
            Outcome::Same => terminal::progress(&format!("{name} changed: nothing to apply")),
            Outcome::Wrong(problems) => {
                for line in problems.lines() {
                    terminal::note(&line);
                }
                let hint =
                    "what ran before runs on. A variable is read when Envoy starts: to set one, restart";
                terminal::error(&format!("{name} changed, with mistakes: {hint}"));
            }
            Outcome::NeedsRestart(reason) => terminal::warning(&format!(
                "{name} changed: {reason}: restart to apply it. Until then what ran before runs on"
            )),
            Outcome::Refused(why) => {
                terminal::error(&format!("{name} changed, and what ran before runs on. {why}"));
            }
        }
    }

    async fn apply(&self, serving: &mut Serving) -> Outcome {
        let loaded = match load::load(Some(&self.file), Purpose::Run, &Environment::of_process()) {
            Ok(loaded) => loaded,
            Err(problems) => return Outcome::Wrong(problems),
        };
        for line in loaded.warnings.lines() {
            terminal::warning(&line);
        }
        if let Some(words) = loaded.exposure() {
            terminal::warning(&words);
        }
        let next = render::render(&loaded, &self.surroundings);
        if let Some(reason) = self.obstacle(&loaded, &next, serving.rendered()) {
            return Outcome::NeedsRestart(reason);
        }
        if next == *serving.rendered() {
            return Outcome::Same;
        }
        if let Err(why) = self.certificates.link(&next.shown) {
            return Outcome::Refused(why);
        }
        match serving.change(&loaded, next).await {
            Ok(()) => Outcome::Applied,
            Err(_) => Outcome::Refused(self.words.refusal().await),
        }
    }

    fn obstacle(&self, loaded: &Loaded, next: &Rendered, running: &Rendered) -> Option<String> {
        let start = "reach Envoy at its start only";
        if loaded.secrets != self.secrets {
            return Some(format!("a secret that is written out changed, and secrets {start}"));
        }
        let known = &self.surroundings.credentials;
        let new: Vec<_> = loaded.credentials().into_iter().filter(|name| !known.contains(*name)).collect();
        if !new.is_empty() {
            return Some(format!("it names a new credential ({}), and credentials {start}", new.join(", ")));
        }
        if next.overload != running.overload {
            let keys = "`limits.max_heap` or `limits.max_connections`";
            return Some(format!("{keys} changed, and Envoy reads them at its start only"));
        }
        (next.admin != running.admin)
            .then(|| "`admin` changed, and Envoy opens its admin interface at its start only".to_owned())
    }
}
