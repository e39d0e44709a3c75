//! What of a chat is not for everybody who speaks the format: another vendor's thoughts with their signatures, marks for
//! caches, ids of what was said, the role of a developer, and what an operator or a vendor's row says. Who does not take it
//! gets the client's bytes without it.

use std::ops::Range;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::facts::{each, text};
use super::thinking_parts::{BLOCKS, Thoughts};
use crate::dialect::{Cuts, History};
use crate::hub::json::{DEVELOPER, Document, Str, span};
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
        BLOCKS,
        "reasoning",
        "reasoning_content",
        "reasoning_details",
        "extra_content",
        CACHE_CONTROL,
        "annotations",
        "refusal",
        "audio",
        "images",
        "content_parts",
    ],
};
const PART: Place = Place { within: "messages[].content[]", names: &["extra_content", CACHE_CONTROL] };
const CALL: Place = Place { within: "messages[].tool_calls[]", names: &["extra_content", CACHE_CONTROL] };
const TOOL: Place = Place { within: "tools[]", names: &[CACHE_CONTROL] };
const FUNCTION: Place = Place { within: "tools[].function", names: &[CACHE_CONTROL] };

/// All places.
pub(super) const PLACES: &[&str] = &[MESSAGE.within, PART.within, CALL.within, TOOL.within, FUNCTION.within];

/// Those that stand in the request itself.
pub(super) const OF_THE_REQUEST: &[&str] = &["thinking", CACHE_CONTROL];

const CACHE_CONTROL: &str = "cache_control";

