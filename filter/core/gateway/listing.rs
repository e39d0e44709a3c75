//! What `/v1/models` lists: what the configuration names, and of what providers say they have all that a client gets
//! there when it asks for it.

use std::collections::BTreeSet;
use std::rc::Rc;

use super::provider::Provider;
use super::running::Gateway;
use crate::config::Config;
use crate::routing::{Budget, Glob, Name, nearest};

/// A model that clients may ask for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// What it is asked for by.
    pub id: String,
    /// The provider that is asked first.
    pub owner: String,
}

/// Models, each id once.
#[derive(Default)]
struct Listing {
    models: Vec<Listed>,
    known: BTreeSet<String>,
}

/// How much is compared for what providers have, each time that one has something else: a tenth of what may be compared
/// once, when nobody is served yet.
const COMPARISONS: usize = Budget::COMPARISONS / 10;

impl Gateway {
    /// What `/v1/models` lists, each id once.
    pub fn models(&self) -> Rc<[Listed]> {
        Rc::clone(&self.models.borrow())
    }

    /// The listed model that `name` probably means. One that is listed, and that no route takes in a request like this
    /// one, does not mean itself.
    pub fn nearest_model(&self, name: &str) -> Option<String> {
        let models = self.models();
        let others = models.iter().map(|model| model.id.as_str()).filter(|id| *id != name);
        nearest(name, others).map(str::to_owned)
    }

    /// Aliases, exact names in routes, exact names of providers, built-in names of configured vendors. As many as are
    /// found by [`Budget::COMPARISONS`].
    pub(super) fn list_configured(&self, config: &Config) -> Rc<[Listed]> {
        let budget = Budget::default();
        let mut listing = Listing::default();
        let exact = config
            .routes
            .iter()
            .flat_map(|route| route.matching.models.iter())
            .filter(|glob| glob.is_exact());
        let names = config.aliases.iter().map(|(alias, _)| alias.as_str()).chain(exact.map(Glob::as_str));
        for id in names {
            if let Some((owner, _)) = self.first_asked(&self.name(id), &budget) {
                listing.add(id, owner);
            }
        }
        for provider in &self.providers {
            for glob in provider.models.iter().filter(|glob| glob.is_exact()) {
                listing.add(glob.as_str(), provider);
            }
            for model in &provider.listed {
                let owner = self.first_asked(&self.name(model), &budget);
                listing.add(model, owner.map_or(provider, |(owner, _)| owner));
            }
        }
        listing.models.into()
    }

    /// Lists what is configured, then what providers say they have. A name that holds a credential is nobody's model.
    pub(super) fn list_models(&self) {
        let budget = Budget::new(COMPARISONS);
        let mut listing = Listing::default();
        for Listed { id, owner } in self.configured.iter() {
            listing.known.insert(id.clone());
            listing.models.push(Listed { id: id.clone(), owner: owner.clone() });
        }
        for provider in &self.providers {
            let Some(catalogue) = &provider.catalogue else { continue };
            for name in catalogue.names().iter().filter(|name| !self.redactor.finds_in(name.as_bytes())) {
                if let Some(id) = self.asked_as(provider, name, &budget) {
                    listing.add(&id, provider);
                }
            }
        }
        self.models.replace(listing.models.into());
    }

    /// What gets a client to this model of this provider: its name, or for a provider that owns no names, the name that
    /// pins it.
    fn asked_as(&self, provider: &Provider, model: &str, budget: &Budget) -> Option<String> {
        let leads = |id: &str| {
            let name = self.name(id);
            self.first_asked(&name, budget)
                .is_some_and(|(first, asked)| first.name == provider.name && asked == model)
        };
        if leads(model) {
            return Some(model.to_owned());
        }
        let pinned = [&provider.name, "/", model].concat();
        (provider.models.is_empty() && leads(&pinned)).then_some(pinned)
    }

    /// Who is asked first for a name, and for which model: the first target of its route, or its owner.
    fn first_asked<'a>(&'a self, name: &Name<'a>, budget: &Budget) -> Option<(&'a Provider, &'a str)> {
        let comparisons = self.takers.comparisons(name).saturating_add(self.names.comparisons(name.model));
        if !budget.take(comparisons) {
            return None;
        }
        // A route that takes some requests, whatever their model, is nobody's owner.
        let mut routes = self.takers.by_name(name).into_iter().filter_map(|place| self.routes.get(place));
        let route = routes.find(|route| budget.take(1) && route.matching.takes(name));
        let first = route.and_then(|route| route.targets.first());
        match first {
            Some(target) => Some((&target.provider, target.model.as_deref().unwrap_or(name.model))),
            None => Some((self.owner(name)?, name.model)),
        }
    }
}

impl Listing {
    fn add(&mut self, id: &str, owner: &Provider) {
        if self.known.insert(id.to_owned()) {
            self.models.push(Listed { id: id.to_owned(), owner: owner.name.clone() });
        }
    }
}
