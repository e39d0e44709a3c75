//! JSON that is delimited by line ends: bytes in arbitrary pieces to whole lines.
//!
//! Grammar: <https://github.com/ndjson/ndjson-spec>. Every line is a JSON text and ends in `\n`, which may have a `\r`
//! before it; the last line of a stream may lack its end, and an empty line says nothing. Bytes are framed first and
//! decoded as UTF-8 after, so a piece may end inside a character.

use super::Frame;

/// Bytes that wait for the rest of their line. Its frames borrow from it.
#[derive(Debug, Default)]
pub struct Lines {
    bytes: Vec<u8>,
    /// Everything before it was given out.
    start: usize,
    /// No line ends between there and here, so a long line is not searched again with every piece of it.
    searched: usize,
}

impl Lines {
    /// Takes the next piece of the stream. Free of copies while every piece ends with a line.
    pub fn push(&mut self, piece: Vec<u8>) {
        self.bytes.drain(..self.start.min(self.bytes.len()));
        self.searched = self.searched.saturating_sub(self.start);
        self.start = 0;
        if self.bytes.is_empty() {
            self.bytes = piece;
        } else {
            self.bytes.extend_from_slice(&piece);
        }
    }

    /// The next whole line; `None` when more bytes are needed.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        let from = self.searched.max(self.start);
        let Some(length) = self.bytes.get(from..)?.iter().position(|byte| *byte == b'\n') else {
            self.searched = self.bytes.len();
            return None;
        };
        let end = from.saturating_add(length).saturating_add(1);
        let line = self.start..end;
        self.start = end;
        self.searched = end;
        self.bytes.get(line).map(frame)
    }

    /// What is left when the stream has ended: its last line, if it lacks its end.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        let rest = self.start..self.bytes.len();
        self.start = self.bytes.len();
        self.searched = self.start;
        self.bytes.get(rest).filter(|raw| !raw.is_empty()).map(frame)
    }

    /// How many bytes wait for the rest of their line.
    pub fn waiting(&self) -> usize {
        self.bytes.len().saturating_sub(self.start)
    }

    /// Forgets the bytes that wait: nothing more is read of this stream.
    pub fn clear(&mut self) {
        *self = Self::default();
    }
}

/// One line, its end included.
fn frame(raw: &[u8]) -> Frame<'_> {
    let line = raw.strip_suffix(b"\n").unwrap_or(raw);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let data = (!line.is_empty()).then(|| String::from_utf8_lossy(line));
    Frame { raw, name: None, data, has_more: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<String> {
        let mut lines = Lines::default();
        let mut read = Vec::new();
        let mut take = |frame: Frame<'_>| read.extend(frame.data.map(|data| data.into_owned()));
        for piece in pieces {
            lines.push(piece.to_vec());
            while let Some(frame) = lines.next_frame() {
                take(frame);
            }
        }
        lines.finish().into_iter().for_each(&mut take);
        read
    }

    #[test]
    fn every_line_ending_and_every_cut_give_the_same_lines() {
        for ending in ["\n", "\r\n"] {
            let text = ["{\"a\":1}", "", "{\"b\":\"\u{20ac}\"}", "{\"c\":3}"].join(ending);
            for bytes in [text.as_bytes(), [&text, ending].concat().as_bytes()] {
                let want = ["{\"a\":1}", "{\"b\":\"\u{20ac}\"}", "{\"c\":3}"];
                for first in 0..=bytes.len() {
                    for second in first..=bytes.len() {
                        let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                        assert_eq!(read(&pieces), want, "{ending:?} cut at {first} and {second}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_line_keeps_its_bytes() {
        let mut lines = Lines::default();
        lines.push(b"\r\n{}\r\n\n[".to_vec());
        for want in ["\r\n", "{}\r\n", "\n"] {
            let frame = lines.next_frame().unwrap();
            assert_eq!((frame.raw, frame.is_blank()), (want.as_bytes(), want != "{}\r\n"));
        }
        assert_eq!(lines.next_frame(), None);
        assert_eq!(lines.waiting(), 1);
        lines.push(b"]".to_vec());
        assert_eq!(lines.finish().unwrap().raw, b"[]");
        assert_eq!(lines.finish(), None);
        assert_eq!(lines.waiting(), 0);
    }

    #[test]
    fn a_long_line_is_searched_once() {
        // Searched again with every piece, this takes minutes.
        let mut lines = Lines::default();
        for _ in 0..16 << 10 {
            lines.push(vec![b'x'; 1 << 9]);
            assert_eq!(lines.next_frame(), None);
        }
        lines.push(b"\n".to_vec());
        assert_eq!(lines.next_frame().unwrap().data.unwrap().len(), 8 << 20);
        lines.push(b"{}".to_vec());
        lines.clear();
        assert_eq!(lines.next_frame(), None);
        assert_eq!(lines.finish(), None);
    }
}
