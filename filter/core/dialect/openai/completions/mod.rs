//! Completions of a prompt, as they were before there were chats:
//! <https://platform.openai.com/docs/api-reference/completions>.
//!
//! Clients speak it, and every provider of chats serves them: the prompt is what the user says, the answer's text what
//! the model says. Providers that have such completions themselves get the client's bytes.
//!
//! | completions | hub |
//! |---|---|
//! | `prompt`: a string, or a list of one | a message of role `User` |
//! | `echo` | what every answer begins with |
//! | `logprobs: N` | `logprobs` and `top_logprobs` |
//! | `best_of` | reported where it is more than `n`: it is the provider that would choose |
//! | `suffix`, several prompts, tokens as a prompt, `echo` with `logprobs` | refused: no chat can say it |
//! | what only chats have, `tools` say | reported |
//! | `choices[].text` | `Text` and `Refusal`; thoughts and images have no place |
//! | `choices[].logprobs` | `logprobs`, of the answer's own tokens |

mod answer;
mod logprobs;
mod request;
mod stream;

use self::stream::StreamWriter;
use super::chunk::{DONE, data_frame};
use super::envelope::read_name;
use super::error::{is_error_body, write_spelled};
use super::outline::{Outline, Says};
use super::usage;
use super::utterance::answer_utterance;
use super::watch::{Watch, read_saying};
use crate::dialect::{
    ChatClient, Envelope, Format, NoAnswer, Stamp, Streamed, Utterance, WatchAnswer, WatchStream, WriteStream,
};
use crate::frame::Framing;
use crate::hub::json::Document;
use crate::hub::{Answer, Chat, ErrorReport, Facts, Field, Finish, Param, RequestError, Told};

/// The format.
pub static FORMAT: Format = Format {
    name: "completions",
    title: "Completions",
    framing: Framing::Sse,
    core_members: &["model", "prompt", "stream"],
    chat_path: "",
    models_path: None,
    lists_models: false,
    headers: &[],
    client: Some(&Client),
    provider: None,
    tasks: &[],
    faults: &crate::dialect::KNOWN,
    mend: None,
    foreign: None,
    call_ids: None,
    polled: None,
};

/// Completions, of clients.
#[derive(Debug)]
struct Client;

impl ChatClient for Client {
    fn read_request<'a>(&self, body: &'a Document) -> Result<Chat<'a>, RequestError> {
        request::read_request(body)
    }

    fn read_envelope(&self, body: &Document) -> Result<Envelope, RequestError> {
        request::read_envelope(body)
    }

    fn read_name(&self, body: &Document) -> Result<Envelope, RequestError> {
        read_name(body)
    }

    fn read_facts<'a>(&self, body: &'a Document) -> Facts<'a> {
        request::read_facts(body)
    }

    fn spell(&self, param: &Param) -> String {
        spell(param)
    }

    fn write_answer(&self, answer: &Answer<'_>, model: &str, stamp: Stamp) -> Vec<u8> {
        answer::write(answer, model, stamp)
    }

    fn writer(&self, wanted: Streamed<'_>) -> Box<dyn WriteStream> {
        Box::new(StreamWriter::new(wanted))
    }

    fn write_error(&self, error: &ErrorReport) -> Vec<u8> {
        write_spelled(error, spell)
    }

    fn write_error_frame(&self, error: &ErrorReport, out: &mut Vec<u8>) {
        data_frame(&write_spelled(error, spell), out);
    }

    fn is_error(&self, body: &[u8]) -> bool {
        is_error_body(body)
    }

    fn watch_answer(&self) -> Box<dyn WatchAnswer> {
        Box::new(Outline::saying(Says::Text))
    }

    fn read_whole(&self, body: &str) -> Result<Told, NoAnswer> {
        read_saying(body, Says::Text)
    }

    fn read_told(&self, body: &str) -> Told {
        usage::read_told(body)
    }

    fn utterance(&self, body: &str) -> Utterance {
        answer_utterance(body)
    }

    fn watch_stream(&self) -> Box<dyn WatchStream> {
        Box::new(Watch::default())
    }

    fn last_frame(&self) -> &'static [u8] {
        DONE
    }
}

/// A parameter as clients of completions know it: all that is said is the prompt.
fn spell(param: &Param) -> String {
    match param {
        Param::Of(Field::Messages) | Param::Message(..) | Param::Part(..) => request::PROMPT.to_owned(),
        Param::Of(Field::TopLogprobs) => "logprobs".to_owned(),
        _ => super::spell(param),
    }
}

/// The id of an answer whose provider gave none.
fn completion_id(stamp: Stamp) -> String {
    format!("cmpl-{:016x}", stamp.seed)
}

/// The `finish_reason` of an answer that ended so: completions call nothing.
const fn finish_word(finish: Finish) -> &'static str {
    match finish {
        Finish::ToolCalls => Finish::Stop.word(),
        finish => finish.word(),
    }
}

/// What `object` says of an answer, and of every piece of one.
const OBJECT: &str = "text_completion";
