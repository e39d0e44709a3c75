//! What all chunks of a streamed answer have in common, whether it is a chat's or a completion's.

use serde::Serialize;

use super::answer::UsageBody;
use crate::dialect::Stamp;
use crate::hub::json::Str;
use crate::hub::{Answer, Usage};

/// The last event of a whole stream.
pub const DONE: &[u8] = b"data: [DONE]\n\n";

/// The head of every chunk of one answer.
#[derive(Debug)]
pub(super) struct ChunkHead {
    object: &'static str,
    id: String,
    model: String,
    created: u64,
    include_usage: bool,
}

#[derive(Serialize)]
struct Chunk<'a, C> {
    id: &'a str,
    object: &'static str,
    created: u64,
    model: &'a str,
    choices: &'a [C],
    #[serde(skip_serializing_if = "Option::is_none")]
    usage: Option<Option<UsageBody>>,
}

impl ChunkHead {
    /// That of an answer which is called so until its provider gives other names. `include_usage` is what the client asked
    /// for in `stream_options`.
    pub fn new(object: &'static str, id: String, model: &str, include_usage: bool, stamp: Stamp) -> Self {
        Self { object, id, model: model.to_owned(), created: stamp.created, include_usage }
    }

    /// The provider's names for the answer and the model, as far as it gives them.
    pub fn start(&mut self, id: Option<Str<'_>>, model: Option<Str<'_>>) {
        name(&mut self.id, id);
        name(&mut self.model, model);
    }

    /// Appends a chunk of these choices. With `include_usage`, it says that nothing is counted yet.
    pub fn chunk(&self, choices: &[impl Serialize], out: &mut Vec<u8>) {
        self.event(choices, self.include_usage.then_some(None), out);
    }

    /// Appends what ends a whole stream: what was counted, if that is wanted, and the last event.
    pub fn end(&self, usage: Option<Usage>, out: &mut Vec<u8>) {
        if let (true, Some(usage)) = (self.include_usage, usage) {
            self.event::<()>(&[], Some(Some(UsageBody::of(usage))), out);
        }
        out.extend_from_slice(DONE);
    }

    fn event<C: Serialize>(&self, choices: &[C], usage: Option<Option<UsageBody>>, out: &mut Vec<u8>) {
        let Self { object, id, model, created, .. } = self;
        let chunk = Chunk { id, object, created: *created, model, choices, usage };
        out.extend_from_slice(b"data: ");
        let length = out.len();
        if serde_json::to_writer(&mut *out, &chunk).is_err() {
            out.truncate(length);
        }
        out.extend_from_slice(b"\n\n");
    }
}

/// Takes a provider's name for something, if it gave one.
fn name(known: &mut String, given: Option<Str<'_>>) {
    if let Some(given) = given {
        *known = given.beginning(Answer::LONGEST_NAME).to_owned();
    }
}

/// Appends an event of these data, which hold no line break.
pub(super) fn data_frame(data: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(b"data: ");
    out.extend_from_slice(data);
    out.extend_from_slice(b"\n\n");
}
