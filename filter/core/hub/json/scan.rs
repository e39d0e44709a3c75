//! Finds what is special in a string's literal: a block of bytes at a time, since most of a string is not.
//!
//! Special is what is no plain content of a JSON string: a quotation mark, a backslash, or a control character, which
//! may not stand there (RFC 8259, 7).

use lanes::{BITS, WIDE, specials};

/// Looks for what is special in a text, from place to place: blocks are looked at once, however much is in them.
#[derive(Debug)]
pub struct Specials<'a> {
    blocks: &'a [[u8; WIDE]],
    rest: &'a [u8],
    /// The block that is looked at.
    block: usize,
    /// Of each of its bytes that is special and was not passed, the highest of its [`BITS`] bits.
    left: u64,
}

/// Where the first byte is that is special.
pub fn first_special(text: &[u8]) -> Option<usize> {
    Specials::new(text).next_from(0)
}

impl<'a> Specials<'a> {
    /// What is special in a text.
    pub fn new(text: &'a [u8]) -> Self {
        let (blocks, rest) = text.as_chunks();
        let mut new = Self { blocks, rest, block: 0, left: 0 };
        new.left = new.look();
        new
    }

    /// Where the first special byte is that is not before `at`. Places that are asked for never go back.
    #[inline]
    pub fn next_from(&mut self, at: usize) -> Option<usize> {
        let (block, passed) = (at / WIDE, u32::try_from(at % WIDE).ok()?);
        if block > self.block {
            self.block = block;
            self.left = self.look();
        }
        if block == self.block {
            self.left &= u64::MAX << passed.saturating_mul(BITS);
        }
        while self.left == 0 {
            if self.block >= self.blocks.len() {
                return None;
            }
            self.block = self.block.saturating_add(1);
            self.left = self.look();
        }
        let byte = usize::try_from(self.left.trailing_zeros() / BITS).ok()?;
        Some(self.block.saturating_mul(WIDE).saturating_add(byte))
    }

    /// What is special in the block.
    #[inline]
    fn look(&self) -> u64 {
        match self.blocks.get(self.block) {
            Some(block) => specials(block),
            None if self.block == self.blocks.len() => {
                let mut block = [b' '; WIDE];
                block.iter_mut().zip(self.rest).for_each(|(place, byte)| *place = *byte);
                specials(&block)
            }
            None => 0,
        }
    }
}

/// Sixteen bytes at a time, by WebAssembly's vectors.
#[cfg(target_feature = "simd128")]
mod lanes {
    use core::arch::wasm32::{u8x16_bitmask, u8x16_eq, u8x16_lt, u8x16_splat, u64x2, v128_or};

    /// Bytes of a block.
    pub const WIDE: usize = 16;
    /// Bits of a result for each byte.
    pub const BITS: u32 = 1;

    #[inline]
    pub fn specials(block: &[u8; WIDE]) -> u64 {
        let ([low, high], _) = block.as_chunks() else { return 0 };
        let bytes = u64x2(u64::from_le_bytes(*low), u64::from_le_bytes(*high));
        let marks = u8x16_eq(bytes, u8x16_splat(b'"'));
        let backslashes = u8x16_eq(bytes, u8x16_splat(b'\\'));
        let control = u8x16_lt(bytes, u8x16_splat(b' '));
        u8x16_bitmask(v128_or(v128_or(marks, backslashes), control)).into()
    }
}

/// Eight bytes at a time, as a number.
#[cfg(not(target_feature = "simd128"))]
mod lanes {
    /// Bytes of a block.
    pub const WIDE: usize = size_of::<u64>();
    /// Bits of a result for each byte.
    pub const BITS: u32 = u8::BITS;

    pub const fn specials(block: &[u8; WIDE]) -> u64 {
        const MARKS: u64 = u64::from_le_bytes([b'"'; WIDE]);
        const BACKSLASHES: u64 = u64::from_le_bytes([b'\\'; WIDE]);
        // All but the bits that control characters have.
        const ABOVE: u64 = u64::from_le_bytes([0xE0; WIDE]);
        let bytes = u64::from_le_bytes(*block);
        zeros(bytes ^ MARKS) | zeros(bytes ^ BACKSLASHES) | zeros(bytes & ABOVE)
    }

    /// The highest bit of every byte that is zero.
    const fn zeros(bytes: u64) -> u64 {
        const LOW: u64 = u64::from_le_bytes([0x7F; WIDE]);
        !((bytes & LOW).wrapping_add(LOW) | bytes | LOW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn is_special(byte: u8) -> bool {
        matches!(byte, b'"' | b'\\' | 0..b' ')
    }

    /// Every byte at every place, behind bytes of every kind.
    #[test]
    fn the_first_special_byte_is_found() {
        for around in [b'a', b'!', b'#', b'[', b']', 0x7f, 0x80, 0xff, b' '] {
            for length in 0..20 {
                for place in 0..length {
                    for byte in 0..=u8::MAX {
                        let mut text = vec![around; length];
                        text[place] = byte;
                        // What comes after it changes nothing.
                        for after in text.iter_mut().skip(place + 3).step_by(2) {
                            *after = byte.wrapping_sub(1);
                        }
                        let want = text.iter().position(|byte| is_special(*byte));
                        assert_eq!(first_special(&text), want, "{byte} in {text:?}");
                    }
                }
            }
        }
    }

    /// From wherever it is asked, in steps of every length.
    #[test]
    fn all_are_found_one_after_the_other() {
        let text: Vec<u8> = (0..400_u32).map(|at| if at * at % 7 < 2 { b'"' } else { b'a' }).collect();
        for step in 1..40 {
            let mut specials = Specials::new(&text);
            for at in (0..text.len() + 40).step_by(step) {
                let want = (at..text.len()).find(|place| is_special(text[*place]));
                assert_eq!(specials.next_from(at), want, "from {at} in steps of {step}");
                if let Some(found) = want.filter(|found| *found > at + step) {
                    assert_eq!(specials.next_from(at), Some(found));
                }
            }
        }
    }
}
