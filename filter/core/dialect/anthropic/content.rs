//! Parts of a message as content blocks:
//! <https://platform.claude.com/docs/en/api/messages/create>.
//!
//! | part | block |
//! |---|---|
//! | text, refusal | `text`; blank ones are left out, since Claude refuses them |
//! | image | `image`: base64 of four types, or a URL |
//! | PDF, also as an image's data URI or URL | `document` |
//! | text file | `document` with a text source |
//! | uploaded file | `document` with a file source (needs the header `anthropic-beta: files-api-2025-04-14`) |
//! | thinking with its signature, redacted thinking | the same; without a signature it can't be given back, and is reported |
//! | call, result | `tool_use`, `tool_result`, by [`super::turns`] |

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::hub::json::Str;
use crate::hub::{Dropped, Field, Kind, OfPart, Param, Part, RequestError, Source};

/// A content block.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Block<'a> {
    Text {
        text: Str<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    Image {
        source: BlockSource<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    Document {
        source: BlockSource<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        title: Option<&'a str>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    Thinking {
        thinking: &'a str,
        signature: &'a str,
    },
    RedactedThinking {
        data: &'a str,
    },
    ToolUse {
        id: Cow<'a, str>,
        name: &'a str,
        input: &'a RawValue,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
    ToolResult {
        tool_use_id: Cow<'a, str>,
        #[serde(skip_serializing_if = "Content::is_empty")]
        content: Content<'a>,
        #[serde(skip_serializing_if = "Option::is_none")]
        cache_control: Option<&'a RawValue>,
    },
}

/// Where an image or document is.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum BlockSource<'a> {
    Base64 { media_type: Cow<'a, str>, data: Cow<'a, str> },
    Text { media_type: &'static str, data: String },
    Url { url: &'a str },
    File { file_id: &'a str },
}

/// Blocks; a string where they are one plain text.
#[derive(Default)]
pub struct Content<'a>(pub Vec<Block<'a>>);

impl Content<'_> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Serialize for Content<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.as_slice() {
            [Block::Text { text, cache_control: None }] => text.serialize(serializer),
            blocks => blocks.serialize(serializer),
        }
    }
}

impl<'a> Block<'a> {
    /// A text.
    pub fn text(text: impl Into<Str<'a>>) -> Self {
        Self::Text { text: text.into(), cache_control: None }
    }
}

/// The block of a part of message `index`; none for what is blank or can't be given back.
///
/// # Errors
/// A part that Claude does not know.
pub fn block<'a>(
    part: &'a Part<'a>,
    index: usize,
    dropped: &mut Dropped,
) -> Result<Option<Block<'a>>, RequestError> {
    let any = |of| Param::any_part(part.place, of);
    dropped.add_members(|name| any(OfPart::Member(name)), &part.extra);
    let cache_control = part.cache_control;
    let unmarked = |dropped: &mut Dropped| dropped.add_if(cache_control.is_some(), any(OfPart::CacheControl));
    let unsupported =
        |why: &str| RequestError::unsupported(Param::Part(Some(index), part.place, OfPart::Whole), why);
    let block = match &part.kind {
        Kind::Text { text, .. } | Kind::Refusal(text) => {
            if text.is_blank() {
                unmarked(dropped);
                return Ok(None);
            }
            Block::Text { text: text.share(), cache_control }
        }
        Kind::Image { source, detail } => {
            let told = detail.as_deref().is_some_and(|detail| detail != "auto");
            dropped.add_if(told, Field::ImageDetail);
            media(source, None, cache_control).map_err(|why| unsupported(&why))?
        }
        Kind::File { source, filename } => {
            let title = filename.as_deref();
            let block = media(source, title, cache_control).map_err(|why| unsupported(&why))?;
            dropped.add_if(title.is_some() && !matches!(block, Block::Document { .. }), Field::Filename);
            block
        }
        Kind::Thinking { text, signature } => {
            unmarked(dropped);
            let Some(signature) = signature.as_deref().filter(|signature| !signature.is_empty()) else {
                dropped.add(any(OfPart::Whole));
                return Ok(None);
            };
            Block::Thinking { thinking: text, signature }
        }
        Kind::RedactedThinking(data) => {
            unmarked(dropped);
            Block::RedactedThinking { data }
        }
        Kind::Audio { .. } => return Err(unsupported("Claude does not take audio")),
        Kind::ToolCall { .. } | Kind::ToolResult { .. } => {
            return Err(unsupported("calls and results cannot stand inside a message's content"));
        }
    };
    Ok(Some(block))
}

