//! What the callers of a role may.

use super::network::Network;
use super::quota::Quota;
use crate::routing::Globs;

/// A role. The default may all that needs no `admin`.
#[derive(Clone, Debug, Default)]
pub struct Role {
    /// Its name.
    pub name: String,
    /// Whether its callers manage keys, and may see how targets are.
    pub admin: bool,
    /// The models; `None` for all.
    pub models: Option<Globs>,
    /// Models that it may not use, whatever else is said.
    pub deny_models: Globs,
    /// The families of surfaces; `None` for all.
    pub surfaces: Option<Vec<&'static str>>,
    /// The providers, by their names; `None` for all.
    pub providers: Option<Vec<String>>,
    /// The routes, by their names; `None` for all.
    pub routes: Option<Vec<String>>,
    /// Whether its callers may ask something of routing.
    pub may_route: bool,
    /// What each of its keys may take, or all of them together.
    pub quota: Quota,
    /// All keys of the role share its limits.
    pub shared: bool,
    /// The most tokens of an answer.
    pub max_output_tokens: Option<u64>,
    /// From where its callers may come; none for everywhere.
    pub addresses: Vec<Network>,
    /// Keys that were issued before are good no more, in seconds since 1970.
    pub not_before: Option<u64>,
}

/// The longest name of a role, in bytes: every key has it.
pub const LONGEST_ROLE: usize = 32;

/// Whether a text is a name of letters, digits and little else.
pub fn is_word(text: &str, longest: usize) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    (1..=longest).contains(&text.len()) && text.bytes().all(plain)
}

impl Role {
    /// Whether its callers may ask for what belongs to this family of surfaces.
    pub fn may_ask(&self, family: &str) -> bool {
        self.surfaces.as_ref().is_none_or(|surfaces| surfaces.contains(&family))
    }

    /// Whether they may use a model, by each of these names of it.
    pub fn may_use<'n>(&self, names: impl Iterator<Item = &'n str> + Clone) -> bool {
        allows(self.models.as_ref(), names.clone())
            && !names.into_iter().any(|name| self.deny_models.any_matches(name))
    }

    /// Whether they may be served by this provider.
    pub fn may_reach(&self, provider: &str) -> bool {
        named(self.providers.as_ref(), provider)
    }

    /// Whether they may be served by this route.
    pub fn may_take(&self, route: &str) -> bool {
        named(self.routes.as_ref(), route)
    }
}

/// Whether patterns, if there are any, match one of a model's names.
pub(super) fn allows<'n>(globs: Option<&Globs>, mut names: impl Iterator<Item = &'n str>) -> bool {
    globs.is_none_or(|globs| names.any(|name| globs.any_matches(name)))
}

fn named(list: Option<&Vec<String>>, name: &str) -> bool {
    list.is_none_or(|list| list.iter().any(|known| known == name))
}
