//! What is counted, as one table: the filter sets it, Envoy's configuration tells its dimensions apart, and
//! `docs/metrics.md` is made of it.
//!
//! Envoy's metrics have no dimensions of their own: a metric's name holds them, and an expression for each takes it out
//! again (`stats_tags`). Names must be few, so a dimension takes its values from the configuration.

use std::borrow::Cow;

use super::Services;
use super::accounts::forgotten;
use super::memory::{Contended, held_by_all};
use super::record::{Outcome, Record};

/// A metric.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// Its name, without its dimensions.
    pub name: &'static str,
    /// What it says.
    pub doc: &'static str,
    /// Its dimensions.
    pub tags: &'static [Tag],
    /// What it measures.
    pub measure: Measure,
}

/// A dimension of a metric.
#[derive(Clone, Copy, Debug)]
pub struct Tag {
    /// Its name.
    pub name: &'static str,
    /// What it says.
    pub doc: &'static str,
    /// The expression of its values.
    values: &'static str,
}

/// What a metric measures.
#[derive(Clone, Copy, Debug)]
pub enum Measure {
    /// It counts the exchanges for which this gives values, one for each dimension.
    Exchanges(fn(&Record) -> Option<Vec<Cow<'_, str>>>),
    /// It is set to this now and then.
    Level(fn(&dyn Services) -> Result<u64, Contended>),
}

impl Metric {
    /// The name that Prometheus knows it by.
    pub fn prometheus(&self) -> String {
        self.name.replace('.', "_")
    }

    /// The counter of this exchange, by its whole name, if it counts it.
    pub fn counter(&self, record: &Record) -> Option<String> {
        let Measure::Exchanges(of) = self.measure else { return None };
        let mut name = self.name.to_owned();
        for (tag, value) in self.tags.iter().zip(of(record)?) {
            name.extend([".", tag.name, ".", value.as_ref()]);
        }
        Some(name)
    }

    /// How Envoy tells its dimensions from its name: each with an expression whose first group goes and whose second is
    /// the value.
    pub fn expressions(&self) -> Vec<(&'static str, String)> {
        let part = |tag: &Tag, wanted: &Tag| match tag.name == wanted.name {
            true => format!(r"(\.{}\.({}))", tag.name, tag.values),
            false => format!(r"\.{}\.{}", tag.name, tag.values),
        };
        let expression = |wanted: &Tag| {
            let parts: String = self.tags.iter().map(|tag| part(tag, wanted)).collect();
            format!(r"^wasmcustom\.{}{parts}$", self.name.replace('.', r"\."))
        };
        self.tags.iter().map(|tag| (tag.name, expression(tag))).collect()
    }
}

/// All metrics that the filter writes.
pub const METRICS: &[Metric] = &[
    Metric {
        name: "ferro.answers",
        doc: "requests whose last target has a label",
        tags: &[
            Tag { name: "route", doc: "the route, by its name", values: ".+" },
            // Labels hold no dots.
            Tag { name: "label", doc: "the target's label", values: "[^.]+" },
            Tag {
                name: "outcome",
                doc: "how it ended for the client, as in the [access log](log.md): `answered` or else",
                values: "[a-z]+",
            },
        ],
        measure: Measure::Exchanges(|record| {
            let label = record.last()?.target.label.as_deref()?;
            Some(vec![record.route.as_deref()?.into(), label.into(), record.outcome.word().into()])
        }),
    },
    Metric {
        name: "ferro.refusals",
        doc: "requests of callers that the gateway itself refused",
        tags: &[
            Tag { name: "role", doc: "the caller's role", values: ".+" },
            Tag { name: "code", doc: "the `code` of its answer", values: "[a-z_]+" },
        ],
        measure: Measure::Exchanges(|record| {
            let refused = record.route.is_none() && record.outcome == Outcome::Refused;
            let (caller, code) = record.caller.as_ref().zip(record.cause.as_deref()).filter(|_| refused)?;
            Some(vec![caller.role.name.as_str().into(), code.into()])
        }),
    },
    Metric {
        name: "ferro.forgotten_accounts",
        doc: "accounts of limits that were forgotten before their time, because there were too many: what they had taken is \
              free again",
        tags: &[],
        measure: Measure::Level(|services| Ok(forgotten(services))),
    },
    Metric {
        name: "ferro.vm_bytes",
        doc: "bytes that the VMs of all workers hold together",
        tags: &[],
        measure: Measure::Level(held_by_all),
    },
];

#[cfg(test)]
mod tests {
    use std::rc::Rc;

    use regex_lite::Regex;
    use serde_json::json;

    use super::*;
    use crate::access::{Caller, Quota, Role};
    use crate::config::{Config, Logging};
    use crate::exchange::record::{AttemptRecord, Came};
    use crate::gateway::Gateway;
    use crate::hub::Told;

    /// An attempt at a target with this label that was answered.
    fn tried(label: &str) -> AttemptRecord {
        let targets = json!([{"provider": "openai", "model": "m", "label": label}]);
        let config = json!({"routes": [{"name": "r", "strategy": "ab-test", "targets": targets}]});
        let gateway = Gateway::build(&Config::parse(&config).unwrap(), |_| Some("key".to_owned()), 0);
        let target = Rc::clone(&gateway.routes[0].targets[0]);
        AttemptRecord {
            target,
            model: "m".into(),
            status: Some(200),
            came: Came::All,
            told: Told::default(),
            said: 0,
        }
    }

    #[test]
    fn dimensions_come_out_of_a_name_as_they_went_in() {
        let answered = Record {
            route: Some("a.route.b.label.c".into()),
            attempts: vec![tried("new")],
            ..Record::new(Logging::None)
        };
        let role = Rc::new(Role { name: "a.code.b".to_owned(), ..Role::default() });
        let caller = Caller { id: "k".into(), label: None, role, models: None, quota: Quota::default() };
        let refused = Record {
            outcome: Outcome::Refused,
            cause: Some("budget_exceeded".to_owned()),
            caller: Some(Rc::new(caller)),
            ..Record::new(Logging::None)
        };
        for metric in METRICS.iter().filter(|metric| !metric.tags.is_empty()) {
            let Measure::Exchanges(of) = metric.measure else { panic!("{metric:?}") };
            let record = if of(&answered).is_some() { &answered } else { &refused };
            let values = of(record).unwrap();
            assert_eq!(values.len(), metric.tags.len());
            let name = format!("wasmcustom.{}", metric.counter(record).unwrap());
            for ((tag, expression), value) in metric.expressions().into_iter().zip(values) {
                let found = Regex::new(&expression).unwrap().captures(&name).unwrap();
                assert_eq!(&found[1], format!(".{tag}.{value}"));
                assert_eq!(found[2], *value);
            }
        }
    }

    #[test]
    fn requests_without_a_label_are_not_counted() {
        let record = Record { route: Some("chat".into()), ..Record::new(Logging::None) };
        assert!(METRICS.iter().all(|metric| metric.counter(&record).is_none()));
    }
}
