//! An issued key, as its owner has it: `sk-ferro-`, and claims with their signature in letters that every header and URL
//! takes (RFC 4648, 5). One key has one spelling.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::claims::{Claims, Unwritable};
use super::signer::Signer;

/// What an issued key begins with.
pub const PREFIX: &str = "sk-ferro-";

/// The longest issued key, in bytes.
pub const LONGEST_KEY: usize = 160;

/// The most bytes of one: four characters hold three.
const MOST_BYTES: usize = (LONGEST_KEY - PREFIX.len()) * 3 / 4;

/// A key that says it was issued. Whether it was, its signer knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssuedKey {
    /// What it says.
    pub claims: Claims,
    /// The bytes of that.
    signed: Vec<u8>,
    signature: Vec<u8>,
}

impl IssuedKey {
    /// Takes a key apart. `None` for what is none.
    pub fn read(text: &str) -> Option<Self> {
        let encoded = text.strip_prefix(PREFIX).filter(|_| text.len() <= LONGEST_KEY)?;
        let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
        let (claims, signature) = Claims::read(&bytes)?;
        let signed = bytes.get(..bytes.len().saturating_sub(signature.len()))?;
        Some(Self { signed: signed.to_vec(), signature: signature.to_vec(), claims })
    }

    /// Whether this signer has signed it.
    pub fn is_of(&self, signer: &Signer) -> bool {
        self.claims.signer == signer.id && signer.key.checks(&self.signed, &self.signature)
    }

    /// Makes a key of claims, which say who signs them.
    ///
    /// # Errors
    /// They do not fit, or the signer cannot sign.
    pub fn write(claims: &Claims, signer: &Signer) -> Result<String, Unwritable> {
        let most = MOST_BYTES.saturating_sub(signer.key.signature_length());
        let mut bytes = claims.write(most)?;
        let signature = signer.key.sign(&bytes).ok_or(Unwritable::Invalid("signer"))?;
        bytes.extend_from_slice(&signature);
        Ok(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::claims::Narrowing;
    use super::super::id::KeyId;
    use super::super::signer::SigningKey;
    use super::*;

    fn signer(secret: &str) -> Signer {
        Signer { id: "k1".to_owned(), key: SigningKey::of_secret(secret).unwrap(), verify_only: false }
    }

    fn claims() -> Claims {
        Claims {
            id: KeyId::new(1_790_000_000_000, [9; 10]),
            expires: 1_792_592_000,
            signer: "k1".to_owned(),
            role: "developer".to_owned(),
            label: None,
            narrowing: Narrowing::default(),
        }
    }

    fn both() -> [Signer; 2] {
        [signer("a secret of thirty-two bytes, 32"), signer(&SigningKey::secret_of([7; 32], true))]
    }

    #[test]
    fn it_is_read_as_it_was_written_and_short_enough() {
        for signer in both() {
            let text = IssuedKey::write(&claims(), &signer).unwrap();
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
            assert!(
                text.starts_with(PREFIX) && text.len() <= LONGEST_KEY && text.bytes().all(plain),
                "{text}"
            );
            let key = IssuedKey::read(&text).unwrap();
            assert_eq!(key.claims, claims());
            assert!(key.is_of(&signer));
            assert!(!key.is_of(&Signer { id: "k2".to_owned(), ..signer.clone() }));
        }
    }

    #[test]
    fn what_does_not_fit_is_no_key() {
        for signer in both() {
            let with = |length: usize| Claims { label: Some("x".repeat(length)), ..claims() };
            let fits =
                (1..100).take_while(|length| IssuedKey::write(&with(*length), &signer).is_ok()).count();
            assert!((8..80).contains(&fits), "{fits}");
            assert!(matches!(IssuedKey::write(&with(fits + 1), &signer), Err(Unwritable::TooLong(1))));
        }
    }

    /// Every other spelling of a key, one character apart, is none.
    #[test]
    fn nothing_like_it_is_good() {
        const CHARACTERS: &[u8] = b"ABCXYZabcxyz0189-_=+/. ";
        for signer in both() {
            let text = IssuedKey::write(&claims(), &signer).unwrap();
            let good = |text: &str| IssuedKey::read(text).is_some_and(|key| key.is_of(&signer));
            assert!(good(&text));
            for place in 0..text.len() {
                let (before, after) = text.split_at(place);
                assert!(!good(before), "cut at {place}");
                for character in CHARACTERS.iter().map(|byte| char::from(*byte)) {
                    assert!(!good(&format!("{before}{character}{after}")), "{character} at {place}");
                    let other = format!("{before}{character}{}", after.get(1..).unwrap());
                    assert!(other == text || !good(&other), "{character} for another at {place}");
                }
            }
            for more in ["A", "=", "AA", "AAA", "AAAA", "\n", " "] {
                assert!(!good(&format!("{text}{more}")), "{more:?} after it");
            }
            assert!(!good(&text.to_uppercase()) && !good(""));
        }
    }
}
