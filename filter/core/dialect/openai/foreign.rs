//! What of a chat is another vendor's: thoughts with their signatures, marks for caches, ids of what was said. Who does
//! not take it gets the client's bytes without it.

use std::ops::Range;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::facts::each;
use crate::dialect::Cuts;
use crate::hub::json::{Document, Names, Str, is_null, span};
use crate::hub::{Dropped, Field};
use crate::json_object;

/// Where members of others stand: what holds them, as it is reported, and their names.
struct Place {
    within: &'static str,
    names: &'static [&'static str],
}

const MESSAGE: Place = Place {
    within: "messages[]",
    names: &[
        "thinking_blocks",
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "extra_content",
        CACHE_CONTROL,
        "annotations",
        "refusal",
        "audio",
        "images",
    ],
};
const PART: Place = Place { within: "messages[].content[]", names: &["extra_content", CACHE_CONTROL] };
const CALL: Place = Place { within: "messages[].tool_calls[]", names: &["extra_content", CACHE_CONTROL] };
const TOOL: Place = Place { within: "tools[]", names: &[CACHE_CONTROL] };
const FUNCTION: Place = Place { within: "tools[].function", names: &[CACHE_CONTROL] };

/// Those that stand in the request itself.
pub(super) const OF_THE_REQUEST: &[&str] = &["thinking", CACHE_CONTROL];

const CACHE_CONTROL: &str = "cache_control";

/// Where in a body those of these members lie that a target does not take. What is not of the format's shape has none.
pub(super) fn foreign(body: &Document, refused: Names, dropped: &mut Dropped) -> Vec<Range<usize>> {
    json_object! { struct Wire<'a> { messages: &'a RawValue, tools: &'a RawValue, .. } }
    let Ok(wire) = body.read::<Wire<'_>>() else { return Vec::new() };
    let mut search = Search { text: body.text(), refused, dropped, cuts: Vec::new() };
    if let Some(messages) = wire.messages {
        each(messages, &mut |message| {
            let mut within = Vec::new();
            search.look(message, &MESSAGE, &mut |name, value| match name {
                "content" => within.push((&PART, value)),
                "tool_calls" => within.push((&CALL, value)),
                _ => {}
            });
            for (place, list) in within {
                each(list, &mut |element| search.look(element, place, &mut |_, _| {}));
            }
        });
    }
    if let Some(tools) = wire.tools {
        each(tools, &mut |tool| {
            let mut function = None;
            search.look(tool, &TOOL, &mut |name, value| {
                if name == "function" {
                    function = Some(value);
                }
            });
            if let Some(function) = function {
                search.look(function, &FUNCTION, &mut |_, _| {});
            }
        });
    }
    search.cuts
}

struct Search<'d> {
    text: &'d str,
    refused: Names,
    dropped: &'d mut Dropped,
    cuts: Vec<Range<usize>>,
}

impl Search<'_> {
    /// Looks at the members of an object at a place, and hands on those that stay.
    fn look<'a>(&mut self, object: &'a RawValue, place: &Place, stays: &mut dyn FnMut(&str, &'a RawValue)) {
        let Range { start, .. } = span(self.text, object.get());
        let mut cuts = Cuts::within(start.saturating_add(1));
        members(object, &mut |name, value| {
            let goes = place.names.contains(&name) && self.refused.has(name);
            match goes {
                true if !is_null(value) && value.get() != "[]" => self.report(place, name),
                true => {}
                false => stays(name, value),
            }
            cuts.member(self.text, &span(self.text, value.get()), goes, &mut self.cuts);
        });
        cuts.end(&mut self.cuts);
    }

    fn report(&mut self, place: &Place, name: &str) {
        match name {
            CACHE_CONTROL => self.dropped.add(Field::CacheControl),
            _ => self.dropped.add(format!("{}.{name}", place.within)),
        }
    }
}

