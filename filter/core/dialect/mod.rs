//! Wire formats. One place each: the request, the answer, the stream, the error, and the mapping table in its docs.
//!
//! A format is a value, [`Format`], and [`FORMATS`] has them all. One that clients speak has a client's half, one that
//! providers speak a provider's half. Where client and provider speak the same format, bytes pass ([`crate::exchange`]
//! splices the model's name in) and the client's half only watches them; otherwise the hub ([`crate::hub`]) is
//! between the two halves.
//!
//! To add a wire format: a folder here with the halves it has, and its row in [`FORMATS`].

pub mod anthropic;
mod applicators;
mod arguments_schema;
mod beyond;
pub mod cohere;
pub mod constraint;
pub mod deepinfra;
pub mod gemini;
pub mod hugging_face;
pub mod jina;
pub mod mistral;
pub mod nvidia;
pub mod ollama;
pub mod openai;
mod quirks;
pub mod replicate;
pub mod together;
pub mod voyage;
pub mod xai;

mod chosen;
mod client;
mod edit;
mod embeddings;
mod envelope;
mod faults;
mod ids;
mod images;
mod instruction;
mod memo;
mod names;
mod object;
pub mod plain_error;
mod polled;
mod provider;
mod ranking;
mod speech;
mod task;

pub use client::{
    ChatClient, NoAnswer, Seen, Sight, Streamed, Utterance, WatchAnswer, WatchStream, WriteStream,
};
pub use edit::{Cuts, Splice, edit, quoted, splice};
pub use envelope::{CountWish, Envelope};
pub use faults::KNOWN;
pub use memo::Memo;
pub use polled::{Job, Polled, Stage};
pub use provider::{Arrival, ChatProvider, Head, Progress, ReadStream, Stamp, Written};
pub use quirks::{Bounds, Count, Quirks};
pub use task::{Task, TaskAnswer, TaskProvider};

use std::fmt;
use std::ops::Range;

use crate::frame::Framing;
use crate::hub::json::{Document, Names};
use crate::hub::{Dropped, Faults, ProviderError};

/// All wire formats.
pub const FORMATS: &[&Format] = &[
    &openai::FORMAT,
    &anthropic::FORMAT,
    &gemini::FORMAT,
    &openai::completions::FORMAT,
    &cohere::FORMAT,
    &voyage::FORMAT,
    &jina::FORMAT,
    &ollama::FORMAT,
    &hugging_face::FORMAT,
    &nvidia::FORMAT,
    &deepinfra::FORMAT,
    &mistral::FORMAT,
    &replicate::FORMAT,
    &together::FORMAT,
    &xai::FORMAT,
];

/// A wire format.
pub struct Format {
    /// The word for it in configurations, folders and documents.
    pub name: &'static str,
    /// What its vendor calls it.
    pub title: &'static str,
    /// How its streams are framed.
    pub framing: Framing,
    /// Where its vendor has chats, below the API root: a template of [`crate::provider::Path`]; empty if it has none.
    pub chat_path: &'static str,
    /// Where its vendor says which models there are, below the API root, if that can be read; as many as come at once.
    pub models_path: Option<&'static str>,
    /// Whether whoever speaks it can be expected to have that list, and to show it to us.
    pub lists_models: bool,
    /// Members at the top level of a request's body that say who is asked what, and how the answer is to come. What
    /// else is in it is a parameter, which a vendor may spell otherwise.
    pub core_members: &'static [&'static str],
    /// Headers of an answer that its readers look at, in lower case; all others they need not be given.
    pub headers: &'static [&'static str],
    /// What clients speak, if any speak it.
    pub client: Option<&'static dyn ChatClient>,
    /// What providers speak of chats, if any speak it.
    pub provider: Option<&'static dyn ChatProvider>,
    /// What they have for other surfaces, where clients speak otherwise.
    pub tasks: &'static [Task],
    /// What its servers say of whose fault an error is.
    pub faults: &'static Faults,
    /// How the answers of a vendor with words and places of its own are brought to the format, where vendors have such.
    pub mend: Option<Mend>,
    /// What of a body not everybody takes who speaks the format, where there is such.
    pub foreign: Option<Foreign>,
    /// How the ids of calls become such as a vendor takes, where vendors are of different minds.
    pub call_ids: Option<CallIds>,
    /// How answers that come before they are done are asked for again, where vendors give such.
    pub polled: Option<&'static dyn Polled>,
}

