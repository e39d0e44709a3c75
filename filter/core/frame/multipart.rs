//! The head of a `multipart/form-data` body (RFC 7578): its short fields, as far as they come before the first file.

use std::ops::Range;

/// What is known of a field.
#[derive(Debug, PartialEq, Eq)]
pub enum Field {
    /// More of the body must come.
    Unclear,
    /// Its value lies here.
    At(Range<usize>),
    /// It does not come before a file, or not at all.
    Missing,
}

/// The boundary that a content type names.
pub fn boundary(content_type: &str) -> Option<&str> {
    let (kind, parameters) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let named = parameters.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    let (_, value) = named.into_iter().find(|(name, _)| name.trim().eq_ignore_ascii_case("boundary"))?;
    let value = value.trim().trim_matches('"');
    (!value.is_empty() && value.len() <= 70).then_some(value)
}

/// Looks for a field in the beginning of a body.
pub fn find(body: &[u8], boundary: &str, field: &str) -> Field {
    let delimiter = format!("\r\n--{boundary}");
    let mut at = match body.starts_with(delimiter.as_bytes().get(2..).unwrap_or_default()) {
        true => delimiter.len().saturating_sub(2),
        false => match end_of(body, 0, delimiter.as_bytes()) {
            Some(at) => at,
            None => return Field::Unclear,
        },
    };
    loop {
        let rest = body.get(at..).unwrap_or_default();
        if rest.starts_with(b"--") {
            return Field::Missing;
        }
        let Some(start) = end_of(body, at, b"\r\n\r\n") else { return Field::Unclear };
        let head = String::from_utf8_lossy(body.get(at..start).unwrap_or_default());
        let disposition = head.lines().find(|line| {
            line.get(..20).is_some_and(|name| name.eq_ignore_ascii_case("content-disposition:"))
        });
        let disposition = disposition.unwrap_or_default();
        if parameter(disposition, "filename").is_some() || disposition.contains("filename*") {
            return Field::Missing;
        }
        let Some(next) = end_of(body, start, delimiter.as_bytes()) else { return Field::Unclear };
        if parameter(disposition, "name") == Some(field) {
            return Field::At(start..next.saturating_sub(delimiter.len()));
        }
        at = next;
    }
}

/// The value of a header's parameter.
fn parameter<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let pairs = header.split(';').filter_map(|parameter| parameter.trim().split_once('='));
    pairs.into_iter().find(|(known, _)| *known == name).map(|(_, value)| value.trim_matches('"'))
}

/// Where the first `what` at or after `from` ends.
fn end_of(body: &[u8], from: usize, what: &[u8]) -> Option<usize> {
    let found = body.get(from..)?.windows(what.len()).position(|window| window == what)?;
    found.checked_add(from)?.checked_add(what.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n--x\r\n\
        content-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--x\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n\0\u{1}\r\n--x--\r\n";

    #[test]
    fn a_field_is_found_once_all_of_it_is_there() {
        let start = FORM.find("whisper-1").unwrap();
        let end = start + "whisper-1".len();
        for length in 0..=FORM.len() {
            let want = if length >= end + 5 { Field::At(start..end) } else { Field::Unclear };
            assert_eq!(find(&FORM.as_bytes()[..length], "x", "model"), want, "{length}");
        }
        let purpose = FORM.find("assistants").unwrap();
        assert_eq!(find(FORM.as_bytes(), "x", "purpose"), Field::At(purpose..purpose + 10));
    }

    #[test]
    fn nothing_is_looked_for_behind_a_file() {
        assert_eq!(find(FORM.as_bytes(), "x", "language"), Field::Missing);
        assert_eq!(find(b"--x--", "x", "model"), Field::Missing);
        assert_eq!(find(b"", "x", "model"), Field::Unclear);
        assert_eq!(find(b"preamble\r\n--x--", "x", "model"), Field::Missing);
    }

    #[test]
    fn boundaries() {
        assert_eq!(boundary("multipart/form-data; boundary=abc"), Some("abc"));
        assert_eq!(boundary("Multipart/Form-Data; charset=x; Boundary=\"a b\""), Some("a b"));
        for wrong in ["multipart/form-data", "text/plain; boundary=a", "multipart/form-data; boundary=", ""] {
            assert_eq!(boundary(wrong), None, "{wrong}");
        }
    }
}
