//! The head of a `multipart/form-data` body (RFC 7578): its short fields, before and behind files that are as short.
//!
//! Readers of forms differ in what they make of odd ones. Whoever reads one here must find what the provider finds, so
//! nothing is found in a form that is not plain: whose boundary goes on, whose heads break lines by less than CR LF, or
//! whose parameters are given twice, escaped or extended.

use std::ops::Range;

/// What is known of a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Field {
    /// More of the body must come.
    Unclear,
    /// Its value lies here.
    At(Range<usize>),
    /// It does not come at all, or not plainly.
    Missing,
}

/// Looks for a field in the beginning of a body that comes in pieces, each byte of which is looked at once.
#[derive(Clone, Debug)]
pub struct Search {
    /// What stands between parts, without the line break before it.
    mark: Vec<u8>,
    place: Place,
    /// Up to where nothing was found.
    from: usize,
}

/// How far a search has come.
#[derive(Clone, Debug)]
enum Place {
    /// Before the first part.
    Before,
    /// In the head of a part, which begins here.
    Head(usize),
    /// In a value, which begins here; whether it is the one that is looked for.
    Value(usize, bool),
}

/// The boundary that a content type names.
pub fn boundary(content_type: &str) -> Option<&str> {
    let (kind, rest) = content_type.split_once(';')?;
    if !kind.trim().eq_ignore_ascii_case("multipart/form-data") {
        return None;
    }
    let value = once(&parameters(rest)?, "boundary").ok()??;
    (!value.is_empty() && value.len() <= 70).then_some(value)
}

impl Search {
    /// A search in a body whose parts are parted by this.
    pub fn new(boundary: &str) -> Self {
        Self { mark: format!("--{boundary}").into_bytes(), place: Place::Before, from: 0 }
    }

    /// Looks for a field in what has come of the body, all of it from its beginning.
    pub fn find(&mut self, body: &[u8], field: &str) -> Field {
        let Self { mark, place, from } = self;
        loop {
            let what = match place {
                Place::Before | Place::Value(..) => mark.as_slice(),
                Place::Head(_) => b"\r\n\r\n",
            };
            let Some(end) = end_of(body, from, what) else { return Field::Unclear };
            if let Place::Head(start) = *place {
                let Some(sought) = is_sought(body.get(start..end).unwrap_or_default(), field) else {
                    return Field::Missing;
                };
                (*place, *from) = (Place::Value(end, sought), end);
                continue;
            }
            let Some(next) = body.get(end..).and_then(|rest| rest.first_chunk::<2>()) else {
                return Field::Unclear;
            };
            let before = body.get(..end.saturating_sub(mark.len())).unwrap_or_default();
            let value = match *place {
                Place::Value(start, sought) => before.get(start..).map(|value| (start, value, sought)),
                // The first part needs no line break before it.
                Place::Before | Place::Head(_) => Some((0, before, false)).filter(|_| !before.is_empty()),
            };
            match (value, next) {
                (Some((_, value, _)), _) if !value.ends_with(b"\r\n") => return Field::Missing,
                (Some((start, value, true)), b"\r\n" | b"--") => {
                    return Field::At(start..start.saturating_add(value.len()).saturating_sub(2));
                }
                // The head begins with the line break: one without lines is empty.
                (_, b"\r\n") => (*place, *from) = (Place::Head(end), end),
                _ => return Field::Missing,
            }
        }
    }
}

/// Where the first `what` ends that was not found before.
fn end_of(body: &[u8], from: &mut usize, what: &[u8]) -> Option<usize> {
    match memchr::memmem::find(body.get(*from..)?, what) {
        Some(at) => from.checked_add(at)?.checked_add(what.len()),
        None => {
            // It may have begun.
            *from = body.len().saturating_sub(what.len().saturating_sub(1)).max(*from);
            None
        }
    }
}

