//! A whole answer: <https://docs.cohere.com/v2/reference/chat#response>. Its counts and log probabilities are also those
//! of a stream's events.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::dialect::ids::Ids;
use crate::dialect::{Arrival, Memo};
use crate::hub::json::{self, Number, Str};
use crate::hub::{Answer, Choice, Finish, Kind, Malformed, Usage};
use crate::json_object;

/// Reads an answer.
///
/// # Errors
/// The body is not what the format promises, or the model has given up.
pub fn read<'a>(body: &'a str, arrival: &Arrival<'_>) -> Result<Answer<'a>, Malformed> {
    let wire: Body<'a> = json::read(body)?;
    let raw = wire.message.ok_or_else(|| Malformed("an answer without `message`".to_owned()))?;
    // An error's message is a text.
    if let Ok(words) = serde_json::from_str::<Str<'_>>(raw.get()) {
        return Err(Malformed(words.beginning(2048).to_owned()));
    }
    let message: Message<'a> = json::read(raw.get())?;
    let reason =
        wire.finish_reason.ok_or_else(|| Malformed("an answer without `finish_reason`".to_owned()))?;
    let parts = message.parts(arrival)?;
    let calls = parts.iter().any(|part| matches!(part, Kind::ToolCall { .. }));
    let spoken = parts.iter().any(|part| !matches!(part, Kind::Thinking { .. }));
    let finish = finish(&reason, calls, spoken).map_err(Malformed)?;
    let items: Vec<Logprob<'_>> = list(wire.logprobs)?;
    let logprobs = if items.is_empty() { None } else { logprobs(&items) };
    Ok(Answer {
        id: wire.id,
        model: None,
        choices: vec![Choice { index: 0, parts, finish, logprobs }],
        usage: wire.usage.as_ref().map(Tokens::count),
    })
}

/// Why an answer ended.
///
/// # Errors
/// It is none: why the model gave up, in words.
pub fn finish(reason: &str, calls: bool, spoken: bool) -> Result<Finish, String> {
    match reason {
        "ERROR" => Err("the model gave up with ERROR".to_owned()),
        "TIMEOUT" if !spoken => Err("the model gave up with TIMEOUT".to_owned()),
        // What cut the answer short counts for more than calls: the last of them may be cut as well.
        "MAX_TOKENS" | "TIMEOUT" => Ok(Finish::Length),
        _ if calls => Ok(Finish::ToolCalls),
        _ => Ok(Finish::Stop),
    }
}

json_object! {
    /// An answer, an event of a streamed one, or what is new in an event: they have most members in common.
    pub struct Body<'a> {
        kind as "type": Str<'a>,
        id: Str<'a>,
        index: u64,
        delta: &'a RawValue,
        message: &'a RawValue,
        finish_reason: Str<'a>,
        error: Str<'a>,
        usage: Tokens<'a>,
        logprobs: &'a RawValue,
        ..
    }
}

json_object! {
    /// What is said: in an answer lists of pieces and calls, in an event one of them.
    pub struct Message<'a> {
        content: &'a RawValue,
        tool_plan: Str<'a>,
        tool_calls: &'a RawValue,
        ..
    }
}

json_object! {
    /// A piece of what is said, whole or as more of it comes.
    pub struct Piece<'a> {
        kind as "type": Str<'a>,
        text: Str<'a>,
        thinking: Str<'a>,
        ..
    }
}

json_object! {
    /// A call, whole or as more of it comes.
    pub struct Call<'a> {
        id: Str<'a>,
        function: Function<'a>,
        ..
    }
}

json_object! {
    /// What is called.
    pub struct Function<'a> { name: Str<'a>, arguments: Str<'a>, .. }
}

json_object! {
    /// `usage`.
    pub struct Tokens<'a> {
        tokens: Counts<'a>,
        billed as "billed_units": Counts<'a>,
        cached as "cached_tokens": Number<'a>,
        ..
    }
}

json_object! {
    /// Tokens of one way of counting.
    pub struct Counts<'a> { input as "input_tokens": Number<'a>, output as "output_tokens": Number<'a>, .. }
}

json_object! {
    /// How likely a piece of text is, token by token.
    pub struct Logprob<'a> { text: Str<'a>, logprobs: Vec<Number<'a>>, .. }
}