/// Where in a body something lies that a target does not take, each with what is to stand there: nothing in the place of a
/// member of others, `system` in that of the role `developer`, which OpenAI's models take as the same
/// (<https://platform.openai.com/docs/api-reference/chat/create>). What is not of the format's shape has none.
pub(super) fn foreign(
    body: &Document,
    history: &History<'_>,
    dropped: &mut Dropped,
) -> Vec<(Range<usize>, String)> {
    json_object! { struct Wire<'a> { messages: &'a RawValue, tools: &'a RawValue, .. } }
    let Ok(wire) = body.read::<Wire<'_>>() else { return Vec::new() };
    let mut search =
        Search { text: body.text(), history, dropped, kept: None, cuts: Vec::new(), edits: Vec::new() };
    if let Some(messages) = wire.messages {
        each(messages, &mut |message| search.message(message));
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
    let Search { cuts, mut edits, .. } = search;
    edits.extend(cuts.into_iter().map(|cut| (cut, String::new())));
    edits
}

struct Search<'d> {
    text: &'d str,
    history: &'d History<'d>,
    dropped: &'d mut Dropped,
    /// The member of the message at hand that is said otherwise, so that nothing of it is lost.
    kept: Option<&'static str>,
    cuts: Vec<Range<usize>>,
    edits: Vec<(Range<usize>, String)>,
}

impl Search<'_> {
    fn message(&mut self, message: &RawValue) {
        let refused = self.history.refused;
        let thoughts = Thoughts::of(message, self.history);
        // Of blocks, what is signed is lost.
        self.kept = thoughts.as_ref().map(|thoughts| thoughts.member).filter(|kept| *kept != BLOCKS);
        let (mut within, mut role) = (Vec::new(), None);
        self.look(message, &MESSAGE, &mut |name, value| match name {
            "content" => within.push((&PART, value)),
            "tool_calls" => within.push((&CALL, value)),
            "role" => role = Some(value),
            _ => {}
        });
        self.kept = None;
        if let Some(thoughts) = thoughts {
            thoughts.write(self.text, message, &mut self.edits);
        }
        let developer = role
            .filter(|_| refused.has(DEVELOPER))
            .filter(|role| text(role).is_some_and(|role| role.as_str() == DEVELOPER));
        if let Some(role) = developer {
            self.edits.push((span(self.text, role.get()), "\"system\"".to_owned()));
        }
        for (place, list) in within {
            each(list, &mut |element| self.look(element, place, &mut |_, _| {}));
        }
    }

    /// Looks at the members of an object at a place, and hands on those that stay.
    fn look<'a>(&mut self, object: &'a RawValue, place: &Place, stays: &mut dyn FnMut(&str, &'a RawValue)) {
        let Range { start, .. } = span(self.text, object.get());
        let mut cuts = Cuts::within(start.saturating_add(1));
        members(object, &mut |name, value| {
            let goes = self.goes(place, name);
            match goes {
                true if self.kept == Some(name) => {}
                true if !matches!(value.get(), "null" | "[]" | "\"\"") => self.report(place, name),
                true => {}
                false => stays(name, value),
            }
            cuts.member(self.text, &span(self.text, value.get()), goes, &mut self.cuts);
        });
        cuts.end(&mut self.cuts);
    }

    fn goes(&self, place: &Place, name: &str) -> bool {
        let is_here = |path: &String| {
            let member = path.strip_prefix(place.within).and_then(|rest| rest.strip_prefix('.'));
            member == Some(name)
        };
        place.names.contains(&name) && self.history.refused.has(name) || self.history.drop.iter().any(is_here)
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
    use crate::hub::json::{FOREIGN, Names};

    fn without(body: &str, takes: &[&str]) -> (String, String) {
        let document = Document::new(body);
        let refused = Names::of(FOREIGN.iter().copied()).without(Names::of(takes.iter().copied()));
        let mut dropped = Dropped::default();
        let drop = ["messages[].name", "tools[].function.strict"].map(str::to_owned);
        let (takes, thinking_parts) = (Names::of(takes.iter().copied()), takes.contains(&"parts"));
        let history = History { refused, takes, drop: &drop, thinking_parts };
        let edits = foreign(&document, &history, &mut dropped);
        let text = match edit(&document, None, &Quirks::default(), edits, &mut dropped).unwrap() {
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
            // Thoughts that become a part of what is said.
            (
                r#"{"messages":[{"role":"assistant", "reasoning_content" : "r\n" ,"content" : "a\"b"},{"role":"user","content":"c","reasoning_content":"r"}]}"#,
                &["parts"],
                r#"{"messages":[{"role":"assistant" ,"content" : [{"type":"thinking","thinking":[{"type":"text","text":"r\n"}],"closed":true},{"type":"text","text":"a\"b"}]},{"role":"user","content":"c"}]}"#,
                "messages[].reasoning_content",
            ),
            (
                r#"{"messages":[{"reasoning":"r","role":"assistant","tool_calls":[]},{"role":"assistant","content":null,"reasoning_content":"r","thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"}]}]}"#,
                &["parts"],
                r#"{"messages":[{"content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}],"closed":true}],"role":"assistant","tool_calls":[]},{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}],"closed":true}]}]}"#,
                "messages[].thinking_blocks",
            ),
            (
                r#"{"messages":[{"role":"assistant","content":[ {"type":"text","text":"a"}],"thinking_blocks":[{"type":"thinking","thinking":"t"},{"type":"redacted_thinking","data":"d"}]},{"role":"assistant","content":[],"reasoning_content":"r"},{"role":"assistant","content":[{"type":"thinking","thinking":[]}],"reasoning_content":"r"},{"role":"assistant","content":"","reasoning_content":""}]}"#,
                &["parts"],
                r#"{"messages":[{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"t"}],"closed":true}, {"type":"text","text":"a"}]},{"role":"assistant","content":[{"type":"thinking","thinking":[{"type":"text","text":"r"}],"closed":true}]},{"role":"assistant","content":[{"type":"thinking","thinking":[]}]},{"role":"assistant","content":""}]}"#,
                "messages[].thinking_blocks",
            ),
            // Thoughts by another name.
            (
                r#"{"messages":[{"role":"assistant","content":"a","reasoning" : "r\n"},{"role":"assistant","reasoning":"r","reasoning_content":""},{"role":"assistant","reasoning":"r","reasoning_content":null},{"role":"user","reasoning":"r"},{"role":"assistant","reasoning":{"effort":"low"}}]}"#,
                &["reasoning_content"],
                r#"{"messages":[{"reasoning_content":"r\n","role":"assistant","content":"a"},{"role":"assistant","reasoning_content":""},{"role":"assistant","reasoning_content":"r"},{"role":"user"},{"role":"assistant"}]}"#,
                "messages[].reasoning",
            ),
            (
                r#"{"messages":[{"thinking_blocks":[{"type":"thinking","thinking":"t","signature":"s"}],"role":"assistant","content":"a"}]}"#,
                &["reasoning"],
                r#"{"messages":[{"reasoning":"t","role":"assistant","content":"a"}]}"#,
                "messages[].thinking_blocks",
            ),
            // The role, however it is spelled, and nothing else of that name.
            (
                r#"{"messages":[{"role" : "developer","content":"developer"},{"role":"\u0064eveloper"},{"role":"user","developer":"developer"},{"role":["developer"]}]}"#,
                &[],
                r#"{"messages":[{"role" : "system","content":"developer"},{"role":"system"},{"role":"user","developer":"developer"},{"role":["developer"]}]}"#,
                "",
            ),
            (
                r#"{"messages":[{"role":"developer","content":"a"}]}"#,
                &["developer"],
                r#"{"messages":[{"role":"developer","content":"a"}]}"#,
                "",
            ),
            // By a path, beside what is another's.
            (
                r#"{"name":"n","messages":[{"name":"ada","role":"developer"},{"role":"user","audio":{},"name":"bob","content":[{"name":"x"}]},{"role":"user","name":null}],"tools":[{"name":"t","function":{"name":"f","strict":true}}]}"#,
                &[],
                r#"{"name":"n","messages":[{"role":"system"},{"role":"user","content":[{"name":"x"}]},{"role":"user"}],"tools":[{"name":"t","function":{"name":"f"}}]}"#,
                "messages[].name, messages[].audio, tools[].function.strict",
            ),
        ] {
            assert_eq!(without(body, takes), (want.to_owned(), reported.to_owned()), "{body}");
        }
    }
}
