//! What an answer must be.

use serde_json::Value;

use crate::Outcome;
use crate::canned;

/// What an answer must be, and the last one that was right: most are equal to it, which is quick to see.
#[derive(Clone, Debug)]
pub struct Expected {
    rule: Rule,
    last: Vec<u8>,
}

#[derive(Clone, Debug)]
enum Rule {
    /// These bytes, but for the seconds of `created`, which translated answers take from the clock.
    Bytes {
        masked: Vec<u8>,
    },
    /// The same text and the same reason to end: what other gateways are held to, who write answers anew.
    Meaning {
        stream: bool,
    },
    Anything,
}

impl Expected {
    /// These bytes, but for the seconds of `created`.
    pub fn bytes(body: &[u8]) -> Self {
        Self { rule: Rule::Bytes { masked: mask(body) }, last: body.to_vec() }
    }

    /// The canned text.
    pub const fn meaning(stream: bool) -> Self {
        Self { rule: Rule::Meaning { stream }, last: Vec::new() }
    }

    /// Whatever comes with a 200.
    pub const fn anything() -> Self {
        Self { rule: Rule::Anything, last: Vec::new() }
    }

    /// Whether it is.
    pub fn check(&mut self, body: &[u8]) -> Outcome<()> {
        if body == self.last {
            return Ok(());
        }
        match &self.rule {
            Rule::Bytes { masked } if mask(body) != *masked => {
                return Err(format!("an unexpected answer: {}", String::from_utf8_lossy(body)).into());
            }
            Rule::Meaning { stream } => meaning(body, *stream)?,
            Rule::Bytes { .. } | Rule::Anything => {}
        }
        self.last = body.to_vec();
        Ok(())
    }
}

/// Whether this is the canned text as OpenAI would answer it, whole or as a stream.
pub fn meaning(body: &[u8], stream: bool) -> Outcome<()> {
    let body = std::str::from_utf8(body)?;
    let chunks: Vec<Value> = match stream {
        true => {
            let events = body.lines().filter_map(|line| line.strip_prefix("data:").map(str::trim));
            events.filter(|data| data.starts_with('{')).map(serde_json::from_str).collect::<Result<_, _>>()?
        }
        false => vec![serde_json::from_str(body)?],
    };
    let part = if stream { "delta" } else { "message" };
    let text: String = chunks
        .iter()
        .filter_map(|chunk| chunk.pointer(&format!("/choices/0/{part}/content")).and_then(Value::as_str))
        .collect();
    let reason = chunks.iter().find_map(|chunk| chunk.pointer("/choices/0/finish_reason")?.as_str());
    let ended = !stream || body.trim_end().ends_with("data: [DONE]");
    match text == canned::TEXT && reason == Some("stop") && ended {
        true => Ok(()),
        false => Err(format!("the answer is wrong: {body}").into()),
    }
}

fn mask(body: &[u8]) -> Vec<u8> {
    const CREATED: &[u8] = b"\"created\":";
    let mut masked = body.to_vec();
    let places: Vec<_> = body
        .windows(CREATED.len())
        .enumerate()
        .filter(|(_, part)| *part == CREATED)
        .map(|(at, _)| at)
        .collect();
    for at in places {
        let digits = masked.iter_mut().skip(at + CREATED.len()).take_while(|byte| byte.is_ascii_digit());
        digits.for_each(|digit| *digit = b'0');
    }
    masked
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_canned_answers_mean_what_they_are_to_mean() {
        meaning(&canned::openai_whole().body, false).unwrap();
        meaning(&canned::openai_stream().body, true).unwrap();
        let cut = canned::openai_stream().body;
        let cut = cut.strip_suffix(b"data: [DONE]\n\n").unwrap();
        assert!(meaning(cut, true).is_err());
    }

    #[test]
    fn only_the_seconds_may_differ() {
        let mut expected = Expected::bytes(b"{\"created\":17,\"id\":1}");
        expected.check(b"{\"created\":18,\"id\":1}").unwrap();
        assert!(expected.check(b"{\"created\":18,\"id\":2}").is_err());
    }
}
