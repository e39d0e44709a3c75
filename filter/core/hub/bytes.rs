//! Bytes within a request: base64, of either alphabet, padded or not; and what they are by their own beginning, whatever
//! was declared.
//!
//! Anthropic refuses others: "The image was specified using the image/png media type, but the image appears to be a
//! image/jpeg image" (seen in August 2026).

use super::json::beginning;

/// The media type of bytes in base64: that of their own beginning where it contradicts what was declared.
pub fn media_type<'a>(declared: &'a str, data: &str) -> &'a str {
    // What begins with letters may be a text.
    let contradicts =
        |kind: &&Kind| !kind.is(declared) && (kind.sound.is_empty() || !declared.starts_with("text/"));
    kind_of(data).filter(contradicts).map_or(declared, |kind| kind.media_type)
}

/// The word for the format of a sound: that of its own beginning where it has one.
pub fn sound_format<'a>(declared: &'a str, data: &str) -> &'a str {
    kind_of(data).map(|kind| kind.sound).filter(|sound| !sound.is_empty()).unwrap_or(declared)
}

/// Decodes base64; `None` if it is none.
pub fn decode(data: &str) -> Option<Vec<u8>> {
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

/// Bytes as base64 of the usual alphabet, padded.
pub fn encode(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut data = String::with_capacity(bytes.len().div_ceil(3).saturating_mul(4));
    for three in bytes.chunks(3) {
        let byte = |place: usize| u32::from(three.get(place).copied().unwrap_or_default());
        let bits = (byte(0) << 16) | (byte(1) << 8) | byte(2);
        for place in 0..4_usize {
            let shift = 18_u32.saturating_sub(6_u32.saturating_mul(u32::try_from(place).unwrap_or_default()));
            let value = usize::try_from((bits >> shift) & 63).unwrap_or_default();
            let letter = ALPHABET.get(value).copied().unwrap_or_default();
            data.push(if place <= three.len() { char::from(letter) } else { '=' });
        }
    }
    data
}

/// A kind of bytes.
struct Kind {
    media_type: &'static str,
    /// The word for it as a format of sound; empty for what is none.
    sound: &'static str,
    /// What it begins with, and what stands at its ninth byte.
    starts: (&'static [u8], &'static [u8]),
    /// Other words for its media type.
    aliases: &'static [&'static str],
}

/// What bytes in base64 are, where their beginning tells.
fn kind_of(data: &str) -> Option<&'static Kind> {
    let bytes = decode(beginning(data, BEGINNING))?;
    KINDS.iter().find(|Kind { starts: (first, ninth), .. }| {
        bytes.starts_with(first) && bytes.get(8..).is_some_and(|rest| rest.starts_with(ninth))
    })
}

impl Kind {
    /// Whether bytes of this kind may be declared so.
    fn is(&self, declared: &str) -> bool {
        self.media_type == declared || self.aliases.contains(&declared)
    }
}

/// Sixteen characters are twelve bytes.
const BEGINNING: usize = 16;

const KINDS: &[Kind] = &[
    kind("image/png", "", b"\x89PNG\r\n\x1a\n", b"", &[]),
    kind("image/jpeg", "", b"\xff\xd8\xff", b"", &[]),
    kind("image/gif", "", b"GIF87a", b"", &[]),
    kind("image/gif", "", b"GIF89a", b"", &[]),
    kind("image/webp", "", b"RIFF", b"WEBP", &[]),
    kind("application/pdf", "", b"%PDF-", b"", &[]),
    kind("audio/wav", "wav", b"RIFF", b"WAVE", &["audio/x-wav", "audio/wave", "audio/vnd.wave"]),
    kind("audio/mp3", "mp3", b"ID3", b"", MP3),
    kind("audio/mp3", "mp3", b"\xff\xfb", b"", MP3),
    kind("audio/mp3", "mp3", b"\xff\xf3", b"", MP3),
    kind("audio/mp3", "mp3", b"\xff\xf2", b"", MP3),
    kind("audio/flac", "flac", b"fLaC", b"", &["audio/x-flac"]),
    kind("audio/ogg", "ogg", b"OggS", b"", &["audio/opus", "application/ogg", "video/ogg"]),
    kind("audio/aiff", "aiff", b"FORM", b"AIFF", &["audio/x-aiff"]),
    kind("audio/aac", "aac", b"\xff\xf1", b"", &["audio/aacp", "audio/x-aac"]),
];

const MP3: &[&str] = &["audio/mpeg", "audio/mpeg3", "audio/x-mpeg"];

const fn kind(
    media_type: &'static str,
    sound: &'static str,
    first: &'static [u8],
    ninth: &'static [u8],
    aliases: &'static [&'static str],
) -> Kind {
    Kind { media_type, sound, starts: (first, ninth), aliases }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_decoded_in_both_alphabets() {
        for (data, want) in [("", ""), ("YQ==", "a"), ("YWI", "ab"), ("YWJj", "abc"), ("4oKs", "€")] {
            assert_eq!(decode(data).as_deref(), Some(want.as_bytes()), "{data}");
        }
        for (bytes, want) in [("", ""), ("a", "YQ=="), ("ab", "YWI="), ("abc", "YWJj"), ("€a", "4oKsYQ==")]
        {
            assert_eq!(encode(bytes.as_bytes()), want);
        }
        assert_eq!(decode(&encode(&[0xff, 0xfb, 0xbf, 0])), Some(vec![0xff, 0xfb, 0xbf, 0]));
        assert_eq!(decode("-_8="), decode("+/8="));
        assert_eq!(decode("*"), None);
    }

    #[test]
    fn bytes_are_known_by_their_beginning() {
        for (data, declared, want) in [
            ("iVBORw0KGgoAAAANSUhEUg==", "image/jpeg", "image/png"),
            ("_9j_4AAQSkZJRgABAQ==", "image/png", "image/jpeg"),
            ("R0lGODlhAQABAAAAACw=", "image/png", "image/gif"),
            ("UklGRhYAAABXRUJQVlA4", "audio/wav", "image/webp"),
            ("UklGRhYAAABXQVZFZm10", "image/webp", "audio/wav"),
            ("UklGRhYAAABXQVZFZm10", "audio/x-wav", "audio/x-wav"),
            ("JVBERi0xLjcKJeLjz9M=", "text/plain", "application/pdf"),
            ("SUQzBAAAAAAAI1RTU0U=", "application/octet-stream", "audio/mp3"),
            ("SUQzIGlzIGEgdGFnLg==", "text/plain", "text/plain"),
            ("SGVsbG8sIHdvcmxkIQ==", "image/png", "image/png"),
            ("iVBORw0K", "image/gif", "image/gif"),
            ("", "image/png", "image/png"),
        ] {
            assert_eq!(media_type(declared, data), want, "{data}");
        }
        assert_eq!(sound_format("mp3", "UklGRhYAAABXQVZFZm10"), "wav");
        assert_eq!(sound_format("mp3", "iVBORw0KGgoAAAANSUhEUg=="), "mp3");
    }
}
