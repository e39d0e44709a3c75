//! Log probabilities as completions have them, of those that chats have:
//! <https://platform.openai.com/docs/api-reference/completions/object>.

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::hub::json::{self, Number, Str};
use crate::json_object;

json_object! { struct Wire<'a> { content: Vec<WireToken<'a>>, .. } }

json_object! {
    struct WireToken<'a> {
        token: Str<'a>,
        logprob: Number<'a>,
        top_logprobs: Vec<WireTop<'a>>,
        ..
    }
}

json_object! { struct WireTop<'a> { token: Str<'a>, logprob: Number<'a>, .. } }

/// Writes a chat's log probabilities. `offset` is how many characters of the text come before their first token, and
/// afterwards before the next.
pub fn write(chats: &str, offset: &mut usize) -> Option<String> {
    let tokens = json::read::<Wire<'_>>(chats).ok()?.content?;
    let offsets = tokens.iter().map(|token| {
        let length = token.token.as_deref().unwrap_or_default().chars().count();
        let start = *offset;
        *offset = offset.saturating_add(length);
        start
    });
    let body = Body { text_offset: offsets.collect(), tokens: &tokens };
    serde_json::to_string(&body).ok()
}

struct Body<'a> {
    tokens: &'a [WireToken<'a>],
    text_offset: Vec<usize>,
}

impl Serialize for Body<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let of = |token: &WireToken<'_>| token.token.as_deref().unwrap_or_default().to_owned();
        let tops = |token: &WireToken<'_>| token.top_logprobs.as_ref().is_some_and(|tops| !tops.is_empty());
        let mut map = serializer.serialize_map(Some(4))?;
        map.serialize_entry("tokens", &self.tokens.iter().map(of).collect::<Vec<_>>())?;
        map.serialize_entry(
            "token_logprobs",
            &self.tokens.iter().map(|token| token.logprob).collect::<Vec<_>>(),
        )?;
        let top: Option<Vec<_>> =
            self.tokens.iter().any(tops).then(|| self.tokens.iter().map(Tops).collect());
        map.serialize_entry("top_logprobs", &top)?;
        map.serialize_entry("text_offset", &self.text_offset)?;
        map.end()
    }
}

/// The likeliest tokens of one place.
struct Tops<'a>(&'a WireToken<'a>);

impl Serialize for Tops<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for top in self.0.top_logprobs.iter().flatten() {
            map.serialize_entry(top.token.as_deref().unwrap_or_default(), &top.logprob)?;
        }
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::write;

    #[test]
    fn tokens_know_where_they_stand() {
        let mut offset = 2;
        let chats = r#"{"content":[
            {"token":"é","logprob":-0.10,"bytes":[195,169],"top_logprobs":[{"token":"é","logprob":-0.10},{"token":"e","logprob":-2}]},
            {"token":" b","logprob":-1e-7,"bytes":null,"top_logprobs":[]}],"refusal":null}"#;
        assert_eq!(
            write(chats, &mut offset).as_deref(),
            Some(
                r#"{"tokens":["é"," b"],"token_logprobs":[-0.10,-1e-7],"top_logprobs":[{"é":-0.10,"e":-2},{}],"text_offset":[2,3]}"#
            )
        );
        assert_eq!(offset, 5);
        let bare = r#"{"content":[{"token":"a","logprob":-1}]}"#;
        let want = r#"{"tokens":["a"],"token_logprobs":[-1],"top_logprobs":null,"text_offset":[5]}"#;
        assert_eq!(write(bare, &mut offset).as_deref(), Some(want));
        for nothing in ["", "7", "{}", r#"{"content":null}"#] {
            assert_eq!(write(nothing, &mut offset), None, "{nothing}");
        }
    }
}
