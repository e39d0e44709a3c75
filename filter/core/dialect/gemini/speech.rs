//! Speech of a text, by Gemini's models for it: <https://ai.google.dev/gemini-api/docs/speech-generation>.
//!
//! | OpenAI | Gemini |
//! |---|---|
//! | `input` | the text of one content of role `user` |
//! | `voice` | `speechConfig.voiceConfig.prebuiltVoiceConfig.voiceName` |
//! | `response_format` | `wav`, or `pcm` where the model gives samples; no other is there |
//! | the bytes | `inlineData` of sound: samples of 16 bits at 24,000 Hz, all there are, or from 3.8 on a WAV file |
//!
//! `speed`, `instructions` and all else is reported: the text itself says how it is to be read.

use super::answer::{Blob, Response, UsageMetadata};
use super::error::ErrorWords;
use super::images::refusal;
use crate::dialect::object::Object;
use crate::dialect::speech::{ENCODING, Encoding, SURFACE, Wanted, wav};
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written, images};
use crate::hub::json::{self, Document};
use crate::hub::{Dropped, Malformed, ProviderError, RequestError, Told, decode};

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/models/{model}:generateContent", provider: &Speech };

#[derive(Debug)]
struct Speech;

impl TaskProvider for Speech {
    fn write_request(
        &self,
        body: &Document,
        _model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let wanted = Wanted::read(body)?;
        let encoding = wanted.encoding("Gemini", &["wav", "pcm"])?;
        wanted.report(&[], dropped);
        let part = Object::new(wanted.input.len()).text("text", &wanted.input).close();
        let content = Object::new(part.len()).text("role", "user").list("parts", [part]).close();
        let mut config = Object::new(128).list("responseModalities", ["\"AUDIO\""]);
        if let Some(voice) = wanted.voice.as_deref() {
            let voice = Object::new(64).text("voiceName", voice).close();
            let voice = Object::new(64).raw("prebuiltVoiceConfig", &voice).close();
            config = config.raw("speechConfig", &Object::new(64).raw("voiceConfig", &voice).close());
        }
        let body = Object::new(content.len()).list("contents", [content]);
        let body = body.raw("generationConfig", &config.close()).close();
        let mut written = Written::of(body.into_bytes());
        written.memo.note(ENCODING, encoding.word);
        Ok(written)
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()))?;
        let response: Response<'_> = json::read(text)?;
        if let Some(error) = response.error {
            return Err(Malformed(json::beginning(&ErrorWords::of(error).message, 2048).to_owned()));
        }
        let candidate = response.candidates.unwrap_or_default().into_iter().next();
        let parts = candidate.and_then(|candidate| candidate.content?.parts).unwrap_or_default();
        let mut sounds = parts.into_iter().filter_map(|part| Sound::of(part.inline.as_ref()?));
        let sound = sounds.next().ok_or_else(|| Malformed("it has no sound".to_owned()))?;
        let sound = sounds.try_fold(sound, Sound::then)?;
        let usage = response.usage.as_ref().map(UsageMetadata::count);
        let encoding = Encoding::noted(arrival.memo);
        let bytes = match (encoding.word, sound) {
            ("wav", Sound::Wav(bytes)) => bytes,
            ("wav", Sound::Samples(bytes, rate)) => wav(&bytes, rate),
            // OpenAI's are of this rate.
            ("pcm", Sound::Samples(bytes, 24_000)) => bytes,
            (_, _) => {
                let why =
                    "the model gives sound in a way that is not what `response_format` asks for; ask for wav";
                return Err(Malformed(why.to_owned()));
            }
        };
        Ok(encoding.answer(bytes, Told { usage, finish: None }))
    }

    fn read_refusal(&self, body: &[u8]) -> Option<ProviderError> {
        refusal(body).map(|why| images::refused(&why))
    }
}

/// Sound, as models give it: a piece of it, or all.
enum Sound {
    /// A file.
    Wav(Vec<u8>),
    /// Samples of 16 bits, one channel, and how many there are in a second.
    Samples(Vec<u8>, u32),
}

