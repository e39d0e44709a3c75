//! Random numbers that repeat, and damage done with them.

use serde_json::Value;

/// A xorshift generator.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed | 1)
    }

    /// A number of its own for this text, so that a law about it needs no other input.
    pub fn of(bytes: &[u8]) -> Self {
        let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        Self::new(bytes.iter().fold(0xcbf2_9ce4_8422_2325, mix))
    }

    pub fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// A number below `limit`, which is not 0.
    pub fn below(&mut self, limit: usize) -> usize {
        ((self.next() >> 16) % limit as u64) as usize
    }

    pub fn pick<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }
}

/// What JSON and SSE are made of, and what breaks readers of them.
const PIECES: &[&[u8]] = &[
    b"{",
    b"}",
    b"[",
    b"]",
    b":",
    b",",
    b"\"",
    b"\\",
    b"null",
    b"true",
    b"-0",
    b"1e400",
    b"123456789012345678901234567890",
    b"\"model\"",
    b"\"messages\"",
    b"\"content\"",
    b"\"role\"",
    b"\"type\"",
    b"\\ud800",
    b"\\u0000",
    b"\xff",
    b"\xe2\x82",
    b"\0",
    b"\n",
    b"\r",
    b"\r\n\r\n",
    b"data:",
    b"data: [DONE]\n\n",
    b"event: ",
    b" ",
];

/// Bytes that mean nothing, mostly made of what means something elsewhere.
pub fn arbitrary(random: &mut Random) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.below(60) {
        match random.below(4) {
            0 => bytes.push(random.next() as u8),
            _ => bytes.extend_from_slice(random.pick(PIECES)),
        }
    }
    bytes
}

/// `bytes` with a few places damaged: cut out, doubled, overwritten, or with a piece in between.
pub fn damaged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..=random.below(3) {
        let start = random.below(bytes.len() + 1);
        let end = (start + random.below(24)).min(bytes.len());
        match random.below(5) {
            0 => drop(bytes.drain(start..end)),
            1 => bytes.truncate(start),
            2 => {
                let copy = bytes[start..end].to_vec();
                bytes.splice(start..start, copy);
            }
            3 if start < bytes.len() => bytes[start] = random.next() as u8,
            _ => drop(bytes.splice(start..start, random.pick(PIECES).iter().copied())),
        }
    }
    bytes
}

/// Values that a reader may not expect in a place.
const SURPRISES: &[&str] = &[
    "null",
    "true",
    "0",
    "-1",
    "1.5",
    "18446744073709551616",
    "1e400",
    "\"\"",
    "\" \"",
    "\"\\u0000\\ud83d\\ude00\"",
    "\"data:image/png;base64,!\"",
    "\"https://\"",
    "\"#/$defs/x\"",
    "[]",
    "[null]",
    "[[]]",
    "{}",
    "{\"type\":null}",
    "{\"$ref\":\"#\"}",
];

/// The JSON `text` with another value in one random place; `None` if it is not JSON.
pub fn surprising(text: &str, random: &mut Random) -> Option<String> {
    const MARK: &str = "the value that goes";
    let mut value: Value = serde_json::from_str(text).ok()?;
    let count = count(&value);
    *nth(&mut value, &mut random.below(count))? = Value::String(MARK.to_owned());
    Some(value.to_string().replacen(&format!("{MARK:?}"), random.pick(SURPRISES), 1))
}

/// How many values there are in `value`, itself included.
pub fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(members) => members.values().map(count).sum(),
        _ => 0,
    }
}

/// The value that is passed as number `place` on a walk through `value`.
pub fn nth<'a>(value: &'a mut Value, place: &mut usize) -> Option<&'a mut Value> {
    if *place == 0 {
        return Some(value);
    }
    *place -= 1;
    match value {
        Value::Array(list) => list.iter_mut().find_map(|value| nth(value, place)),
        Value::Object(members) => members.values_mut().find_map(|value| nth(value, place)),
        _ => None,
    }
}
