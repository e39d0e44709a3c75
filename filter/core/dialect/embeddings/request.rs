//! What a client asks for.

use serde_json::value::RawValue;

use super::vector::Encoding;
use crate::dialect::beyond::Beyond;
use crate::dialect::object::Object;
use crate::dialect::task::check_crowd;
use crate::dialect::{Memo, Written};
use crate::hub::json::{Document, Few, Number, Str, kind};
use crate::hub::{Dropped, RequestError};
use crate::json_object;

json_object! {
    struct Wire<'a> {
        model: &'a RawValue,
        input: &'a RawValue,
        dimensions: Number<'a>,
        output_dimension: Number<'a>,
        encoding_format: Str<'a>,
        user: Str<'a>,
        input_type: Str<'a>,
        task: Str<'a>,
        task_type: Str<'a>,
        task_type_camel as "taskType": Str<'a>,
    }
}

/// The most that is embedded at once: as much as OpenAI takes
/// (<https://platform.openai.com/docs/api-reference/embeddings/create>).
pub const MOST_INPUTS: usize = 2048;

/// As many inputs as there may be.
pub type Inputs<T> = Few<T, MOST_INPUTS>;

/// A request for embeddings.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// How long the text is that it was read from, in bytes.
    length: usize,
    /// What is to be embedded: strings and objects, raw.
    pub inputs: Vec<&'a RawValue>,
    /// How long the vectors are to be.
    pub dimensions: Option<Number<'a>>,
    /// The name that the client gave that.
    dimensions_name: &'static str,
    /// How they are to come.
    pub encoding: Encoding,
    /// What they are for: the member's name, and its word.
    pub(super) purposes: Vec<(&'static str, Str<'a>)>,
    /// Whether the client says who its own user is.
    user: bool,
    /// Members that OpenAI has not.
    pub beyond: Beyond<'a>,
}

impl<'a> Wanted<'a> {
    /// Reads a client's body.
    ///
    /// # Errors
    /// Not JSON, a wrong type, tokens, nothing to embed or too much: with the field's path.
    pub fn read(body: &'a Document) -> Result<Self, RequestError> {
        check_crowd(body, "input")?;
        let wire: Wire<'a> = body.read()?;
        let input = wire.input.ok_or_else(|| RequestError::missing("input"))?;
        let encoding = match wire.encoding_format.as_deref() {
            None | Some("float") => Encoding::Float,
            Some("base64") => Encoding::Base64,
            Some(other) => {
                let found = format_args!("unknown encoding {other:?}; one of float, base64");
                return Err(RequestError::invalid("encoding_format", found));
            }
        };
        let (dimensions, dimensions_name) = match wire.dimensions {
            Some(dimensions) => (Some(dimensions), "dimensions"),
            None => (wire.output_dimension, "output_dimension"),
        };
        if let Some(number) = dimensions.filter(|number| number.as_u64().is_none()) {
            let found = format_args!("expected a whole number, found {}", kind(number.raw()));
            return Err(RequestError::invalid(dimensions_name, found));
        }
        let purposes = [
            ("input_type", wire.input_type),
            ("task", wire.task),
            ("task_type", wire.task_type),
            ("taskType", wire.task_type_camel),
        ];
        Ok(Self {
            length: body.text().len(),
            inputs: read_inputs(input)?,
            dimensions,
            dimensions_name,
            encoding,
            purposes: purposes.into_iter().filter_map(|(name, word)| Some((name, word?))).collect(),
            user: wire.user.is_some(),
            beyond: Beyond::new(wire.extra),
        })
    }

    /// The inputs, which must all be texts: string literals. `who` takes nothing else.
    ///
    /// # Errors
    /// One of them is none: its path.
    pub fn texts(&self, who: &str) -> Result<impl Iterator<Item = &'a str>, RequestError> {
        match self.inputs.iter().position(|input| !is_text(input)) {
            Some(place) => {
                let why = format_args!("{who} embeds nothing but texts");
                Err(RequestError::unsupported(format!("input[{place}]"), why))
            }
            None => Ok(self.inputs.iter().map(|input| input.get())),
        }
    }

    /// The same for who has no say in how long vectors are.
    ///
    /// # Errors
    /// The client asks for a length.
    pub fn any_length(&self, who: &str) -> Result<(), RequestError> {
        match self.dimensions {
            Some(_) => {
                let why = format_args!("{who} cannot be told how long its vectors are to be");
                Err(RequestError::unsupported(self.dimensions_name, why))
            }
            None => Ok(()),
        }
    }

    /// The digits of how long vectors are to be.
    pub fn length_wanted(&self) -> Option<&'a str> {
        self.dimensions.map(Number::digits)
    }

    /// Adds the members that the vendor knows, and reports all others. Those `expressed` are told otherwise.
    pub fn add_members(
        &self,
        object: Object,
        known: &[&str],
        expressed: &[&str],
        dropped: &mut Dropped,
    ) -> Object {
        dropped.add_if(self.user, "user");
        self.beyond.add_to(object, known, expressed, dropped)
    }

    /// Room for the body that is made of it.
    pub const fn room(&self) -> usize {
        self.length.saturating_add(256)
    }

    /// The body, and what its answer depends on.
    pub fn written(&self, body: String, model: &str, encoding: Encoding) -> Written {
        let mut memo = Memo::default();
        memo.note("model", model);
        memo.note("inputs", self.inputs.len().to_string());
        memo.note("encoding", encoding.word());
        Written { body: body.into_bytes(), memo, header: None }
    }
}