/// Whether a part with this head, the empty line at its end included, is the field; `None` if nobody can say. A file is
/// none.
fn is_sought(head: &[u8], field: &str) -> Option<bool> {
    let head = std::str::from_utf8(head).ok()?;
    let mut dispositions = Vec::new();
    for line in head.split("\r\n").filter(|line| !line.is_empty()) {
        let (name, value) = line.split_once(':')?;
        if line.contains(['\r', '\n', '\0']) || name.is_empty() || name.contains(char::is_whitespace) {
            return None;
        }
        if name.eq_ignore_ascii_case("content-disposition") {
            dispositions.push(value);
        }
    }
    let [disposition] = dispositions.as_slice() else { return None };
    let (kind, rest) = disposition.split_once(';')?;
    let parameters = parameters(rest).filter(|_| kind.trim().eq_ignore_ascii_case("form-data"))?;
    if parameters.iter().any(|(name, _)| name.contains('*')) {
        return None;
    }
    let is_file = once(&parameters, "filename").ok()?.is_some();
    match once(&parameters, "name").ok()?? == field {
        // To some it is the field all the same.
        true if is_file => None,
        is_field => Some(is_field),
    }
}

/// The parameters of a header; `None` if they are not plain.
fn parameters(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut parameters = Vec::new();
    let mut rest = text.trim();
    while !rest.is_empty() {
        let (name, after) = rest.split_once('=')?;
        let (value, after) = match after.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"')?,
            None => after.split_at(after.find(';').unwrap_or(after.len())),
        };
        let name = name.trim();
        if name.is_empty() || name.contains([';', '"', ' ', '\t']) || value.contains(['\\', '"']) {
            return None;
        }
        parameters.push((name, value.trim()));
        rest = match after.trim_start() {
            "" => "",
            after => after.strip_prefix(';')?.trim_start(),
        };
    }
    Some(parameters)
}

