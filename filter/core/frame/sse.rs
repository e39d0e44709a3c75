//! Server-sent events: bytes in arbitrary pieces to whole events.
//!
//! Grammar: <https://html.spec.whatwg.org/multipage/server-sent-events.html#parsing-an-event-stream>. A line ends in
//! `\n`, `\r\n` or `\r`; an empty line ends an event; `data` lines are joined by `\n`; a space after the colon is not
//! part of the value; a line that starts with a colon is a comment. Bytes are framed first and decoded as UTF-8
//! after, so a piece may end inside a character or between `\r` and `\n`.

use std::ops::Range;

use super::Frame;

/// Bytes that wait for the rest of their event. Its frames borrow from it.
#[derive(Debug, Default)]
pub struct Events {
    bytes: Vec<u8>,
    /// Everything before it was given out.
    start: usize,
    /// Where the next line begins that was not looked at yet.
    scanned: usize,
    /// No line ends between there and here, so a long line is not searched again with every piece of it.
    searched: usize,
    /// The last piece ended in a `\r` that closed an event: a `\n` right after it belongs to that.
    skip_line_feed: bool,
    /// An event was given out: what comes now is not the stream's beginning.
    begun: bool,
    /// The last line that was not empty ended in `\r\n`, so a `\r` after it is not all of the next line's end.
    line_feeds: bool,
}

impl Events {
    /// Takes the next piece of the stream. Free of copies while every piece ends with an event.
    pub fn push(&mut self, piece: Vec<u8>) {
        self.bytes.drain(..self.start.min(self.bytes.len()));
        self.scanned = self.scanned.saturating_sub(self.start);
        self.searched = self.searched.saturating_sub(self.start);
        self.start = 0;
        if self.bytes.is_empty() {
            self.bytes = piece;
        } else {
            self.bytes.extend_from_slice(&piece);
        }
        if self.skip_line_feed && !self.bytes.is_empty() {
            self.skip_line_feed = false;
            if self.bytes.first() == Some(&b'\n') {
                self.start = 1;
                self.scanned = 1;
            }
        }
    }

    /// The next whole event; `None` when more bytes are needed.
    pub fn next_frame(&mut self) -> Option<Frame<'_>> {
        let end = self.find_end()?;
        let event = self.start..end;
        self.start = end;
        self.scanned = end;
        let first = !std::mem::replace(&mut self.begun, true);
        self.bytes.get(event).map(|raw| parse(raw, first))
    }

    /// What is left when the stream has ended: its last event, if it lacks its empty line.
    pub fn finish(&mut self) -> Option<Frame<'_>> {
        let rest = self.start..self.bytes.len();
        self.start = self.bytes.len();
        self.scanned = self.start;
        match self.bytes.get(rest) {
            Some(raw) if !raw.is_empty() => Some(parse(raw, !self.begun)),
            _ => None,
        }
    }

    /// How many bytes wait for the rest of their event.
    pub fn waiting(&self) -> usize {
        self.bytes.len().saturating_sub(self.start)
    }

    /// Forgets the bytes that wait: nothing more is read of this stream.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    fn find_end(&mut self) -> Option<usize> {
        loop {
            let Some(line) = Line::find(&self.bytes, self.scanned, self.searched) else {
                self.searched = self.bytes.len();
                return None;
            };
            let last = line.next == self.bytes.len();
            if last && line.carriage_return && self.line_feeds {
                return None; // its line feed is on the way
            }
            if line.content.is_empty() {
                self.skip_line_feed = last && line.carriage_return;
                return Some(line.next);
            }
            if last && line.carriage_return {
                return None; // a line feed may follow
            }
            self.line_feeds = line.next.saturating_sub(line.content.end) == 2;
            self.scanned = line.next;
        }
    }
}

struct Line {
    content: Range<usize>,
    next: usize,
    /// It ends in a lone `\r`, as far as the bytes go.
    carriage_return: bool,
}

impl Line {
    /// The line that begins at `from`, if it ends; before `searched` it does not.
    fn find(bytes: &[u8], from: usize, searched: usize) -> Option<Self> {
        let searched = searched.max(from);
        let rest = bytes.get(searched..)?;
        let length = line_length(rest)?;
        let end = searched.saturating_add(length);
        let crlf = bytes.get(end) == Some(&b'\r') && bytes.get(end.saturating_add(1)) == Some(&b'\n');
        let carriage_return = !crlf && bytes.get(end) == Some(&b'\r');
        Some(Self { content: from..end, next: end.saturating_add(if crlf { 2 } else { 1 }), carriage_return })
    }
}

/// How many bytes lie before the first `\n` or `\r`. Lines of JSON are long, so eight bytes are
/// looked at together; `memchr` looks at four on WebAssembly.
fn line_length(bytes: &[u8]) -> Option<usize> {
    const ONES: u64 = u64::MAX / 255;
    const HIGHS: u64 = ONES << 7;
    // The lowest byte that is zero has its high bit set; those above it may have, too.
    let zeros = |word: u64| word.wrapping_sub(ONES) & !word & HIGHS;
    let all = |byte: u8| u64::from_ne_bytes([byte; 8]);
    let (words, _) = bytes.as_chunks::<8>();
    let ends = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        zeros(word ^ all(b'\n')) | zeros(word ^ all(b'\r')) != 0
    };
    let skipped = words.iter().position(ends).unwrap_or(words.len()).saturating_mul(8);
    let rest = bytes.get(skipped..)?;
    Some(skipped.saturating_add(rest.iter().position(|byte| matches!(byte, b'\n' | b'\r'))?))
}

