//! Nobody is let in by what is nearly a key: of everything that can be made of good keys by somebody who has no signing
//! key, only the keys themselves are good.

use std::rc::Rc;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE, URL_SAFE_NO_PAD};
use ferro::access::{
    Claims, IssuedKey, KeyId, Keyring, Narrowing, PREFIX, Role, Signer, SigningKey, StaticKey, digest,
};

use super::random::Random;

const NOW: u64 = 1_790_000_000;
const LATER: u64 = NOW + 3600;

/// A key of its owner's, which is not issued.
const OWN: &str = "an-own-key-of-somebody";

/// Keys that are good, and who knows them.
struct Keys {
    keyring: Keyring,
    good: Vec<String>,
}

impl Keys {
    fn new() -> Self {
        let signer = |id: &str, secret: &str| Signer {
            id: id.to_owned(),
            key: SigningKey::of_secret(secret).unwrap(),
            verify_only: false,
        };
        let shared = signer("k1", "a secret of thirty-two bytes, 32");
        let pair = signer("ed", &SigningKey::secret_of([7; 32], true));
        let role = |name: &str, admin| Rc::new(Role { name: name.to_owned(), admin, ..Role::default() });
        let roles = vec![role("developer", false), role("admin", true)];
        let claims = |signer: &Signer, number: u8, role: &str| Claims {
            id: KeyId::new(NOW * 1000, [number; 10]),
            expires: LATER,
            signer: signer.id.clone(),
            role: role.to_owned(),
            label: None,
            narrowing: Narrowing::default(),
        };
        let narrow = Narrowing {
            models: vec!["gpt-*".to_owned()],
            requests_per_minute: Some(60),
            ..Narrowing::default()
        };
        let labelled = Claims { label: Some("nightly".to_owned()), ..claims(&shared, 3, "developer") };
        let made = [
            (claims(&shared, 1, "developer"), &shared),
            (claims(&shared, 2, "admin"), &shared),
            (Claims { narrowing: narrow, ..labelled }, &shared),
            (claims(&pair, 4, "developer"), &pair),
        ];
        let mut good: Vec<_> =
            made.iter().map(|(claims, signer)| IssuedKey::write(claims, signer).unwrap()).collect();
        good.push(OWN.to_owned());
        let own = StaticKey {
            id: "own".to_owned(),
            sha256: digest(OWN.as_bytes()),
            role: 0,
            expires: None,
            label: None,
        };
        let keyring = Keyring::new(vec![shared.clone(), pair.clone()], roles, vec![own], Default::default());
        assert!(
            good.iter().all(|key| keyring.check(key, NOW, |_| false).is_ok()),
            "the law would test nothing"
        );
        Self { keyring, good }
    }

    /// Whether a text is let in exactly if it is a key that was issued.
    fn holds(&self, text: &str) {
        let let_in = self.keyring.check(text, NOW, |_| false).is_ok();
        assert_eq!(let_in, self.good.iter().any(|key| key == text), "{text:?}");
    }
}

thread_local! {
    static KEYS: Keys = Keys::new();
}

/// A text that a client shows as its key, and what can be made of good keys by its bytes.
pub fn key(bytes: &[u8]) {
    KEYS.with(|keys| {
        let text = String::from_utf8_lossy(bytes);
        keys.holds(&text);
        keys.holds(&format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)));
        keys.holds(&mutated(keys, &mut Random::of(bytes)));
        has_one_spelling(&text);
        has_one_spelling(&format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes)));
    });
}

/// So many of them: none is let in that is no key. Of those that are checked by pairs, which takes long, few.
pub fn mutations(rounds: usize) {
    KEYS.with(|keys| {
        let mut random = Random::new(11);
        let mut reached = 0;
        for _ in 0..rounds {
            let text = mutated(keys, &mut random);
            reached += usize::from(IssuedKey::read(&text).is_some());
            keys.holds(&text);
        }
        // Signatures are what most of them are refused by.
        assert!(reached > rounds / 4, "only {reached} of {rounds} look like keys");
    });
}

/// What is read as a key is what would be written of what it says: a signature is of one text only.
fn has_one_spelling(text: &str) {
    let Some(key) = IssuedKey::read(text) else { return };
    if let Ok(claims) = key.claims.write(usize::MAX) {
        let bytes = URL_SAFE_NO_PAD.decode(text.strip_prefix(PREFIX).unwrap()).unwrap();
        assert!(bytes.starts_with(&claims), "{text}");
        assert_eq!(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&bytes)), text);
    }
}

