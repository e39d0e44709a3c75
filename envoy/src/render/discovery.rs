//! The same configuration for an Envoy that asks for its parts while it runs, and is answered by `ferro` (xDS).
//!
//! The routes and the filter's instance are parts of their own beside the listener: what changes there is heeded by the
//! next request of every connection. A listener that is replaced keeps its connections, which go on with what it said.

use std::collections::BTreeSet;
use std::path::Path;

use ferro::contract::{GATEWAY_ROOT, configuration};
use serde_json::{Value, json};

use super::{Rendered, typed};

/// What Envoy asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Where providers are.
    Clusters,
    /// The route tables.
    Routes,
    /// The filter's instances in listeners.
    Filters,
    /// Where clients connect.
    Listeners,
}

/// One of something for each kind.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Parts<T> {
    clusters: T,
    routes: T,
    filters: T,
    listeners: T,
}

/// Where Envoy asks: a cluster that no provider can have.
const CONTROL: &str = "ferro/control";

impl Kind {
    /// In the order in which they are given, so that nothing is named before it is there.
    pub const ALL: [Self; 4] = [Self::Clusters, Self::Routes, Self::Filters, Self::Listeners];

    /// What Envoy's path for it ends in.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Clusters => "clusters",
            Self::Routes => "routes",
            Self::Filters => "extension_configs",
            Self::Listeners => "listeners",
        }
    }

    /// Resources as Envoy wants them.
    pub fn typed(self, resources: &[Value]) -> Vec<Value> {
        let message = match self {
            Self::Clusters => "envoy.config.cluster.v3.Cluster",
            Self::Routes => "envoy.config.route.v3.RouteConfiguration",
            Self::Filters => "envoy.config.core.v3.TypedExtensionConfig",
            Self::Listeners => "envoy.config.listener.v3.Listener",
        };
        resources.iter().map(|resource| typed(message, resource.clone())).collect()
    }
}

impl<T> Parts<T> {
    /// The one of a kind.
    pub const fn of(&self, kind: Kind) -> &T {
        match kind {
            Kind::Clusters => &self.clusters,
            Kind::Routes => &self.routes,
            Kind::Filters => &self.filters,
            Kind::Listeners => &self.listeners,
        }
    }

    /// The one of a kind.
    pub const fn of_mut(&mut self, kind: Kind) -> &mut T {
        match kind {
            Kind::Clusters => &mut self.clusters,
            Kind::Routes => &mut self.routes,
            Kind::Filters => &mut self.filters,
            Kind::Listeners => &mut self.listeners,
        }
    }
}

impl Rendered {
    /// A file that says where to ask for everything else.
    pub fn asking_bootstrap(&self, control: &Path) -> Value {
        let address = json!({ "pipe": { "path": super::path(control) } });
        self.complete(json!({
            "static_resources": { "clusters": [{
                "name": CONTROL,
                "alt_stat_name": "ferro_control",
                "type": "STATIC",
                "connect_timeout": "5s",
                "load_assignment": {
                    "cluster_name": CONTROL,
                    "endpoints": [{ "lb_endpoints": [{ "endpoint": { "address": address } }] }],
                },
            }] },
            "dynamic_resources": { "lds_config": source(), "cds_config": source() },
        }))
    }

    /// What it gets when it asks. For as long as there is a reason why the gateway is `unready`, it says so to who asks
    /// for that.
    pub fn parts(&self, unready: Option<&str>) -> Parts<Vec<Value>> {
        let mut parts = Parts { clusters: self.clusters.clone(), ..Parts::default() };
        let mut listeners = self.listeners.clone();
        let chains = listeners.iter_mut().filter_map(|one| list_mut(one, "/filter_chains")).flatten();
        let filters = chains.filter_map(|chain| list_mut(chain, "/filters")).flatten();
        for manager in filters.filter_map(|filter| filter.get_mut("typed_config")) {
            for filter in list_mut(manager, "/http_filters").into_iter().flatten() {
                if text(filter, "/name") == Some(GATEWAY_ROOT) {
                    let discovery = json!({ "config_source": source(), "type_urls": [text(filter, "/typed_config/@type")] });
                    let asking = json!({ "name": GATEWAY_ROOT, "config_discovery": discovery });
                    add(&mut parts.filters, told(std::mem::replace(filter, asking), unready));
                }
            }
            let Some(manager) = manager.as_object_mut() else { continue };
            if let Some(table) = manager.remove("route_config") {
                let asking = json!({ "route_config_name": text(&table, "/name"), "config_source": source() });
                manager.insert("rds".to_owned(), asking);
                add(&mut parts.routes, table);
            }
        }
        parts.listeners = listeners;
        parts
    }
}

/// The filter's instance, told why the gateway is not ready, if it is not.
fn told(mut filter: Value, unready: Option<&str>) -> Value {
    if let Some(text) = filter.pointer_mut("/typed_config/config/configuration/value") {
        *text = configuration(text.as_str().unwrap_or_default(), unready).into();
    }
    filter
}

/// Adds what has a name of its own; what several listeners share is there once.
fn add(resources: &mut Vec<Value>, resource: Value) {
    if !resources.iter().any(|known| text(known, "/name") == text(&resource, "/name")) {
        resources.push(resource);
    }
}

