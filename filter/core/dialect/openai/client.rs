//! The format as clients speak it.

use super::answer::write;
use super::chunk::DONE;
use super::envelope::{read_envelope, read_name};
use super::error::{is_error_body, write_error};
use super::facts::read_facts;
use super::outline::Outline;
use super::param::{spell, spell_of_old};
use super::request::read_request;
use super::stream::{StreamWriter, error_frame};
use super::usage;
use super::utterance::answer_utterance;
use super::watch::{Watch, read_whole};
use crate::dialect::{
    ChatClient, Envelope, NoAnswer, Stamp, Streamed, Utterance, WatchAnswer, WatchStream, WriteStream,
};
use crate::hub::json::Document;
use crate::hub::{Answer, Chat, ErrorReport, Facts, Param, RequestError, Told};

/// Chat Completions, of clients: as they are, or as they were when tools were `functions`.
#[derive(Debug)]
pub(super) struct Client {
    /// They know `function_call`, and no `tool_calls`.
    pub of_old: bool,
}

impl ChatClient for Client {
    fn read_request<'a>(&self, body: &'a Document) -> Result<Chat<'a>, RequestError> {
        read_request(body)
    }

    fn read_envelope(&self, body: &Document) -> Result<Envelope, RequestError> {
        read_envelope(body)
    }

    fn read_name(&self, body: &Document) -> Result<Envelope, RequestError> {
        read_name(body)
    }

    fn read_facts<'a>(&self, body: &'a Document) -> Facts<'a> {
        read_facts(body)
    }

    fn spell(&self, param: &Param) -> String {
        if self.of_old { spell_of_old(param) } else { spell(param) }
    }

    fn write_answer(&self, answer: &Answer<'_>, model: &str, stamp: Stamp) -> Vec<u8> {
        write(answer, model, stamp, self.of_old)
    }

    fn writer(&self, wanted: Streamed<'_>) -> Box<dyn WriteStream> {
        Box::new(StreamWriter::new(wanted.model, wanted.include_usage, wanted.stamp).of_old(self.of_old))
    }

    fn write_error(&self, error: &ErrorReport) -> Vec<u8> {
        write_error(error)
    }

    fn write_error_frame(&self, error: &ErrorReport, out: &mut Vec<u8>) {
        error_frame(error, out);
    }

    fn is_error(&self, body: &[u8]) -> bool {
        is_error_body(body)
    }

    fn watch_answer(&self) -> Box<dyn WatchAnswer> {
        Box::new(Outline::default())
    }

    fn read_whole(&self, body: &str) -> Result<Told, NoAnswer> {
        read_whole(body)
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

    fn of_old(&self) -> Option<&'static dyn ChatClient> {
        Some(&Self { of_old: true })
    }
}
