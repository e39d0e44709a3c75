//! How a credential may be written: as it is, and as JSON, URLs, base64 and hexadecimal digits have it.

/// A shorter credential is looked for as it is alone: what becomes of it elsewhere may be anything.
const SHORTEST: usize = 12;

const STANDARD: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
const URL_SAFE: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// All spellings of a credential, each once.
pub(super) fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let mut spellings = vec![secret.as_bytes().to_vec()];
    if secret.len() >= SHORTEST {
        for (which, form) in ESCAPES {
            spellings.push(escaped(secret, *which, *form));
        }
        for alphabet in [STANDARD, URL_SAFE] {
            spellings.extend((0..3).map(|shift| base64(secret.as_bytes(), shift, alphabet)));
        }
    }
    spellings.sort_unstable();
    spellings.dedup();
    spellings
}

/// A way of writing: which bytes are escaped, and how each is written then.
type Escape = (fn(u8) -> bool, fn(u8) -> String);

const ESCAPES: &[Escape] = &[
    (|byte| byte == b'/', |_| "\\/".to_owned()),
    (is_special, |byte| format!("\\u{byte:04x}")),
    (is_special, |byte| format!("\\u{byte:04X}")),
    (|_| true, |byte| format!("\\u{byte:04x}")),
    (|_| true, |byte| format!("\\u{byte:04X}")),
    (is_special, |byte| format!("%{byte:02x}")),
    (is_special, |byte| format!("%{byte:02X}")),
    (|_| true, |byte| format!("%{byte:02x}")),
    (|_| true, |byte| format!("%{byte:02X}")),
    (|_| true, |byte| format!("{byte:02x}")),
    (|_| true, |byte| format!("{byte:02X}")),
];

fn escaped(secret: &str, is_escaped: fn(u8) -> bool, escape: fn(u8) -> String) -> Vec<u8> {
    let mut text = Vec::with_capacity(secret.len().saturating_mul(6));
    for byte in secret.bytes() {
        match byte.is_ascii() && is_escaped(byte) {
            true => text.extend(escape(byte).into_bytes()),
            false => text.push(byte),
        }
    }
    text
}

/// What some writer of JSON or of URLs escapes (RFC 3986, 2.3 has those that no URL does).
const fn is_special(byte: u8) -> bool {
    !byte.is_ascii_alphanumeric() && !matches!(byte, b'-' | b'_' | b'.' | b'~')
}

/// The characters of a base64 text that depend on `secret` alone, where `shift` bytes of something else come first.
fn base64(secret: &[u8], shift: usize, alphabet: &[u8; 64]) -> Vec<u8> {
    let mut bytes = vec![0; shift];
    bytes.extend_from_slice(secret);
    let digits = bytes.chunks(3).flat_map(|chunk| {
        let word =
            (0..3).fold(0_u32, |word, at| word << 8 | chunk.get(at).map_or(0, |byte| u32::from(*byte)));
        let digit = move |place: u32| usize::try_from(word >> place & 0x3f).unwrap_or_default();
        [18, 12, 6, 0].map(|place| alphabet.get(digit(place)).copied().unwrap_or_default())
    });
    let digits_of = |bytes: usize| bytes.saturating_mul(8) / 6;
    let first = shift.saturating_mul(8).div_ceil(6);
    digits.take(digits_of(bytes.len())).skip(first).collect()
}

/// Whether a text has escapes that no writer makes of an answer's words: of letters, digits and plain signs, or escapes of
/// escapes. Line breaks and quotation marks are escaped everywhere, and other scripts at times.
pub(super) fn is_odd(text: &[u8]) -> bool {
    let mut rest = text;
    while let Some(at) = memchr::memchr2(b'\\', b'%', rest) {
        let after = rest.get(at.saturating_add(1)..).unwrap_or_default();
        let (slashes, odd) = match rest.get(at) {
            Some(b'%') => (0, matches!(after, [high, low, ..] if number(&[*high, *low]).is_some())),
            _ => {
                let slashes = after.iter().take_while(|byte| **byte == b'\\').count();
                let escaped = after.get(slashes..).unwrap_or_default();
                let of_sign = matches!(escaped, [b'u' | b'U', b'0', b'0', b'2'..=b'7', _, ..]);
                (slashes, of_sign || slashes > 0 && escaped.first() == Some(&b'/'))
            }
        };
        if odd {
            return true;
        }
        rest = after.get(slashes..).unwrap_or_default();
    }
    false
}