/// Members that not everybody takes.
pub struct Foreign {
    /// Those that stand in the request itself.
    pub of_the_request: &'static [&'static str],
    /// What holds others, as a path: `messages[]`.
    pub places: &'static [&'static str],
    /// Where in a body something lies that a target does not take, each with what is to stand there. What goes is reported.
    pub edits: HistoryEdits,
}

/// Where a body is written otherwise for a target, and how.
pub type HistoryEdits = fn(&Document, &History<'_>, &mut Dropped) -> Vec<(Range<usize>, String)>;

/// How a target wants a history.
#[derive(Debug)]
pub struct History<'q> {
    /// Of the watched names in the body, those that it does not take.
    pub refused: Names,
    /// Of the watched names, those that it takes.
    pub takes: Names,
    /// Members that it refuses, by their paths.
    pub drop: &'q [String],
    /// Earlier thoughts are parts of a message's content.
    pub thinking_parts: bool,
}

impl History<'_> {
    /// Whether it wants one that has nothing for it to refuse as it is.
    pub const fn is_any(&self) -> bool {
        self.refused.is_empty() && self.drop.is_empty()
    }
}

/// Where in a body the ids of calls stand that are not of so many letters and digits, each with one that is in its place.
pub type CallIds = fn(&Document, usize) -> Vec<(Range<usize>, String)>;

/// Brings an answer, or the data of one frame, to the format; `None` where nothing is to be done.
pub type Mend = fn(&str, &Quirks) -> Option<String>;

/// What a client is answered in whose format is not known yet.
pub static USUAL_CLIENT: ClientFormat = ClientFormat { format: &openai::FORMAT, chat: openai::CLIENT };

/// A format as the client of a request speaks it.
#[derive(Clone, Copy)]
pub struct ClientFormat {
    /// The format.
    pub format: &'static Format,
    /// Its half towards clients.
    pub chat: &'static dyn ChatClient,
}

impl ClientFormat {
    /// The same as this request is to be answered.
    #[must_use]
    pub fn answering(self, envelope: &Envelope) -> Self {
        let of_old = self.chat.of_old().filter(|_| envelope.of_old);
        Self { chat: of_old.unwrap_or(self.chat), ..self }
    }
}

impl Format {
    /// One that has no chats.
    pub const fn of_tasks(name: &'static str, title: &'static str, tasks: &'static [Task]) -> Self {
        Self {
            name,
            title,
            framing: Framing::Sse,
            chat_path: "",
            models_path: None,
            lists_models: false,
            core_members: &["model"],
            headers: &[],
            client: None,
            provider: None,
            tasks,
            faults: &KNOWN,
            mend: None,
            foreign: None,
            call_ids: None,
            polled: None,
        }
    }

    /// The format as clients speak it, if any do.
    pub fn of_clients(&'static self) -> Option<ClientFormat> {
        Some(ClientFormat { format: self, chat: self.client? })
    }

    /// How to translate between the hub and a provider of this format; `None` where the client speaks it, too, and
    /// bytes pass as they are.
    pub fn translator(&self, client: &Self) -> Option<&'static dyn ChatProvider> {
        self.provider.filter(|_| self != client)
    }

    /// How a task is translated for its providers; `None` where it is not.
    pub fn task(&self, surface: &str) -> Option<&'static Task> {
        self.tasks.iter().find(|task| task.surface == surface)
    }

    /// Reads an error answer: any status of 400 or more, any body.
    pub fn read_error(&self, head: Head<'_>, body: &[u8]) -> ProviderError {
        let error = match self.provider {
            Some(provider) => provider.read_error(head, body),
            None => plain_error::read(head.status, body),
        };
        error.judged(self.faults)
    }
}

impl fmt::Debug for ClientFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.format.fmt(f)
    }
}

impl PartialEq for Format {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Format {}

impl fmt::Debug for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::FORMATS;

    #[test]
    fn a_format_has_a_name_of_its_own_and_some_half() {
        for (place, format) in FORMATS.iter().enumerate() {
            let others = FORMATS.iter().skip(place + 1);
            assert_eq!(others.filter(|other| other == &format).count(), 0, "{format:?} twice");
            let halves = format.client.is_some() || format.provider.is_some() || !format.tasks.is_empty();
            assert!(halves, "{format:?} has no half");
        }
    }
}
