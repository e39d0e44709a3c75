//! The nearest of some known names, for messages that help.

/// How many names are looked at: whoever writes thousands of them does so with a program, which makes no slips.
const LOOKED_AT: usize = 1000;

/// The known name nearest to `name`, if one is near enough to be what was meant. Of many names, the first thousand are
/// looked at.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    const LONGEST: usize = 64;
    if name.len() > LONGEST {
        return None;
    }
    let length = name.chars().count();
    let near = length.div_ceil(2).max(1);
    // Texts are as far apart as their lengths are, at least.
    let may_be_near = |other: &&str| other.len() <= LONGEST && other.chars().count().abs_diff(length) <= near;
    let names = known.into_iter().take(LOOKED_AT).filter(may_be_near);
    let (distance, best) = names.map(|other| (distance(name, other), other)).min_by_key(|(d, _)| *d)?;
    (distance <= near).then_some(best)
}

/// What a message ends with whose reader probably meant this; nothing, if that is not known.
pub fn did_you_mean(separator: char, near: Option<&str>) -> String {
    near.map(|near| format!("{separator} did you mean {near:?}?")).unwrap_or_default()
}

/// Levenshtein's distance: the fewest insertions, deletions and replacements between two texts.
fn distance(a: &str, b: &str) -> usize {
    let mut row: Vec<usize> = (0..=b.chars().count()).collect();
    for (line, left) in a.chars().enumerate() {
        let mut diagonal = line;
        let mut before = line.saturating_add(1);
        for (cell, right) in row.iter_mut().zip(std::iter::once(None).chain(b.chars().map(Some))) {
            let above = *cell;
            *cell = match right {
                None => before,
                Some(right) => {
                    let replaced = diagonal.saturating_add(usize::from(left != right));
                    replaced.min(above.saturating_add(1)).min(before.saturating_add(1))
                }
            };
            diagonal = above;
            before = *cell;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_and_the_nearest() {
        for (a, b, want) in [("", "", 0), ("a", "", 1), ("kitten", "sitting", 3), ("flaw", "lawn", 2)] {
            assert_eq!(distance(a, b), want, "{a} {b}");
        }
        assert_eq!(nearest("wieght", ["provider", "model", "weight"]), Some("weight"));
        assert_eq!(nearest("gpt4o", ["gpt-4o", "claude"]), Some("gpt-4o"));
        assert_eq!(nearest("zzzz", ["gpt-4o", "claude"]), None);
        let many = |before: usize| nearest("gpt4o", std::iter::repeat_n("claude", before).chain(["gpt-4o"]));
        assert_eq!((many(LOOKED_AT - 1), many(LOOKED_AT)), (Some("gpt-4o"), None));
    }
}
