//! Whether a route takes everything that a later one would, so that the later one can never match.
//!
//! The answer is yes only where that is certain. A provider without a credential may be missing when the filter runs;
//! then fewer names pin, and whoever takes a name that pins takes the same name without its pin, too.

use super::glob::Glob;
use super::matching::Match;
use super::resolve::{Name, Owner};

impl Match {
    /// Whether this certainly takes every request that `later` takes, under these aliases and providers.
    pub fn covers(&self, later: &Self, aliases: &[(String, String)], providers: &[impl Owner]) -> bool {
        let names = match later.models.is_empty() {
            true => self.models.is_empty() || self.models.iter().any(|glob| glob.covers(&Glob::new("*"))),
            false => later.models.iter().all(|glob| match glob.is_exact() {
                // Its aliases stand for the same.
                true => self.takes(&Name::resolve(glob.as_str(), aliases, providers)),
                false => self.covers_pattern(glob, aliases, providers),
            }),
        };
        names && self.covers_all_but_names(later)
    }

    /// A pattern takes any number of names: those that pin nobody, aliases that pin, and those that pin by themselves.
    fn covers_pattern(&self, glob: &Glob, aliases: &[(String, String)], providers: &[impl Owner]) -> bool {
        let wider = || self.models.iter().filter(|wide| wide.covers(glob));
        let others = self.models.is_empty() || wider().next().is_some();
        let mut names = aliases.iter().map(|(alias, _)| Name::resolve(alias, aliases, providers));
        let one = std::slice::from_ref(glob);
        let aliases = names.all(|name| name.pinned.is_none() || !name.matches(one) || self.takes(&name));
        let pins = !may_pin(glob, providers) || wider().any(|wide| wide.as_str().contains('/'));
        others && aliases && pins
    }
}

/// Whether a pattern may take a name that begins with a provider's.
fn may_pin(glob: &Glob, providers: &[impl Owner]) -> bool {
    let start = glob.as_str().split('*').next().unwrap_or_default();
    glob.as_str().contains('/')
        && providers.iter().any(|provider| {
            let pin = format!("{}/", provider.name());
            start.starts_with(&pin) || pin.starts_with(start)
        })
}