/// A text with one layer of escapes undone (`\u002B`, `\/`, `%2B`), and for each of its bytes the place where it was
/// written. `None` if there are no escapes.
pub(super) fn plain(text: &[u8]) -> Option<(Vec<u8>, Vec<usize>)> {
    memchr::memchr2(b'\\', b'%', text)?;
    let (mut bytes, mut origins) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len()));
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        let (byte, length) = match rest {
            [b'\\', b'u' | b'U', a, b, c, d, ..] => match number(&[*a, *b, *c, *d]) {
                // Credentials are ASCII, as headers are.
                Some(code) => (u8::try_from(code).unwrap_or_default(), 6),
                None => (b'\\', 1),
            },
            [b'\\', byte, ..] => (*byte, 2),
            [b'%', high, low, ..] => match number(&[*high, *low]) {
                Some(code) => (u8::try_from(code).unwrap_or_default(), 3),
                None => (b'%', 1),
            },
            [byte, ..] => (*byte, 1),
            [] => break,
        };
        bytes.push(byte);
        origins.push(at);
        at = at.saturating_add(length);
    }
    (bytes.len() < text.len()).then_some((bytes, origins))
}

fn number(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0_u32, |number, digit| Some(number << 4 | char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_has_many_spellings() {
        let all = spellings("sk-aB+/c=0123");
        let holds = |text: &str| all.iter().any(|spelling| spelling == text.as_bytes());
        for text in [
            "sk-aB+/c=0123",
            "sk-aB+\\/c=0123",
            "sk-aB\\u002B\\u002Fc\\u003D0123",
            "sk-aB\\u002b\\u002fc\\u003d0123",
            "sk-aB%2B%2Fc%3D0123",
            "736b2d61422b2f633d30313233",
            "c2stYUIrL2M9MDEyM",
        ] {
            assert!(holds(text), "{text}");
        }
        assert_eq!(spellings("sk-1"), [b"sk-1"]);
    }

    #[test]
    fn base64_is_known_wherever_it_begins() {
        // "x:sk-secret-key!" and the like, as base64 writes them.
        for (shift, whole) in [
            (0, "c2stc2VjcmV0LWtleQ=="),
            (1, "eHNrLXNlY3JldC1rZXk="),
            (2, "eDpzay1zZWNyZXQta2V5"),
            (0, "Onh4c2stc2VjcmV0LWtleSE="),
        ] {
            let part = String::from_utf8(base64(b"sk-secret-key", shift, STANDARD)).unwrap();
            assert!(whole.contains(&part), "{part} is not in {whole}");
        }
    }

    #[test]
    fn escapes_of_words_are_not_odd() {
        for (text, want) in [
            (r#"{"content":"it said \"no\"\n\u00e9 \/ 100% of \u4e2d"}"#, false),
            (r#"a \u0041 b"#, true),
            (r#"\\u002F"#, true),
            (r#"\\/"#, true),
            ("100%25", true),
            (r#"\\n \"#, false),
            ("", false),
        ] {
            assert_eq!(is_odd(text.as_bytes()), want, "{text}");
        }
    }

    #[test]
    fn escapes_are_undone_and_remember_their_places() {
        let (bytes, origins) = plain(b"a\\u0062\\/%63%zz\\u00").unwrap();
        assert_eq!(bytes, b"ab/c%zzu00");
        assert_eq!(origins, [0, 1, 7, 9, 12, 13, 14, 15, 17, 18]);
        assert_eq!(plain(b"abc"), None);
    }
}
