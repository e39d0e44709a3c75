//! Ids of calls for a vendor that takes only such of so many letters and digits: those that others gave become others, the
//! same for a call and its result. What the vendor gave itself is such a one, and stays.

use std::ops::Range;

use serde_json::value::RawValue;

use super::facts::each;
use super::foreign::members;
use crate::dialect::ids::Uniform;
use crate::dialect::quoted;
use crate::hub::json::{Document, Str, span};
use crate::json_object;

/// Where ids stand in a body that are not of `length` letters and digits, each with the one in its place. What is not of the
/// format's shape has none.
pub(super) fn call_ids(body: &Document, length: usize) -> Vec<(Range<usize>, String)> {
    json_object! { struct Wire<'a> { messages: &'a RawValue, .. } }
    let Ok(Wire { messages: Some(messages), .. }) = body.read::<Wire<'_>>() else { return Vec::new() };
    let mut found = Vec::new();
    let mut note = |value: &RawValue| {
        if let Ok(id) = serde_json::from_str::<Str<'_>>(value.get()) {
            found.push((span(body.text(), value.get()), id.into_owned()));
        }
    };
    each(messages, &mut |message| {
        let mut calls = Vec::new();
        members(message, &mut |name, value| match name {
            "tool_call_id" => note(value),
            "tool_calls" => calls.push(value),
            _ => {}
        });
        for list in calls {
            each(list, &mut |call| {
                members(call, &mut |name, value| {
                    if name == "id" {
                        note(value);
                    }
                });
            });
        }
    });
    let mut ids = Uniform::new(length, found.iter().map(|(_, id)| id.as_str()));
    let other = |(place, id): (Range<usize>, String)| Some((place, quoted(&ids.other(&id)?)));
    found.into_iter().filter_map(other).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Splice, splice};

    fn written(body: &str, length: usize) -> String {
        match splice(body, call_ids(&Document::new(body), length)) {
            None => body.to_owned(),
            Some(Splice { length, with }) => {
                format!("{}{}", String::from_utf8(with).unwrap(), body.get(length..).unwrap())
            }
        }
    }

    #[test]
    fn a_call_and_its_result_get_the_same_id_and_no_other_byte_moves() {
        let body = r#"{ "messages":[{"role":"assistant","content":"call_abc", "tool_calls":[ {"id" : "call_abc","type":"function","function":{"name":"call_abc","arguments":"{\"id\":\"call_abc\"}"}},{"id":"abcDEF123"}]},{"role":"tool","tool_call_id":"c\u0061ll_abc","content":"1.50"},{"role":"tool","tool_call_id":"abcDEF123"}],"id":"call_abc"}"#;
        let ids = Uniform::new(9, ["call_abc"].into_iter()).other("call_abc").unwrap();
        assert!(ids.len() == 9 && ids.bytes().all(|byte| byte.is_ascii_alphanumeric()), "{ids}");
        let want = body
            .replace(r#""id" : "call_abc""#, &format!(r#""id" : "{ids}""#))
            .replace(r#""tool_call_id":"c\u0061ll_abc""#, &format!(r#""tool_call_id":"{ids}""#));
        assert_eq!(written(body, 9), want);
        assert_eq!(written(&want, 9), want, "once is enough");
    }

    #[test]
    fn what_is_no_id_stays_as_it_is() {
        for body in [
            r#"{"messages":[{"tool_call_id":null,"tool_calls":[{"id":7},8,null]},{"tool_calls":{"id":"call_1"}},"x"]}"#,
            r#"{"messages":{"tool_call_id":"call_1"}}"#,
            r#"{"tool_call_id":"call_1"}"#,
            "{\"messages\":[{\"tool_call_id\":\"\\ud83d\"}]}",
        ] {
            assert_eq!(written(body, 9), body);
        }
    }
}
