//! An answer of a vendor with words and places of its own, whole or one chunk of it, brought to the format by splices:
//! no other byte moves.

use std::ops::Range;

use serde_json::value::RawValue;

use super::thinking_parts::joined;
use crate::dialect::{Count, Quirks, Splice, splice};
use crate::hub::json::{Members, Str, is_crowd, is_null, is_object, span};
use crate::json_object;

json_object! { struct Whole<'a> {} }
json_object! { struct Outer<'a> { choices: Vec<Choice<'a>>, .. } }
json_object! { struct Choice<'a> { finish_reason: &'a RawValue, .. } }

/// Brings `text`, a JSON object, to the format: words for the end of a choice, counts of tokens, and contents that are
/// parts. `None` where nothing is to be done, or where it is no object: whoever reads it says so.
pub fn mend(text: &str, quirks: &Quirks) -> Option<String> {
    if !quirks.mends() || is_crowd(text) {
        return None;
    }
    let reworded = reword(text, &quirks.finish);
    let recounted = recount(reworded.as_deref().unwrap_or(text), &quirks.usage);
    let mended = recounted.or(reworded);
    if quirks.thinking_parts.is_empty() {
        return mended;
    }
    let text = mended.as_deref().unwrap_or(text);
    let joined = splice(text, joined(text)).map(|Splice { length, with }| {
        let written = String::from_utf8(with).unwrap_or_default();
        written + text.get(length..).unwrap_or_default()
    });
    joined.or(mended)
}

/// Replaces the vendor's words for the end of a choice.
fn reword(text: &str, words: &[(String, Option<String>)]) -> Option<String> {
    if words.is_empty() {
        return None;
    }
    let outer: Outer<'_> = serde_json::from_str(text).ok()?;
    let mut reworded: Option<String> = None;
    // From the end, so that places before stay where they are.
    for raw in outer.choices?.iter().rev().filter_map(|choice| choice.finish_reason) {
        let Ok(word) = serde_json::from_str::<Str<'_>>(raw.get()) else { continue };
        let Some((_, ours)) = words.iter().find(|(theirs, _)| theirs == word.as_str()) else { continue };
        let ours = ours
            .as_deref()
            .map_or_else(|| Some("null".to_owned()), |ours| serde_json::to_string(ours).ok())?;
        reworded.get_or_insert_with(|| text.to_owned()).replace_range(span(text, raw.get()), &ours);
    }
    reworded
}

/// Puts counts of tokens where the format has them, unless something stands there.
fn recount(text: &str, places: &[(Count, String)]) -> Option<String> {
    let counts = places.iter().filter_map(|(count, pointer)| Some((*count, at(text, pointer)?)));
    let counts: Vec<_> =
        counts.filter_map(|(count, raw)| Some((count, raw.get().parse::<u64>().ok()?))).collect();
    let mut recounted: Option<String> = None;
    for (count, number) in counts {
        let path: &[&str] = match count {
            Count::Prompt => &["usage", "prompt_tokens"],
            Count::Completion => &["usage", "completion_tokens"],
            Count::Cached => &["usage", "prompt_tokens_details", "cached_tokens"],
            Count::Reasoning => &["usage", "completion_tokens_details", "reasoning_tokens"],
        };
        recounted = put(recounted.as_deref().unwrap_or(text), path, &number.to_string()).or(recounted);
    }
    let total = recounted.as_deref().and_then(|text| {
        let number = |pointer: &str| at(text, pointer)?.get().parse::<u64>().ok();
        let sum = number("/usage/prompt_tokens")?.saturating_add(number("/usage/completion_tokens")?);
        put(text, &["usage", "total_tokens"], &sum.to_string())
    });
    total.or(recounted)
}