fn media<'a>(
    source: &'a Source<'a>,
    title: Option<&'a str>,
    cache_control: Option<&'a RawValue>,
) -> Result<Block<'a>, String> {
    let document = |source| Block::Document { source, title, cache_control };
    let image = |source| Block::Image { source, cache_control };
    match source {
        Source::Url(url) if url.starts_with("gs://") => Err("Claude cannot read gs:// URLs".to_owned()),
        Source::Url(url) if is_pdf(url) || title.is_some() => Ok(document(BlockSource::Url { url })),
        Source::Url(url) => Ok(image(BlockSource::Url { url })),
        Source::Id(file_id) => Ok(document(BlockSource::File { file_id })),
        Source::Data { media_type, data } => match media_type.as_str() {
            "image/jpeg" | "image/png" | "image/gif" | "image/webp" => Ok(image(base64(media_type, data))),
            "image/jpg" => Ok(image(base64("image/jpeg", data))),
            "application/pdf" => Ok(document(base64(media_type, data))),
            "application/json" | "application/xml" | "application/yaml" => Ok(document(text(data)?)),
            kind if kind.starts_with("text/") => Ok(document(text(data)?)),
            kind => Err(format!("Claude takes JPEG, PNG, GIF, WebP, PDF and text, not {kind}")),
        },
    }
}

fn is_pdf(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.get(path.len().saturating_sub(4)..).is_some_and(|ending| ending.eq_ignore_ascii_case(".pdf"))
}

fn base64<'a>(media_type: &'a str, data: &'a Str<'a>) -> BlockSource<'a> {
    BlockSource::Base64 { media_type: Cow::Borrowed(media_type), data: standard(data) }
}

/// Base64 in the alphabet with `+` and `/`.
fn standard(data: &str) -> Cow<'_, str> {
    match data.contains(['-', '_']) {
        true => Cow::Owned(data.replace('-', "+").replace('_', "/")),
        false => Cow::Borrowed(data),
    }
}

fn text(data: &str) -> Result<BlockSource<'_>, String> {
    let text = decode(data).and_then(|bytes| String::from_utf8(bytes).ok());
    let text = text.ok_or_else(|| "a text file must be UTF-8".to_owned())?;
    match text.trim().is_empty() {
        true => Err("the file is blank".to_owned()),
        false => Ok(BlockSource::Text { media_type: "text/plain", data: text }),
    }
}

/// Decodes base64 of either alphabet, padded or not.
fn decode(data: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(data.len().saturating_mul(3) / 4);
    let (mut bits, mut count) = (0_u32, 0_u32);
    for byte in data.trim_end_matches('=').bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte.checked_sub(b'A')?,
            b'a'..=b'z' => byte.checked_sub(b'a')?.checked_add(26)?,
            b'0'..=b'9' => byte.checked_sub(b'0')?.checked_add(52)?,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => return None,
        };
        bits = (bits << 6) | u32::from(value);
        count = count.saturating_add(6);
        if count >= 8 {
            count = count.saturating_sub(8);
            bytes.push(u8::try_from((bits >> count) & 0xff).ok()?);
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_in_both_alphabets() {
        for (data, want) in [("", ""), ("YQ==", "a"), ("YWI", "ab"), ("YWJj", "abc"), ("4oKs", "€")] {
            assert_eq!(decode(data).as_deref(), Some(want.as_bytes()), "{data}");
        }
        assert_eq!(decode("-_8="), decode("+/8="));
        assert_eq!(decode("*"), None);
        assert_eq!(standard("a-b_c="), "a+b/c=");
    }

    #[test]
    fn a_pdf_is_known_by_its_path() {
        for (url, want) in [
            ("https://a.b/c.pdf", true),
            ("https://a.b/c.PDF?x=1.png#y", true),
            ("https://a.b/c.png?x=.pdf", false),
            ("€", false),
        ] {
            assert_eq!(is_pdf(url), want, "{url}");
        }
    }
}
