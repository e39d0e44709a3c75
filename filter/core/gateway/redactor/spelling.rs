//! How a credential may be written: as it is, and as JSON, URLs, base64 and hexadecimal digits have it.

use base64::Engine;
use base64::prelude::{BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD};

/// A shorter credential is looked for as it is alone: what becomes of it elsewhere may be anything.
const SHORTEST: usize = 12;

/// All spellings of a credential, each once.
pub(super) fn spellings(secret: &str) -> Vec<Vec<u8>> {
    let mut spellings = vec![secret.as_bytes().to_vec()];
    if secret.len() >= SHORTEST {
        for (which, form) in ESCAPES {
            spellings.push(escaped(secret, *which, *form));
        }
        for alphabet in [BASE64_STANDARD_NO_PAD, BASE64_URL_SAFE_NO_PAD] {
            spellings.extend((0..3).map(|shift| base64(secret.as_bytes(), shift, &alphabet)));
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
fn base64(secret: &[u8], shift: usize, alphabet: &impl Engine) -> Vec<u8> {
    let mut bytes = vec![0; shift];
    bytes.extend_from_slice(secret);
    let digits_of = |bytes: usize| bytes.saturating_mul(8) / 6;
    let first = shift.saturating_mul(8).div_ceil(6);
    alphabet.encode(&bytes).into_bytes().into_iter().take(digits_of(bytes.len())).skip(first).collect()
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
            let part = String::from_utf8(base64(b"sk-secret-key", shift, &BASE64_STANDARD_NO_PAD)).unwrap();
            assert!(whole.contains(&part), "{part} is not in {whole}");
        }
    }
}
