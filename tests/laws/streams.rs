//! Streams, however the network cuts them: they say the same, and how they ended.
//!
//! The laws of one format take what chooses the cuts from the input's first bytes, so that a fuzzer can move a cut and
//! keep the stream.

use std::borrow::Cow;
use std::fmt;
use std::rc::Rc;

use ferro::dialect::{Count, FORMATS, Format, Quirks, anthropic, cohere, gemini, ollama, openai};
use ferro::exchange::{Mending, Passage, Source, Stream, StreamTerms, Translation};
use ferro::frame::{Frame, Framing};
use ferro::gateway::Redactor;
use ferro::hub::Usage;
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::panics::{ARRIVAL, is_json};
use super::random::Random;

/// The formats of clients.
const CLIENTS: [&Format; 2] = [&openai::FORMAT, &openai::completions::FORMAT];

/// How many bytes come before the stream, for [`Choices`].
const HEAD: usize = 8;

/// A provider's stream of any format, cut at random.
pub fn stream(bytes: &[u8]) {
    let mut random = Random::of(bytes);
    let translated = FORMATS.iter().filter(|format| format.provider.is_some());
    let translations =
        translated.flat_map(|format| CLIENTS.iter().map(|client| Way::Translation(format, client)));
    let passages = CLIENTS.iter().map(|client| Way::Passage(client));
    for way in translations.chain(passages).chain([Way::Mended]) {
        for _ in 0..2 {
            holds(way, Choices(random.next().to_le_bytes()), bytes);
        }
    }
}

/// A stream that passes, whole events of the provider's and an end; and the same translated.
pub fn stream_openai(bytes: &[u8]) {
    let (choices, bytes) = Choices::split(bytes);
    holds(Way::Translation(&openai::FORMAT, choices.client()), Choices(choices.0), bytes);
    holds(Way::Mended, Choices(choices.0), bytes);
    holds(Way::Passage(choices.client()), choices, bytes);
}

/// A stream that is translated from Anthropic's format.
pub fn stream_anthropic(bytes: &[u8]) {
    let (choices, bytes) = Choices::split(bytes);
    holds(Way::Translation(&anthropic::FORMAT, choices.client()), choices, bytes);
}

/// A stream that is translated from Gemini's format.
pub fn stream_gemini(bytes: &[u8]) {
    let (choices, bytes) = Choices::split(bytes);
    holds(Way::Translation(&gemini::FORMAT, choices.client()), choices, bytes);
}

/// A stream that is translated from Cohere's format.
pub fn stream_cohere(bytes: &[u8]) {
    let (choices, bytes) = Choices::split(bytes);
    holds(Way::Translation(&cohere::FORMAT, choices.client()), choices, bytes);
}

/// A stream that is translated from Ollama's format.
pub fn stream_ollama(bytes: &[u8]) {
    let (choices, bytes) = Choices::split(bytes);
    holds(Way::Translation(&ollama::FORMAT, &openai::FORMAT), choices, bytes);
}

/// Framing: the events and the lines of a stream are those of the specifications, and no byte is lost.
pub fn frames(bytes: &[u8]) {
    let (choices, bytes) = Choices::split(bytes);
    let cuts = choices.cuts(bytes.len());
    for (framing, by_the_book) in
        [(Framing::Sse, events as fn(&[u8]) -> Vec<Event>), (Framing::Ndjson, lines)]
    {
        let whole = framed_by(framing, bytes, &[]);
        assert_eq!(whole.raw, bytes, "bytes that belong to no frame");
        assert_eq!(whole.events, by_the_book(bytes), "{framing:?}");
        assert_eq!(framed_by(framing, bytes, &cuts).events, whole.events, "{framing:?} cut at {cuts:?}");
    }
}

/// What is chosen for a stream: where it is cut, who its client is and what it wanted.
pub struct Choices([u8; HEAD]);

impl Choices {
    /// Takes them off an input; one that is too short has none.
    pub fn split(bytes: &[u8]) -> (Self, &[u8]) {
        match bytes.split_first_chunk() {
            Some((head, rest)) => (Self(*head), rest),
            None => (Self([0; HEAD]), bytes),
        }
    }

    /// Who listens: of chats, or of completions.
    fn client(&self) -> &'static Format {
        CLIENTS[usize::from(self.0[0] >> 3 & 1)]
    }

    fn wanted(&self) -> StreamTerms {
        let chosen = |bit: u8| self.0[0] >> bit & 1 == 1;
        StreamTerms {
            include_usage: chosen(0),
            choices: 1 + usize::from(chosen(1)),
            awaits_words: chosen(2),
            hides_count: false,
        }
    }

    /// At three places, or into pieces of one small length.
    pub fn cuts(&self, length: usize) -> Vec<usize> {
        let step = usize::from(self.0[1]);
        if (1..=8).contains(&step) {
            return (step..length).step_by(step).collect();
        }
        let place = |at: usize| usize::from(u16::from_le_bytes([self.0[at], self.0[at + 1]])) % (length + 1);
        let mut places = vec![place(2), place(4), place(6)];
        places.sort_unstable();
        places
    }
}