impl<'a> Message<'a> {
    fn parts(self, arrival: &Arrival<'_>) -> Result<Vec<Kind<'a>>, Malformed> {
        let mut parts = Vec::new();
        let thoughts = |text: Option<Str<'a>>| {
            let text = text.filter(|text| !text.is_empty())?;
            Some(Kind::Thinking { text, signature: None })
        };
        for piece in list::<Piece<'a>>(self.content)? {
            match piece.kind.as_deref().unwrap_or_default() {
                "text" => {
                    let text = piece.text.filter(|text| !text.is_empty());
                    parts.extend(text.map(|text| Kind::Text { text, signature: None }));
                }
                "thinking" => parts.extend(thoughts(piece.thinking)),
                other => leave_out(other),
            }
        }
        parts.extend(thoughts(self.tool_plan));
        let mut ids = Ids::new(arrival.stamp);
        for call in list::<Call<'a>>(self.tool_calls)? {
            let (id, name, arguments) = call.named(&mut ids, arrival.memo)?;
            let arguments = arguments.unwrap_or(Str::borrowed("{}"));
            parts.push(Kind::ToolCall { id, name, arguments, signature: None });
        }
        Ok(parts)
    }
}

/// Reads a list, which may be absent.
fn list<'a, T: Deserialize<'a>>(raw: Option<&'a RawValue>) -> Result<Vec<T>, Malformed> {
    raw.map_or_else(|| Ok(Vec::new()), |raw| json::read(raw.get()))
}

/// Tells the log of a piece that OpenAI's format has no place for.
fn leave_out(kind: &str) {
    let kind = json::beginning(kind, json::IN_A_LOG);
    log::warn!("left out content of type {kind:?}, which OpenAI's format has no place for");
}

impl<'a> Call<'a> {
    /// Its id, the client's name of it, and its arguments, if there are some.
    ///
    /// # Errors
    /// It has no name.
    pub fn named(self, ids: &mut Ids, memo: &Memo) -> Result<(Str<'a>, Str<'a>, Option<Str<'a>>), Malformed> {
        let Function { name, arguments, .. } = self.function.unwrap_or_default();
        let name = name.ok_or_else(|| Malformed("a call without a name".to_owned()))?;
        let name = memo.client_name(&name).map_or(name.clone(), |name| Str::from(name.to_owned()));
        let arguments = arguments.filter(|arguments| !matches!(arguments.trim(), "" | "null"));
        Ok((ids.id(self.id), name, arguments))
    }
}

impl Tokens<'_> {
    /// The count in the hub's sense: of the tokens that the model had, or else of those that are billed.
    pub fn count(&self) -> Usage {
        let (tokens, billed) = (self.tokens.as_ref(), self.billed.as_ref());
        let of = |count: fn(&Counts<'_>) -> Option<u64>| {
            tokens.and_then(count).or_else(|| billed.and_then(count)).unwrap_or_default()
        };
        Usage {
            prompt: of(|counts| counts.input.and_then(whole)),
            completion: of(|counts| counts.output.and_then(whole)),
            cached: self.cached.and_then(whole),
            cache_creation: None,
            reasoning: None,
        }
    }
}

/// A count, which Cohere's reference calls a double: `7`, or `7.0`.
fn whole(number: Number<'_>) -> Option<u64> {
    let digits = number.digits();
    let digits = digits
        .split_once('.')
        .map_or(digits, |(whole, zeros)| if zeros.bytes().all(|zero| zero == b'0') { whole } else { digits });
    digits.parse().ok()
}

/// Log probabilities in OpenAI's shape: <https://platform.openai.com/docs/api-reference/chat/object>. Cohere tells those
/// of a piece of text, of one token or several: theirs together is the piece's.
pub fn logprobs(items: &[Logprob<'_>]) -> Option<String> {
    #[derive(Serialize)]
    struct Logprobs<'a> {
        content: Vec<Token<'a>>,
        refusal: Option<()>,
    }
    #[derive(Serialize)]
    struct Token<'a> {
        token: &'a str,
        logprob: Option<Cow<'a, RawValue>>,
        bytes: &'a [u8],
        top_logprobs: [(); 0],
    }
    let together = |numbers: &[Number<'_>]| {
        let sum: f64 = numbers.iter().filter_map(|number| number.as_f64()).sum();
        serde_json::value::to_raw_value(&sum).ok().map(Cow::Owned)
    };
    let told = items.iter().filter(|item| item.text.as_ref().is_some_and(|text| !text.is_empty()));
    let content = told.map(|item| {
        let token = item.text.as_deref().unwrap_or_default();
        let logprob = match item.logprobs.as_deref().unwrap_or_default() {
            [] => None,
            [one] => Some(Cow::Borrowed(one.raw())),
            several => together(several),
        };
        Token { token, logprob, bytes: token.as_bytes(), top_logprobs: [] }
    });
    serde_json::to_string(&Logprobs { content: content.collect(), refusal: None }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_may_be_written_as_fractions() {
        for (digits, want) in [
            ("913", Some(913)),
            ("913.0", Some(913)),
            ("9.5", None),
            ("-1", None),
            ("\"7\"", None),
            ("1e3", None),
        ] {
            assert_eq!(whole(serde_json::from_str(digits).unwrap()), want, "{digits}");
        }
    }
}
