//! Speech of a text, as clients ask for it: <https://platform.openai.com/docs/api-reference/audio/createSpeech>. What
//! providers of other formats say and take is written with this.

use serde_json::value::RawValue;

use super::beyond::Beyond;
use super::task::check_crowd;
use super::{Memo, TaskAnswer};
use crate::hub::json::{Document, Number, Str, is_null};
use crate::hub::{Dropped, RequestError, Told};
use crate::json_object;

/// The surface.
pub const SURFACE: &str = "speech";

/// The note of the encoding that a client wants.
pub const ENCODING: &str = "encoding";

json_object! {
    struct Wire<'a> {
        model: &'a RawValue,
        input: Str<'a>,
        voice: &'a RawValue,
        response_format: Str<'a>,
        speed: Number<'a>,
        instructions: Str<'a>,
        stream_format: Str<'a>,
    }
}

json_object! { struct WireVoice<'a> { id: Str<'a>, .. } }

/// What a client wants.
#[derive(Debug)]
pub struct Wanted<'a> {
    /// What is to be said.
    pub input: Str<'a>,
    /// By whom.
    pub voice: Option<Str<'a>>,
    response_format: Option<Str<'a>>,
    /// Members that OpenAI does not know.
    pub(super) beyond: Beyond<'a>,
    /// What it says of how it is to be said.
    own: Vec<&'static str>,
}

/// How sound is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Encoding {
    /// OpenAI's word for it.
    pub word: &'static str,
    /// Its media type.
    pub media_type: &'static str,
}

/// Those that OpenAI has: <https://platform.openai.com/docs/guides/text-to-speech#supported-output-formats>. The first is
/// meant where none is said.
const ENCODINGS: &[Encoding] = &[
    Encoding { word: "mp3", media_type: "audio/mpeg" },
    Encoding { word: "opus", media_type: "audio/opus" },
    Encoding { word: "aac", media_type: "audio/aac" },
    Encoding { word: "flac", media_type: "audio/flac" },
    Encoding { word: "wav", media_type: "audio/wav" },
    Encoding { word: "pcm", media_type: "audio/pcm" },
];

impl<'a> Wanted<'a> {
    /// Reads a request's body.
    ///
    /// # Errors
    /// Not JSON, a wrong type, or a stream of events: with the field.
    pub fn read(body: &'a Document) -> Result<Self, RequestError> {
        check_crowd(body, "input")?;
        let wire: Wire<'a> = body.read()?;
        let input = wire.input.ok_or_else(|| RequestError::missing("input"))?;
        if wire.stream_format.is_some_and(|format| format.as_str() != "audio") {
            return Err(RequestError::unsupported("stream_format", "the sound comes as bytes: `audio`"));
        }
        let voice = match wire.voice.filter(|voice| !is_null(voice)) {
            Some(raw) => {
                let named = serde_json::from_str::<Str<'a>>(raw.get()).ok();
                let voice = named.or_else(|| serde_json::from_str::<WireVoice<'a>>(raw.get()).ok()?.id);
                let wrong = || {
                    RequestError::invalid("voice", "expected the name of a voice, or an object with its id")
                };
                Some(voice.ok_or_else(wrong)?)
            }
            None => None,
        };
        let mut own = Vec::new();
        own.extend(wire.speed.filter(|speed| speed.as_f64() != Some(1.0)).map(|_| "speed"));
        own.extend(wire.instructions.filter(|said| !said.is_empty()).map(|_| "instructions"));
        Ok(Self { input, voice, response_format: wire.response_format, beyond: Beyond::new(wire.extra), own })
    }

    /// How it is to be encoded, of what `vendor` has.
    ///
    /// # Errors
    /// Not so: with the field.
    pub fn encoding(&self, vendor: &str, has: &[&str]) -> Result<Encoding, RequestError> {
        let usual = ENCODINGS.first().map_or("", |encoding| encoding.word);
        let word = self.response_format.as_deref().unwrap_or(usual);
        let known = ENCODINGS.iter().find(|encoding| encoding.word == word && has.contains(&word));
        known.copied().ok_or_else(|| {
            let why = format_args!("{vendor} has no {word:?}; one of {}", has.join(", "));
            RequestError::unsupported("response_format", why)
        })
    }

    /// Reports what is not said: how it is to be said, and members that nobody has taken.
    pub fn report(&self, taken: &[&str], dropped: &mut Dropped) {
        for name in &self.own {
            dropped.add(*name);
        }
        self.beyond.report(taken, dropped);
    }
}

impl Encoding {
    /// The one that was noted, or the usual one.
    pub fn noted(memo: &Memo) -> Self {
        let noted = memo.noted(ENCODING);
        let known = ENCODINGS.iter().find(|encoding| Some(encoding.word) == noted).or(ENCODINGS.first());
        known.copied().unwrap_or(Self { word: "", media_type: "application/octet-stream" })
    }

    /// An answer of these bytes.
    pub fn answer(self, body: Vec<u8>, told: Told) -> TaskAnswer {
        TaskAnswer { body, media_type: self.media_type.into(), told }
    }
}

/// Samples of 16 bits, one channel, as a WAV file: <http://soundfile.sapp.org/doc/WaveFormat/>.
pub fn wav(samples: &[u8], rate: u32) -> Vec<u8> {
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    let mut file = Vec::with_capacity(samples.len().saturating_add(44));
    file.extend_from_slice(b"RIFF");
    file.extend_from_slice(&length.saturating_add(36).to_le_bytes());
    file.extend_from_slice(b"WAVEfmt ");
    file.extend_from_slice(&16_u32.to_le_bytes());
    // PCM, and one channel.
    file.extend_from_slice(&[1, 0, 1, 0]);
    file.extend_from_slice(&rate.to_le_bytes());
    file.extend_from_slice(&rate.saturating_mul(2).to_le_bytes());
    // Two bytes a sample, of sixteen bits.
    file.extend_from_slice(&[2, 0, 16, 0]);
    file.extend_from_slice(b"data");
    file.extend_from_slice(&length.to_le_bytes());
    file.extend_from_slice(samples);
    file
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_is_named() {
        for (body, param) in [
            (r#"{"model":"m"}"#, "input"),
            (r#"{"input":"a","stream_format":"sse"}"#, "stream_format"),
            (r#"{"input":"a","voice":7}"#, "voice"),
            (r#"{"input":"a","voice":{}}"#, "voice"),
        ] {
            let document = Document::new(body);
            assert_eq!(Wanted::read(&document).unwrap_err().param, Some(param.into()), "{body}");
        }
        let document = Document::new(
            r#"{"input":"a","voice":{"id":"v"},"speed":1.0,"instructions":"","stream_format":"audio","response_format":null}"#,
        );
        let wanted = Wanted::read(&document).unwrap();
        let mut dropped = Dropped::default();
        wanted.report(&[], &mut dropped);
        assert!(dropped.is_empty() && wanted.voice.as_deref() == Some("v"));
        assert_eq!(wanted.encoding("x", &["mp3"]).unwrap().media_type, "audio/mpeg");
        assert!(wanted.encoding("x", &["wav"]).is_err());
    }

    #[test]
    fn a_file_says_how_long_it_is() {
        let file = wav(&[1, 2, 3, 4], 24_000);
        assert_eq!(file.len(), 48);
        assert_eq!(&file[..4], b"RIFF");
        assert_eq!(file[4..8], 40_u32.to_le_bytes());
        assert_eq!(file[24..32], [24_000_u32.to_le_bytes(), 48_000_u32.to_le_bytes()].concat());
        assert_eq!(file[40..44], 4_u32.to_le_bytes());
    }
}