/// What a stream said.
struct Said {
    out: String,
    opening: String,
    usage: Option<Usage>,
    whole: bool,
}

/// Equal bytes, or at least equal events: where a provider mixes line ends, a cut between `\r` and `\n` may cost the
/// latter.
impl PartialEq for Said {
    fn eq(&self, other: &Self) -> bool {
        let rest = |said: &Self| (said.opening.clone(), said.usage, said.whole);
        let events = |said: &Self| framed(said.out.as_bytes(), &[]).events;
        rest(self) == rest(other) && (self.out == other.out || events(self) == events(other))
    }
}

impl fmt::Debug for Said {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?} whole={}\n{}", self.opening, self.usage, self.whole, self.out)
    }
}

fn holds(way: Way, choices: Choices, bytes: &[u8]) {
    let whole = said(way, choices.wanted(), bytes, &[]);
    let cuts = choices.cuts(bytes.len());
    let cut = said(way, choices.wanted(), bytes, &cuts);
    assert_eq!(cut, whole, "{way:?} cut at {cuts:?}");
    match way {
        Way::Passage(_) => passes(&whole, bytes),
        Way::Mended => {}
        Way::Translation(_, to) => is_translated(&whole, to),
    }
}

/// How a stream reaches its client.
#[derive(Clone, Copy, Debug)]
enum Way {
    /// As it is, in this format.
    Passage(&'static Format),
    /// As it is in OpenAI's, but for what a vendor says otherwise.
    Mended,
    /// By the hub, out of the one format and into the other.
    Translation(&'static Format, &'static Format),
}

/// Of a vendor with parts, words and places of its own.
fn quirks() -> Quirks {
    Quirks {
        thinking_parts: vec!["*".to_owned()],
        finish: vec![("stop".to_owned(), Some("length".to_owned())), (String::new(), None)],
        usage: vec![(Count::Cached, "/usage/prompt_tokens".to_owned())],
        ..Quirks::default()
    }
}

fn said(way: Way, wanted: StreamTerms, bytes: &[u8], cuts: &[usize]) -> Said {
    let mut stream = match way {
        Way::Passage(format) => {
            Stream::Passage(Box::new(Passage::new(Framing::Sse, format.client.unwrap(), wanted)))
        }
        Way::Mended => {
            let passage = Passage::new(Framing::Sse, openai::CLIENT, wanted);
            Stream::Passage(Box::new(passage.mended(Mending::of(&openai::FORMAT, Some(&Rc::new(quirks()))))))
        }
        Way::Translation(format, to) => {
            let provider = format.provider.unwrap();
            let stream =
                Translation::new(format.framing, provider, to.client.unwrap(), "m", wanted, &ARRIVAL);
            Stream::Translation(Box::new(stream))
        }
    };
    let source = Source { provider: "provider", redactor: &Redactor::default(), judge: None };
    let mut out = Vec::new();
    for piece in pieces(bytes, cuts) {
        stream.push(piece.to_vec(), source, &mut out);
    }
    stream.finish(source, &mut out);
    Said {
        out: String::from_utf8_lossy(&out).into_owned(),
        opening: format!("{:?}", stream.opening()),
        usage: stream.told().usage,
        whole: stream.is_whole(),
    }
}

/// `bytes`, cut at these places.
pub fn pieces<'a>(bytes: &'a [u8], cuts: &[usize]) -> impl Iterator<Item = &'a [u8]> {
    let starts = std::iter::once(0).chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([bytes.len()]);
    starts.zip(ends).map(|(start, end)| &bytes[start..end])
}

/// A stream that passes is the data of the provider's own events in their order, and then at most one of ours: the end
/// that is missing, or the error.
fn passes(said: &Said, bytes: &[u8]) {
    let data = |bytes: &[u8]| -> Vec<String> {
        framed(bytes, &[]).events.into_iter().map(|(_, data)| data).collect()
    };
    let (theirs, mut ours) = (data(bytes), data(said.out.as_bytes()));
    let failed = ours.last().is_some_and(|data| data.starts_with(r#"{"error""#));
    assert!(said.whole || failed, "neither whole nor failed: {said:?}");
    let are_theirs = |ours: &[String]| {
        let mut left = theirs.iter();
        ours.iter().all(|data| left.any(|known| known == data))
    };
    if !are_theirs(&ours) {
        let last = ours.pop().expect("data that is not the provider's");
        assert!(failed || last == "[DONE]", "data of nobody's: {last}");
        assert!(are_theirs(&ours), "not theirs: {ours:?}");
    }
}

#[derive(Deserialize)]
struct Chunk<'a> {
    #[serde(borrow)]
    object: Cow<'a, str>,
    #[serde(borrow)]
    choices: Vec<Choice<'a>>,
}

#[derive(Deserialize)]
struct Choice<'a> {
    index: usize,
    /// Of chats.
    #[serde(borrow)]
    delta: Option<Delta<'a>>,
    finish_reason: Option<IgnoredAny>,
}

