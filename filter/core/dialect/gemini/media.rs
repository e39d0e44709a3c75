//! Images, sound and files: <https://ai.google.dev/gemini-api/docs/generate-content/file-input-methods>.

use std::borrow::Cow;

use serde::Serialize;

use crate::hub::{Param, RequestError, Source, media_type};

/// Bytes within the request.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Blob<'a> {
    /// What they are.
    pub mime_type: &'a str,
    /// The bytes, as base64.
    pub data: &'a str,
}

/// Bytes elsewhere.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct FileData<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    mime_type: Option<&'static str>,
    file_uri: Cow<'a, str>,
}

/// How many tokens an image may take.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct MediaResolution {
    level: &'static str,
}

/// Either form.
#[derive(Debug)]
pub enum Media<'a> {
    /// `inlineData`.
    Inline(Blob<'a>),
    /// `fileData`.
    File(FileData<'a>),
}

impl<'a> Media<'a> {
    /// What is behind `source`. `name` may tell the type by its ending; `fallback` is the type where nothing tells.
    ///
    /// # Errors
    /// An id of a file that Google does not keep: `param`.
    pub fn of(
        source: &'a Source<'a>,
        name: Option<&str>,
        fallback: &'static str,
        param: impl Fn() -> Param,
    ) -> Result<Self, RequestError> {
        Ok(match source {
            Source::Data { media_type: declared, data } => {
                let mime_type = match media_type(declared, data) {
                    "image/jpg" => "image/jpeg",
                    kind => kind,
                };
                Self::Inline(Blob { mime_type, data })
            }
            Source::Url(url) => {
                let mime_type = by_ending(url).or_else(|| by_ending(name?)).unwrap_or(fallback);
                Self::File(FileData { mime_type: Some(mime_type), file_uri: Cow::Borrowed(url) })
            }
            Source::Id(id) => {
                let file_uri = match id.as_str() {
                    uri if uri.starts_with("https://") || uri.starts_with("gs://") => Cow::Borrowed(uri),
                    name if name.starts_with("files/") => Cow::Owned(format!("{FILES}{name}")),
                    _ => {
                        let why = "Gemini knows only files of its own: `files/<id>`, or their URI";
                        return Err(RequestError::unsupported(param(), why));
                    }
                };
                Self::File(FileData { mime_type: name.and_then(by_ending), file_uri })
            }
        })
    }
}

impl MediaResolution {
    /// The resolution of OpenAI's `detail`. `Err` for a word that has none.
    pub fn of(detail: &str) -> Result<Option<Self>, ()> {
        match detail {
            "auto" => Ok(None),
            "low" => Ok(Some(Self { level: "MEDIA_RESOLUTION_LOW" })),
            "high" => Ok(Some(Self { level: "MEDIA_RESOLUTION_HIGH" })),
            _ => Err(()),
        }
    }
}

/// The type of a sound of this format; `None` for one that Gemini does not take.
pub fn audio_type(format: &str) -> Option<&'static str> {
    AUDIO.iter().find(|(known, _)| format.eq_ignore_ascii_case(known)).map(|(_, mime)| *mime)
}

/// The type that the ending of a file's name or URL tells.
fn by_ending(name: &str) -> Option<&'static str> {
    let name = name.split(['?', '#']).next()?;
    let file = name.rsplit('/').next()?;
    let (_, ending) = file.rsplit_once('.')?;
    let types = ENDINGS.iter().chain(AUDIO);
    types.into_iter().find(|(known, _)| ending.eq_ignore_ascii_case(known)).map(|(_, mime)| *mime)
}

const FILES: &str = "https://generativelanguage.googleapis.com/v1beta/";

/// <https://ai.google.dev/gemini-api/docs/audio>
const AUDIO: &[(&str, &str)] = &[
    ("wav", "audio/wav"),
    ("mp3", "audio/mp3"),
    ("aiff", "audio/aiff"),
    ("aac", "audio/aac"),
    ("ogg", "audio/ogg"),
    ("flac", "audio/flac"),
];

const ENDINGS: &[(&str, &str)] = &[
    ("png", "image/png"),
    ("jpg", "image/jpeg"),
    ("jpeg", "image/jpeg"),
    ("webp", "image/webp"),
    ("gif", "image/gif"),
    ("heic", "image/heic"),
    ("heif", "image/heif"),
    ("pdf", "application/pdf"),
    ("json", "application/json"),
    ("txt", "text/plain"),
    ("md", "text/markdown"),
    ("csv", "text/csv"),
    ("html", "text/html"),
    ("xml", "text/xml"),
    ("mp4", "video/mp4"),
    ("mov", "video/quicktime"),
    ("webm", "video/webm"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endings_tell_the_type() {
        for (name, want) in [
            ("https://x.y/a/photo.PNG?w=1#f", Some("image/png")),
            ("https://x.y/a.pdf", Some("application/pdf")),
            ("https://x.y/png", None),
            ("https://x.png/photo", None),
            ("talk.mp3", Some("audio/mp3")),
        ] {
            assert_eq!(by_ending(name), want, "{name}");
        }
    }
}
