//! The last step of lowering: a schema's types are settled, and what Google demands of each type is seen to.

use std::collections::BTreeSet;

use super::{Lowering, Node, Open};
use crate::hub::json::Str;

type Member<'a> = (Str<'a>, Node<'a>);

impl<'a> Lowering<'a, '_> {
    /// What Google accepts of a schema, its type first.
    pub(super) fn close(&mut self, mut open: Open<'a>) -> Node<'a> {
        let types = open.types.take().unwrap_or_else(|| {
            let inferred = [("properties", "OBJECT"), ("items", "ARRAY"), ("enum", "STRING")];
            let known = inferred.iter().find(|(member, _)| open.get(member).is_some());
            known.map(|(_, name)| (*name).to_owned()).into_iter().collect()
        });
        let mut members = match types.as_slice() {
            [] => open.members,
            [only] => self.typed(only, open.members),
            several => self.any_of(several, open.members),
        };
        if open.nullable {
            members.push((Str::borrowed("nullable"), Node::Bool(true)));
        }
        Node::Object(members)
    }

    /// One alternative for each type, with the members that only it has.
    fn any_of(&mut self, types: &[String], members: Vec<Member<'a>>) -> Vec<Member<'a>> {
        let of_some_type =
            |(member, _): &Member<'_>| OF_TYPE.iter().any(|(_, members)| members.contains(&member.as_str()));
        let (theirs, shared): (Vec<_>, Vec<_>) = members.into_iter().partition(of_some_type);
        let any = types.iter().map(|name| {
            let of_type =
                OF_TYPE.iter().find(|(known, _)| known == name).map_or(&[][..], |(_, members)| members);
            let members = theirs.iter().filter(|(member, _)| of_type.contains(&member.as_str()));
            Node::Object(self.typed(name, members.cloned().collect()))
        });
        let any = Node::List(any.collect());
        shared.into_iter().chain([(Str::borrowed("anyOf"), any)]).collect()
    }

    /// The members of a schema of one type.
    fn typed(&mut self, name: &str, members: Vec<Member<'a>>) -> Vec<Member<'a>> {
        let properties = members.iter().find_map(|(member, node)| match node {
            Node::Object(list) if member.as_str() == "properties" => Some(list),
            _ => None,
        });
        let properties: Vec<_> = properties.into_iter().flatten().map(|(name, _)| name.clone()).collect();
        let mut out = vec![(Str::borrowed("type"), Node::Text(Str::from(name.to_owned())))];
        for (member, node) in members {
            match (member.as_str(), node) {
                ("properties", _) if properties.is_empty() => {}
                ("required", Node::List(names)) => {
                    let names = self.required(&names, &properties);
                    out.extend((!names.is_empty()).then_some((member, Node::List(names))));
                }
                ("format", Node::Raw(format)) => {
                    let known =
                        FORMATS.iter().any(|(of, formats)| *of == name && formats.contains(&format.get()));
                    match known {
                        true => out.push((member, Node::Raw(format))),
                        false => self.report("format"),
                    }
                }
                (_, node) => out.push((member, node)),
            }
        }
        let has = |member: &str| out.iter().any(|(known, _)| known.as_str() == member);
        if name == "ARRAY" && !has("items") {
            self.report("items");
            let text = vec![(Str::borrowed("type"), Node::Text(Str::borrowed("STRING")))];
            out.push((Str::borrowed("items"), Node::Object(text)));
        } else if self.usage.ordered && properties.len() > 1 && !has("propertyOrdering") {
            let names = properties.into_iter().map(Node::Text).collect();
            out.push((Str::borrowed("propertyOrdering"), Node::List(names)));
        }
        out
    }

    /// The required names that are properties, each once; Google refuses others.
    fn required(&mut self, names: &[Node<'a>], properties: &[Str<'a>]) -> Vec<Node<'a>> {
        let properties: BTreeSet<_> = properties.iter().collect();
        let mut known = BTreeSet::new();
        let mut required = Vec::new();
        for node in names {
            let Node::Raw(raw) = node else { continue };
            let name = serde_json::from_str::<Str<'a>>(raw.get()).unwrap_or_default();
            if !properties.contains(&name) {
                self.report("required");
            } else if known.insert(name.clone()) {
                required.push(Node::Text(name));
            }
        }
        required
    }
}

/// Members that only one type has.
const OF_TYPE: &[(&str, &[&str])] = &[
    ("OBJECT", &["properties", "required", "minProperties", "maxProperties", "propertyOrdering"]),
    ("ARRAY", &["items", "minItems", "maxItems"]),
    ("STRING", &["enum", "format", "pattern", "minLength", "maxLength"]),
    ("NUMBER", &["minimum", "maximum"]),
    ("INTEGER", &["minimum", "maximum"]),
];

/// The formats that each type may have; Google refuses others.
const FORMATS: &[(&str, &[&str])] = &[
    ("STRING", &["\"date-time\"", "\"enum\""]),
    ("NUMBER", &["\"float\"", "\"double\""]),
    ("INTEGER", &["\"int32\"", "\"int64\""]),
];
