//! What is known of a key: from one table a section follow the check of names, and `docs/configuration.md`.

use super::errors::Errors;
use super::section::{Node, Section};

/// The keys of one object of the file.
#[derive(Debug)]
pub struct Keys {
    /// Where it stands: `routes[].targets[]`; a name that the operator chooses is in capitals.
    pub path: &'static str,
    /// What it is for, in Markdown.
    pub doc: &'static str,
    /// The keys, in the order in which they are explained.
    pub keys: &'static [Key],
    /// Those of features that this version lacks.
    pub lacking: &'static [&'static str],
}

/// A key.
#[derive(Debug)]
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it does, in Markdown.
    pub doc: &'static str,
    /// What holds where it is absent.
    pub default: Absent,
    /// A value, as it is written in YAML; none for an object that has keys of its own.
    pub example: &'static str,
}

/// What holds where a key is absent.
#[derive(Clone, Copy, Debug)]
pub enum Absent {
    /// This value, as it is written in YAML.
    Is(&'static str),
    /// What these words say, in Markdown.
    Means(&'static str),
    /// It may not be absent.
    Wrong,
}

impl<'a> Node<'a> {
    /// An object with these keys.
    pub fn keys(&self, keys: &Keys, errors: &mut Errors<'_>) -> Option<Section<'a>> {
        let known: Vec<_> = keys.keys.iter().map(|key| key.name).collect();
        self.section(&known, keys.lacking, errors)
    }

    /// The same, with keys that stand in no table: they are called as something else is.
    pub fn keys_and(&self, keys: &Keys, more: &[&str], errors: &mut Errors<'_>) -> Option<Section<'a>> {
        let known: Vec<_> = keys.keys.iter().map(|key| key.name).chain(more.iter().copied()).collect();
        self.section(&known, keys.lacking, errors)
    }

    /// An object whose keys are such words.
    pub fn keyed_by(&self, words: &[&str], lacking: &[&str], errors: &mut Errors<'_>) -> Option<Section<'a>> {
        self.section(words, lacking, errors)
    }
}

/// Words for operators, which the filter has no use for and does not carry.
const fn told(words: &'static str) -> &'static str {
    if cfg!(all(target_arch = "wasm32", not(test))) { "" } else { words }
}

/// A key that has a value where it is absent.
pub const fn key(name: &'static str, default: &'static str, example: &'static str, doc: &'static str) -> Key {
    Key { name, doc: told(doc), default: Absent::Is(told(default)), example: told(example) }
}

/// A key whose absence means something.
pub const fn optional(
    name: &'static str,
    absent: &'static str,
    example: &'static str,
    doc: &'static str,
) -> Key {
    Key { name, doc: told(doc), default: Absent::Means(told(absent)), example: told(example) }
}

/// A key that must be there.
pub const fn required(name: &'static str, example: &'static str, doc: &'static str) -> Key {
    Key { name, doc: told(doc), default: Absent::Wrong, example: told(example) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, Value, json};

    use super::super::{Config, SECTIONS};
    use super::*;

    /// A section's path as a configuration has it, and what leads there.
    struct Place {
        steps: Vec<&'static str>,
    }

    impl Place {
        fn of(section: &Keys) -> Self {
            let steps = section.path.split('.').filter(|step| !step.is_empty());
            let named = |step| match step {
                "NAME" => "openai",
                "PROVIDER/MODEL" => "openai/x",
                "SURFACE" => "embeddings",
                step => step,
            };
            Self { steps: steps.map(named).collect() }
        }

        /// A configuration in which `members` stand here, under routes of this strategy.
        fn holding(&self, members: Value, strategy: &str) -> Value {
            let mut whole = self.steps.iter().rev().fold(members, |mut value, step| {
                // Without any key nobody could call.
                if *step == "access" && value.get("signing_keys").is_none() {
                    value["signing_key"] = json!("${FERRO_SIGNING_KEY}");
                }
                if *step == "store" && value.get("ratelimit").is_none() {
                    value["ratelimit"] = json!("127.0.0.1:8081");
                }
                if *step == "ext_authz" && value.get("url").is_none() {
                    value["url"] = json!("http://authz.example.com");
                }
                let Some(name) = step.strip_suffix("[]") else { return json!({*step: value}) };
                let least = match name {
                    "signing_keys" => json!({"id": "k1", "secret": "${FERRO_SIGNING_KEY}"}),
                    "routes" => {
                        json!({"name": "a", "strategy": strategy, "targets": [{"provider": "openai"}]})
                    }
                    _ => json!({"provider": "openai"}),
                };
                let mut element = least.as_object().unwrap().clone();
                element.extend(value.as_object().unwrap().clone());
                json!({name: [element]})
            });
            // Routes may be for roles.
            if whole.get("routes").is_some() {
                whole["access"] = json!({"signing_key": "${FERRO_SIGNING_KEY}"});
            }
            whole
        }

        /// As errors name it.
        fn path(&self, key: &str) -> String {
            let steps = self.steps.iter().map(|step| step.replace("[]", "[0]"));
            steps.chain([key.to_owned()]).collect::<Vec<_>>().join(".")
        }
    }

    /// What YAML means by this.
    fn value(text: &str) -> Value {
        serde_json::from_str(text).unwrap_or_else(|_| Value::from(text))
    }

    fn member(key: &Key, text: &str) -> Value {
        Value::Object(Map::from_iter([(key.name.to_owned(), value(text))]))
    }

    fn all() -> impl Iterator<Item = (Place, &'static Key)> {
        SECTIONS.iter().flat_map(|section| section.keys.iter().map(|key| (Place::of(section), key)))
    }

    #[test]
    fn examples_are_right() {
        for (place, key) in all().filter(|(_, key)| !key.example.is_empty()) {
            let path = place.path(key.name);
            let errors = Config::parse(&place.holding(member(key, key.example), "fallback"));
            let errors = errors.err().unwrap_or_default();
            let about = |error: &&super::super::ConfigError| {
                error.path.starts_with(&path) && !error.message.starts_with("belongs to")
            };
            assert_eq!(errors.iter().find(about), None, "{path}");
        }
    }

    #[test]
    fn defaults_are_what_holds_without_the_key() {
        for (place, key) in all() {
            let Absent::Is(default) = key.default else { continue };
            let same = |strategy: &str| {
                let parsed = |members| Config::parse(&place.holding(members, strategy));
                let (with, without) = (parsed(member(key, default)), parsed(json!({})));
                with.is_ok() && format!("{with:?}") == format!("{without:?}")
            };
            assert!(["fallback", "weighted", "cost"].iter().any(|it| same(it)), "{}", place.path(key.name));
        }
    }

    #[test]
    fn what_may_not_be_absent_is_missed() {
        for section in SECTIONS {
            let bare = Place::of(section).steps.iter().rev().fold(json!({}), |value, step| {
                step.strip_suffix("[]").map_or_else(|| json!({*step: value}), |name| json!({name: [value]}))
            });
            let errors = Config::parse(&bare).err().unwrap_or_default();
            for key in section.keys.iter().filter(|key| matches!(key.default, Absent::Wrong)) {
                // Who it is by decides whether a header is needed; what else is missing is said at once.
                let message = format!("missing key {:?}", key.name);
                assert!(errors.iter().any(|error| error.message == message), "{}: {errors:?}", section.path);
            }
        }
    }
}
