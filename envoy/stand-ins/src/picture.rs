//! Pictures: small PNG files whose colours come from what was asked: <https://www.w3.org/TR/png-3/>.

use super::vector::hash;

/// A picture of 8 by 8 pixels.
pub(super) fn of(text: &str) -> Vec<u8> {
    let seed = hash(text.bytes());
    let mut pixels = Vec::new();
    for line in 0..SIDE {
        // Its pixels are as they are, not in relation to others.
        pixels.push(0);
        for column in 0..SIDE {
            // The left half is mirrored.
            let column = column.min(SIDE.saturating_sub(1).saturating_sub(column));
            let [red, green, blue, ..] =
                hash([seed.to_le_bytes(), [line, column, 0, 0, 0, 0, 0, 0]].concat()).to_le_bytes();
            pixels.extend([red, green, blue]);
        }
    }
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    // Eight bits of red, green and blue each.
    chunk(b"IHDR", &[0, 0, 0, SIDE, 0, 0, 0, SIDE, 8, 2, 0, 0, 0], &mut file);
    chunk(b"IDAT", &stored(&pixels), &mut file);
    chunk(b"IEND", &[], &mut file);
    file
}

fn chunk(kind: &[u8; 4], data: &[u8], file: &mut Vec<u8>) {
    file.extend(u32::try_from(data.len()).unwrap_or(u32::MAX).to_be_bytes());
    let checked = [kind.as_slice(), data].concat();
    file.extend(&checked);
    file.extend(crc(&checked).to_be_bytes());
}

/// Few bytes as a zlib stream that is not compressed: <https://www.rfc-editor.org/rfc/rfc1950>.
fn stored(bytes: &[u8]) -> Vec<u8> {
    let length = u16::try_from(bytes.len()).unwrap_or(u16::MAX);
    let mut stream = vec![0x78, 0x01, 0x01];
    stream.extend(length.to_le_bytes());
    stream.extend((!length).to_le_bytes());
    stream.extend(bytes);
    let (low, high) = bytes.iter().fold((1_u32, 0_u32), |(low, high), byte| {
        let low = low.wrapping_add(u32::from(*byte)) % 65_521;
        (low, high.wrapping_add(low) % 65_521)
    });
    stream.extend((high << 16 | low).to_be_bytes());
    stream
}

fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ if crc & 1 == 1 { 0xedb8_8320 } else { 0 })
    })
}

/// Pixels of a side.
const SIDE: u8 = 8;
