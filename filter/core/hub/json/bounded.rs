//! JSON that is written only so far.

use std::io::{Error, Write};

use serde::Serialize;

/// What would be written is longer than it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooLong;

/// `value` as JSON of `most` bytes at the most. `usual` bytes are made room for at once.
///
/// # Errors
/// It would be longer.
pub fn write_within(value: &impl Serialize, usual: usize, most: usize) -> Result<Vec<u8>, TooLong> {
    let mut writer = Bounded { bytes: Vec::with_capacity(usual.min(most)), most };
    // Nothing else can go wrong: a string is the name of every member, and the writer is memory.
    serde_json::to_writer(&mut writer, value).map_err(|_| TooLong)?;
    Ok(writer.bytes)
}

struct Bounded {
    bytes: Vec<u8>,
    most: usize,
}

// Strings are written run by run between their escapes: what is done for each must be little.
impl Write for Bounded {
    #[inline]
    fn write(&mut self, piece: &[u8]) -> Result<usize, Error> {
        self.write_all(piece).map(|()| piece.len())
    }

    #[inline]
    fn write_all(&mut self, piece: &[u8]) -> Result<(), Error> {
        if self.bytes.len().saturating_add(piece.len()) > self.most {
            return Err(too_long());
        }
        self.bytes.extend_from_slice(piece);
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

#[cold]
fn too_long() -> Error {
    Error::other("too long")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_byte_counts() {
        let value = ["a\"b", "€"];
        let want = r#"["a\"b","€"]"#;
        assert_eq!(write_within(&value, 0, want.len()).as_deref(), Ok(want.as_bytes()));
        assert_eq!(write_within(&value, 1 << 30, want.len() - 1), Err(TooLong));
    }
}
