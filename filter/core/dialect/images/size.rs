//! How large an image is to be, and in which proportion.

/// Width and height in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size {
    /// The width.
    pub width: u32,
    /// The height.
    pub height: u32,
}

/// A proportion that a vendor has a word for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ratio {
    /// The vendor's word: `16:9`.
    pub word: &'static str,
    /// Its two numbers.
    pub of: (u32, u32),
}

impl Ratio {
    /// A proportion.
    pub const fn new(word: &'static str, width: u32, height: u32) -> Self {
        Self { word, of: (width, height) }
    }
}

impl Size {
    /// The longest side that is read.
    const LONGEST: u32 = 65_536;

    /// Reads `1024x1536`.
    pub fn parse(text: &str) -> Option<Self> {
        let (width, height) = text.split_once('x')?;
        let side = |side: &str| side.parse().ok().filter(|side| (1..=Self::LONGEST).contains(side));
        Some(Self { width: side(width)?, height: side(height)? })
    }

    /// The longer side.
    pub fn longest(self) -> u32 {
        self.width.max(self.height)
    }

    /// The nearest of some proportions, and whether it is this one.
    pub fn nearest(self, ratios: &[Ratio]) -> Option<(Ratio, bool)> {
        let nearest = ratios.iter().min_by(|a, b| self.distance(**a).total_cmp(&self.distance(**b)))?;
        let (width, height) = nearest.of;
        let crosswise = |a: u32, b: u32| u64::from(a).saturating_mul(u64::from(b));
        Some((*nearest, crosswise(self.width, height) == crosswise(self.height, width)))
    }

    /// How far a proportion is from this one: twice as wide is as far as half as wide.
    fn distance(self, Ratio { of: (width, height), .. }: Ratio) -> f64 {
        let proportion = |width: u32, height: u32| (f64::from(width) / f64::from(height)).ln();
        (proportion(self.width, self.height) - proportion(width, height)).abs()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_proportion_is_taken() {
        let ratios = [Ratio::new("1:1", 1, 1), Ratio::new("2:3", 2, 3), Ratio::new("16:9", 16, 9)];
        for (size, want) in [
            ("1024x1024", Some(("1:1", true))),
            ("1024x1536", Some(("2:3", true))),
            ("1792x1024", Some(("16:9", false))),
            ("1x65536", Some(("2:3", false))),
            ("1920x1080", Some(("16:9", true))),
            ("0x1", None),
            ("1x65537", None),
            ("1024", None),
            ("-1x1", None),
            ("1024x1024x1", None),
        ] {
            let nearest = Size::parse(size).and_then(|size| size.nearest(&ratios));
            assert_eq!(nearest.map(|(ratio, exact)| (ratio.word, exact)), want, "{size}");
        }
        assert_eq!(Size::parse("1x1").and_then(|size| size.nearest(&[])), None);
    }
}
