//! `access.roles`: what the callers of a role may.

use std::rc::Rc;

use super::super::super::errors::Errors;
use super::super::super::keys::{Keys, key, optional, required};
use super::super::super::section::{Node, Section};
use super::Known;
use super::keys::date;
use crate::access::{Budget, LONGEST_ROLE, Money, Network, Period, Quota, Role, is_word};
use crate::routing::{Glob, Globs};
use crate::surface::{SURFACES, Surface};

/// The most roles, and the most of what each names.
const MOST_ROLES: usize = 1000;
const MOST_NAMES: usize = 1000;

const MOST: u64 = 1_000_000_000_000;

pub(in super::super) const ROLE: Keys = Keys {
    path: "access.roles.NAME",
    doc: "What the callers of a role may. Its name has at most 32 letters, digits, `-`, `_` and `.`.",
    keys: &[
        key("admin", "false", "true", "it manages keys, and sees how targets are"),
        optional(
            "models",
            "all",
            r#"["gpt-*", "claude-*"]"#,
            "the models, as they are named and as they are served",
        ),
        optional("deny_models", "none", r#"["*-pro"]"#, "models that it may not use, whatever `models` says"),
        optional(
            "surfaces",
            "all",
            r#"["chat", "embeddings", "models"]"#,
            "what it may ask for: the words of `match.surfaces`, and `models`, `capabilities`",
        ),
        optional("providers", "all", r#"["openai"]"#, "who may serve it"),
        optional(
            "routes",
            "all",
            r#"["default"]"#,
            "the routes that may serve it; requests that match no route are of `default`",
        ),
        optional(
            "may_route",
            "what `admin` says",
            "true",
            "whether it may ask for a route or a provider by the headers `x-ferro-*`",
        ),
        optional("requests_per_minute", "no limit", "60", "of each key"),
        optional("tokens_per_minute", "no limit", "100000", "input and output, of each key"),
        optional("concurrent_requests", "no limit", "10", "of each key, at one time"),
        optional(
            "max_output_tokens",
            "no limit",
            "4096",
            "of one answer: set where a request says nothing, and clamped where it wants more",
        ),
        optional("budget", "no limit", "", "money, of each key"),
        key("shared", "false", "true", "its keys have these limits together, not each for itself"),
        optional("addresses", "everywhere", r#"["10.0.0.0/8"]"#, "from where its callers may come"),
        optional(
            "not_before",
            "all keys are good",
            "2026-11-01T00:00:00Z",
            "issued keys that are older are good no more",
        ),
    ],
    lacking: &[],
};

pub(in super::super) const BUDGET: Keys = Keys {
    path: "access.roles.NAME.budget",
    doc: "Money that may be spent in a period: UTC's hours, days, ISO weeks and months.",
    keys: &[
        required("usd", "50", "how many US dollars"),
        required("per", "month", "`hour`, `day`, `week`, `month` or `forever`"),
        optional("warn_at", "never", "0.8", "the part of it from which on the log warns, once in a period"),
    ],
    lacking: &[],
};

/// The roles of a file that names none.
pub(super) fn usual() -> Vec<Rc<Role>> {
    let role = |name: &str, admin| {
        Rc::new(Role { name: name.to_owned(), admin, may_route: admin, ..Role::default() })
    };
    vec![role("admin", true), role("developer", false)]
}

pub(super) fn read(node: &Node<'_>, known: &Known<'_>, errors: &mut Errors<'_>) -> Vec<Rc<Role>> {
    let members = node.members("an object of role: what it may", errors).unwrap_or_default();
    if members.is_empty() || members.len() > MOST_ROLES {
        node.error(format_args!("expected 1 to {MOST_ROLES} roles, found {}", members.len()), errors);
    }
    let mut roles = Vec::new();
    for (name, node) in members.into_iter().take(MOST_ROLES) {
        if !is_word(name, LONGEST_ROLE) {
            let what = "a role's name has at most 32 letters, digits, '-', '_' and '.'";
            node.error(what, errors);
        }
        roles.extend(role(name, &node, known, errors).map(Rc::new));
    }
    roles
}

/// The role that is named.
pub(super) fn name_of<'r>(
    node: &Node<'_>,
    roles: &'r [Rc<Role>],
    errors: &mut Errors<'_>,
) -> Option<&'r Rc<Role>> {
    let names: Vec<_> = roles.iter().map(|role| (role.name.as_str(), role)).collect();
    node.word(&names, errors)
}

fn role(name: &str, node: &Node<'_>, known: &Known<'_>, errors: &mut Errors<'_>) -> Option<Role> {
    let section = node.keys(&ROLE, errors)?;
    let mut flag = |name: &str| section.get(name).and_then(|node| node.flag(errors));
    let (admin, may_route, shared) = (flag("admin").unwrap_or(false), flag("may_route"), flag("shared"));
    Some(Role {
        name: name.to_owned(),
        admin,
        models: globs(&section, "models", errors),
        deny_models: globs(&section, "deny_models", errors).unwrap_or_default(),
        surfaces: surfaces(&section, errors),
        providers: names(&section, "providers", known.providers.iter().copied(), errors),
        routes: names(&section, "routes", known.routes.iter().copied(), errors),
        may_route: may_route.unwrap_or(admin),
        quota: Quota {
            concurrent_requests: section
                .get("concurrent_requests")
                .and_then(|node| node.number(0, u64::from(u32::MAX), errors))
                .and_then(|number| u32::try_from(number).ok()),
            ..limits(&section, errors)
        },
        shared: shared.unwrap_or(false),
        max_output_tokens: section.get("max_output_tokens").and_then(|node| node.number(1, MOST, errors)),
        addresses: addresses(&section, errors),
        not_before: section.get("not_before").and_then(|node| date(&node, errors)),
    })
}

/// What may be taken in a minute, and of money; not how many requests there may be at one time.
pub(in super::super) fn limits(section: &Section<'_>, errors: &mut Errors<'_>) -> Quota {
    let mut number = |name: &str, most| section.get(name).and_then(|node| node.number(0, most, errors));
    let (requests, tokens) = (number("requests_per_minute", MOST), number("tokens_per_minute", MOST));
    Quota {
        requests_per_minute: requests,
        tokens_per_minute: tokens,
        concurrent_requests: None,
        budget: section.get("budget").and_then(|node| budget(&node, errors)),
    }
}

fn budget(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Budget> {
    let section = node.keys(&BUDGET, errors)?;
    let amount = section.require("usd", errors).and_then(|node| {
        let fits = |dollars: f64| Money::of_dollars(dollars).is_some();
        Money::of_dollars(node.decimal("an amount of US dollars", fits, errors)?)
    });
    let per = section.require("per", errors).and_then(|node| node.word(Period::WORDS, errors));
    let warn_at = section.get("warn_at").map(|node| {
        node.decimal(
            "a part such as 0.8, more than 0 and at most 1",
            |part| part > 0.0 && part <= 1.0,
            errors,
        )
    });
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is at most a thousand")]
    let warn_at = warn_at.flatten().map(|part| (part * 1000.0).round() as u16);
    Some(Budget { amount: amount?, per: per?, warn_at })
}

fn globs(section: &Section<'_>, name: &str, errors: &mut Errors<'_>) -> Option<Globs> {
    let node = section.get(name)?;
    let nodes = list(&node, "a list of models' names", errors)?;
    let texts = nodes.iter().filter_map(|node| node.string("a model's name", errors));
    Some(texts.map(Glob::new).collect())
}

/// Names that stand for something that is known.
fn names<'k>(
    section: &Section<'_>,
    name: &str,
    known: impl Iterator<Item = &'k str>,
    errors: &mut Errors<'_>,
) -> Option<Vec<String>> {
    let node = section.get(name)?;
    let words: Vec<_> = known.map(|word| (word, word)).collect();
    let nodes = list(&node, "a list of names", errors)?;
    Some(nodes.iter().filter_map(|node| node.word(&words, errors)).map(str::to_owned).collect())
}

/// What may be asked for: whatever is no sign of life, and needs no administrator.
fn surfaces(section: &Section<'_>, errors: &mut Errors<'_>) -> Option<Vec<&'static str>> {
    let node = section.get("surfaces")?;
    let mut words: Vec<(&str, &'static str)> = Vec::new();
    for Surface { family, .. } in
        SURFACES.iter().filter(|surface| surface.needs_key() && !surface.needs_admin())
    {
        if !words.iter().any(|(known, _)| known == family) {
            words.push((family, family));
        }
    }
    let nodes = list(&node, "a list of surfaces", errors)?;
    Some(nodes.iter().filter_map(|node| node.word(&words, errors)).collect())
}

fn addresses(section: &Section<'_>, errors: &mut Errors<'_>) -> Vec<Network> {
    let Some(node) = section.get("addresses") else { return Vec::new() };
    let nodes = list(&node, "a list of networks", errors).unwrap_or_default();
    if nodes.is_empty() {
        node.error("an empty list lets nobody in; leave the key out for everywhere", errors);
    }
    let network = |node: &Node<'_>, errors: &mut Errors<'_>| {
        let found = node.value.as_str().and_then(Network::parse);
        if found.is_none() {
            node.expected("a network such as 10.0.0.0/8 or an address", errors);
        }
        found
    };
    nodes.iter().filter_map(|node| network(node, errors)).collect()
}

fn list<'a>(node: &Node<'a>, what: &str, errors: &mut Errors<'_>) -> Option<Vec<Node<'a>>> {
    let mut nodes = node.list(what, errors)?;
    if nodes.len() > MOST_NAMES {
        node.error(format_args!("expected at most {MOST_NAMES}, found {}", nodes.len()), errors);
        nodes.truncate(MOST_NAMES);
    }
    Some(nodes)
}
