//! `discover`: whether a provider is asked which models it has.

use serde_json::Value;

use super::super::super::errors::Errors;
use super::super::super::section::Section;
use crate::provider::{Auth, CHAT, ModelList, Operation, Row};

/// Where it is asked, if it is. `known` says that models of it are listed anyway. `None` if something is wrong.
pub(super) fn read(
    row: &Row,
    auth: Option<&Auth>,
    operations: Option<&[Operation]>,
    known: bool,
    section: &Section<'_>,
    errors: &mut Errors<'_>,
) -> Option<Option<ModelList>> {
    let written = section.get("discover");
    let wanted = match &written {
        Some(node) => Some(node.flag(errors)?),
        None => None,
    };
    let (auth, operation) = (auth?, operations?.first()?);
    let found = match auth {
        Auth::Aws { .. } => {
            Err("Envoy signs what this provider is asked, and would not sign this".to_owned())
        }
        _ => ModelList::beside(operation)
            .ok_or_else(|| format!("no list of models is known for the format {:?}", operation.format.name)),
    };
    match (wanted, found, written) {
        (Some(true), Err(why), Some(node)) => {
            node.error(format_args!("{why}; leave it out, and name its models in `models`"), errors);
            None
        }
        (Some(true), found, _) => Some(found.ok()),
        (Some(false), ..) => Some(None),
        (None, found, _) => Some(found.ok().filter(|_| !known && is_usual(row, auth, operation, section))),
    }
}

/// Whether it can be expected to have a list that we may see. Who has a path of its own for chats may have its list
/// anywhere, and while no client asks there is nobody's credential to pass on.
fn is_usual(row: &Row, auth: &Auth, operation: &Operation, section: &Section<'_>) -> bool {
    let own = row.operations.first().is_some_and(|of_the_row| of_the_row.path != of_the_row.format.chat_path);
    let path = section.node().value.pointer(&format!("/operations/{CHAT}/path"));
    operation.format.lists_models && *auth != Auth::Caller && !own && path.is_none_or(Value::is_null)
}