/// Where to ask. A question is answered when there is an answer; the next one follows at once.
fn source() -> Value {
    json!({ "resource_api_version": "V3", "api_config_source": {
        "api_type": "REST",
        "transport_api_version": "V3",
        "cluster_names": [CONTROL],
        "refresh_delay": "0.001s",
        "request_timeout": "86400s",
    } })
}

/// Clusters or listeners, and those of `former` that have none of their names.
pub fn with_former(these: &[Value], former: &[Value]) -> Vec<Value> {
    let mut all = these.to_vec();
    join(&mut all, former, "/name");
    all
}

/// Route tables that have the routes of `former` ones, too, and whoever those send requests to.
pub fn with_former_routes(tables: &[Value], former: &[Value]) -> Vec<Value> {
    let mut tables = tables.to_vec();
    for table in &mut tables {
        let Some(former) = former.iter().find(|former| text(former, "/name") == text(table, "/name")) else {
            continue;
        };
        let former_hosts = list(former, "/virtual_hosts");
        for (host, former) in list_mut(table, "/virtual_hosts").into_iter().flatten().zip(former_hosts) {
            let routes = list_mut(host, "/routes");
            routes.map(|routes| join(routes, list(former, "/routes"), "/name")).unwrap_or_default();
        }
        let former_choosers = list(former, "/cluster_specifier_plugins");
        if let Some(choosers) = list_mut(table, "/cluster_specifier_plugins") {
            for (chooser, former) in choosers.iter_mut().zip(former_choosers) {
                widen(chooser, former);
            }
            join(choosers, former_choosers, "/extension/name");
        }
    }
    tables
}

/// Lets a chooser choose the clusters of a former one, too.
fn widen(chooser: &mut Value, former: &Value) {
    const MAP: &str = "/extension/typed_config/cluster_matcher/matcher_tree/exact_match_map/map";
    let map = chooser.pointer_mut(MAP).and_then(Value::as_object_mut);
    let former = former.pointer(MAP).and_then(Value::as_object);
    if let (Some(map), Some(former)) = (map, former) {
        for (name, cluster) in former {
            map.entry(name).or_insert_with(|| cluster.clone());
        }
    }
}

/// Puts those of `former` in front whose names are not there. None is looked for by its place.
fn join(all: &mut Vec<Value>, former: &[Value], name: &str) {
    let name_of = |one: &Value| text(one, name).map(str::to_owned);
    let names: BTreeSet<_> = all.iter().map(name_of).collect();
    let gone = former.iter().filter(|one| !names.contains(&name_of(one)));
    all.splice(..0, gone.cloned());
}

fn text<'a>(value: &'a Value, pointer: &str) -> Option<&'a str> {
    value.pointer(pointer).and_then(Value::as_str)
}

fn list<'a>(value: &'a Value, pointer: &str) -> &'a [Value] {
    value.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn list_mut<'a>(value: &'a mut Value, pointer: &str) -> Option<&'a mut Vec<Value>> {
    value.pointer_mut(pointer).and_then(Value::as_array_mut)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(routes: &[&str], clusters: &[&str]) -> Value {
        let routes: Vec<_> = routes.iter().map(|name| json!({ "name": name, "of": clusters })).collect();
        let map: serde_json::Map<_, _> =
            clusters.iter().map(|name| ((*name).to_owned(), json!({}))).collect();
        let matcher = json!({ "matcher_tree": { "exact_match_map": { "map": map } } });
        let chooser = json!({ "name": "target", "typed_config": { "cluster_matcher": matcher } });
        json!({
            "name": "ferro",
            "virtual_hosts": [{ "routes": routes }],
            "cluster_specifier_plugins": match clusters { [] => json!([]), _ => json!([{ "extension": chooser }]) },
        })
    }

    /// Whoever still goes by the former file finds its routes and its clusters; who goes by the next one, that one's.
    #[test]
    fn former_routes_stay_beside_newer_ones() {
        let [old, new] = [table(&["a", "b", "last"], &["x", "y"]), table(&["b", "c", "last"], &["y", "z"])];
        let [old, new] = [[old], [new]];
        let both = with_former_routes(&new, &old);
        let routes = list(&both[0], "/virtual_hosts/0/routes");
        let names: Vec<_> =
            routes.iter().map(|route| (route["name"].as_str().unwrap(), &route["of"][1])).collect();
        assert_eq!(
            names,
            [("a", &json!("y")), ("b", &json!("z")), ("c", &json!("z")), ("last", &json!("z"))]
        );
        let text = both[0].to_string();
        assert!(["\"x\":{}", "\"y\":{}", "\"z\":{}"].iter().all(|one| text.contains(one)), "{text}");

        let none = table(&["last"], &[]);
        assert_eq!(list(&with_former_routes(&[none], &old)[0], "/cluster_specifier_plugins").len(), 1);
        assert_eq!(with_former_routes(&new, &new), new);
        assert_eq!(with_former_routes(&new, &[]), new);
        let clusters =
            with_former(&[json!({"name": "a", "new": 1})], &[json!({"name": "a"}), json!({"name": "b"})]);
        assert_eq!(clusters, [json!({"name": "b"}), json!({"name": "a", "new": 1})]);
    }
}
