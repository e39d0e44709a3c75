//! As much of HTTP/1.1 as both ends here need, at little cost: heads, lengths, chunks.

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
    pub fn chunk(&mut self, body: &mut Vec<u8>) -> Option<bool> {
        let rest = self.rest();
        let line = find(rest, b"\r\n")?;
        let size = std::str::from_utf8(rest.get(..line)?).ok()?;
        let size = usize::from_str_radix(size, 16).ok()?;
        let chunk = rest.get(line + 2..line + 2 + size + 2)?;
        body.extend_from_slice(chunk.get(..size)?);
        self.start += line + 2 + size + 2;
        Some(size == 0)
    }
}

/// How the body after this head ends.
pub fn framing(head: &[u8]) -> Framing {
    let length =
        field(head, b"content-length").and_then(|value| std::str::from_utf8(value).ok()?.parse().ok());
    length.map_or(Framing::Chunked, Framing::Length)
}

/// A header's value. Names are lower-case, as Envoy writes them.
pub fn field<'a>(head: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    head.split(|byte| *byte == b'\n').find_map(|line| {
        let value = line.strip_prefix(name)?.strip_prefix(b":")?;
        Some(value.trim_ascii())
    })
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|part| part == wanted)
}
