//! Speech of a text: <https://platform.openai.com/docs/api-reference/audio/createSpeech>. A tone for each word: see
//! `sound.rs`. An MP3 is as long, and silent.

use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::delivery::{self, Ending, Refusal};
use super::super::{script, sound};
use super::{Asked, invalid, missing, read, text, word};

/// A request that OpenAI would accept.
pub(super) struct Request {
    model: String,
    input: String,
    voice: String,
    encoding: &'static str,
    speed: f64,
    /// The sound comes in events.
    in_events: bool,
}

impl Asked for Request {
    fn read(body: &[u8]) -> Result<Self, Box<Refusal>> {
        let (body, model) = read(body, PARAMETERS)?;
        let input = text(&body, "input")?;
        if input.is_empty() {
            return Err(missing("input"));
        }
        if input.chars().count() > MOST_LETTERS {
            let message = format!("Invalid 'input': string too long. Maximum length {MOST_LETTERS}.");
            return Err(invalid(&message, Some("input"), Some("string_too_long")));
        }
        let speed = match body.get("speed").filter(|speed| !speed.is_null()) {
            Some(speed) => speed.as_f64().filter(|speed| (0.25..=4.0).contains(speed)).ok_or_else(|| {
                let message = "Invalid 'speed': expected a decimal between 0.25 and 4.";
                invalid(message, Some("speed"), Some("invalid_value"))
            })?,
            None => 1.0,
        };
        let encoding = word(&body, "response_format", &["mp3", "opus", "aac", "flac", "wav", "pcm"])?;
        if !SPOKEN.iter().any(|(known, _)| *known == encoding) {
            let message =
                "Invalid 'response_format': expected 'mp3', 'wav' or 'pcm' (all that the stand-in speaks).";
            return Err(invalid(message, Some("response_format"), Some("invalid_value")));
        }
        let in_events = word(&body, "stream_format", &["audio", "sse"])? == "sse";
        if in_events && model.starts_with("tts-1") {
            let message = "Invalid 'stream_format': 'sse' is not supported by this model.";
            return Err(invalid(message, Some("stream_format"), Some("invalid_value")));
        }
        Ok(Self { voice: read_voice(&body)?, input: input.to_owned(), model, encoding, speed, in_events })
    }

    fn model(&self) -> &str {
        &self.model
    }

    fn answer(&self, ending: Ending) -> Response {
        let samples = sound::samples(&format!("{} {}", self.voice, self.input), self.speed);
        let bytes = match self.encoding {
            "wav" => sound::wav(&samples),
            "pcm" => samples,
            _ => sound::mp3(&samples),
        };
        if self.in_events {
            return delivery::stream("text/event-stream; charset=utf-8", self.events(&bytes), ending);
        }
        let kind = SPOKEN.iter().find(|(known, _)| *known == self.encoding).map(|(_, kind)| *kind);
        delivery::bytes(kind.unwrap_or_default(), bytes, ending)
    }
}

impl Request {
    fn events(&self, bytes: &[u8]) -> Vec<String> {
        let event = |event: Value| format!("data: {event}\n\n");
        let delta = |piece: &[u8]| json!({ "type": "speech.audio.delta", "audio": STANDARD.encode(piece) });
        let (input, output) = (script::tokens(&self.input), bytes.len() / BYTES_OF_A_TOKEN);
        let usage = json!({
            "input_tokens": input,
            "output_tokens": output,
            "total_tokens": input.saturating_add(output),
        });
        let done = json!({ "type": "speech.audio.done", "usage": usage });
        bytes.chunks(PIECE).map(delta).chain([done]).map(event).collect()
    }
}

/// One that OpenAI has, by its name, or one of the caller's own by its id.
fn read_voice(body: &Value) -> Result<String, Box<Refusal>> {
    match body.get("voice").filter(|voice| !voice.is_null()) {
        None => Err(missing("voice")),
        Some(voice) if voice.get("id").is_some_and(Value::is_string) => Ok(voice.to_string()),
        Some(_) => word(body, "voice", VOICES).map(str::to_owned),
    }
}

/// Every parameter that OpenAI knows.
const PARAMETERS: &[&str] =
    &["input", "instructions", "model", "response_format", "speed", "stream_format", "voice"];
const VOICES: &[&str] = &[
    "alloy", "ash", "ballad", "cedar", "coral", "echo", "fable", "marin", "nova", "onyx", "sage", "shimmer",
    "verse",
];

/// Encodings that there are, and their media types.
const SPOKEN: &[(&str, &str)] = &[("mp3", "audio/mpeg"), ("wav", "audio/wav"), ("pcm", "audio/pcm")];

const MOST_LETTERS: usize = 4096;
/// What an event carries.
const PIECE: usize = 8192;
/// Roughly a fiftieth of a second.
const BYTES_OF_A_TOKEN: usize = 960;
