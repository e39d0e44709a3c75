//! The keys of callers, with what they are signed by in hand.

use std::rc::Rc;

use super::secret::Secret;
use crate::access::{Keyring, Role, Signer, SigningKey, StaticKey, Unusable, digest};
use crate::config::{AccessConfig, SignerSource};

/// What the caller is called, and its role, who shows the secret of a signing key.
const BREAK_GLASS: &str = "break-glass";

/// The keyring of a configuration, and the secrets that it is made of. A signing key that cannot be had is left out: its
/// keys are good for nothing.
pub(super) fn keyring(
    config: &AccessConfig,
    environment: impl Fn(&str) -> Option<String>,
) -> (Keyring, Vec<Secret>) {
    let (mut signers, mut secrets) = (Vec::new(), Vec::new());
    for written in &config.signers {
        let key = match &written.source {
            SignerSource::Public(text) => SigningKey::of_public(text),
            SignerSource::Variable(name) => match environment(name).as_deref().and_then(Secret::new) {
                Some(secret) => {
                    let key = SigningKey::of_secret(secret.reveal());
                    secrets.push(secret);
                    key
                }
                None => Err(Unusable::Short),
            },
        };
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
