//! What a running Envoy serves: given to it piece by piece, changed under it, and taken from it when it is to end.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tokio::time::{Instant, sleep, timeout};

use super::admin::{Admin, UnderWay};
use super::control::{Control, Verdict};
use crate::load::Loaded;
use crate::render::{Kind, Parts, Rendered, with_former, with_former_routes};

/// What Envoy has of a configuration.
#[derive(Debug)]
pub struct Serving {
    control: Rc<Control>,
    admin: Option<Admin>,
    rendered: Rendered,
    /// What Envoy has.
    given: Parts<Vec<Value>>,
    /// The providers' clusters.
    providers: Vec<String>,
    unready: Option<&'static str>,
}

const NOBODY_IS_FOUND: &str = "no provider's name is resolved: DNS has no answer for them yet";
const IT_ENDS: &str = "the gateway is being stopped";

/// How long providers that are new get to have their names resolved before they are asked.
const LONGEST_SEARCH: Duration = Duration::from_secs(3);
/// How often Envoy is asked how things are.
const INTERVAL: Duration = Duration::from_millis(50);
/// How long a connection that is kept without a request may still bring one once the gateway is to end.
const LONGEST_REST: Duration = Duration::from_millis(500);

impl Serving {
    /// Nothing yet.
    pub fn new(control: Rc<Control>, admin: Option<Admin>, loaded: &Loaded, rendered: Rendered) -> Self {
        let providers = clusters(loaded);
        Self { control, admin, rendered, given: Parts::default(), providers, unready: None }
    }

    /// What Envoy has a configuration for.
    pub const fn rendered(&self) -> &Rendered {
        &self.rendered
    }

    /// What Envoy starts with.
    pub fn bootstrap(&self) -> Value {
        self.rendered.asking_bootstrap(&self.control.path)
    }

    /// Gives Envoy all of it as it starts. It asks for its listeners once it has looked for all providers.
    pub async fn begin(&mut self) {
        let parts = self.rendered.parts(None);
        for kind in [Kind::Clusters, Kind::Routes] {
            self.put(kind, parts.of(kind).clone());
        }
        self.control.asked(Kind::Listeners).await;
        self.unready = self.unreadiness().await;
        let parts = self.rendered.parts(self.unready);
        for kind in [Kind::Filters, Kind::Listeners] {
            self.put(kind, parts.of(kind).clone());
        }
    }

    /// Looks whether who was not found is found now.
    pub async fn look_again(&mut self) {
        if self.unready.is_some() {
            self.unready = self.unreadiness().await;
            if self.unready.is_none() {
                let parts = self.rendered.parts(None);
                let _ = self.give(Kind::Filters, parts.of(Kind::Filters).clone()).await;
            }
        }
    }

    /// Gives Envoy another configuration, so that no request meets half of it: first who may be asked, at last who asks.
    /// What is no longer named stays for as long as a request may go by it; clusters stay for ever.
    ///
    /// # Errors
    /// Envoy refuses a part of it, and serves what it served before.
    pub async fn change(&mut self, loaded: &Loaded, next: Rendered) -> Result<(), Kind> {
        let former = (self.given.clone(), self.providers.clone());
        let changed = self.change_to(loaded, &next).await;
        match changed {
            Ok(()) => self.rendered = next,
            Err(_) => {
                self.providers = former.1;
                for kind in Kind::ALL {
                    if self.given.of(kind) != former.0.of(kind) {
                        self.put(kind, former.0.of(kind).clone());
                    }
                }
            }
        }
        changed
    }

    async fn change_to(&mut self, loaded: &Loaded, next: &Rendered) -> Result<(), Kind> {
        let parts = next.parts(None);
        // The ways to proxies are there before clusters take them.
        let ways: Vec<_> = next.ways().cloned().collect();
        self.give(Kind::Listeners, with_former(self.given.of(Kind::Listeners), &ways)).await?;
        let all = with_former(parts.of(Kind::Clusters), self.given.of(Kind::Clusters));
        self.give(Kind::Clusters, all).await?;
        self.providers = clusters(loaded);
        self.search().await;
        self.unready = self.unreadiness().await;
        let routes = with_former_routes(parts.of(Kind::Routes), self.given.of(Kind::Routes));
        self.give(Kind::Routes, routes).await?;
        self.give(Kind::Listeners, parts.of(Kind::Listeners).clone()).await?;
        self.listens().await;
        self.give(Kind::Filters, next.parts(self.unready).of(Kind::Filters).clone()).await?;
        self.give(Kind::Routes, parts.of(Kind::Routes).clone()).await
    }

    /// Lets nobody in any more, and those who are here no longer than for what they have begun.
    pub async fn stop_listening(&mut self) {
        self.unready = Some(IT_ENDS);
        let parts = self.rendered.parts(self.unready);
        self.put(Kind::Filters, parts.of(Kind::Filters).clone());
        let _ = self.give(Kind::Listeners, Vec::new()).await;
    }

    /// Waits until nothing is under way.
    pub async fn finished(&mut self) {
        let mut resting_since = None;
        loop {
            match self.under_way().await {
                Some(UnderWay { connections: 0, .. }) => return,
                Some(UnderWay { requests: 0, .. }) => {
                    let since = *resting_since.get_or_insert_with(Instant::now);
                    if since.elapsed() >= LONGEST_REST {
                        return;
                    }
                }
                _ => resting_since = None,
            }
            sleep(INTERVAL).await;
        }
    }

    /// What is under way, as far as Envoy says.
    pub async fn under_way(&mut self) -> Option<UnderWay> {
        self.admin.as_mut()?.under_way().await
    }

    /// Waits until every provider is found, or long enough.
    async fn search(&mut self) {
        let (Some(admin), providers) = (&mut self.admin, &self.providers) else { return };
        let all_found = async {
            while let Some(found) = admin.found().await {
                if providers.iter().all(|name| found.contains(name)) {
                    return;
                }
                sleep(INTERVAL).await;
            }
        };
        let _ = timeout(LONGEST_SEARCH, all_found).await;
    }

    /// Waits until a listener that was given listens.
    async fn listens(&mut self) {
        let Some(admin) = &mut self.admin else { return };
        let listening = async {
            while admin.is_warming().await {
                sleep(INTERVAL).await;
            }
        };
        let _ = timeout(LONGEST_SEARCH, listening).await;
    }

    /// Why nobody can be asked, as far as the filter does not see it.
    async fn unreadiness(&mut self) -> Option<&'static str> {
        let found = self.admin.as_mut()?.found().await?;
        let nobody = !self.providers.is_empty() && !self.providers.iter().any(|name| found.contains(name));
        nobody.then_some(NOBODY_IS_FOUND)
    }

    fn put(&mut self, kind: Kind, resources: Vec<Value>) {
        self.control.put(kind, &resources);
        *self.given.of_mut(kind) = resources;
    }

    /// Gives Envoy what it has not.
    async fn give(&mut self, kind: Kind, resources: Vec<Value>) -> Result<(), Kind> {
        if *self.given.of(kind) == resources {
            return Ok(());
        }
        let verdict = self.control.give(kind, &resources).await;
        *self.given.of_mut(kind) = resources;
        match verdict {
            Verdict::Refused => Err(kind),
            Verdict::Taken | Verdict::Unknown => Ok(()),
        }
    }
}

/// The clusters of all providers.
fn clusters(loaded: &Loaded) -> Vec<String> {
    let clusters = loaded.config.providers.iter().flat_map(|provider| provider.clusters());
    clusters.map(|(name, _)| name.to_owned()).collect()
}
