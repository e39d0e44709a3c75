//! Sound: a tone for each word, as high as the word has it, and between two of them a pause. One channel of 16 bits, 24,000
//! samples a second, as the vendors' models speak.

use super::vector::hash;

/// Samples in a second.
pub(super) const RATE: u32 = 24_000;

/// What a text sounds like: samples, the lower byte first.
pub(super) fn samples(text: &str, speed: f64) -> Vec<u8> {
    let length = (WORD / speed.clamp(0.25, 4.0)) as u32;
    let mut bytes = Vec::new();
    for word in text.split_whitespace().take(MOST_WORDS) {
        let half = hash(word.bytes()).checked_rem(60).and_then(|high| u32::try_from(high).ok()).unwrap_or(0);
        let half = half.saturating_add(20);
        for at in 0..length {
            let is_high = at.checked_div(half).unwrap_or(0) % 2 == 0;
            let sounds = at < length.saturating_sub(length / 4);
            let sample = if sounds { if is_high { LOUD } else { LOUD.saturating_neg() } } else { 0 };
            bytes.extend(sample.to_le_bytes());
        }
    }
    bytes
}

/// Samples as a WAV file: <http://soundfile.sapp.org/doc/WaveFormat/>.
pub(super) fn wav(samples: &[u8]) -> Vec<u8> {
    let length = u32::try_from(samples.len()).unwrap_or(u32::MAX);
    let mut file = b"RIFF".to_vec();
    file.extend(length.saturating_add(36).to_le_bytes());
    file.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0");
    file.extend(RATE.to_le_bytes());
    file.extend(RATE.saturating_mul(2).to_le_bytes());
    file.extend(b"\x02\0\x10\0data");
    file.extend(length.to_le_bytes());
    file.extend(samples);
    file
}

/// As long an MP3 file, of silence: frames of 576 samples at 32 kbit/s, of which none has anything to say. The head is that
/// of MPEG-2, layer 3: <http://www.mp3-tech.org/programmer/frame_header.html>.
pub(super) fn mp3(samples: &[u8]) -> Vec<u8> {
    let frames = samples.len().div_ceil(2 * 576);
    let mut frame = [0; 96];
    for (place, byte) in frame.iter_mut().zip([0xff, 0xf3, 0x44, 0xc4]) {
        *place = byte;
    }
    frame.repeat(frames)
}

/// Samples of a word.
const WORD: f64 = 2400.0;
/// Words that are spoken; a demo's listener has patience for so many.
const MOST_WORDS: usize = 50;
const LOUD: i16 = 3000;
