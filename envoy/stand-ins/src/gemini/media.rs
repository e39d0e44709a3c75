//! Images and speech, which models of their own give as parts of an answer:
//! <https://ai.google.dev/gemini-api/docs/image-generation>, <https://ai.google.dev/gemini-api/docs/speech-generation>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::super::{picture, sound};
use super::rules::{Broken, invalid, only};
use super::{list, member};

/// A part of an answer that is no text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Media {
    Image,
    Sound,
}

impl Media {
    /// What a request is to be answered with, if it is no text.
    pub(super) fn read(config: &Value, model: &str) -> Result<Option<Self>, Broken> {
        let wanted = list(config, "responseModalities");
        let wants = |modality: &str| wanted.iter().any(|wanted| wanted == modality);
        let media = match (wants("IMAGE"), wants("AUDIO")) {
            (true, false) => Some(Self::Image),
            (false, true) => Some(Self::Sound),
            _ => None,
        };
        let able = match media {
            Some(Self::Image) => model.contains("image") || model.contains("banana"),
            Some(Self::Sound) => model.contains("tts"),
            None => !wants("IMAGE"),
        };
        if !able {
            return Err(invalid(
                "The requested combination of response modalities is not supported by the model.",
            ));
        }
        if let Some(image) = member(config, "imageConfig") {
            only(image, &["aspectRatio", "imageSize"], "generation_config.image_config")?;
            for (name, known) in [("aspectRatio", RATIOS), ("imageSize", SIZES)] {
                if let Some(word) =
                    member(image, name).filter(|word| !known.iter().any(|known| *word == *known))
                {
                    return Err(invalid(&format!(
                        "Invalid value at 'generation_config.image_config': {name} {word}"
                    )));
                }
            }
        }
        if let Some(speech) = member(config, "speechConfig") {
            let known = ["languageCode", "multiSpeakerVoiceConfig", "voiceConfig"];
            only(speech, &known, "generation_config.speech_config")?;
            let voice = member(speech, "voiceConfig").and_then(|voice| member(voice, "prebuiltVoiceConfig"));
            let voice = voice.and_then(|voice| member(voice, "voiceName")).and_then(Value::as_str);
            let is_known = |voice: &str| VOICES.iter().any(|known| known.eq_ignore_ascii_case(voice));
            if let Some(voice) = voice.filter(|voice| !is_known(voice)) {
                let voices = VOICES.join(", ");
                return Err(invalid(&format!(
                    "Voice name {voice} is not supported. Allowed voice names are: {voices}"
                )));
            }
        }
        Ok(media)
    }

    /// It, as a part. `config` is what was said of it.
    pub(super) fn part(self, text: &str, config: &Value) -> Value {
        let said = |name: &str| member(config, name).map(Value::to_string).unwrap_or_default();
        let (kind, bytes) = match self {
            Self::Image => ("image/png".to_owned(), picture::of(&format!("{text}\n{}", said("imageConfig")))),
            Self::Sound => {
                let kind = format!("audio/L16;codec=pcm;rate={}", sound::RATE);
                (kind, sound::samples(&format!("{} {text}", said("speechConfig")), 1.0))
            }
        };
        json!({ "inlineData": { "mimeType": kind, "data": STANDARD.encode(bytes) } })
    }
}

const RATIOS: &[&str] = &["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
const SIZES: &[&str] = &["1K", "2K", "4K"];
/// <https://ai.google.dev/gemini-api/docs/speech-generation#voices>.
const VOICES: &[&str] = &[
    "Achernar",
    "Achird",
    "Algenib",
    "Algieba",
    "Alnilam",
    "Aoede",
    "Autonoe",
    "Callirrhoe",
    "Charon",
    "Despina",
    "Enceladus",
    "Erinome",
    "Fenrir",
    "Gacrux",
    "Iapetus",
    "Kore",
    "Laomedeia",
    "Leda",
    "Orus",
    "Puck",
    "Pulcherrima",
    "Rasalgethi",
    "Sadachbia",
    "Sadaltager",
    "Schedar",
    "Sulafat",
    "Umbriel",
    "Vindemiatrix",
    "Zephyr",
    "Zubenelgenubi",
];