/// What somebody makes of good keys who has no signing key.
fn mutated(keys: &Keys, random: &mut Random) -> String {
    // One in a hundred of a pair's.
    let issued = keys.good.len() - 2;
    let place = if random.below(100) == 0 { issued } else { random.below(issued) };
    let key = &keys.good[place];
    let mut text = match random.below(8) {
        0..4 => within(key, random),
        4..6 => spliced(key, &keys.good[random.below(issued)], random),
        6 => spelled(key, random),
        _ => key.clone(),
    };
    // A text that is as it was is changed, and some of the others once more.
    if random.below(3) == 0 || keys.good.contains(&text) {
        text = of_text(&text, random);
    }
    text
}

const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The same text with a letter changed, put in, taken out or turned round.
fn of_text(text: &str, random: &mut Random) -> String {
    const ODD: &[u8] = b"=+/. \t\n%\0*~";
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..=random.below(2) {
        let place = random.below(letters.len().max(1)).min(letters.len().saturating_sub(1));
        let alphabet = if random.below(4) == 0 { ODD } else { LETTERS };
        let letter = char::from(alphabet[random.below(alphabet.len())]);
        let Some(old) = letters.get_mut(place) else { return letter.to_string() };
        match random.below(7) {
            0 | 1 => *old = letter,
            2 => letters.insert(place, letter),
            3 => drop(letters.remove(place)),
            4 => letters.truncate(place),
            5 => *old = if old.is_lowercase() { old.to_ascii_uppercase() } else { old.to_ascii_lowercase() },
            _ => {
                let other = random.below(letters.len());
                letters.swap(place, other);
            }
        }
    }
    letters.into_iter().collect()
}

/// Other claims or another signature, well spelled.
fn within(key: &str, random: &mut Random) -> String {
    let mut bytes = URL_SAFE_NO_PAD.decode(&key[PREFIX.len()..]).unwrap();
    for _ in 0..=random.below(2) {
        let place = random.below(bytes.len());
        match random.below(6) {
            0..3 => bytes[place] ^= 1 << random.below(8),
            3 => bytes[place] = random.next() as u8,
            4 => bytes.insert(place, random.next() as u8),
            _ if bytes.len() > 1 => drop(bytes.remove(place)),
            _ => {}
        }
    }
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(&bytes))
}

/// The beginning of one key and the end of another: claims of one with the signature of the other among them.
fn spliced(one: &str, other: &str, random: &mut Random) -> String {
    let decoded = |key: &str| URL_SAFE_NO_PAD.decode(&key[PREFIX.len()..]).unwrap();
    let (one, other) = (decoded(one), decoded(other));
    let signature = 16;
    let bytes = match random.below(3) {
        0 => [&one[..one.len() - signature], &other[other.len() - signature..]].concat(),
        1 => {
            let place = random.below(one.len().min(other.len()));
            [&one[..place], &other[place..]].concat()
        }
        _ => [&one[..random.below(one.len())], &other[random.below(other.len())..]].concat(),
    };
    format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(bytes))
}

/// The same bytes in other letters: padding, the other alphabet, bits that are left over, another case, white space.
fn spelled(key: &str, random: &mut Random) -> String {
    let encoded = &key[PREFIX.len()..];
    let bytes = URL_SAFE_NO_PAD.decode(encoded).unwrap();
    match random.below(8) {
        0 => format!("{PREFIX}{}", STANDARD.encode(&bytes)),
        1 => format!("{PREFIX}{}=", URL_SAFE.encode(&bytes)),
        2 => format!("{PREFIX}{}", encoded.replace('-', "+").replace('_', "/")),
        3 => {
            // The last letter has bits that mean nothing.
            let (rest, last) = encoded.split_at(encoded.len() - 1);
            let place = LETTERS.iter().position(|letter| last.as_bytes() == [*letter]).unwrap();
            format!("{PREFIX}{rest}{}", char::from(LETTERS[place ^ (1 << random.below(2))]))
        }
        4 => key.to_uppercase(),
        5 => format!("{}{encoded}", PREFIX.to_uppercase()),
        6 => format!(" {key}"),
        _ => format!("{key}{}", ["=", "==", "\n", " ", "\0", "A", "%3D"][random.below(7)]),
    }
}