/// Does something with each member of an object, one at a time. What is no object has none.
pub(super) fn members<'a>(object: &'a RawValue, work: &mut dyn FnMut(&str, &'a RawValue)) {
    struct Object<'w, 'a>(&'w mut dyn FnMut(&str, &'a RawValue));
    impl<'de> Visitor<'de> for Object<'_, 'de> {
        type Value = ();
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<(), M::Error> {
            while let Some((name, value)) = map.next_entry::<Str<'de>, &'de RawValue>()? {
                (self.0)(&name, value);
            }
            Ok(())
        }
    }
    let _ = serde_json::Deserializer::from_str(object.get()).deserialize_map(Object(work));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Quirks, Splice, edit};
    use crate::hub::json::FOREIGN;

    fn without(body: &str, takes: &[&str]) -> (String, String) {
        let document = Document::new(body);
        let refused = Names::of(FOREIGN.iter().copied()).without(Names::of(takes.iter().copied()));
        let mut dropped = Dropped::default();
        let cuts = foreign(&document, refused, &mut dropped);
        let text = match edit(
            &document,
            None,
            &Quirks::default(),
            cuts.into_iter().map(|cut| (cut, String::new())).collect(),
            &mut dropped,
        )
        .unwrap()
        {
            None => body.to_owned(),
            Some(Splice { length, with }) => {
                format!("{}{}", String::from_utf8(with).unwrap(), body.get(length..).unwrap())
            }
        };
        (text, dropped.names(super::super::spell).join(", "))
    }

    #[test]
    fn what_is_anothers_goes_and_no_other_byte_moves() {
        for (body, takes, want, reported) in [
            (
                r#"{"messages":[ {"role":"assistant", "reasoning_content" : "r" ,"content":"a"} ],"x":1.50}"#,
                &[][..],
                r#"{"messages":[ {"role":"assistant" ,"content":"a"} ],"x":1.50}"#,
                "messages[].reasoning_content",
            ),
            (
                r#"{"messages":[{"reasoning_content":"r","role":"assistant"}]}"#,
                &["reasoning_content"],
                r#"{"messages":[{"reasoning_content":"r","role":"assistant"}]}"#,
                "",
            ),
            (
                r#"{"messages":[{ "thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"}], "extra_content":{"google":{}}, "role":"assistant","refusal":null,"annotations":[]}]}"#,
                &[],
                r#"{"messages":[{"role":"assistant"}]}"#,
                "messages[].thinking_blocks, messages[].extra_content",
            ),
            (
                r#"{"messages":[{"role":"user","content":[{"type":"text","text":"reasoning_content","cache_control":{"type":"ephemeral"}},{"cache_control":null}]},7,"cache_control"],"tools":[{"type":"function","function":{"name":"cache_control","cache_control":{},"parameters":{"properties":{"audio":{},"cache_control":{}}}},"cache_control":{}}]}"#,
                &[],
                r#"{"messages":[{"role":"user","content":[{"type":"text","text":"reasoning_content"},{}]},7,"cache_control"],"tools":[{"type":"function","function":{"name":"cache_control","parameters":{"properties":{"audio":{},"cache_control":{}}}}}]}"#,
                "cache_control",
            ),
            (
                r#"{"messages":[{"role":"assistant","tool_calls":[{"extra_content":{"google":{"thought_signature":"s"}},"id":"a","function":{"name":"f","arguments":"{\"audio\":1}"}}]}]}"#,
                &[],
                r#"{"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":"{\"audio\":1}"}}]}]}"#,
                "messages[].tool_calls[].extra_content",
            ),
            (
                "{\"messages\":[{\"role\":\"user\",\"a\\ud83d\":1,\"audio\\u002d\":1,\"\\u0061udio\":{\"id\":\"x\"}}]}",
                &[],
                "{\"messages\":[{\"role\":\"user\",\"a\\ud83d\":1,\"audio\\u002d\":1,\"\\u0061udio\":{\"id\":\"x\"}}]}",
                "",
            ),
            (
                "{\"messages\":[{\"role\":\"assistant\",\"\\u0061udio\":{\"id\":\"x\"}}]}",
                &[],
                "{\"messages\":[{\"role\":\"assistant\"}]}",
                "messages[].audio",
            ),
            (r#"{"messages":{"audio":1},"tools":7}"#, &[], r#"{"messages":{"audio":1},"tools":7}"#, ""),
        ] {
            assert_eq!(without(body, takes), (want.to_owned(), reported.to_owned()), "{body}");
        }
    }
}