/// The value that a JSON pointer leads to.
fn at<'a>(text: &'a str, pointer: &str) -> Option<&'a RawValue> {
    let mut value: &'a RawValue = serde_json::from_str(text).ok()?;
    for token in pointer.split('/').skip(1) {
        let token = token.replace("~1", "/").replace("~0", "~");
        value = if is_object(value) {
            member(&members(value.get())?, &token)?
        } else {
            let elements: Vec<&'a RawValue> = serde_json::from_str(value.get()).ok()?;
            elements.get(token.parse::<usize>().ok()?).copied()?
        };
    }
    Some(value)
}

/// Puts a value below members of objects, which are added where they are absent or `null`. `None` if there is one.
fn put(text: &str, path: &[&str], value: &str) -> Option<String> {
    let mut object = text.trim();
    for (depth, name) in path.iter().enumerate() {
        let left = path.get(depth.saturating_add(1)..).unwrap_or_default();
        let members = members(object)?;
        let found = member(&members, name);
        match found {
            Some(raw) if is_object(raw) && !left.is_empty() => object = raw.get(),
            Some(raw) if is_null(raw) => {
                return Some(spliced(text, raw.get(), &nested(left, value)));
            }
            Some(_) => return None,
            None => {
                let inner = object.strip_suffix('}')?.trim_end();
                let comma = if members.is_empty() { "" } else { "," };
                let more = format!("{inner}{comma}\"{name}\":{}}}", nested(left, value));
                return Some(spliced(text, object, &more));
            }
        }
    }
    None
}

/// A value within objects, one a name.
fn nested(names: &[&str], value: &str) -> String {
    let within = |value: String, name: &&str| format!("{{\"{name}\":{value}}}");
    names.iter().rev().fold(value.to_owned(), within)
}

/// `text` with `with` in place of `part`, which is borrowed from it.
fn spliced(text: &str, part: &str, with: &str) -> String {
    let Range { start, end } = span(text, part);
    [text.get(..start).unwrap_or_default(), with, text.get(end..).unwrap_or_default()].concat()
}

fn members(object: &str) -> Option<Members<'_>> {
    serde_json::from_str::<Whole<'_>>(object).ok().map(|object| object.extra)
}