/// The value of a parameter.
///
/// # Errors
/// It is given more than once.
fn once<'a>(parameters: &[(&str, &'a str)], name: &str) -> Result<Option<&'a str>, ()> {
    let mut values = parameters.iter().filter(|(known, _)| known.eq_ignore_ascii_case(name));
    match (values.next(), values.next()) {
        (_, Some(_)) => Err(()),
        (value, None) => Ok(value.map(|(_, value)| *value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: &str = "--x\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nassistants\r\n--x\r\n\
        content-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--x\r\n\
        Content-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\n\r\n\0\u{1}\r\n--x--\r\n";

    fn find(body: &[u8], field: &str) -> Field {
        let whole = Search::new("x").find(body, field);
        // However it comes.
        let mut search = Search::new("x");
        let mut pieces = (0..=body.len()).map(|end| search.find(&body[..end], field));
        assert_eq!(pieces.find(|found| *found != Field::Unclear).unwrap_or(Field::Unclear), whole);
        whole
    }

    #[test]
    fn a_field_is_found_once_all_of_it_is_there() {
        let start = FORM.find("whisper-1").unwrap();
        let end = start + "whisper-1".len();
        let mut search = Search::new("x");
        for length in 0..=FORM.len() {
            let want = if length >= end + 7 { Field::At(start..end) } else { Field::Unclear };
            assert_eq!(search.find(&FORM.as_bytes()[..length], "model"), want, "{length}");
        }
        let purpose = FORM.find("assistants").unwrap();
        assert_eq!(find(FORM.as_bytes(), "purpose"), Field::At(purpose..purpose + 10));
    }

    #[test]
    fn a_field_is_found_behind_a_file() {
        let file =
            "Content-Disposition: form-data; name=\"file\"; filename=\"a.mp3\"\r\nContent-Type: audio/mpeg";
        let field = "Content-Disposition: form-data; name=\"model\"";
        let mut form = format!("--x\r\n{file}\r\n\r\n").into_bytes();
        form.extend_from_slice(b"ID3\0\xff\xfb--\r\n--\r\n\r\n");
        form.extend_from_slice(format!("\r\n--x\r\n{field}\r\n\r\n").as_bytes());
        let start = form.len();
        form.extend_from_slice(b"whisper-1\r\n--x--\r\n");
        assert_eq!(find(&form, "model"), Field::At(start..start + 9));
        assert_eq!(find(&form, "language"), Field::Missing);
    }

    #[test]
    fn what_is_not_there_is_missing() {
        assert_eq!(find(FORM.as_bytes(), "language"), Field::Missing);
        assert_eq!(find(b"--x--", "model"), Field::Missing);
        assert_eq!(find(b"", "model"), Field::Unclear);
        assert_eq!(find(b"preamble\r\n--x--", "model"), Field::Missing);
    }

    /// What one reader takes for the field and another does not.
    #[test]
    fn nothing_is_found_in_a_form_that_is_not_plain() {
        for head in [
            "content-disposition: form-data; name=\"a;name=model\"",
            "content-disposition: form-data; name=\"a\"; name=model",
            "content-disposition: form-data; name=\"mod\\el\"",
            "content-disposition: form-data; name=model; FileName=a",
            "content-disposition: form-data; name=model; filename*=UTF-8''a",
            "content-disposition: form-data; name=a; name*=UTF-8''model",
            "content-disposition: form-data; name=a\r\ncontent-disposition: form-data; name=model",
            "content-disposition: form-data;\r\n name=model",
            "content-disposition : form-data; name=model",
            "x: y\ncontent-disposition: form-data; name=model",
            "content-disposition: attachment; name=model",
            "x: y",
            "",
        ] {
            let form = format!("--x\r\n{head}\r\n\r\nm\r\n--x--");
            assert_eq!(find(form.as_bytes(), "model"), Field::Missing, "{head}");
        }
        let plain = "content-disposition: form-data; name=model";
        // A boundary that goes on is another one.
        for form in [
            format!("--xy\r\n{plain}\r\n\r\nm\r\n--xy--"),
            format!("--x\r\n{plain}\r\n\r\nm\r\n--xy\r\n--x--"),
            format!("--x\n{plain}\n\nm\n--x--\r\n--x--"),
            // One without its line break is one to some.
            format!("--x\r\n{plain}\r\n\r\n--x\r\n{plain}\r\n\r\nm\r\n--x--"),
            format!("--x\r\n{plain}\r\n\r\nm\n--x\r\n--x--"),
            format!("a--x\r\n{plain}\r\n\r\nm\r\n--x--"),
        ] {
            assert_eq!(find(form.as_bytes(), "model"), Field::Missing, "{form}");
        }
        let form = format!("--x\r\n{plain}\r\nContent-Type: text/plain\r\n\r\nm\r\n--x--");
        assert!(matches!(find(form.as_bytes(), "model"), Field::At(_)));
    }

    /// A form of sixty-four kilobytes may come in as many pieces.
    #[test]
    fn each_byte_is_looked_at_once() {
        let form = format!("--x\r\n{}", "content-disposition: form-data; ".repeat(40_000));
        let mut search = Search::new("x");
        let step = 64;
        for end in (step..form.len()).step_by(step) {
            assert_eq!(search.find(&form.as_bytes()[..end], "model"), Field::Unclear);
            assert!(end - search.from <= step + 3 || end < 8, "{end} {}", search.from);
        }
    }

    #[test]
    fn boundaries() {
        assert_eq!(boundary("multipart/form-data; boundary=abc"), Some("abc"));
        assert_eq!(boundary("Multipart/Form-Data; charset=x; Boundary=\"a b\""), Some("a b"));
        assert_eq!(boundary("multipart/form-data; boundary=\"a;b\""), Some("a;b"));
        for wrong in [
            "multipart/form-data",
            "text/plain; boundary=a",
            "multipart/form-data; boundary=",
            "multipart/form-data; boundary=a; boundary=b",
            "multipart/form-data; boundary=\"a\\b\"",
            "multipart/form-data; boundary=\"a\"b",
            "",
        ] {
            assert_eq!(boundary(wrong), None, "{wrong}");
        }
    }
}
