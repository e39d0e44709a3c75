//! Percent-encoding (RFC 3986, 2.1): how text goes where only some bytes may.

use std::borrow::Cow;
use std::fmt::Write;

/// Text with every byte escaped that is not plain.
pub fn escaped(text: &str, plain: impl Fn(u8) -> bool) -> Cow<'_, str> {
    if text.bytes().all(&plain) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len());
    for byte in text.bytes() {
        match plain(byte) {
            true => escaped.push(char::from(byte)),
            // Writing to a string cannot fail.
            false => drop(write!(escaped, "%{byte:02X}")),
        }
    }
    Cow::Owned(escaped)
}

/// Text as a header may hold it: of names that are not ASCII, nothing is lost.
pub fn in_header(text: &str) -> Cow<'_, str> {
    escaped(text, |byte| matches!(byte, b' '..=b'~') && byte != b'%')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_comes_out_as_it_went_in() {
        for (text, want) in [
            ("gpt-4o mini", "gpt-4o mini"),
            ("modèle", "mod%C3%A8le"),
            ("100%", "100%25"),
            ("a\r\nb\u{7f}", "a%0D%0Ab%7F"),
            ("", ""),
        ] {
            assert_eq!(in_header(text), want);
        }
        assert!(matches!(in_header("plain"), Cow::Borrowed(_)));
    }
}