fn member<'a>(members: &Members<'a>, name: &str) -> Option<&'a RawValue> {
    members.iter().find(|(known, _)| known.as_str() == name).map(|(_, raw)| *raw)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quirks() -> Quirks {
        let at = |count, pointer: &str| (count, pointer.to_owned());
        let word = |theirs: &str, ours: Option<&str>| (theirs.to_owned(), ours.map(str::to_owned));
        Quirks {
            usage: vec![
                at(Count::Prompt, "/x/usage/in"),
                at(Count::Completion, "/x/usage/out"),
                at(Count::Cached, "/usage/hits"),
                at(Count::Reasoning, "/x/list/1"),
            ],
            finish: vec![word("model_length", Some("length")), word("", None)],
            ..Quirks::default()
        }
    }

    #[test]
    fn words_and_counts_are_brought_to_the_format() {
        for (text, want) in [
            (r#"{"choices":[{"finish_reason":"stop"}]}"#, None),
            (r#"{"choices":[{"finish_reason":null}],"usage":null}"#, None),
            ("[DONE]", None),
            (r#"{"choices":[{"finish_reason":7}]}"#, None),
            (
                r#"{ "choices": [ {"finish_reason" : "model_length"},{"finish_reason":""}, {"finish_reason":"\u006dodel_length"} ], "a": 1.50}"#,
                Some(
                    r#"{ "choices": [ {"finish_reason" : "length"},{"finish_reason":null}, {"finish_reason":"length"} ], "a": 1.50}"#,
                ),
            ),
            (
                r#"{"x":{"usage":{"in":3,"out":4}},"choices":[] }"#,
                Some(
                    r#"{"x":{"usage":{"in":3,"out":4}},"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":4,"total_tokens":7}}"#,
                ),
            ),
            (
                r#"{"usage":null,"x":{"usage":{"in":3,"out":4},"list":[0,2]}}"#,
                Some(
                    r#"{"usage":{"prompt_tokens":3,"completion_tokens":4,"completion_tokens_details":{"reasoning_tokens":2},"total_tokens":7},"x":{"usage":{"in":3,"out":4},"list":[0,2]}}"#,
                ),
            ),
            (
                r#"{"usage":{"prompt_tokens":9,"hits":5,"cost":1.10}}"#,
                Some(
                    r#"{"usage":{"prompt_tokens":9,"hits":5,"cost":1.10,"prompt_tokens_details":{"cached_tokens":5}}}"#,
                ),
            ),
            (
                r#"{"usage":{"hits":5,"prompt_tokens_details":{}}}"#,
                Some(r#"{"usage":{"hits":5,"prompt_tokens_details":{"cached_tokens":5}}}"#),
            ),
            (r#"{"usage":{"hits":5,"prompt_tokens_details":{"cached_tokens":1}}}"#, None),
            (r#"{"usage":{"hits":-5}}"#, None),
            (r#"{"usage":[]}"#, None),
        ] {
            assert_eq!(mend(text, &quirks()).as_deref(), want, "{text}");
        }
        assert_eq!(mend(r#"{"choices":[{"finish_reason":"model_length"}]}"#, &Quirks::default()), None);
    }

    #[test]
    fn contents_of_parts_become_a_string_and_thoughts() {
        let quirks = Quirks { thinking_parts: vec!["*".to_owned()], ..Quirks::default() };
        for (text, want) in [
            (r#"{"choices":[{"message":{"content":"a"}},{"delta":{"content":null}},{}],"x":1.50}"#, None),
            (
                r#"{ "choices":[ {"message":{"role":"assistant", "content" : [{"type":"thinking","thinking":[{"type":"text","text":"H"},{"type":"text","text":"m\n"}],"closed":true},{"type":"text","text":"4\u0032"},{"type":"text","text":"."}] ,"tool_calls":null}, "finish_reason":"stop"}],"x":1.50}"#,
                Some(
                    r#"{ "choices":[ {"message":{"role":"assistant", "content" : "42.","reasoning_content":"Hm\n" ,"tool_calls":null}, "finish_reason":"stop"}],"x":1.50}"#,
                ),
            ),
            (
                r#"{"choices":[{"index":0,"delta":{"content":[{"type":"thinking","thinking":[{"type":"text","text":"Hm"}]}]}}]}"#,
                Some(r#"{"choices":[{"index":0,"delta":{"content":null,"reasoning_content":"Hm"}}]}"#),
            ),
            (
                r#"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"reference","reference_ids":[1, 2]},{"type":"thinking","thinking":[{"type":"reference","reference_ids":[3]}]},{"type":"image_url","image_url":"u"},7]}}]}"#,
                Some(
                    r#"{"choices":[{"message":{"content":"a","content_parts":[{"type":"reference","reference_ids":[1, 2]},{"type":"reference","reference_ids":[3]},{"type":"image_url","image_url":"u"},7]}}]}"#,
                ),
            ),
            (
                r#"{"choices":[{"message":{"reasoning_content":null,"content":[{"type":"thinking","thinking":"Hm"}]}},{"message":{"content":[]}}]}"#,
                Some(
                    r#"{"choices":[{"message":{"reasoning_content":"Hm","content":null}},{"message":{"content":""}}]}"#,
                ),
            ),
            (
                r#"{"choices":[{"message":{"reasoning_content":"x","content":[{"type":"thinking","thinking":"Hm"},{"type":"text","text":"a\ud83d"}]}}]}"#,
                Some(
                    "{\"choices\":[{\"message\":{\"reasoning_content\":\"x\",\"content\":\"a\u{fffd}\u{fffd}\u{fffd}\"}}]}",
                ),
            ),
            (r#"{"choices":[7]}"#, None),
            ("[DONE]", None),
        ] {
            assert_eq!(mend(text, &quirks).as_deref(), want, "{text}");
            assert_eq!(want.and_then(|want| mend(want, &quirks)), None, "once is enough: {text}");
        }
    }
}