/// Whether a value is a string.
pub fn is_text(value: &RawValue) -> bool {
    value.get().starts_with('"')
}

fn read_inputs(input: &RawValue) -> Result<Vec<&RawValue>, RequestError> {
    let expected = |path: String, found: &str| {
        RequestError::invalid(path, format_args!("expected a text or a list of texts, found {found}"))
    };
    if is_text(input) {
        return Ok(vec![input]);
    }
    let Some(inner) = input.get().strip_prefix('[') else {
        return Err(expected("input".to_owned(), kind(input)));
    };
    // A list of numbers, or of such lists.
    if inner.trim_start().starts_with(|first: char| first == '[' || first == '-' || first.is_ascii_digit()) {
        let why = "tokens of OpenAI's mean nothing to this target's models: send texts";
        return Err(RequestError::unsupported("input", why));
    }
    let Few(inputs): Inputs<&RawValue> =
        serde_json::from_str(input.get()).map_err(|error| RequestError::json_of("input", &error))?;
    if inputs.is_empty() {
        return Err(RequestError::invalid("input", "expected at least one text, found an empty list"));
    }
    match inputs.iter().enumerate().find(|(_, input)| !is_text(input) && kind(input) != "an object") {
        Some((place, input)) => Err(expected(format!("input[{place}]"), kind(input))),
        None => Ok(inputs),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Purpose, Words};
    use super::*;
    use crate::hub::Param;

    fn refused(body: &str) -> (Option<Param>, &'static str) {
        let error = Wanted::read(&Document::new(body)).unwrap_err();
        (error.param, error.code)
    }

    #[test]
    fn what_is_wrong_is_named() {
        let many = format!(r#"{{"input":[{}""]}}"#, r#""","#.repeat(MOST_INPUTS));
        for (body, param, code) in [
            ("{}", "input", "missing_field"),
            (r#"{"input":7}"#, "input", "invalid_value"),
            (r#"{"input":[ ]}"#, "input", "invalid_value"),
            (r#"{"input":["a",7]}"#, "input[1]", "invalid_value"),
            (r#"{"input":["a",[7]]}"#, "input[1]", "invalid_value"),
            (r#"{"input":[7,8]}"#, "input", "unsupported_parameter"),
            (r#"{"input":[[7,8]]}"#, "input", "unsupported_parameter"),
            (many.as_str(), "input", "invalid_value"),
            (r#"{"input":"a","dimensions":1.5}"#, "dimensions", "invalid_value"),
            (r#"{"input":"a","output_dimension":"many"}"#, "output_dimension", "invalid_value"),
            (r#"{"input":"a","encoding_format":"hex"}"#, "encoding_format", "invalid_value"),
            (r#"{"input":"a","user":7}"#, "user", "invalid_value"),
        ] {
            assert_eq!(refused(body), (Some(Param::from(param)), code), "{body:.60}");
        }
        assert_eq!(refused("["), (None, "invalid_json"));
    }

    #[test]
    fn a_purpose_is_told_in_the_words_of_whoever_is_asked() {
        const WORDS: Words = Words {
            member: "input_type",
            own: &["mine"],
            words: &[(Purpose::Query, "search_query"), (Purpose::Document, "search_document")],
        };
        for (said, want, reported) in [
            (r#""input_type":"query""#, Some("search_query"), false),
            (r#""taskType":"RETRIEVAL_DOCUMENT""#, Some("search_document"), false),
            (r#""input_type":"image""#, Some("image"), false),
            (r#""task":"code.query""#, None, true),
            (r#""input_type":"clustering""#, None, true),
            (r#""input_type":"query","task":"query""#, Some("search_query"), true),
            (r#""input_type":null"#, None, false),
        ] {
            let body = Document::new(format!(r#"{{"input":"a",{said}}}"#));
            let mut dropped = Dropped::default();
            let wanted = Wanted::read(&body).unwrap();
            assert_eq!((WORDS.say(&wanted, &mut dropped), dropped.is_empty()), (want, !reported), "{said}");
        }
    }
}