impl Sound {
    /// What is in a blob, if it is sound: `audio/L16;codec=pcm;rate=24000`, or `audio/wav`.
    fn of(blob: &Blob<'_>) -> Option<Self> {
        let media_type = blob.mime_type.as_deref()?.to_ascii_lowercase();
        let mut words = media_type.split(';').map(str::trim);
        let kind = words.next()?.to_owned();
        let bytes = decode(blob.data.as_deref()?).filter(|bytes| !bytes.is_empty())?;
        match &*kind {
            _ if bytes.starts_with(b"RIFF") => Some(Self::Wav(bytes)),
            "audio/l16" | "audio/pcm" => {
                let rate = words
                    .find_map(|word| word.strip_prefix("rate="))
                    .map_or(Some(24_000), |rate| rate.parse().ok());
                Some(Self::Samples(bytes, rate?))
            }
            _ => None,
        }
    }

    /// Both, one after the other.
    ///
    /// # Errors
    /// A file ends where it ends, and samples of two rates are not of one.
    fn then(self, next: Self) -> Result<Self, Malformed> {
        match (self, next) {
            (Self::Samples(mut bytes, rate), Self::Samples(more, same)) if rate == same => {
                bytes.extend_from_slice(&more);
                Ok(Self::Samples(bytes, rate))
            }
            _ => Err(Malformed("its sound is in pieces that cannot be put together".to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Head, Stamp};

    fn asked(format: &str) -> Result<Written, RequestError> {
        let body = format!(r#"{{"model":"m","input":"Hi","voice":"Kore"{format}}}"#);
        Speech.write_request(&Document::new(body), "gemini-3.8-flash-tts", &mut Dropped::default())
    }

    #[test]
    fn sound_is_asked_for_as_it_can_be_given() {
        let written = asked(r#","response_format":"wav""#).unwrap();
        assert_eq!(
            String::from_utf8(written.body).unwrap(),
            r#"{"contents":[{"role":"user","parts":[{"text":"Hi"}]}],"generationConfig":{"responseModalities":["AUDIO"],"speechConfig":{"voiceConfig":{"prebuiltVoiceConfig":{"voiceName":"Kore"}}}}}"#
        );
        for format in ["", r#","response_format":"mp3""#, r#","response_format":"x""#] {
            assert_eq!(asked(format).unwrap_err().param, Some("response_format".into()));
        }
    }

    #[test]
    fn sound_is_given_as_it_was_asked_for() {
        let stamp = Stamp { seed: 1, created: 7 };
        let read = |format: &str, media_type: &str, data: &str| {
            let memo = asked(&format!(r#","response_format":"{format}""#)).unwrap().memo;
            let body = format!(
                r#"{{"candidates":[{{"content":{{"parts":[{{"inlineData":{{"mimeType":"{media_type}","data":"{data}"}}}}]}},"finishReason":"STOP"}}]}}"#
            );
            let arrival = Arrival { head: Head::of(200), stamp, memo: &memo };
            Speech
                .read_answer(body.as_bytes(), &arrival)
                .ok()
                .map(|answer| (answer.body.len(), answer.media_type))
        };
        let samples = "audio/L16;codec=pcm;rate=24000";
        assert_eq!(read("wav", samples, "AAEAAQ=="), Some((48, "audio/wav".into())));
        assert_eq!(read("pcm", samples, "AAEAAQ=="), Some((4, "audio/pcm".into())));
        assert_eq!(read("pcm", "audio/L16;rate=16000", "AAEAAQ=="), None);
        assert_eq!(read("wav", "audio/wav", "UklGRg=="), Some((4, "audio/wav".into())));
        assert_eq!(read("pcm", "audio/wav", "UklGRg=="), None);
        assert_eq!(read("wav", "image/png", "AAEAAQ=="), None);
        assert_eq!(read("wav", samples, ""), None);
    }
}
