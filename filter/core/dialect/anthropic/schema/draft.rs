//! Schemas of older drafts as Claude takes them: "JSON schema is invalid. It must match JSON Schema draft 2020-12"
//! (seen in November 2026).
//!
//! | older | newer |
//! |---|---|
//! | `exclusiveMinimum: true` beside `minimum`, and the same of the maximum | `exclusiveMinimum` alone |
//! | a list of `items` with `additionalItems` | `prefixItems` with `items` |

use serde_json::value::RawValue;

use super::node::{Members, Node, get, take};
use crate::hub::json::{Member, Str, each_member};

/// Whether something in a schema may be of an older draft.
pub fn is_older(schema: &RawValue) -> bool {
    let mut older = false;
    each_member(schema.get(), &mut |Member { name, rest, .. }| {
        older |= match &*name {
            "items" => rest.starts_with('['),
            "exclusiveMinimum" | "exclusiveMaximum" => rest.starts_with(['t', 'f']),
            _ => false,
        };
    });
    older
}

/// Writes a schema as the newer draft has it.
pub fn renew(schema: &mut Members<'_>) {
    for (exclusive, limit) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
        let Some(Node::Raw(told)) = get(schema, exclusive) else { continue };
        let told = told.get();
        if !matches!(told, "true" | "false") {
            continue;
        }
        take(schema, exclusive);
        let limit = if told == "true" { take(schema, limit) } else { None };
        schema.extend(limit.map(|limit| (Str::borrowed(exclusive), limit)));
    }
    if let Some(Node::List(first)) = get(schema, "items") {
        let some = !first.is_empty();
        let (first, rest) = (take(schema, "items").filter(|_| some), take(schema, "additionalItems"));
        let newer = [("prefixItems", first), ("items", rest)];
        schema.extend(newer.into_iter().filter_map(|(name, node)| Some((Str::borrowed(name), node?))));
    }
}
