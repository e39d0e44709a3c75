//! A list of models on the wire, as providers have it.
//!
//! | shape | whose |
//! |---|---|
//! | `{"data": [{"id": …}]}` | OpenAI (<https://platform.openai.com/docs/api-reference/models/list>), Anthropic (<https://docs.claude.com/en/api/models-list>) |
//! | `{"models": [{"name": "models/…"}]}` | Gemini (<https://ai.google.dev/api/models#method:-models.list>) |
//! | `{"models": [{"name": …, "model": …}]}` | Ollama (<https://docs.ollama.com/api/tags>) |
//! | `[{"id": …}]` | Together (<https://docs.together.ai/reference/models>) |

use std::collections::BTreeSet;

use serde_json::value::RawValue;

use super::super::call::CallAnswer;
use crate::hub::Malformed;
use crate::hub::json::{Str, read as read_json};
use crate::json_object;

/// The longest list that is read, in bytes. The longest ones that are known, of those who resell everybody's models, have
/// a kilobyte or two for each of some hundreds.
pub const LONGEST_ANSWER: usize = 2 << 20;
/// How many models of a provider are listed.
const MOST: usize = 1000;
/// The longest name, in bytes.
const LONGEST_NAME: usize = 256;

/// What a provider has.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct List {
    /// The names, each once.
    pub names: Vec<String>,
    /// There were more.
    pub cut: bool,
}

json_object! {
    struct Page<'a> { data: Vec<&'a RawValue>, models: Vec<&'a RawValue>, .. }
}

json_object! {
    struct Entry<'a> { id: &'a RawValue, model: &'a RawValue, name: &'a RawValue, .. }
}

/// The names in an answer. What is no model in it is passed over.
///
/// # Errors
/// There is no list in it: why not.
pub(super) fn read(answer: CallAnswer<'_>) -> Result<List, String> {
    let Some(body) = answer.given(LONGEST_ANSWER)? else {
        return Err(format!("it answered with {}", answer.status));
    };
    let no_list = |Malformed(why)| format!("its answer is no list of models: {why}");
    let text = std::str::from_utf8(body).map_err(|_| no_list(Malformed("not UTF-8".to_owned())))?;
    let entries = match text.trim_start().starts_with('[') {
        true => Some(read_json::<Vec<&RawValue>>(text).map_err(no_list)?),
        false => read_json::<Page<'_>>(text).map(|page| page.data.or(page.models)).map_err(no_list)?,
    };
    let entries = entries.ok_or_else(|| no_list(Malformed("it has no `data`".to_owned())))?;
    let mut known = BTreeSet::new();
    let new = |name: &String| known.insert(name.clone());
    let mut names = entries.into_iter().filter_map(name).filter(new);
    let listed = names.by_ref().take(MOST).collect();
    Ok(List { names: listed, cut: names.next().is_some() })
}

/// What a model is asked for by, if that is a name.
fn name(entry: &RawValue) -> Option<String> {
    let entry: Entry<'_> = serde_json::from_str(entry.get()).ok()?;
    let text = |raw: &RawValue| serde_json::from_str::<Str<'_>>(raw.get()).ok().map(|name| name.to_string());
    let name = match (entry.id.or(entry.model), entry.name) {
        (Some(id), _) => text(id)?,
        (None, Some(name)) => text(name)?.strip_prefix("models/")?.to_owned(),
        (None, None) => return None,
    };
    let is_name = !name.is_empty() && name.len() <= LONGEST_NAME && !name.contains(char::is_control);
    is_name.then_some(name)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn listed(body: &str) -> Result<List, String> {
        read(CallAnswer { status: 200, body: body.as_bytes() })
    }

    #[test]
    fn all_shapes_are_read_and_what_is_no_model_is_passed_over() {
        let odd = json!([
            {"id": "a", "object": "model", "name": "A"},
            {"id": "org/b:free"},
            {"id": "a"},
            {"id": 7},
            {"id": null},
            {"id": ""},
            {"id": "line\nfeed"},
            {"id": "x".repeat(LONGEST_NAME + 1)},
            {"name": "a display name"},
            "text",
            null,
            {"id": "é"},
        ]);
        for body in [json!({"object": "list", "data": odd}), odd.clone()] {
            let list = listed(&body.to_string()).unwrap();
            assert_eq!((list.names, list.cut), (["a", "org/b:free", "é"].map(str::to_owned).into(), false));
        }
        let gemini = json!({"models": [{"name": "models/gemini-x", "displayName": "X"}, {"name": "x"}]});
        assert_eq!(listed(&gemini.to_string()).unwrap().names, ["gemini-x"]);
        let ollama = json!({"models": [{"name": "qwen3:8b", "model": "qwen3:8b", "size": 1}, {"name": "x"}]});
        assert_eq!(listed(&ollama.to_string()).unwrap().names, ["qwen3:8b"]);
    }

    #[test]
    fn a_long_list_is_cut() {
        let of = |count: usize| -> Value {
            (0..count).map(|number| json!({"id": format!("m{number}")})).collect::<Vec<_>>().into()
        };
        for (count, cut) in [(MOST, false), (MOST + 1, true), (20_000, true)] {
            let list = listed(&json!({ "data": of(count) }).to_string()).unwrap();
            assert_eq!((list.names.len(), list.cut), (MOST, cut));
        }
    }

    #[test]
    fn what_is_no_list_is_none() {
        let crowd = format!(r#"{{"data":[{}0]}}"#, "0,".repeat(700_000));
        for (body, want) in [
            ("", "no list of models"),
            ("<html>sk-1</html>", "no list of models"),
            (r#"{"data":[{"id":"a"}"#, "no list of models"),
            (r#"{"data":{"id":"a"}}"#, "no list of models"),
            (r#"{"data":"sk-1"}"#, "no list of models"),
            (r#"{"error":{"message":"sk-1"}}"#, "no `data`"),
            (&" ".repeat(LONGEST_ANSWER + 1), "too long"),
            (&crowd, "values"),
        ] {
            let why = listed(body).unwrap_err();
            assert!(why.contains(want) && !why.contains("sk-1"), "{why}");
        }
        let refused = CallAnswer { status: 401, body: b"sk-1" };
        assert_eq!(read(refused).unwrap_err(), "it answered with 401");
        assert_eq!(read(CallAnswer::NOTHING).unwrap_err(), "it did not answer");
        let bytes = CallAnswer { status: 200, body: b"{\"data\":[\"\xff\"]}" };
        assert!(read(bytes).unwrap_err().contains("UTF-8"));
    }
}
