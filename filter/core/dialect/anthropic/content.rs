//! Parts of a message as content blocks:
//! <https://platform.claude.com/docs/en/api/messages/create>.
//!
//! | part | block |
//! |---|---|
//! | text, refusal | `text`; blank ones are left out, since Claude refuses them |
//! | image | `image`: base64 of four types, or a URL |
//! | PDF, also as an image's data URI or URL | `document` |
//! | text file | `document` with a text source |
//! | uploaded file | `document` with a file source, which needs a header (`request.rs`) |
//! | thinking with its signature, redacted thinking | the same; without a signature it can't be given back, and is reported |
//! | call, result | `tool_use`, `tool_result`, by [`super::turns`] |

use std::borrow::Cow;

use serde::{Serialize, Serializer};
use serde_json::value::RawValue;

use super::constraints::LONGEST_TITLE;
use crate::hub::json::{Str, beginning};
use crate::hub::{
    Arguments, Dropped, Field, Kind, OfPart, Param, Part, RequestError, Source, decode, media_type,
};

/// A mark for a cache, where there is one.
pub type Mark<'a> = Option<&'a RawValue>;

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
        name: Cow<'a, str>,
        input: Arguments<'a>,
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

impl<'a> Content<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Shows every mark for a cache, in their order: those within a result stand before its own.
    pub fn each_mark(&mut self, see: &mut dyn FnMut(&mut Mark<'a>)) {
        for block in &mut self.0 {
            if let Block::ToolResult { content, .. } = block {
                content.0.iter_mut().filter_map(Block::mark).for_each(&mut *see);
            }
            block.mark().into_iter().for_each(&mut *see);
        }
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
    fn mark(&mut self) -> Option<&mut Mark<'a>> {
        match self {
            Self::Text { cache_control, .. }
            | Self::Image { cache_control, .. }
            | Self::Document { cache_control, .. }
            | Self::ToolUse { cache_control, .. }
            | Self::ToolResult { cache_control, .. } => Some(cache_control),
            Self::Thinking { .. } | Self::RedactedThinking { .. } => None,
        }
    }

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
            let (title, cut) = title(filename.as_deref());
            dropped.add_if(cut, Field::Filename);
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

/// The title of a document of this name, as far as Claude takes it, and whether that is not all.
fn title(name: Option<&str>) -> (Option<&str>, bool) {
    let Some(name) = name.filter(|name| !name.trim().is_empty()) else { return (None, false) };
    let end = name.char_indices().nth(LONGEST_TITLE).map_or(name.len(), |(end, _)| end);
    (Some(beginning(name, end)), end < name.len())
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
        Source::Data { media_type: declared, data } => match media_type(declared, data) {
            kind @ ("image/jpeg" | "image/png" | "image/gif" | "image/webp") => Ok(image(base64(kind, data))),
            "image/jpg" => Ok(image(base64("image/jpeg", data))),
            kind @ "application/pdf" => Ok(document(base64(kind, data))),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_written_in_one_alphabet() {
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
