//! From the name a client sent to the provider that owns it.
//!
//! Aliases come first. `x/y` pins the provider `x` if one is configured under that name; otherwise it is a model's
//! name like any other. An owner is found by exact name, then by the longest matching pattern, then by the order of
//! the file.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Bound;

use super::glob::Glob;
use super::globs::Globs;

/// The names that are configured.
#[derive(Debug)]
pub struct Names {
    /// What an alias stands for.
    aliases: BTreeMap<String, String>,
    /// The providers, by their names.
    providers: BTreeMap<String, usize>,
    /// The names that providers serve, and who serves each.
    served: Globs,
    servers: Vec<usize>,
}

/// A model's name, as sent and as resolved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Name<'a> {
    /// What the client sent.
    pub sent: &'a str,
    /// After aliases; what a target without a model of its own is asked for.
    pub model: &'a str,
    /// The provider that `x/y` pins, by its index.
    pub pinned: Option<usize>,
    /// After aliases, with the pinned provider still in front.
    pub resolved: &'a str,
}

/// What of a provider decides which names it owns.
pub trait Owner {
    /// Its name.
    fn name(&self) -> &str;
    /// The names it serves.
    fn models(&self) -> &[Glob];
}

impl Names {
    /// Those of these aliases (each with what it stands for) and providers.
    pub fn new(aliases: &[(String, String)], providers: &[impl Owner]) -> Self {
        let mut names = Self {
            aliases: BTreeMap::new(),
            providers: BTreeMap::new(),
            served: Globs::default(),
            servers: Vec::new(),
        };
        for (alias, name) in aliases {
            names.aliases.entry(alias.clone()).or_insert_with(|| name.clone());
        }
        let mut served = Vec::new();
        for (index, provider) in providers.iter().enumerate() {
            names.providers.entry(provider.name().to_owned()).or_insert(index);
            served.extend_from_slice(provider.models());
            names.servers.resize(served.len(), index);
        }
        names.served = Globs::new(served);
        names
    }

    /// Resolves what a client sent.
    pub fn resolve<'a>(&'a self, sent: &'a str) -> Name<'a> {
        let resolved = self.aliases.get(sent).map_or(sent, String::as_str);
        let pin = resolved.split_once('/').and_then(|(provider, model)| {
            let pinned = self.provider(provider)?;
            (!model.is_empty()).then_some((pinned, model))
        });
        match pin {
            Some((pinned, model)) => Name { sent, model, pinned: Some(pinned), resolved },
            None => Name { sent, model: resolved, pinned: None, resolved },
        }
    }

    /// The provider of this name, by its index.
    pub fn provider(&self, name: &str) -> Option<usize> {
        self.providers.get(name).copied()
    }

    /// The provider that owns a model's name, by its index.
    pub fn owner(&self, model: &str) -> Option<usize> {
        let rank = |place: &usize| {
            let glob = self.served.get(*place);
            (glob.map(|glob| (glob.is_exact(), glob.weight())), Reverse(*place))
        };
        let best = self.served.matching(model).max_by_key(rank)?;
        self.servers.get(best).copied()
    }

    /// How many comparisons it takes to find a model's owner, at the most.
    pub fn comparisons(&self, model: &str) -> usize {
        self.served.comparisons(model)
    }

    /// The aliases, resolved.
    pub(in crate::routing) fn aliases(&self) -> impl Iterator<Item = Name<'_>> {
        self.aliases.keys().map(|alias| self.resolve(alias))
    }

    /// Whether a text is the beginning of a provider's name and the slash after it, or begins so.
    pub(in crate::routing) fn begins_with_provider(&self, text: &str) -> bool {
        match text.split_once('/') {
            Some((provider, _)) => self.providers.contains_key(provider),
            None => {
                let after = self.providers.range::<str, _>((Bound::Included(text), Bound::Unbounded)).next();
                after.is_some_and(|(name, _)| name.starts_with(text))
            }
        }
    }
}

impl<'a> Name<'a> {
    /// Whether a route's patterns take this name. A pin passes by patterns that hold no slash; only a pattern that
    /// spells out an alias takes it, whatever it stands for.
    pub fn matches(&self, globs: &Globs) -> bool {
        let resolved = (self.resolved != self.sent).then_some(self.resolved);
        let mut matching =
            globs.matching(self.sent).chain(resolved.into_iter().flat_map(|name| globs.matching(name)));
        matching.any(|place| globs.get(place).is_some_and(|glob| self.heeds(glob)))
    }

    /// Whether a pattern takes this name.
    pub(in crate::routing) fn is_taken_by(&self, glob: &Glob) -> bool {
        self.heeds(glob) && (glob.matches(self.sent) || glob.matches(self.resolved))
    }

    fn heeds(&self, glob: &Glob) -> bool {
        self.pinned.is_none() || glob.as_str().contains('/') || glob.as_str() == self.sent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Provider(&'static str, Vec<Glob>);

    impl Owner for Provider {
        fn name(&self) -> &str {
            self.0
        }
        fn models(&self) -> &[Glob] {
            &self.1
        }
    }

    fn providers() -> Vec<Provider> {
        let provider =
            |name, models: &[&str]| Provider(name, models.iter().map(|glob| Glob::new(glob)).collect());
        vec![
            provider("openai", &["gpt-*", "o1*"]),
            provider("local", &["gpt-oss-*", "llama", "gpt-4o"]),
            provider("other", &["gpt-*"]),
        ]
    }

    #[test]
    fn exact_names_then_the_longest_pattern_then_the_file() {
        for (model, want) in [
            ("gpt-4o", Some(1)),
            ("gpt-oss-20b", Some(1)),
            ("gpt-5", Some(0)),
            ("llama", Some(1)),
            ("x", None),
        ] {
            assert_eq!(Names::new(&[], &providers()).owner(model), want, "{model}");
        }
    }

    #[test]
    fn aliases_come_first_and_only_configured_providers_pin() {
        let aliases =
            [("smart".to_owned(), "local/gpt-4o".to_owned()), ("gpt-5".to_owned(), "gpt-4o".to_owned())];
        let names = Names::new(&aliases, &providers());
        let resolve = |sent| names.resolve(sent);
        let globs = |glob| Globs::new(vec![Glob::new(glob)]);
        assert_eq!((resolve("smart").pinned, resolve("smart").model), (Some(1), "gpt-4o"));
        assert_eq!((resolve("gpt-5").pinned, resolve("gpt-5").model), (None, "gpt-4o"));
        assert_eq!((resolve("meta/llama").pinned, resolve("meta/llama").model), (None, "meta/llama"));
        assert_eq!(resolve("openai/").pinned, None);
        assert!(resolve("gpt-5").matches(&globs("gpt-5")));
        assert!(resolve("gpt-5").matches(&globs("gpt-4*")));
        assert!(!resolve("smart").matches(&globs("*")));
        assert!(resolve("smart").matches(&globs("local/*")));
        assert!(resolve("smart").matches(&globs("smart")));
    }
}
