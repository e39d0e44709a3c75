//! The keys of callers, with what they are signed by in hand.

use std::rc::Rc;

use super::secret::Secret;
use crate::access::{Keyring, Role, Signer, SigningKey, StaticKey, Unusable, digest};
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
    let (mut roles, mut keys) = (config.roles.clone(), config.keys.clone());
    if config.break_glass {
        let role = Role { name: BREAK_GLASS.to_owned(), admin: true, may_route: true, ..Role::default() };
        keys.extend(secrets.iter().map(|secret| StaticKey {
            id: BREAK_GLASS.to_owned(),
            sha256: digest(secret.reveal().as_bytes()),
            role: roles.len(),
            expires: None,
            label: None,
        }));
        roles.push(Rc::new(role));
    }
    (Keyring::new(signers, roles, keys, config.revoked.clone()), secrets)
}
