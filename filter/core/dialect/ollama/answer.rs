//! A whole answer: <https://docs.ollama.com/api/chat>. Its members are also those of a stream's lines.

use serde::Serialize;
use serde_json::value::RawValue;

use super::error;
use crate::dialect::Stamp;
use crate::dialect::ids::Ids;
use crate::hub::json::{self, Number, Str};
use crate::hub::{Answer, Choice, Finish, Kind, Malformed, Source, Usage, media_type};
use crate::json_object;

/// Reads an answer.
///
/// # Errors
/// The body is an error, or not what the format promises.
pub fn read(body: &str, stamp: Stamp) -> Result<Answer<'_>, Malformed> {
    let line: Line<'_> = json::read(body)?;
    if line.error.is_some() {
        let error = error::read_error(500, body.as_bytes());
        return Err(Malformed(json::beginning(&error.message, 2048).to_owned()));
    }
    let usage = line.count();
    let message = line.message.ok_or_else(|| Malformed("an answer without `message`".to_owned()))?;
    if line.done != Some(true) {
        return Err(Malformed("an answer that is not done".to_owned()));
    }
    let parts = message.parts(&mut Ids::new(stamp))?;
    let calls = parts.iter().any(|part| matches!(part, Kind::ToolCall { .. }));
    let finish = finish(line.done_reason.as_deref(), calls).map_err(Malformed)?;
    let logprobs = logprobs(line.logprobs.as_deref().unwrap_or_default());
    let choice = Choice { index: 0, parts, finish, logprobs };
    Ok(Answer { id: None, model: line.model, choices: vec![choice], usage })
}

/// Why an answer ended.
///
/// # Errors
/// It is none: in words.
pub fn finish(reason: Option<&str>, calls: bool) -> Result<Finish, String> {
    match reason {
        Some(reason @ ("load" | "unload")) => Err(format!("nothing was answered: the model was {reason}ed")),
        // What cut the answer short counts for more than calls: the last of them may be cut as well.
        Some("length") => Ok(Finish::Length),
        _ if calls => Ok(Finish::ToolCalls),
        _ => Ok(Finish::Stop),
    }
}

json_object! {
    /// An answer, or a line of a streamed one.
    pub struct Line<'a> {
        model: Str<'a>,
        message: Message<'a>,
        done: bool,
        done_reason: Str<'a>,
        prompt_eval_count: Number<'a>,
        eval_count: Number<'a>,
        logprobs: Vec<Logprob<'a>>,
        error: &'a RawValue,
        status as "StatusCode": Number<'a>,
        ..
    }
}

json_object! {
    /// What is said, or more of it.
    pub struct Message<'a> {
        content: Str<'a>,
        thinking: Str<'a>,
        images: Vec<Str<'a>>,
        tool_calls: Vec<Call<'a>>,
        ..
    }
}

json_object! {
    /// A call. It always comes whole.
    pub struct Call<'a> { id: Str<'a>, function: Function<'a>, .. }
}

json_object! {
    /// What is called.
    pub struct Function<'a> { name: Str<'a>, arguments: &'a RawValue, .. }
}

json_object! {
    /// How likely a token was, and others in its place.
    pub struct Logprob<'a> {
        token: Str<'a>,
        logprob: &'a RawValue,
        bytes: &'a RawValue,
        top as "top_logprobs": Vec<Alternative<'a>>,
        ..
    }
}

json_object! {
    /// How likely another token was.
    pub struct Alternative<'a> { token: Str<'a>, logprob: &'a RawValue, bytes: &'a RawValue, .. }
}

impl Line<'_> {
    /// The tokens that it counts, if it counts any: those of thoughts are among those of the answer.
    pub fn count(&self) -> Option<Usage> {
        let (prompt, completion) = (self.prompt_eval_count, self.eval_count);
        prompt.or(completion)?;
        let of = |number: Option<Number<'_>>| number.and_then(Number::as_u64).unwrap_or_default();
        Some(Usage { prompt: of(prompt), completion: of(completion), ..Usage::default() })
    }
}

impl<'a> Message<'a> {
    /// What it says: thoughts first, which come first in a stream as well.
    ///
    /// # Errors
    /// A call without a name.
    pub fn parts(self, ids: &mut Ids) -> Result<Vec<Kind<'a>>, Malformed> {
        let mut parts = Vec::new();
        let spoken = |text: Option<Str<'a>>| text.filter(|text| !text.is_empty());
        parts.extend(spoken(self.thinking).map(|text| Kind::Thinking { text, signature: None }));
        parts.extend(spoken(self.content).map(|text| Kind::Text { text, signature: None }));
        for data in self.images.unwrap_or_default() {
            let url = format!("data:{};base64,{}", media_type("image/png", &data), data.as_str());
            parts.push(Kind::Image { source: Source::Url(Str::from(url)), detail: None });
        }
        for call in self.tool_calls.unwrap_or_default() {
            let Function { name, arguments, .. } = call.function.unwrap_or_default();
            let name = name.ok_or_else(|| Malformed("a call without a name".to_owned()))?;
            parts.push(Kind::ToolCall {
                id: ids.id(call.id),
                name,
                arguments: written(arguments),
                signature: None,
            });
        }
        Ok(parts)
    }
}

/// Arguments as the text of an object. Of those who imitate Ollama some give the text itself.
fn written(arguments: Option<&RawValue>) -> Str<'_> {
    let written = arguments.map(|raw| match serde_json::from_str::<Str<'_>>(raw.get()) {
        Ok(text) => text,
        Err(_) => Str::borrowed(raw.get()),
    });
    written.filter(|text| !matches!(text.trim(), "" | "null")).unwrap_or(Str::borrowed("{}"))
}

/// Log probabilities in OpenAI's shape: <https://platform.openai.com/docs/api-reference/chat/object>. Ollama leaves out
/// what is empty.
pub fn logprobs(tokens: &[Logprob<'_>]) -> Option<String> {
    #[derive(Serialize)]
    struct Logprobs<'a> {
        content: Vec<Token<'a>>,
        refusal: Option<()>,
    }
    #[derive(Serialize)]
    struct Token<'a> {
        token: &'a str,
        logprob: Option<&'a RawValue>,
        bytes: Option<&'a RawValue>,
        top_logprobs: Vec<Other<'a>>,
    }
    #[derive(Serialize)]
    struct Other<'a> {
        token: &'a str,
        logprob: Option<&'a RawValue>,
        bytes: Option<&'a RawValue>,
    }
    if tokens.is_empty() {
        return None;
    }
    let content = tokens.iter().map(|told| {
        let others = told.top.iter().flatten().map(|other| Other {
            token: other.token.as_deref().unwrap_or_default(),
            logprob: other.logprob,
            bytes: other.bytes,
        });
        let token = told.token.as_deref().unwrap_or_default();
        Token { token, logprob: told.logprob, bytes: told.bytes, top_logprobs: others.collect() }
    });
    serde_json::to_string(&Logprobs { content: content.collect(), refusal: None }).ok()
}
