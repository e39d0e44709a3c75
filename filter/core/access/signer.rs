//! What keys are signed with: a secret that all who check them share, or a pair of keys whose public half only checks.
//!
//! | | signs | checks | a key is longer by |
//! |---|---|---|---|
//! | HMAC-SHA-256, of which 128 bits are kept (RFC 2104, 5; RFC 4868 keeps as many) | the secret | the secret | 22 characters |
//! | Ed25519 (RFC 8032) | the secret half | the public half | 86 characters |
//!
//! The implementations are RustCrypto's and dalek's: both are in wide use, and compare in constant time. Ed25519 is checked
//! strictly, so that nobody makes another signature of one that is good.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signature, Signer as _, SigningKey as Pair, VerifyingKey};
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The shortest secret, in bytes.
pub const SHORTEST_SECRET: usize = 32;

/// How many bytes of an HMAC a key has.
const KEPT: usize = 16;

/// What is signed is for this and nothing else.
const PURPOSE: &[u8] = b"ferro issued key\0";

/// What the secret half of a pair begins with.
const SECRET_HALF: &str = "ed25519-secret-";
/// What the public half begins with.
const PUBLIC_HALF: &str = "ed25519-public-";

/// What a key is signed with, or checked by.
#[derive(Clone)]
pub enum SigningKey {
    /// A secret.
    Shared(Box<Hmac<Sha256>>),
    /// A pair, or its public half alone.
    Pair {
        /// Checks.
        public: Box<VerifyingKey>,
        /// Signs.
        secret: Option<Box<Pair>>,
    },
}

/// A signing key, and what it is for.
#[derive(Clone, Debug)]
pub struct Signer {
    /// What it is called in the keys that it signs.
    pub id: String,
    /// The key.
    pub key: SigningKey,
    /// It checks keys and signs none.
    pub verify_only: bool,
}

/// Why a text is no signing key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// There is none.
    Absent,
    /// It is too short to be a secret.
    Short,
    /// It says that it is half of a pair, and is none.
    NoHalf,
    /// It is public, where a secret belongs.
    Public,
}

impl Unusable {
    /// What it is, in words for the operator.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Absent => "not there: its environment variable is not set",
            Self::Short => "a secret of less than 32 bytes: `ferro keys signing-key` makes one",
            Self::NoHalf => "half of no pair of Ed25519: `ferro keys signing-key --ed25519` makes one",
            Self::Public => "the public half of a pair, which belongs into `public_key`",
        }
    }
}

impl SigningKey {
    /// The key of this secret: the secret half of a pair, as `ferro keys signing-key --ed25519` prints it, or any text that
    /// is long enough.
    ///
    /// # Errors
    /// It is none.
    pub fn of_secret(secret: &str) -> Result<Self, Unusable> {
        if secret.starts_with(PUBLIC_HALF) {
            return Err(Unusable::Public);
        }
        if let Some(half) = secret.strip_prefix(SECRET_HALF) {
            let secret = Pair::from_bytes(&bytes(half).ok_or(Unusable::NoHalf)?);
            return Ok(Self::Pair {
                public: Box::new(secret.verifying_key()),
                secret: Some(Box::new(secret)),
            });
        }
        if secret.len() < SHORTEST_SECRET {
            return Err(Unusable::Short);
        }
        // A key of an HMAC may have any length.
        Hmac::new_from_slice(secret.as_bytes())
            .map(|mac| Self::Shared(Box::new(mac)))
            .map_err(|_| Unusable::Short)
    }

    /// The key that checks only, of the public half of a pair.
    ///
    /// # Errors
    /// It is none.
    pub fn of_public(text: &str) -> Result<Self, Unusable> {
        let half = text.strip_prefix(PUBLIC_HALF).and_then(bytes).ok_or(Unusable::NoHalf)?;
        let public = VerifyingKey::from_bytes(&half).ok().filter(|public| !public.is_weak());
        public.map(|public| Self::Pair { public: Box::new(public), secret: None }).ok_or(Unusable::NoHalf)
    }

    /// A secret of these random bytes, as it is written.
    pub fn secret_of(random: [u8; 32], pair: bool) -> String {
        format!("{}{}", if pair { SECRET_HALF } else { "" }, URL_SAFE_NO_PAD.encode(random))
    }

    /// The public half, as it is written; `None` where there is none.
    pub fn public(&self) -> Option<String> {
        match self {
            Self::Shared(_) => None,
            Self::Pair { public, .. } => {
                Some(format!("{PUBLIC_HALF}{}", URL_SAFE_NO_PAD.encode(public.as_bytes())))
            }
        }
    }

    /// Whether it can sign.
    pub const fn signs(&self) -> bool {
        !matches!(self, Self::Pair { secret: None, .. })
    }

