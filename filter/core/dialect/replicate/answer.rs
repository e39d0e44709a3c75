//! A prediction that has succeeded, as an answer, and as a stream of one frame.

use super::prediction::Prediction;
use crate::dialect::{Progress, ReadStream};
use crate::frame::Frame;
use crate::hub::json::Str;
use crate::hub::{Answer, Choice, Delta, Finish, Kind, Malformed};

/// Reads an answer.
///
/// # Errors
/// The body is no prediction, or its model gave no text.
pub fn read(body: &str) -> Result<Answer<'_>, Malformed> {
    let prediction = Prediction::read(body)?;
    let (text, usage) = (together(prediction.texts()?), prediction.usage());
    let parts = if text.is_empty() { Vec::new() } else { vec![Kind::Text { text, signature: None }] };
    let choice = Choice { index: 0, parts, finish: Finish::Stop, logprobs: None };
    Ok(Answer { id: prediction.id, model: None, choices: vec![choice], usage })
}

/// The pieces of a text as one.
fn together(mut pieces: Vec<Str<'_>>) -> Str<'_> {
    match pieces.len() {
        0 | 1 => pieces.pop().unwrap_or_default(),
        _ => Str::from(pieces.iter().map(Str::as_str).collect::<String>()),
    }
}

/// Reads the one frame.
#[derive(Debug, Default)]
pub struct Reader {
    finished: bool,
}

impl ReadStream for Reader {
    fn read<'a>(&mut self, frame: &'a Frame<'_>, deltas: &mut Vec<Delta<'a>>) -> Result<(), Malformed> {
        let Some(data) = frame.data.as_deref().filter(|_| !self.finished) else { return Ok(()) };
        let Answer { id, choices, usage, .. } = read(data)?;
        self.finished = true;
        deltas.push(Delta::Start { id, model: None });
        for part in choices.into_iter().flat_map(|choice| choice.parts) {
            if let Kind::Text { text, signature } = part {
                deltas.push(Delta::Text { choice: 0, text, signature });
            }
        }
        deltas.extend(usage.map(Delta::Usage));
        deltas.push(Delta::Finish { choice: 0, reason: Finish::Stop });
        Ok(())
    }

    fn finish(&mut self, _deltas: &mut Vec<Delta<'static>>) {}

    fn progress(&self) -> Progress {
        if self.finished { Progress::Over } else { Progress::Open }
    }
}
