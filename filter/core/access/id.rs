//! What a key is called: `key_` and 26 characters of Crockford's base32 (<https://www.crockford.com/base32.html>), which
//! say when it was issued and what is random. Those of one moment apart, ids sort by when they were made.

use std::fmt;

/// The id of an issued key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct KeyId([u8; BYTES]);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const PREFIX: &str = "key_";
/// How long an id is, in bytes.
const BYTES: usize = 16;
/// 128 bits, five in a character.
const CHARACTERS: usize = 26;
/// Bytes that say when: milliseconds since 1970, until the year 10889.
const OF_TIME: usize = 6;

impl KeyId {
    /// An id of this moment, in milliseconds since 1970.
    pub fn new(milliseconds: u64, random: [u8; BYTES - OF_TIME]) -> Self {
        let mut bytes = [0; BYTES];
        let time = milliseconds.to_be_bytes();
        let parts = time.iter().skip(time.len().saturating_sub(OF_TIME)).chain(&random);
        bytes.iter_mut().zip(parts).for_each(|(byte, part)| *byte = *part);
        Self(bytes)
    }

    /// The id of these bytes.
    pub const fn of_bytes(bytes: [u8; BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub const fn bytes(&self) -> &[u8; BYTES] {
        &self.0
    }

    /// When its key was issued, in seconds since 1970.
    pub fn issued(&self) -> u64 {
        let time = self.0.iter().take(OF_TIME);
        time.fold(0_u64, |time, byte| time << 8 | u64::from(*byte)) / 1000
    }

    /// Reads an id as it is written. It has one spelling.
    pub fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix(PREFIX).filter(|digits| digits.len() == CHARACTERS)?;
        let number = digits.bytes().try_fold(0_u128, |number, digit| {
            let value = ALPHABET.iter().position(|known| *known == digit)?;
            number.checked_mul(32)?.checked_add(u128::try_from(value).ok()?)
        })?;
        Some(Self(number.to_be_bytes()))
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = u128::from_be_bytes(self.0);
        f.write_str(PREFIX)?;
        for place in (0..CHARACTERS).rev() {
            let shifted =
                u32::try_from(place).ok().and_then(|place| number.checked_shr(place.saturating_mul(5)));
            let digit = usize::try_from(shifted.unwrap_or_default() & 31).unwrap_or_default();
            write!(f, "{}", char::from(ALPHABET.get(digit).copied().unwrap_or_default()))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_read_as_it_is_written_and_not_otherwise() {
        for bytes in [[0; 16], [0xff; 16], *b"0123456789abcdef"] {
            let id = KeyId::of_bytes(bytes);
            let text = id.to_string();
            assert_eq!((text.len(), KeyId::parse(&text)), (PREFIX.len() + CHARACTERS, Some(id)), "{text}");
            assert_eq!(KeyId::parse(&text.to_lowercase()).is_some(), text == text.to_lowercase(), "{text}");
        }
        // Two bits more than an id has.
        assert_eq!(KeyId::parse(&format!("key_{}", "Z".repeat(26))), None);
        assert_eq!(KeyId::parse("key_7ZZZZZZZZZZZZZZZZZZZZZZZZU"), None);
        assert_eq!(KeyId::parse("01JD00000000000000000000000"), None);
    }

    #[test]
    fn it_says_when_and_sorts() {
        let at = |milliseconds| KeyId::new(milliseconds, [7; 10]);
        assert_eq!(at(1_790_000_000_123).issued(), 1_790_000_000);
        assert!(at(1).to_string() < at(2).to_string() && at(255).to_string() < at(256).to_string());
        assert!(at(1_790_000_000_123).to_string().starts_with("key_01"));
    }
}
