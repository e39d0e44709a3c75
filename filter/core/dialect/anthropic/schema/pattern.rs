//! Whether a regular expression is one of those that Claude's grammar takes.

/// Tells it: characters, classes, groups, alternatives, anchors at the ends, quantifiers of small numbers.
///
/// <https://platform.claude.com/docs/en/build-with-claude/structured-outputs>
pub fn is_simple(pattern: &str) -> bool {
    let mut rest = pattern.chars().peekable();
    let mut in_class = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                // Letters and digits that are escaped mean something: these are known.
                Some('d' | 'D' | 'w' | 'W' | 's' | 'S' | 'n' | 'r' | 't' | 'f' | 'v') => {}
                Some(c) if !c.is_alphanumeric() => {}
                _ => return false,
            },
            '[' if !in_class => in_class = true,
            ']' => in_class = false,
            _ if in_class => {}
            // Of what may follow a question mark here, only the group that captures nothing is simple.
            '(' if rest.peek() == Some(&'?') => {
                rest.next();
                if rest.next() != Some(':') {
                    return false;
                }
            }
            '{' => {
                let counts: String = rest.by_ref().take_while(|c| *c != '}').collect();
                let small =
                    |count: &str| count.is_empty() || count.parse::<u8>().is_ok_and(|count| count <= MOST);
                if !counts.split(',').all(small) {
                    return false;
                }
            }
            _ => {}
        }
    }
    true
}

/// The most that a quantifier counts. The vendor says "large" and no number.
const MOST: u8 = 100;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_looks_around_is_not_simple() {
        for (pattern, want) in [
            ("", true),
            (r"^[a-z]\w+\.(?:a|b)*?$", true),
            ("^a{2,3}b{4}c{5,}$", true),
            ("^.{1,5000}$", false),
            ("a{x}", false),
            ("(?=a)b", false),
            ("(?<!a)b", false),
            ("(?<name>a)", false),
            (r"(a)\1", false),
            (r"\bword\B", false),
            (r"\p{L}", false),
            (r"\u00e9", false),
            (r"[(?=]\/", true),
            (r"[\]]\\", true),
            (r"\", false),
        ] {
            assert_eq!(is_simple(pattern), want, "{pattern}");
        }
    }
}
