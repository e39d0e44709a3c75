//! Vectors of texts, by rules that a reader can foresee: every word has a direction of its own, and a text that of its
//! words together, so texts with words in common lie near each other. What else is said, letter by letter, turns the
//! vector a little, so that nothing is lost on the way without showing.

/// A vector of length 1. `context` is what is said beside the text.
pub(super) fn of(text: &str, context: &str, dimensions: usize) -> Vec<f32> {
    let lower = text.to_lowercase();
    let words = lower.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty());
    let all = hash(text.bytes().chain([0]).chain(context.bytes()));
    let mut sum = vec![0.0_f64; dimensions];
    for (seed, weight) in words.map(|word| (hash(word.bytes()), 1.0)).chain([(all, ALL)]) {
        for (place, number) in sum.iter_mut().zip(Numbers(seed)) {
            *place += weight * number;
        }
    }
    let length = sum.iter().map(|number| number * number).sum::<f64>().sqrt().max(f64::MIN_POSITIVE);
    sum.into_iter().map(|number| (number / length) as f32).collect()
}

/// A number that other bytes are unlikely to have: FNV-1a.
pub(super) fn hash(bytes: impl IntoIterator<Item = u8>) -> u64 {
    let start = 0xcbf2_9ce4_8422_2325_u64;
    bytes.into_iter().fold(start, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Numbers between -1 and 1 without end: SplitMix64.
struct Numbers(u64);

impl Iterator for Numbers {
    type Item = f64;

    fn next(&mut self) -> Option<f64> {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Some((mixed ^ (mixed >> 31)) as f64 / u64::MAX as f64 * 2.0 - 1.0)
    }
}

/// What the whole text weighs beside each of its words.
const ALL: f64 = 0.25;
