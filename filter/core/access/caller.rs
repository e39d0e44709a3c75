//! Who asks: a key's owner, or somebody whom another has vouched for.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::quota::Quota;
use super::role::{Role, allows};
use crate::routing::Globs;

/// Who asks.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The key's id, or what who vouched calls the one that asks.
    pub id: Rc<str>,
    /// What the key is for, in words.
    pub label: Option<Rc<str>>,
    /// What callers of its kind may.
    pub role: Rc<Role>,
    /// The models that it may use of those that its role may; `None` for all of them.
    pub models: Option<Globs>,
    /// What it may take beside what its role lets each take.
    pub quota: Quota,
}

/// Whose account something goes to: limits, and who has them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Credited<'a> {
    /// Whose: a key's, a role's, a target's.
    pub kind: &'static str,
    /// Which.
    pub name: &'a str,
    /// What may be taken there.
    pub quota: Quota,
}

impl Credited<'_> {
    /// Tells its account from all others.
    pub fn id(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (self.kind, self.name).hash(&mut hasher);
        hasher.finish()
    }
}

impl Caller {
    /// Whether it may use a model that has these names: `sent` is how it was called first.
    pub fn may_use<'n>(&self, names: impl Iterator<Item = &'n str> + Clone) -> bool {
        allows(self.models.as_ref(), names.clone()) && self.role.may_use(names)
    }

    /// Whether it may use only some models: what it asks for has to be seen, then.
    pub fn is_confined(&self) -> bool {
        self.models.is_some() || self.role.models.is_some() || !self.role.deny_models.is_empty()
    }

    /// Whether it may know which models there are: whatever there is, it may use.
    pub fn knows_all(&self) -> bool {
        !self.is_confined() && self.role.providers.is_none() && self.role.routes.is_none()
    }

    /// The accounts that what it takes goes to: the key's own, and what its role lets each key take, or all of them.
    pub fn accounts(&self) -> impl Iterator<Item = Credited<'_>> {
        let own = Credited { kind: "key", name: &self.id, quota: self.quota };
        let role = match self.role.shared {
            true => Credited { kind: "role", name: &self.role.name, quota: self.role.quota },
            false => Credited { kind: "key of a role", name: &self.id, quota: self.role.quota },
        };
        [own, role].into_iter().filter(|account| !account.quota.is_none())
    }
}
