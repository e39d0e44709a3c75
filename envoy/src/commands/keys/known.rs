//! What the file, or else the environment, knows of keys.

use std::collections::BTreeMap;
use std::rc::Rc;

use ferro::access::{Claims, Keyring, Role, Signer, SigningKey};
use ferro::config::{Access, AccessConfig, SignerConfig, SignerSource};
use ferro::gateway::{Use, keyring, signing_key};

use super::super::{ConfigOption, Failure, refuse};
use crate::load::{self, Environment, Purpose};

/// The variable that holds the signing key where no file says another.
pub const USUAL_VARIABLE: &str = "FERRO_SIGNING_KEY";

/// What `signing_key` is called, and what the usual variable holds.
const USUAL_SIGNER: &str = "k1";

/// Where signing keys are.
pub enum Known {
    /// In the file that was named.
    File {
        /// What it says of callers; `None` where it says nothing, or that everybody may.
        access: Option<Box<AccessConfig>>,
        /// Secrets that are written out there, under the names of their variables.
        secrets: BTreeMap<String, String>,
    },
    /// In the usual variable, if it is set: there is no file.
    Environment,
}

impl Known {
    /// Reads the file, if one is named.
    pub fn read(config: &ConfigOption) -> Result<Self, Failure> {
        config.mention_unread();
        let Some(file) = config.file() else { return Ok(Self::Environment) };
        let loaded = load::load(Some(&file), Purpose::Keys, &Environment::of_process());
        let loaded = loaded.map_err(|problems| refuse(&problems))?;
        let access = match loaded.config.access {
            Access::Keyed(access) => Some(access),
            Access::Local | Access::Open => None,
        };
        Ok(Self::File { access, secrets: loaded.secrets })
    }

    /// What the file says of callers.
    pub fn access(&self) -> Option<&AccessConfig> {
        match self {
            Self::File { access, .. } => access.as_deref(),
            Self::Environment => None,
        }
    }

    /// The roles, where they are known.
    pub fn roles(&self) -> Option<&[Rc<Role>]> {
        self.access().map(|access| access.roles.as_slice())
    }

    /// What signs.
    ///
    /// # Errors
    /// Nothing does: what to do about it.
    pub fn signer(&self) -> Result<Signer, String> {
        let Self::File { access, .. } = self else {
            let key = self.key(&SignerSource::Variable(USUAL_VARIABLE.to_owned())).map_err(|why| {
                format!("{why}. Name a file with -c, or set it: `ferro keys signing-key` makes one")
            })?;
            return Ok(Signer { id: USUAL_SIGNER.to_owned(), key, verify_only: false });
        };
        let access = access.as_ref().ok_or_else(|| {
            format!("the file asks nobody for a key: write `access: {{signing_key: ${{{USUAL_VARIABLE}}}}}` into it")
        })?;
        let is_secret = |signer: &&SignerConfig| matches!(signer.source, SignerSource::Variable(_));
        let mut signing = access.signers.iter().filter(|signer| !signer.verify_only);
        let signer = signing.find(is_secret).ok_or(match access.signers.is_empty() {
            true => "the file has no signing key: add `signing_key` to `access`",
            false => {
                "the file's signing keys only check (`public_key`, `verify_only`): keys are made where the secret is"
            }
        })?;
        let key =
            self.key(&signer.source).map_err(|why| format!("the signing key {:?}: {why}", signer.id))?;
        Ok(Signer { id: signer.id.clone(), key, verify_only: false })
    }

    /// All keys that are good. Without a file, roles are what the key says.
    pub fn keyring(&self, claims: Option<&Claims>) -> Keyring {
        match self {
            Self::File { access: Some(access), .. } => keyring(access, |name| self.variable(name)).0,
            Self::File { access: None, .. } => Keyring::default(),
            Self::Environment => {
                let role = |claims: &Claims| Rc::new(Role { name: claims.role.clone(), ..Role::default() });
                let signers = self.signer().into_iter().collect();
                Keyring::new(signers, claims.map(role).into_iter().collect(), Vec::new(), Default::default())
            }
        }
    }

    /// Checks the signature of keys that say they are of this signer.
    ///
    /// # Errors
    /// It cannot be had: `Err(None)` if nobody here has heard of it, else why not.
    pub fn checker(&self, id: &str) -> Result<Signer, Option<String>> {
        let own = SignerSource::Variable(USUAL_VARIABLE.to_owned());
        let source = match self {
            Self::Environment if id == USUAL_SIGNER => &own,
            Self::Environment => {
                return Err(Some(format!("it is of the signing key {id:?}: name its file with -c")));
            }
            Self::File { .. } => {
                let signers = self.access().map(|access| access.signers.as_slice()).unwrap_or_default();
                &signers.iter().find(|signer| signer.id == id).ok_or(None)?.source
            }
        };
        Ok(Signer { id: id.to_owned(), key: self.key(source).map_err(Some)?, verify_only: true })
    }

    fn key(&self, source: &SignerSource) -> Result<SigningKey, String> {
        signing_key(source, |name| self.variable(name)).map_err(|why| match source {
            SignerSource::Variable(name)
                if self.variable(name).is_none_or(|value| value.trim().is_empty()) =>
            {
                format!("the environment variable {name} is not set")
            }
            SignerSource::Variable(name) => Environment::of_process()
                .flaw(name, Use::Signing)
                .unwrap_or_else(|| format!("it is {}", why.words())),
            SignerSource::Public(_) => format!("it is {}", why.words()),
        })
    }

    fn variable(&self, name: &str) -> Option<String> {
        let written = match self {
            Self::File { secrets, .. } => secrets.get(name),
            Self::Environment => None,
        };
        written.cloned().or_else(|| std::env::var(name).ok())
    }
}
