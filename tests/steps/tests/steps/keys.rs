//! Nobody learns a key by how long it takes to be refused, letter by letter.
//!
//! A clock cannot say that: what a comparison that stops at the first difference would tell are nanoseconds, far below
//! what a busy machine adds. Steps can: where one more letter of a key is right, exactly as many are taken. What an
//! instruction itself takes, which the interpreter does not know, is left to those who wrote the comparison
//! (`subtle`, which `hmac` uses).
//!
//! A pair's signatures are no secret of the gateway's: who checks one has nothing but the public half. Keys that the file
//! lists are looked up by what they hash to, which differs wholly where a key differs in one letter.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ferro::access::{Claims, IssuedKey, KeyId, Narrowing, PREFIX, Signer, SigningKey};

use crate::kind::{Kind, NOW, OWN_KEY, SIGNING_KEY};
use crate::machine::Machine;

/// How many bytes of a key are its signature.
const SIGNATURE: usize = 16;

/// By how many steps looking a digest up may differ from looking another up, which has nothing to do with the key.
const OF_LOOKUP: u64 = 200;

pub fn tell_nothing() {
    let machine = Machine::new();
    let run = |text: &str| machine.run(Kind::Key, 0, text);
    let good = issued();
    let listing = |text: &str| machine.run(Kind::Key, 1, text);
    assert!(run(&good).length > 0 && listing(OWN_KEY).length > 0, "the law would test nothing");
    // Other signatures, of which the first bytes are right: none, one, … all but the last.
    let bytes = URL_SAFE_NO_PAD.decode(&good[PREFIX.len()..]).unwrap();
    let claims = bytes.len() - SIGNATURE;
    let refused = |right: usize, flip: u8| {
        let mut other = bytes.clone();
        other[claims + right..].iter_mut().for_each(|byte| *byte ^= flip);
        let run = run(&format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(other)));
        assert_eq!(run.length, 0, "{right} bytes of a signature were enough");
        run.steps
    };
    let rows = (0..SIGNATURE).flat_map(|right| [1, 0x80, 0xff].map(|flip| (right, refused(right, flip))));
    let rows: Vec<_> = rows.collect();
    assert!(rows.iter().all(|(_, steps)| *steps == rows[0].1), "bytes of a signature: {rows:?}");
    // Keys of the file, of which the first letters are right.
    let other = |right: usize| format!("{}{}", &OWN_KEY[..right], "x".repeat(OWN_KEY.len() - right));
    let rows = (0..OWN_KEY.len()).map(|right| (right, listing(&other(right)).steps));
    is_even("letters of a listed key", &rows.collect::<Vec<_>>());
}

/// Only a lookup of a digest may differ, and not with how much is right.
fn is_even(what: &str, rows: &[(usize, u64)]) {
    let counts: BTreeSet<_> = rows.iter().map(|(_, steps)| *steps).collect();
    let (least, most) = (counts.first().unwrap(), counts.last().unwrap());
    assert!(most - least <= OF_LOOKUP, "{what}: {rows:?}");
    // The usual count is found among those of which little is right as among the others.
    let usual = |rows: &[(usize, u64)]| {
        let mut steps: Vec<_> = rows.iter().map(|(_, steps)| *steps).collect();
        steps.sort_unstable();
        steps[steps.len() / 2]
    };
    let (few, many) = rows.split_at(rows.len() / 2);
    assert_eq!(usual(few), usual(many), "{what}: {rows:?}");
}

fn issued() -> String {
    let key = SigningKey::of_secret(SIGNING_KEY).unwrap();
    let signer = Signer { id: "k1".to_owned(), key, verify_only: false };
    let claims = Claims {
        id: KeyId::new(NOW * 1000, [9; 10]),
        expires: NOW + 60,
        signer: "k1".to_owned(),
        role: "developer".to_owned(),
        label: None,
        narrowing: Narrowing::default(),
    };
    IssuedKey::write(&claims, &signer).unwrap()
}