#[derive(Deserialize)]
struct Delta<'a> {
    #[serde(borrow)]
    role: Option<Cow<'a, str>>,
}

/// A translated stream is whole events: comments and chunks, and last `[DONE]` or one error, never both. A choice
/// begins with its role, where it is a chat's, and nothing of it follows its end.
fn is_translated(said: &Said, to: &Format) {
    let text = said.out.as_str();
    let of_chats = !to.chat_path.is_empty();
    let object = if of_chats { "chat.completion.chunk" } else { "text_completion" };
    let events: Vec<_> = text.split_terminator("\n\n").collect();
    assert!(text.ends_with("\n\n"), "ends inside an event: {text}");
    let (last, before) = events.split_last().expect("a stream never ends in silence");
    let (mut begun, mut finished) = (Vec::new(), Vec::new());
    for event in before.iter().filter(|event| !event.starts_with(':')) {
        let data = event.strip_prefix("data: ").unwrap_or_else(|| panic!("{event:?} in {text}"));
        let chunk: Chunk<'_> = serde_json::from_str(data).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert_eq!(chunk.object, object);
        for choice in chunk.choices {
            let role = choice.delta.and_then(|delta| delta.role);
            let begins = of_chats && !begun.contains(&choice.index);
            assert_eq!(role.is_some(), begins, "{data} in {text}");
            assert!(!finished.contains(&choice.index), "{data} after its choice's end in {text}");
            begun.push(choice.index);
            finished.extend(choice.finish_reason.map(|_| choice.index));
        }
    }
    match last.strip_prefix("data: ") {
        Some("[DONE]") => assert!(said.whole && !finished.is_empty(), "done without an end: {text}"),
        Some(data) if data.starts_with(r#"{"error""#) => assert!(is_json(data.as_bytes())),
        _ => panic!("no end: {text}"),
    }
}

// === framing ===

/// An event or a line, by its name and data.
type Event = (String, String);

/// The events that say something, and the bytes of all.
struct Framed {
    events: Vec<Event>,
    raw: Vec<u8>,
}

fn framed(bytes: &[u8], cuts: &[usize]) -> Framed {
    framed_by(Framing::Sse, bytes, cuts)
}

fn framed_by(framing: Framing, bytes: &[u8], cuts: &[usize]) -> Framed {
    let mut frames = framing.frames();
    let mut framed = Framed { events: Vec::new(), raw: Vec::new() };
    for piece in pieces(bytes, cuts) {
        frames.push(piece.to_vec());
        while let Some(event) = frames.next_frame() {
            framed.take(event);
        }
    }
    if let Some(event) = frames.finish() {
        framed.take(event);
    }
    framed
}

impl Framed {
    fn take(&mut self, event: Frame<'_>) {
        self.raw.extend_from_slice(event.raw);
        if let Some(data) = event.data {
            self.events.push((event.name.unwrap_or_default().into_owned(), data.into_owned()));
        }
    }
}

/// The events of a stream, read line by line as the specification says, but that the last one needs no empty line, and
/// that a byte order mark may stand before any of them.
fn events(bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    let (mut name, mut data): (String, Option<String>) = (String::new(), None);
    let mut rest = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    while !rest.is_empty() {
        let length = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).unwrap_or(rest.len());
        let (line, end) = rest.split_at(length);
        rest = end.strip_prefix(b"\r\n").or_else(|| end.get(1..)).unwrap_or_default();
        if line.is_empty() {
            events.extend(data.take().map(|data| (std::mem::take(&mut name), data)));
            name.clear();
            continue;
        }
        let colon = line.iter().position(|byte| *byte == b':').unwrap_or(line.len());
        let (field, value) = line.split_at(colon);
        let value = value.strip_prefix(b":").unwrap_or(value);
        let value = String::from_utf8_lossy(value.strip_prefix(b" ").unwrap_or(value)).into_owned();
        match field {
            b"event" => name = value,
            b"data" => data = Some(data.map_or(value.clone(), |data| format!("{data}\n{value}"))),
            _ => {}
        }
    }
    events.extend(data.map(|data| (name, data)));
    events
}

/// The lines of a stream that say something.
fn lines(bytes: &[u8]) -> Vec<Event> {
    let lines = bytes.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    let spoken = lines.filter(|line| !line.is_empty());
    spoken.map(|line| (String::new(), String::from_utf8_lossy(line).into_owned())).collect()
}

/// What is brought to the format frame by frame is so wherever a frame is cut.
pub fn mended() {
    let bytes = include_bytes!("parts.sse");
    let wanted = || Choices([1; HEAD]).wanted();
    let whole = said(Way::Mended, wanted(), bytes, &[]);
    assert!(whole.whole && whole.out.contains(r#""content":"39","reasoning_content":"."#), "{whole:?}");
    for cut in 0..=bytes.len() {
        assert_eq!(said(Way::Mended, wanted(), bytes, &[cut]), whole, "cut at {cut}");
    }
}
