//! From the name a client sent to the provider that owns it.
//!
//! Aliases come first. `x/y` pins the provider `x` if one is configured under that name; otherwise it is a model's
//! name like any other. An owner is found by exact name, then by the longest matching pattern, then by the order of
//! the file.

use super::glob::Glob;

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

impl<'a> Name<'a> {
    /// Resolves what a client sent.
    pub fn resolve(sent: &'a str, aliases: &'a [(String, String)], providers: &[impl Owner]) -> Self {
        let alias = aliases.iter().find(|(alias, _)| alias == sent);
        let resolved = alias.map_or(sent, |(_, name)| name.as_str());
        let pin = resolved.split_once('/').and_then(|(provider, model)| {
            let pinned = providers.iter().position(|known| known.name() == provider)?;
            (!model.is_empty()).then_some((pinned, model))
        });
        match pin {
            Some((pinned, model)) => Self { sent, model, pinned: Some(pinned), resolved },
            None => Self { sent, model: resolved, pinned: None, resolved },
        }
    }

    /// Whether a route's patterns take this name. A pin passes by patterns that hold no slash; only a pattern that
    /// spells out an alias takes it, whatever it stands for.
    pub fn matches(&self, globs: &[Glob]) -> bool {
        globs.iter().any(|glob| {
            let considered =
                self.pinned.is_none() || glob.as_str().contains('/') || glob.as_str() == self.sent;
            considered && (glob.matches(self.sent) || glob.matches(self.resolved))
        })
    }
}

/// The provider that owns a model's name, by its index.
pub fn owner(model: &str, providers: &[impl Owner]) -> Option<usize> {
    let mut best: Option<((bool, usize), usize)> = None;
    for (index, provider) in providers.iter().enumerate() {
        for glob in provider.models().iter().filter(|glob| glob.matches(model)) {
            let rank = (glob.is_exact(), glob.weight());
            if best.is_none_or(|(known, _)| rank > known) {
                best = Some((rank, index));
            }
        }
    }
    best.map(|(_, index)| index)
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
            assert_eq!(owner(model, &providers()), want, "{model}");
        }
    }

    #[test]
    fn aliases_come_first_and_only_configured_providers_pin() {
        let aliases =
            [("smart".to_owned(), "local/gpt-4o".to_owned()), ("gpt-5".to_owned(), "gpt-4o".to_owned())];
        let providers = providers();
        let resolve = |sent| Name::resolve(sent, &aliases, &providers);
        assert_eq!((resolve("smart").pinned, resolve("smart").model), (Some(1), "gpt-4o"));
        assert_eq!((resolve("gpt-5").pinned, resolve("gpt-5").model), (None, "gpt-4o"));
        assert_eq!((resolve("meta/llama").pinned, resolve("meta/llama").model), (None, "meta/llama"));
        assert_eq!(resolve("openai/").pinned, None);
        assert!(resolve("gpt-5").matches(&[Glob::new("gpt-5")]));
        assert!(resolve("gpt-5").matches(&[Glob::new("gpt-4*")]));
        assert!(!resolve("smart").matches(&[Glob::new("*")]));
        assert!(resolve("smart").matches(&[Glob::new("local/*")]));
        assert!(resolve("smart").matches(&[Glob::new("smart")]));
    }
}
