//! The keys of callers, with what they are signed by in hand.

use std::rc::Rc;

use super::secret::Secret;
use crate::access::{Caller, Keyring, Quota, Role, Signer, SigningKey, Unusable, digest};
use crate::config::{AccessConfig, SignerSource};

/// What the caller is called, and its role, who shows the secret of a signing key.
const BREAK_GLASS: &str = "break-glass";

/// The signing key that is there. `environment` looks up a variable.
///
/// # Errors
/// There is none.
pub fn signing_key(
    source: &SignerSource,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<SigningKey, Unusable> {
    match source {
        SignerSource::Public(text) => SigningKey::of_public(text),
        SignerSource::Variable(name) => {
            let secret = environment(name).as_deref().and_then(Secret::new).ok_or(Unusable::Absent)?;
            SigningKey::of_secret(secret.reveal())
        }
    }
}

/// The secret of a signing key, if it has one.
fn secret(source: &SignerSource, environment: impl Fn(&str) -> Option<String>) -> Option<Secret> {
    match source {
        SignerSource::Public(_) => None,
        SignerSource::Variable(name) => Secret::new(&environment(name)?),
    }
}

/// The keyring of a configuration, and the secrets that it is made of. A signing key that cannot be had is left out: its
/// keys are good for nothing.
pub fn keyring(
    config: &AccessConfig,
    environment: impl Fn(&str) -> Option<String>,
) -> (Keyring, Vec<Secret>) {
    let (mut signers, mut secrets) = (Vec::new(), Vec::new());
    for written in &config.signers {
        secrets.extend(secret(&written.source, &environment));
        let key = signing_key(&written.source, &environment);
        let (id, verify_only) = (written.id.clone(), written.verify_only);
        match key {
            Ok(key) => signers.push(Signer { id, key, verify_only }),
            Err(why) => {
                log::error!(
                    "the signing key {id:?} cannot be used, nor any of its keys: it is {}",
                    why.words()
                )
            }
        }
    }
    let (roles, keys) = (config.roles.clone(), config.keys.clone());
    let mut keyring = Keyring::new(signers, roles, keys, config.revoked.clone());
    if config.break_glass {
        let caller = Rc::new(break_glass());
        for secret in &secrets {
            keyring.admit(digest(secret.reveal().as_bytes()), Rc::clone(&caller));
        }
    }
    (keyring, secrets)
}

/// Who shows the secret of a signing key. A role of this name in the file is another one.
fn break_glass() -> Caller {
    let role = Role { name: BREAK_GLASS.to_owned(), admin: true, may_route: true, ..Role::default() };
    Caller { id: BREAK_GLASS.into(), label: None, role: Rc::new(role), models: None, quota: Quota::default() }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::access::{Narrowing, Wanted, mint};
    use crate::config::{Access, Config};

    const SECRET: &str = "a secret of more than thirty-two bytes";

    /// A role of the file that happens to be called so stays what it is, and nobody is issued a key of the other one.
    #[test]
    fn who_breaks_the_glass_has_a_role_of_its_own() {
        let keyring = |roles: &str| {
            let text = format!(
                r#"{{"access":{{"signing_key":"${{KEY}}","break_glass":true,"roles":{{{roles}}}}},"providers":{{}}}}"#
            );
            let config = Config::parse(&serde_json::from_str(&text).unwrap()).unwrap();
            let Access::Keyed(access) = &config.access else { panic!("{text}") };
            super::keyring(access, |_| Some(SECRET.to_owned())).0
        };
        let wanted = || {
            let (role, label) = (BREAK_GLASS.to_owned(), None);
            Wanted { role, lifetime: 60, label, narrowing: Narrowing::default() }
        };
        let now = Duration::from_secs(1_790_000_000);
        let make = |keyring: &Keyring| {
            mint(wanted(), keyring.signer().unwrap(), Some(keyring.roles()), now, [1; 10])
        };
        let usual = keyring(r#""developer":{}"#);
        assert_eq!(make(&usual).unwrap_err().member, "role");
        let named = keyring(r#""break-glass":{"models":["gpt-*"]}"#);
        let key = make(&named).unwrap().text;
        let role = |key: &str| Rc::clone(&named.check(key, now.as_secs(), |_| false).unwrap().role);
        assert!(!role(&key).admin && role(SECRET).admin);
    }
}
