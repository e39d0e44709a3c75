//! Bytes inside a request: `data:` URLs and base64. Nothing is decoded; what a target gets is what the client wrote.

use crate::hub::Source;
use crate::hub::json::Str;

/// `data:[<media type>][;base64],<data>` (RFC 2397), or any other URL.
pub(super) fn read_url(url: Str<'_>) -> Result<Source<'_>, String> {
    let Some(prefix) = url.get(..5).filter(|prefix| prefix.eq_ignore_ascii_case("data:")) else {
        return match url.starts_with("https://") || url.starts_with("http://") || url.starts_with("gs://") {
            true => Ok(Source::Url(url)),
            false => Err("expected a data:, https: or http: URL".to_owned()),
        };
    };
    let Some((head, data)) = url.get(prefix.len()..).and_then(|rest| rest.split_once(',')) else {
        return Err("a data: URL without a comma".to_owned());
    };
    let mut parameters = head.split(';').map(str::trim);
    let media_type = parameters.next().unwrap_or_default().to_ascii_lowercase();
    if media_type.is_empty() {
        return Err("a data: URL without a media type".to_owned());
    }
    if !parameters.any(|parameter| parameter.eq_ignore_ascii_case("base64")) {
        return Err("a data: URL that is not base64".to_owned());
    }
    is_base64(data)?;
    let start = url.len().saturating_sub(data.len());
    let data = url.part(|url| url.get(start..).unwrap_or_default());
    Ok(Source::Data { media_type: Str::from(media_type), data })
}

/// OpenAI takes a data URI here; some clients send bare base64 of a PDF.
pub(super) fn read_file_data(data: Str<'_>) -> Result<Source<'_>, String> {
    if data.get(..5).is_some_and(|prefix| prefix.eq_ignore_ascii_case("data:")) {
        return read_url(data);
    }
    is_base64(&data)?;
    Ok(Source::Data { media_type: Str::borrowed("application/pdf"), data })
}

pub(super) fn is_base64(data: &str) -> Result<(), String> {
    let content = data.trim_end_matches('=');
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'-' | b'_');
    match content.is_empty() || !content.bytes().all(plain) {
        true => Err("not base64".to_owned()),
        false => Ok(()),
    }
}
