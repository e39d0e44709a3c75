//! What a client asks for.

use serde_json::value::RawValue;

use crate::dialect::beyond::Beyond;
use crate::dialect::task::check_crowd;
use crate::dialect::{Memo, Written};
use crate::hub::json::{Document, Few, Number, kind};
use crate::hub::{Dropped, RequestError};
use crate::json_object;

json_object! {
    struct Wire<'a> {
        model: &'a RawValue,
        query: &'a RawValue,
        documents: &'a RawValue,
        top_n: Number<'a>,
        max_tokens_per_doc: Number<'a>,
        return_documents: bool,
    }
}

/// The most documents that are ranked at once. Cohere recommends a thousand, and takes ten times as many:
/// <https://docs.cohere.com/reference/rerank>.
pub const MOST_DOCUMENTS: usize = 10_000;

/// As many of something as there may be documents.
pub type Documents<T> = Few<T, MOST_DOCUMENTS>;

/// A request to rank.
#[derive(Debug)]
pub struct Asked<'a> {
    /// How long the text is that it was read from, in bytes.
    length: usize,
    /// What is looked for: a string, raw.
    pub query: &'a str,
    /// Where: strings and objects, raw.
    pub documents: Vec<&'a RawValue>,
    /// All of that, as it was written.
    written: &'a str,
    /// How many are wanted.
    pub top_n: Option<Number<'a>>,
    /// How much of a document is to be read.
    pub max_tokens_per_doc: Option<Number<'a>>,
    /// The documents are to come back.
    return_documents: bool,
    /// Members that are not Cohere's.
    pub beyond: Beyond<'a>,
}

impl<'a> Asked<'a> {
    /// Reads a client's body.
    ///
    /// # Errors
    /// Not JSON, a wrong type, nothing to rank or too much: with the field's path.
    pub fn read(body: &'a Document) -> Result<Self, RequestError> {
        check_crowd(body, "documents")?;
        let wire: Wire<'a> = body.read()?;
        let query = wire.query.ok_or_else(|| RequestError::missing("query"))?;
        if kind(query) != "a string" {
            let found = format_args!("expected a text, found {}", kind(query));
            return Err(RequestError::invalid("query", found));
        }
        for (number, name, least) in
            [(wire.top_n, "top_n", 1), (wire.max_tokens_per_doc, "max_tokens_per_doc", 1)]
        {
            if number.is_some_and(|number| number.as_u64().is_none_or(|number| number < least)) {
                return Err(RequestError::invalid(name, "expected a whole number of at least 1"));
            }
        }
        let documents = wire.documents.ok_or_else(|| RequestError::missing("documents"))?;
        Ok(Self {
            length: body.text().len(),
            query: query.get(),
            documents: read_documents(documents)?,
            written: documents.get(),
            top_n: wire.top_n,
            max_tokens_per_doc: wire.max_tokens_per_doc,
            return_documents: wire.return_documents.unwrap_or_default(),
            beyond: Beyond::new(wire.extra),
        })
    }

    /// The texts of the documents: string literals. `who` takes nothing else.
    ///
    /// # Errors
    /// A document has no text: its path.
    pub fn texts(&self, who: &str) -> Result<Vec<&'a str>, RequestError> {
        let texts = self.documents.iter().enumerate().map(|(place, document)| {
            let why = || format!("{who} ranks nothing but texts: expected one, or an object with a `text`");
            text(document).ok_or_else(|| RequestError::unsupported(format!("documents[{place}]"), why()))
        });
        texts.collect()
    }

    /// Reports a limit of how much of a document is read, for who has none.
    pub fn reads_all(&self, dropped: &mut Dropped) {
        dropped.add_if(self.max_tokens_per_doc.is_some(), "max_tokens_per_doc");
    }

    /// Room for the body that is made of it.
    pub const fn room(&self) -> usize {
        self.length.saturating_add(256)
    }

    /// The body, and what its answer depends on.
    pub fn written(&self, body: String) -> Written {
        let mut memo = Memo::default();
        memo.note("count", self.documents.len().to_string());
        if let Some(most) = self.top_n {
            memo.note("top_n", most.digits());
        }
        if self.return_documents {
            memo.note("documents", self.written);
        }
        Written { body: body.into_bytes(), memo, header: None }
    }
}

/// The text of a document, as a literal.
fn text(document: &RawValue) -> Option<&str> {
    json_object! { struct Wire<'a> { text: &'a RawValue, .. } }
    match kind(document) {
        "a string" => Some(document.get()),
        _ => {
            let wire: Wire<'_> = serde_json::from_str(document.get()).ok()?;
            wire.text.filter(|text| kind(text) == "a string").map(RawValue::get)
        }
    }
}

fn read_documents(documents: &RawValue) -> Result<Vec<&RawValue>, RequestError> {
    let Few(read): Documents<&RawValue> =
        serde_json::from_str(documents.get()).map_err(|error| RequestError::json_of("documents", &error))?;
    if read.is_empty() {
        return Err(RequestError::invalid(
            "documents",
            "expected at least one document, found an empty list",
        ));
    }
    match read.iter().enumerate().find(|(_, document)| !matches!(kind(document), "a string" | "an object")) {
        Some((place, document)) => {
            let found = format_args!("expected a text or an object, found {}", kind(document));
            Err(RequestError::invalid(format!("documents[{place}]"), found))
        }
        None => Ok(read),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Param;

    #[test]
    fn what_is_wrong_is_named() {
        let many = format!(r#"{{"query":"q","documents":[{}""]}}"#, r#""","#.repeat(MOST_DOCUMENTS));
        for (body, param, code) in [
            (r#"{"documents":["a"]}"#, "query", "missing_field"),
            (r#"{"query":{"a":1},"documents":["a"]}"#, "query", "invalid_value"),
            (r#"{"query":"q"}"#, "documents", "missing_field"),
            (r#"{"query":"q","documents":"a"}"#, "documents", "invalid_value"),
            (r#"{"query":"q","documents":[]}"#, "documents", "invalid_value"),
            (r#"{"query":"q","documents":["a",7]}"#, "documents[1]", "invalid_value"),
            (many.as_str(), "documents", "invalid_value"),
            (r#"{"query":"q","documents":["a"],"top_n":0}"#, "top_n", "invalid_value"),
            (r#"{"query":"q","documents":["a"],"top_n":"2"}"#, "top_n", "invalid_value"),
            (r#"{"query":"q","documents":["a"],"return_documents":1}"#, "return_documents", "invalid_value"),
        ] {
            let error = Asked::read(&Document::new(body)).unwrap_err();
            assert_eq!((error.param, error.code), (Some(Param::from(param)), code), "{body:.60}");
        }
        let body = Document::new(r#"{"query":"q","documents":["a",{"text":"b","c":1},{"c":1}]}"#);
        let mut asked = Asked::read(&body).unwrap();
        assert_eq!(asked.texts("V").unwrap_err().param, Some(Param::from("documents[2]")));
        asked.documents.truncate(2);
        assert_eq!(asked.texts("V").unwrap(), [r#""a""#, r#""b""#]);
    }
}