    /// How long its signatures are, in bytes.
    pub const fn signature_length(&self) -> usize {
        match self {
            Self::Shared(_) => KEPT,
            Self::Pair { .. } => ed25519_dalek::SIGNATURE_LENGTH,
        }
    }

    /// Whether checking takes so long that what was checked is worth remembering.
    pub const fn is_slow(&self) -> bool {
        matches!(self, Self::Pair { .. })
    }

    /// Signs; `None` if it cannot.
    pub fn sign(&self, claims: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Shared(mac) => {
                let whole = tag(mac, claims).finalize().into_bytes();
                whole.get(..KEPT).map(<[u8]>::to_vec)
            }
            Self::Pair { secret, .. } => {
                let signature = secret.as_ref()?.sign(&[PURPOSE, claims].concat());
                Some(signature.to_bytes().to_vec())
            }
        }
    }

    /// Whether these claims were signed so.
    pub fn checks(&self, claims: &[u8], signature: &[u8]) -> bool {
        match self {
            Self::Shared(mac) => {
                signature.len() == KEPT && tag(mac, claims).verify_truncated_left(signature).is_ok()
            }
            Self::Pair { public, .. } => Signature::from_slice(signature)
                .is_ok_and(|signature| public.verify_strict(&[PURPOSE, claims].concat(), &signature).is_ok()),
        }
    }
}

fn tag(mac: &Hmac<Sha256>, claims: &[u8]) -> Hmac<Sha256> {
    let mut mac = mac.clone();
    mac.update(PURPOSE);
    mac.update(claims);
    mac
}

/// Half of a pair.
fn bytes(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

/// What is kept of a secret that is only to be known again: its SHA-256.
pub fn digest(secret: &[u8]) -> [u8; 32] {
    Sha256::digest(secret).into()
}

/// Shows no secret.
impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "a secret of thirty-two bytes, 32";

    #[test]
    fn it_checks_what_it_has_signed_and_nothing_else() {
        let pair = SigningKey::secret_of([7; 32], true);
        for secret in [SECRET, pair.as_str()] {
            let key = SigningKey::of_secret(secret).unwrap();
            let signature = key.sign(b"claims").unwrap();
            assert!(key.checks(b"claims", &signature));
            assert!(!key.checks(b"claimz", &signature) && !key.checks(b"", &signature));
            for place in 0..signature.len() {
                let mut other = signature.clone();
                other[place] ^= 1;
                assert!(!key.checks(b"claims", &other), "{place}");
                assert!(!key.checks(b"claims", &signature[..place]), "{place}");
            }
            assert!(!key.checks(b"claims", &[&signature[..], &[0]].concat()));
            let other = SigningKey::of_secret(&format!("{SECRET} and another")).unwrap();
            assert!(!other.checks(b"claims", &signature));
            assert_eq!(format!("{key:?}"), "***");
        }
    }

    /// RFC 8032, 7.1, test 1: the same secret has the same public half everywhere.
    #[test]
    fn a_public_half_only_checks() {
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let want = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        let hex = |text: &str| -> [u8; 32] {
            std::array::from_fn(|place| {
                u8::from_str_radix(text.get(2 * place..).unwrap().get(..2).unwrap(), 16).unwrap()
            })
        };
        let key = SigningKey::of_secret(&SigningKey::secret_of(hex(seed), true)).unwrap();
        let public = key.public().unwrap();
        assert_eq!(public, format!("ed25519-public-{}", URL_SAFE_NO_PAD.encode(hex(want))));
        let half = SigningKey::of_public(&public).unwrap();
        assert_eq!((half.sign(b"claims"), half.signs()), (None, false));
        assert!(half.checks(b"claims", &key.sign(b"claims").unwrap()));
        assert_eq!(SigningKey::of_secret(&public).unwrap_err(), Unusable::Public);
        assert_eq!(SigningKey::of_public("ed25519-public-AAAA").unwrap_err(), Unusable::NoHalf);
        assert_eq!(SigningKey::of_public(SECRET).unwrap_err(), Unusable::NoHalf);
        // The neutral element: its signatures are good for everything.
        let weak = URL_SAFE_NO_PAD.encode([&[1][..], &[0; 31]].concat());
        assert_eq!(SigningKey::of_public(&format!("ed25519-public-{weak}")).unwrap_err(), Unusable::NoHalf);
    }

    #[test]
    fn a_secret_is_long() {
        assert_eq!(SigningKey::of_secret(SECRET.get(1..).unwrap()).unwrap_err(), Unusable::Short);
        assert_eq!(SigningKey::of_secret("ed25519-secret-short").unwrap_err(), Unusable::NoHalf);
        assert!(SigningKey::of_secret(&SigningKey::secret_of([1; 32], false)).is_ok());
    }
}
