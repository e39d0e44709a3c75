//! A provider as the filter calls it: where it is, and with which credentials.

use std::cell::Cell;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;

use super::secret::Secret;
use super::written::Config;
use crate::provider::{Endpoint, Row};
use crate::routing::{Glob, Owner};

/// A provider that can be asked.
#[derive(Debug)]
pub struct Provider {
    /// The instance's name, and its cluster's.
    pub name: String,
    /// The vendor.
    pub row: &'static Row,
    /// Where its API is.
    pub endpoint: Endpoint,
    /// The value of `:authority`.
    pub authority: String,
    /// What it may be called with; empty if it lacks the credential it needs.
    pub credentials: Vec<Credential>,
    /// The names it serves.
    pub(super) models: Vec<Glob>,
    /// Whose turn it is among the credentials.
    turn: Cell<usize>,
}

/// What a provider is called with.
#[derive(Clone, Debug)]
pub struct Credential {
    /// Tells it from others, in this process and across edits of the configuration. Made of its variable's name.
    pub id: u64,
    /// The credential; `None` where none is sent.
    pub secret: Option<Secret>,
}

impl Owner for Rc<Provider> {
    fn name(&self) -> &str {
        &self.name
    }
    fn models(&self) -> &[Glob] {
        &self.models
    }
}

impl Provider {
    /// Whether it can be asked.
    pub fn is_ready(&self) -> bool {
        !self.credentials.is_empty()
    }

    /// The places of its credentials, beginning with another one each time.
    pub fn in_turn(&self) -> impl Iterator<Item = usize> + use<> {
        let count = self.credentials.len();
        let first = self.turn.get();
        self.turn.set(first.wrapping_add(1));
        let place = move |step: usize| first.wrapping_add(step).checked_rem(count);
        (0..count).filter_map(place)
    }
}

/// Those that can be asked, or that the file names.
pub(super) fn build_providers(
    config: &Config,
    environment: impl Fn(&str) -> Option<String>,
) -> Vec<Rc<Provider>> {
    let mut providers = Vec::new();
    for written in &config.providers {
        let credentials = credentials(&written.credentials, &environment);
        if !credentials.is_empty() || !written.implied {
            providers.push(Rc::new(Provider {
                name: written.name.clone(),
                row: written.row,
                endpoint: written.endpoint.clone(),
                authority: written.endpoint.authority(),
                credentials,
                models: written.models.clone(),
                turn: Cell::new(0),
            }));
        }
    }
    providers
}

fn credentials(variables: &[String], environment: impl Fn(&str) -> Option<String>) -> Vec<Credential> {
    if variables.is_empty() {
        return vec![Credential { id: 0, secret: None }];
    }
    let credential = |name: &String| {
        let secret = environment(name).as_deref().and_then(Secret::new)?;
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        Some(Credential { id: hasher.finish(), secret: Some(secret) })
    };
    variables.iter().filter_map(credential).collect()
}
