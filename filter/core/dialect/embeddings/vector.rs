//! One embedding: a list of numbers, or the same as base64 of 32-bit floats, least byte first
//! (<https://platform.openai.com/docs/api-reference/embeddings/create>, `encoding_format`; the official SDKs read it so).

use std::borrow::Cow;

use serde_json::value::RawValue;

use crate::hub::{Malformed, decode, encode};

/// How embeddings are to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// As numbers.
    Float,
    /// As base64.
    Base64,
    /// As the vendor has it: the client asked for a kind of the vendor's own.
    Own,
}

const WORDS: [(Encoding, &str); 3] =
    [(Encoding::Float, "float"), (Encoding::Base64, "base64"), (Encoding::Own, "own")];

impl Encoding {
    /// The word for it, in a memo.
    pub fn word(self) -> &'static str {
        WORDS.iter().find(|(encoding, _)| *encoding == self).map_or("", |(_, word)| word)
    }

    /// What a word in a memo stands for.
    pub fn of_word(word: &str) -> Self {
        WORDS.iter().find(|(_, known)| *known == word).map_or(Self::Float, |(encoding, _)| *encoding)
    }

    /// A vector as it is wanted.
    ///
    /// # Errors
    /// It is no vector.
    pub fn of(self, vector: &RawValue) -> Result<Cow<'_, str>, Malformed> {
        let text = vector.get();
        let digits = numbers(text);
        let base64 = text.strip_prefix('"').and_then(|text| text.strip_suffix('"'));
        match (self, digits, base64) {
            (Self::Float | Self::Own, Some(_), _) | (Self::Base64 | Self::Own, _, Some(_)) => Ok(text.into()),
            (Self::Base64, Some(digits), _) => packed(digits).map(Cow::Owned),
            (Self::Float, _, Some(base64)) => unpacked(base64).map(Cow::Owned),
            (_, None, None) => Err(Malformed("an embedding is no list of numbers".to_owned())),
        }
    }
}

/// What stands between the brackets of a list that has nothing but numbers in it.
fn numbers(text: &str) -> Option<&str> {
    let inner = text.strip_prefix('[')?.strip_suffix(']')?;
    // It is JSON: a number begins and goes on with these alone, and nothing else does.
    let is_number = |byte: u8| {
        matches!(byte, b'0'..=b'9' | b'-' | b'+' | b'.' | b'e' | b'E' | b',' | b' ' | b'\n' | b'\r' | b'\t')
    };
    inner.bytes().all(is_number).then_some(inner)
}

/// Numbers as base64.
fn packed(digits: &str) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(digits.len() / 2);
    for number in digits.split(',').map(str::trim).filter(|number| !number.is_empty()) {
        let number = number.parse::<f32>().ok().filter(|number| number.is_finite());
        let number = number.ok_or_else(|| Malformed("an embedding's number is too large".to_owned()))?;
        bytes.extend_from_slice(&number.to_le_bytes());
    }
    Ok(format!("\"{}\"", encode(&bytes)))
}

/// Base64 as numbers.
fn unpacked(base64: &str) -> Result<String, Malformed> {
    let none = || Malformed("an embedding is no base64 of 32-bit floats".to_owned());
    let bytes = decode(&base64.replace("\\/", "/")).ok_or_else(none)?;
    let (floats, rest) = bytes.as_chunks::<4>();
    let floats: Vec<_> = floats.iter().map(|bytes| f32::from_le_bytes(*bytes)).collect();
    if !rest.is_empty() || floats.iter().any(|float| !float.is_finite()) {
        return Err(none());
    }
    // Finite numbers are always JSON.
    Ok(serde_json::to_string(&floats).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(encoding: Encoding, vector: &str) -> Option<String> {
        let vector: &RawValue = serde_json::from_str(vector).unwrap();
        encoding.of(vector).ok().map(Cow::into_owned)
    }

    #[test]
    fn numbers_and_base64_are_the_same_vector() {
        for (vector, base64) in [
            ("[1.0,-0.5]", "\"AACAPwAAAL8=\""),
            ("[]", "\"\""),
            ("[ 1e-45 ,0]", "\"AQAAAAAAAAA=\""),
            ("[16777216.0]", "\"AACASw==\""),
        ] {
            assert_eq!(of(Encoding::Base64, vector).as_deref(), Some(base64), "{vector}");
            assert_eq!(of(Encoding::Float, vector).as_deref(), Some(vector), "digits stay");
            let unpacked = of(Encoding::Float, base64).unwrap();
            assert_eq!(of(Encoding::Base64, &unpacked).as_deref(), Some(base64), "{unpacked}");
            assert_eq!(of(Encoding::Own, base64).as_deref(), Some(base64));
        }
        assert_eq!(of(Encoding::Float, "\"AACAPwAAAL8=\"").as_deref(), Some("[1.0,-0.5]"));
    }

    #[test]
    fn what_is_no_vector_is_none() {
        for vector in ["[[1]]", "[\"1\"]", "[null]", "{}", "7", "null", "[true]"] {
            for encoding in [Encoding::Float, Encoding::Base64, Encoding::Own] {
                assert_eq!(of(encoding, vector), None, "{vector}");
            }
        }
        assert_eq!(of(Encoding::Base64, "[1e39]"), None);
        for base64 in ["\"AAA=\"", "\"AADAfw==\"", "\"*\""] {
            assert_eq!(of(Encoding::Float, base64), None, "{base64}");
        }
    }
}
