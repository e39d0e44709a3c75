//! Messages

use crate::chat::{Answer, Chat, Dropped, Malformed, ProviderError, RequestError};
use crate::dialect::{ReadStream, Stamp, Translate};

/// The format.
#[derive(Debug)]
pub struct Messages;

impl Translate for Messages {
    fn write_request(&self, _: &Chat<'_>, _: &str, _: &mut Dropped) -> Result<Vec<u8>, RequestError> {
        Err(RequestError::missing("x"))
    }
    fn read_answer<'a>(&self, _: &'a str, _: Stamp) -> Result<Answer<'a>, Malformed> {
        Err(Malformed(String::new()))
    }
    fn stream(&self, _: Stamp) -> Box<dyn ReadStream> {
        struct S;
        impl ReadStream for S {
            fn read<'a>(
                &mut self,
                _: &'a crate::frame::sse::Event<'_>,
                _: &mut Vec<crate::chat::Delta<'a>>,
            ) -> Result<(), Malformed> {
                Ok(())
            }
            fn finish(&mut self, _: &mut Vec<crate::chat::Delta<'static>>) {}
        }
        Box::new(S)
    }
}
/// Error
pub fn read_error(status: u16, _: &[u8]) -> ProviderError {
    ProviderError::new(status, "")
}
/// Path
pub fn chat_path(_: &str, _: bool) -> String {
    String::new()
}
