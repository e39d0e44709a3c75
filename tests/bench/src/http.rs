//! As much of HTTP/1.1 as both ends here need, at little cost: heads, lengths, chunks.

use crate::Outcome;

/// Bytes that came from a connection and were not used yet.
#[derive(Debug, Default)]
pub struct Incoming {
    bytes: Vec<u8>,
    start: usize,
}

/// How the end of a body is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// By its length.
    Length(usize),
    /// By its last chunk.
    Chunked,
}

impl Incoming {
    /// Where the next bytes go.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        if self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        &mut self.bytes
    }

    fn rest(&self) -> &[u8] {
        self.bytes.get(self.start..).unwrap_or_default()
    }

    /// A complete head, its empty line included. `None` until all of it has come.
    pub fn head(&mut self) -> Option<&[u8]> {
        let length = find(self.rest(), b"\r\n\r\n")? + 4;
        let start = self.start;
        self.start += length;
        self.bytes.get(start..start + length)
    }

    /// At most `most` bytes of what has come.
    pub fn take(&mut self, most: usize) -> &[u8] {
        let length = self.rest().len().min(most);
        let start = self.start;
        self.start += length;
        self.bytes.get(start..start + length).unwrap_or_default()
    }

    /// Moves a whole chunk to `body`. `None` until all of it has come; true when it was the last.
    pub fn chunk(&mut self, body: &mut Vec<u8>) -> Outcome<Option<bool>> {
        let rest = self.rest();
        let Some((line, _)) = find(rest, b"\r\n").and_then(|end| rest.split_at_checked(end)) else {
            return Ok(None);
        };
        let size = std::str::from_utf8(line)?.split(';').next().unwrap_or_default();
        let size = u32::from_str_radix(size.trim(), 16)? as usize;
        let (start, end) = (line.len() + 2, line.len() + 2 + size);
        if rest.len() < end + 2 {
            return Ok(None);
        }
        body.extend_from_slice(rest.get(start..end).unwrap_or_default());
        self.start += end + 2;
        Ok(Some(size == 0))
    }
}

/// How the body after this head ends.
pub fn framing(head: &[u8]) -> Framing {
    let length =
        field(head, b"content-length").and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    length.map_or(Framing::Chunked, Framing::Length)
}

/// A header's value.
pub fn field<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let (found, value) = line.split_at_checked(name.len())?;
        Some(value.strip_prefix(b":")?.trim_ascii()).filter(|_| found.eq_ignore_ascii_case(name))
    })
}

/// Where `wanted` begins.
pub fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_headers_have_no_case() {
        let head = b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nx-a:b\r\n\r\n";
        assert_eq!(framing(head), Framing::Length(12));
        assert_eq!(field(head, b"x-a"), Some(b"b".as_slice()));
        assert_eq!(field(head, b"content"), None);
    }

    #[test]
    fn chunks_are_read_as_they_come() {
        let mut incoming = Incoming::default();
        let mut body = Vec::new();
        incoming.tail().extend_from_slice(b"3;x=y\r\nab");
        assert_eq!(incoming.chunk(&mut body).unwrap(), None);
        incoming.tail().extend_from_slice(b"c\r\n0\r\n\r\n");
        assert_eq!(incoming.chunk(&mut body).unwrap(), Some(false));
        assert_eq!(incoming.chunk(&mut body).unwrap(), Some(true));
        assert_eq!(body, b"abc");
        incoming.tail().extend_from_slice(b"no size\r\n");
        assert!(incoming.chunk(&mut body).is_err());
    }
}
