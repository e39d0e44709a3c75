//! A place in a configuration on the way down to it, and which places are secret.

use ferro::config::SECTIONS;
use ferro::routing::nearest;

/// A step down.
#[derive(Clone, Debug)]
pub(super) enum Step {
    Member(String),
    Element(usize),
}

/// What a place holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Secrecy {
    /// Nothing secret.
    Plain,
    /// A credential: the reference to a variable, or the secret itself.
    Credential,
    /// A list of credentials.
    Credentials,
    /// Headers by name, whose values may hold references to variables. Those are secret.
    Headers,
    /// One of them.
    Header,
    /// `access`: one word, or an object that has secrets in it.
    Door,
    /// Something of a secret's surroundings that this version does not read. No message repeats it.
    Hidden,
}

impl Secrecy {
    /// What this place holds. Names that operators choose (of providers, routes, aliases) are no names of keys.
    pub fn of(path: &[Step]) -> Self {
        let names: Vec<_> = path
            .iter()
            .map(|step| match step {
                Step::Member(name) => name.as_str(),
                Step::Element(_) => "[]",
            })
            .collect();
        match names.as_slice() {
            ["providers", _, "api_key"]
            | ["providers", _, "api_keys", "[]"]
            | ["providers", _, "auth", "token", "client_secret"]
            | ["proxy", "authorization"]
            | ["providers", _, "proxy", "authorization"]
            | ["access", "signing_key"]
            | ["access", "signing_keys", "[]", "secret"] => Self::Credential,
            ["access"] => Self::Door,
            ["access", "signing_key", ..] | ["access", "signing_keys", "[]", "secret", ..] => Self::Hidden,
            ["access", ..] => Self::Plain,
            ["providers", _, "api_keys"] => Self::Credentials,
            ["providers", _, "headers"] => Self::Headers,
            ["providers", _, "headers", _] => Self::Header,
            ["providers", _, "auth", "token", "client_secret", ..] => Self::Hidden,
            ["proxy", "authorization", ..] | ["providers", _, "proxy", "authorization", ..] => Self::Hidden,
            // How a credential travels is none.
            ["providers", _, "auth", ..] => Self::Plain,
            ["providers", _, key, ..] | [key, ..] if holds_secrets(key) => Self::Hidden,
            _ => Self::Plain,
        }
    }
}

/// Whether secrets stand below a key of this name.
fn holds_secrets(key: &str) -> bool {
    const NAMES: &[&str] = &["api_key", "api_keys", "headers", "authorization", "signing_key", "auth"];
    NAMES.contains(&key) || key.starts_with("secret")
}

/// Where callers' keys are written of. What is no key of this section may be one of theirs.
const ACCESS: &str = "access";

/// Whether this is a key of `access`, or was to be one.
pub(super) fn is_of_access(name: &str) -> bool {
    let own = SECTIONS.iter().filter(|section| section.path == ACCESS);
    let known = own.flat_map(|own| own.keys.iter().map(|key| key.name).chain(own.lacking.iter().copied()));
    let known: Vec<_> = known.collect();
    known.contains(&name) || nearest(name, known).is_some()
}

/// The path up to the first secret key, if there is one: what stands below may itself be secret. A provider that
/// happens to be called like such a key is told with less detail than others.
pub(super) fn up_to_secret(path: &str) -> Option<&str> {
    if let Some(below) = path.strip_prefix(ACCESS).and_then(|rest| rest.strip_prefix('.'))
        && !is_of_access(below.split(['.', '[']).next().unwrap_or_default())
    {
        return path.get(..ACCESS.len());
    }
    let mut start = 0_usize;
    loop {
        let rest = path.get(start..)?;
        let length = rest.find(['.', '[']).unwrap_or(rest.len());
        if holds_secrets(rest.get(..length)?) {
            return path.get(..start.saturating_add(length));
        }
        start = start.saturating_add(length).saturating_add(1);
    }
}

/// As messages write it: `routes[2].targets[0]`.
pub(super) fn join(path: &[Step]) -> String {
    let mut text = String::new();
    for step in path {
        match step {
            Step::Member(name) if text.is_empty() => text.push_str(name),
            Step::Member(name) => {
                text.push('.');
                text.push_str(name);
            }
            Step::Element(index) => text.push_str(&format!("[{index}]")),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_places_are_known_by_their_keys() {
        let at = |path: &str| {
            let step =
                |step: &str| step.parse().map_or_else(|_| Step::Member(step.to_owned()), Step::Element);
            Secrecy::of(&path.split(' ').map(step).collect::<Vec<_>>())
        };
        for path in [
            "providers x api_key",
            "providers x api_keys 0",
            "providers api_key api_key",
            "providers x auth token client_secret",
            "access signing_key",
            "access signing_keys 0 secret",
        ] {
            assert_eq!(at(path), Secrecy::Credential, "{path}");
        }
        for path in [
            "providers x api_key y",
            "providers x api_keys y",
            "providers x api_keys 0 1",
            "providers x headers y z",
            "providers x auth token client_secret y",
            "access signing_key x",
            "access signing_keys 0 secret x",
            "secrets",
            "api_key",
        ] {
            assert_eq!(at(path), Secrecy::Hidden, "{path}");
        }
        assert_eq!(at("providers x headers"), Secrecy::Headers);
        assert_eq!(at("providers x headers y"), Secrecy::Header);
        for path in [
            "providers headers",
            "providers secret endpoint",
            "routes 0 match headers x",
            "aliases auth",
            "providers x auth header",
            "access keys 0 sha256",
            "access roles signing_key models",
        ] {
            assert_eq!(at(path), Secrecy::Plain, "{path}");
        }
    }

    #[test]
    fn paths_are_cut_at_the_first_secret_key() {
        for (path, want) in [
            ("providers.x.api_key.sk-1", Some("providers.x.api_key")),
            ("providers.x.api_keys[0].sk-1", Some("providers.x.api_keys")),
            ("access.signing_key.sk-1", Some("access.signing_key")),
            ("access.signing_keys[1].secret.sk-1", Some("access.signing_keys[1].secret")),
            ("access.roles.dev", None),
            ("access.sk-1", Some("access")),
            ("access.sk-1[0].x", Some("access")),
            ("providers.x.secret_key[3]", Some("providers.x.secret_key")),
            ("providers.x.endpoint", None),
            ("", None),
        ] {
            assert_eq!(up_to_secret(path), want, "{path}");
        }
    }
}