/// Reads one event. `first`: it begins the stream, and may do so with a byte order mark.
fn parse(raw: &[u8], first: bool) -> Frame<'_> {
    let mut frame = Frame { raw, name: None, data: None, has_more: false };
    let mut rest = raw.strip_prefix(b"\xef\xbb\xbf").filter(|_| first).unwrap_or(raw);
    while !rest.is_empty() {
        let (line, next) = match Line::find(rest, 0, 0) {
            Some(line) => (rest.get(line.content).unwrap_or_default(), line.next),
            None => (rest, rest.len()),
        };
        field(&mut frame, line);
        rest = rest.get(next..).unwrap_or_default();
    }
    frame
}

fn field<'a>(frame: &mut Frame<'a>, line: &'a [u8]) {
    let mut halves = line.splitn(2, |byte| *byte == b':');
    let name = halves.next().unwrap_or_default();
    let value = halves.next().unwrap_or_default();
    let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value));
    frame.has_more |= name != b"data" && !line.is_empty();
    match name {
        b"event" => frame.name = Some(value),
        b"data" => match &mut frame.data {
            None => frame.data = Some(value),
            Some(data) => {
                let data = data.to_mut();
                data.push('\n');
                data.push_str(&value);
            }
        },
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use std::borrow::Cow;

    use super::*;

    fn read(pieces: &[&[u8]]) -> Vec<(Option<String>, Option<String>)> {
        let mut frames = Events::default();
        let mut events = Vec::new();
        let own = |event: Frame<'_>| (event.name.map(Cow::into_owned), event.data.map(Cow::into_owned));
        for piece in pieces {
            frames.push(piece.to_vec());
            while let Some(event) = frames.next_frame() {
                events.push(own(event));
            }
        }
        events.extend(frames.finish().map(own));
        events.retain(|(name, data)| name.is_some() || data.is_some());
        events
    }

    #[test]
    fn every_line_ending_and_every_cut_give_the_same_events() {
        for ending in ["\n", "\r\n", "\r"] {
            let text =
                [":hello", "", "event: a", "data: 1", "data:2 \u{20ac}", "", "data", "", "id: 7", "data: x"]
                    .join(ending);
            let want = vec![
                (Some("a".into()), Some("1\n2 \u{20ac}".into())),
                (None, Some(String::new())),
                (None, Some("x".into())),
            ];
            assert_eq!(read(&[text.as_bytes()]), want);
            for first in 0..=text.len() {
                for second in first..=text.len() {
                    let bytes = text.as_bytes();
                    let pieces = [&bytes[..first], &bytes[first..second], &bytes[second..]];
                    assert_eq!(read(&pieces), want, "{ending:?} cut at {first} and {second}");
                }
            }
        }
    }

    #[test]
    fn a_cut_line_ending_keeps_its_bytes() {
        let mut frames = Events::default();
        frames.push(b"data: 1\r\n\r".to_vec());
        assert_eq!(frames.next_frame(), None);
        frames.push(b"\ndata: 2\r\r".to_vec());
        assert_eq!(frames.next_frame().unwrap().raw, b"data: 1\r\n\r\n");
        assert_eq!(frames.next_frame().unwrap().raw, b"data: 2\r\r");
    }

    #[test]
    fn a_long_event_is_searched_once() {
        // Searched again with every piece, this takes minutes.
        let mut frames = Events::default();
        frames.push(b"data: ".to_vec());
        for _ in 0..16 << 10 {
            frames.push(vec![b'x'; 1 << 9]);
            assert_eq!(frames.next_frame(), None);
        }
        frames.push(b"\r\n\r\n".to_vec());
        assert_eq!(frames.next_frame().unwrap().data.unwrap().len(), 8 << 20);
        assert_eq!(frames.next_frame(), None);
    }

    #[test]
    fn a_byte_order_mark_counts_at_the_beginning_alone() {
        let data = |text: &str| read(&[text.as_bytes()]).into_iter().filter_map(|(_, data)| data).collect();
        let read: Vec<String> = data("\u{feff}data: 1\n\n\u{feff}data: 2\n\ndata: 3\n\n");
        assert_eq!(read, ["1", "3"]);
    }

    #[test]
    fn an_event_keeps_its_bytes() {
        let mut frames = Events::default();
        frames.push(b": ping\n\ndata: 1\n\nda".to_vec());
        assert_eq!(frames.next_frame().unwrap().raw, b": ping\n\n");
        assert_eq!(frames.next_frame().unwrap().raw, b"data: 1\n\n");
        assert_eq!(frames.next_frame(), None);
        assert_eq!(frames.waiting(), 2);
    }
}
