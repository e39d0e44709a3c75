//! Speech of Mistral's: <https://docs.mistral.ai/api/endpoint/audio/speech>.
//!
//! | OpenAI | Mistral |
//! |---|---|
//! | `input` | the same |
//! | `voice` | `voice_id` |
//! | `response_format` | the same but for `aac`, which it has not, and `pcm`, which there is of floats: <https://docs.mistral.ai/studio-api/audio/text_to_speech/speech> |
//! | `ref_audio`, `metadata` | the same |
//! | the bytes | `audio_data`, as base64 |
//!
//! `speed`, `instructions` and all else is reported.

use crate::dialect::object::{Object, literal};
use crate::dialect::speech::{self, Encoding, SURFACE, Wanted};
use crate::dialect::{Arrival, Task, TaskAnswer, TaskProvider, Written};
use crate::hub::json::{self, Document, Str};
use crate::hub::{Dropped, Malformed, RequestError, Told, decode};
use crate::json_object;

/// The task.
pub const TASK: Task = Task { surface: SURFACE, path: "/audio/speech", provider: &Speech };

/// Members of Mistral's that clients give by the same name.
const OWN: &[&str] = &["ref_audio", "metadata", "voice_id"];

#[derive(Debug)]
struct Speech;

json_object! { struct Answer<'a> { audio as "audio_data": Str<'a>, .. } }

impl TaskProvider for Speech {
    fn write_request(
        &self,
        body: &Document,
        model: &str,
        dropped: &mut Dropped,
    ) -> Result<Written, RequestError> {
        let wanted = Wanted::read(body)?;
        let encoding = wanted.encoding("Mistral", &["mp3", "wav", "flac", "opus"])?;
        wanted.report(OWN, dropped);
        let input = literal(&wanted.input);
        let mut object =
            Object::new(input.len().saturating_add(128)).text("model", model).raw("input", &input);
        if wanted.beyond.get("voice_id").is_none() {
            object = object.text_if("voice_id", wanted.voice.as_deref());
        }
        object = object.text("response_format", encoding.word);
        for (name, value) in OWN.iter().filter_map(|name| Some((*name, wanted.beyond.get(name)?))) {
            object = object.raw(name, value.get());
        }
        let mut written = Written::of(object.close().into_bytes());
        written.memo.note(speech::ENCODING, encoding.word);
        Ok(written)
    }

    fn read_answer(&self, body: &[u8], arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()))?;
        let answer: Answer<'_> = json::read(text)?;
        let audio = answer.audio.and_then(|data| decode(&data)).filter(|bytes| !bytes.is_empty());
        let audio = audio.ok_or_else(|| Malformed("it has no `audio_data` in base64".to_owned()))?;
        Ok(Encoding::noted(arrival.memo).answer(audio, Told::default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::{Head, Stamp};

    #[test]
    fn a_voice_is_an_id_and_audio_is_bytes() {
        let body = r#"{"model":"m","input":"Hi","voice":"gb_jane_neutral","response_format":"wav","speed":1.5,"instructions":"calm"}"#;
        let mut dropped = Dropped::default();
        let written =
            Speech.write_request(&Document::new(body), "voxtral-mini-tts-3-0", &mut dropped).unwrap();
        assert_eq!(
            String::from_utf8(written.body).unwrap(),
            r#"{"model":"voxtral-mini-tts-3-0","input":"Hi","voice_id":"gb_jane_neutral","response_format":"wav"}"#
        );
        assert_eq!(dropped.names(crate::dialect::openai::spell), ["speed", "instructions"]);
        let stamp = Stamp { seed: 1, created: 7 };
        let arrival = Arrival { head: Head::of(200), stamp, memo: &written.memo };
        let answer = Speech.read_answer(br#"{"audio_data":"UklGRg=="}"#, &arrival).unwrap();
        assert_eq!((&*answer.body, &*answer.media_type), (&b"RIFF"[..], "audio/wav"));
        for none in [&b"{}"[..], br#"{"audio_data":""}"#, br#"{"audio_data":"*"}"#, b"\xff"] {
            assert!(Speech.read_answer(none, &arrival).is_err());
        }
    }

    #[test]
    fn what_it_has_not_is_refused() {
        for format in ["pcm", "aac"] {
            let body = format!(r#"{{"model":"m","input":"Hi","voice":"v","response_format":"{format}"}}"#);
            let error = Speech.write_request(&Document::new(body), "m", &mut Dropped::default()).unwrap_err();
            assert_eq!((error.param, error.code), (Some("response_format".into()), "unsupported_parameter"));
        }
        let bare = Document::new(r#"{"model":"m","input":"Hi","voice_id":"v","ref_audio":"aWE="}"#);
        let written = Speech.write_request(&bare, "m", &mut Dropped::default()).unwrap();
        assert_eq!(
            String::from_utf8(written.body).unwrap(),
            r#"{"model":"m","input":"Hi","response_format":"mp3","ref_audio":"aWE=","voice_id":"v"}"#
        );
    }
}
