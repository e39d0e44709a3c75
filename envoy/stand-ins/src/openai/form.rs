//! Forms with files in them: <https://www.rfc-editor.org/rfc/rfc7578>.

use axum::http::{HeaderMap, header};

/// A field of a form.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Field<'a> {
    /// Its name.
    pub(super) name: String,
    /// The name of the file that it holds, if it holds one.
    pub(super) file: Option<String>,
    /// Its bytes.
    pub(super) bytes: &'a [u8],
}

/// The fields of a body, if it is a form.
pub(super) fn read<'a>(headers: &HeaderMap, body: &'a [u8]) -> Option<Vec<Field<'a>>> {
    let kind = headers.get(header::CONTENT_TYPE)?.to_str().ok()?;
    let boundary = kind.strip_prefix("multipart/form-data")?.split(';').find_map(|parameter| {
        let (name, value) = parameter.trim().split_once('=')?;
        name.eq_ignore_ascii_case("boundary").then(|| value.trim_matches('"'))
    })?;
    let between = format!("\r\n--{boundary}");
    // The first boundary begins the body, with no line before it.
    let mut rest = body.strip_prefix(between.trim_start().as_bytes())?;
    let mut fields = Vec::new();
    while !rest.starts_with(b"--") {
        let (field, after) = split(rest.strip_prefix(b"\r\n")?, between.as_bytes())?;
        let (head, bytes) = split(field, b"\r\n\r\n")?;
        fields.push(read_field(std::str::from_utf8(head).ok()?, bytes)?);
        rest = after;
    }
    Some(fields)
}

fn read_field<'a>(head: &str, bytes: &'a [u8]) -> Option<Field<'a>> {
    let disposition = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-disposition").then_some(value)
    })?;
    let parameter = |wanted: &str| {
        disposition.split(';').find_map(|parameter| {
            let (name, value) = parameter.trim().split_once('=')?;
            (name == wanted).then(|| value.trim_matches('"').to_owned())
        })
    };
    Some(Field { name: parameter("name")?, file: parameter("filename"), bytes })
}

/// What comes before a mark, and what behind it.
fn split<'a>(bytes: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = bytes.windows(mark.len()).position(|window| window == mark)?;
    let (before, from) = bytes.split_at_checked(at)?;
    Some((before, from.get(mark.len()..)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields<'a>(kind: &str, body: &'a str) -> Option<Vec<Field<'a>>> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, kind.parse().unwrap())]);
        read(&headers, body.as_bytes())
    }

    #[test]
    fn fields_have_names_and_bytes() {
        let body = "--x-1\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--x-1\r\n\
                    content-disposition: form-data; name=\"file\"; filename=\"a b.jsonl\"\r\nContent-Type: text/plain\r\n\r\n\
                    {}\r\n--x\r\n\r\n--x-1--\r\n";
        let purpose = Field { name: "purpose".to_owned(), file: None, bytes: b"batch" };
        let file =
            Field { name: "file".to_owned(), file: Some("a b.jsonl".to_owned()), bytes: b"{}\r\n--x\r\n" };
        assert_eq!(fields("multipart/form-data; boundary=\"x-1\"", body), Some(vec![purpose, file]));
        assert_eq!(fields("multipart/form-data; boundary=x-1", "--x-1--\r\n"), Some(Vec::new()));
    }

    #[test]
    fn what_is_no_form_is_none() {
        for (kind, body) in [
            ("application/json", "{}"),
            ("multipart/form-data", "--x--"),
            ("multipart/form-data; boundary=x", ""),
            ("multipart/form-data; boundary=x", "--x\r\n"),
            ("multipart/form-data; boundary=x", "--x\r\nA: b\r\n\r\nc\r\n--x--"),
            ("multipart/form-data; boundary=x", "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nc"),
        ] {
            assert_eq!(fields(kind, body), None, "{body}");
        }
    }
}
