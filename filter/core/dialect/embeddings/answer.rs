//! What a client gets: <https://platform.openai.com/docs/api-reference/embeddings/object>.

use serde_json::value::RawValue;

use super::request::MOST_INPUTS;
use super::vector::Encoding;
use crate::dialect::object::Object;
use crate::dialect::{Arrival, TaskAnswer};
use crate::hub::json::{Number, Str};
use crate::hub::{Malformed, Told, Usage};
use crate::json_object;

json_object! {
    /// An embedding that says which it is.
    pub struct Placed<'a> { index: u64, embedding: &'a RawValue, .. }
}

/// What a vendor has answered.
#[derive(Debug, Default)]
pub struct Vectors<'a> {
    /// The embeddings, in the order of what was to be embedded.
    pub vectors: Vec<&'a RawValue>,
    /// The model, if the vendor names it.
    pub model: Option<Str<'a>>,
    /// How many tokens were read, if the vendor counts them.
    pub tokens: Option<Number<'a>>,
}

/// Embeddings that say which they are, in their order. One that does not say is where it stands.
///
/// # Errors
/// Two are the same one, or one is none that was asked for.
pub fn in_order(placed: Vec<Placed<'_>>) -> Result<Vec<&RawValue>, Malformed> {
    let mut slots: Vec<Option<&RawValue>> = vec![None; placed.len()];
    for (place, Placed { index, embedding, .. }) in placed.into_iter().enumerate() {
        let index = index.map_or(Some(place), |index| usize::try_from(index).ok());
        let slot = index.and_then(|index| slots.get_mut(index)).filter(|slot| slot.is_none());
        let slot =
            slot.ok_or_else(|| Malformed("an embedding's index is another's, or nobody's".to_owned()))?;
        *slot = Some(embedding.ok_or_else(|| Malformed("an embedding is missing".to_owned()))?);
    }
    Ok(slots.into_iter().flatten().collect())
}

impl Vectors<'_> {
    /// The answer. Strict clients want a count of tokens: where the vendor counts none, it is zero, and the gateway itself
    /// takes it for unknown.
    ///
    /// # Errors
    /// There are not as many embeddings as were asked for, or one is no list of numbers.
    pub fn write(self, arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let memo = arrival.memo;
        let asked = memo.noted("inputs").and_then(|count| count.parse().ok()).unwrap_or(MOST_INPUTS);
        let count = self.vectors.len();
        if count != asked {
            return Err(Malformed(format!("{count} embeddings where {asked} were asked for")));
        }
        let encoding = memo.noted("encoding").map_or(Encoding::Float, Encoding::of_word);
        let vectors = self.vectors.iter().map(|vector| encoding.of(vector)).collect::<Result<Vec<_>, _>>()?;
        let room = vectors.iter().map(|vector| vector.len().saturating_add(64)).sum::<usize>();
        let data = vectors.iter().enumerate().map(|(index, vector)| {
            let element = Object::new(vector.len()).text("object", "embedding");
            element.raw("index", &index.to_string()).raw("embedding", vector).close()
        });
        let tokens = self.tokens.and_then(Number::as_u64);
        let counted = tokens.unwrap_or_default().to_string();
        let usage = Object::new(64).raw("prompt_tokens", &counted).raw("total_tokens", &counted).close();
        let model = self.model.as_deref().filter(|model| !model.is_empty()).or(memo.noted("model"));
        let body = Object::new(room.saturating_add(512)).text("object", "list").list("data", data);
        let body = body.text("model", model.unwrap_or_default()).raw("usage", &usage).close();
        let usage = tokens.map(|prompt| Usage { prompt, ..Usage::default() });
        Ok(TaskAnswer::json(body.into_bytes(), Told { usage, finish: None }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn embeddings_are_put_in_order() {
        let read = |text: &str| {
            let placed: Vec<Placed<'_>> = serde_json::from_str(text).unwrap();
            let ordered = in_order(placed).ok()?;
            Some(ordered.into_iter().map(|vector| vector.get().to_owned()).collect::<Vec<_>>())
        };
        let two = r#"[{"index":1,"embedding":[1]},{"index":0,"embedding":[0]}]"#;
        assert_eq!(read(two).unwrap(), ["[0]", "[1]"]);
        assert_eq!(read(r#"[{"embedding":[0]},{"embedding":[1]}]"#).unwrap(), ["[0]", "[1]"]);
        for wrong in [
            r#"[{"index":0,"embedding":[1]},{"index":0,"embedding":[0]}]"#,
            r#"[{"index":1,"embedding":[1]}]"#,
            r#"[{"index":0}]"#,
            r#"[{"index":18446744073709551615,"embedding":[1]}]"#,
        ] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
