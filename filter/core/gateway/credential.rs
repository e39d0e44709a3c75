//! What a provider is called with, and how that travels.

use std::borrow::Cow;

use super::secret::Secret;
use crate::provider::{Auth, query_value};

/// What a provider is called with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credential {
    /// Tells it from others, in this process and across edits of the configuration. Made of its variable's name.
    pub id: u64,
    /// The credential; `None` where none is sent, or it is fetched.
    pub(super) secret: Option<Secret>,
}

/// A credential on its way, and where it travels.
pub struct Presented<'a> {
    pub(super) auth: &'a Auth,
    pub(super) secret: Option<Cow<'a, Secret>>,
}

impl Presented<'_> {
    /// The path, with the credential where it belongs there.
    pub fn add_to_path<'p>(&self, path: Cow<'p, str>) -> Cow<'p, str> {
        match (self.auth, &self.secret) {
            (Auth::Query(name), Some(secret)) => {
                let mark = if path.contains('?') { '&' } else { '?' };
                format!("{path}{mark}{name}={}", query_value(secret.reveal())).into()
            }
            _ => path,
        }
    }

    /// The header that holds the credential, where one does: its name, and its value in parts.
    pub fn header(&self) -> Option<(&str, [&str; 3])> {
        let secret = self.secret.as_ref()?.reveal();
        match self.auth {
            Auth::Scheme(scheme) => Some(("authorization", [scheme, " ", secret])),
            Auth::Header(name) => Some((name, ["", "", secret])),
            // In the path, not ours, or Envoy's to write behind us.
            Auth::Query(_) | Auth::None | Auth::Caller | Auth::Aws { .. } => None,
        }
    }
}
