//! From a line and column of a JSON text to the path of the field there, for error messages.
//!
//! `serde_json` says where it stopped, not in which field. This walks the text once more, on the error path only.

/// The path of the value at (or just before) `line` and `column`, both from 1 as `serde_json` counts them:
/// `messages[2].content`. Empty for the whole text. What is deeper than [`DEEPEST`] counts as its 128th step, and of a
/// path or a name the first [`LONGEST`] bytes are told: a text may be nested, and a name be long, without end.
pub fn locate(text: &str, line: usize, column: usize) -> String {
    let before: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let end = before.saturating_add(column).min(text.len());
    let mut walk = Walk::default();
    let bytes = text.as_bytes().get(..end).unwrap_or_default();
    let mut rest = bytes.iter().copied();
    while let Some(byte) = rest.next() {
        match byte {
            b'"' => walk.string(&mut rest),
            b'{' => walk.open(Step::Member(String::new())),
            b'[' => walk.open(Step::Element(0)),
            b'}' | b']' => walk.close(),
            b',' => walk.next(),
            b':' => walk.key = None,
            _ => {}
        }
    }
    walk.path()
}

const DEEPEST: usize = 128;
const LONGEST: usize = 256;

#[derive(Default)]
struct Walk {
    steps: Vec<Step>,
    /// How many steps there are beyond those.
    deeper: usize,
    /// The last string read, until a colon makes it a member's name.
    key: Option<String>,
}

enum Step {
    Member(String),
    Element(usize),
}

impl Walk {
    fn string(&mut self, rest: &mut impl Iterator<Item = u8>) {
        let mut name = Vec::new();
        while let Some(byte) = rest.next() {
            match byte {
                b'"' => break,
                b'\\' => {
                    let escaped = rest.next();
                    if name.len() < LONGEST {
                        name.push(byte);
                        name.extend(escaped);
                    }
                }
                _ if name.len() < LONGEST => name.push(byte),
                _ => {}
            }
        }
        if let (Some(Step::Member(member)), None, 0) = (self.steps.last_mut(), &self.key, self.deeper)
            && member.is_empty()
        {
            *member = String::from_utf8_lossy(&name).into_owned();
            self.key = Some(String::new());
        }
    }

    fn open(&mut self, step: Step) {
        self.key = None;
        match self.steps.len() < DEEPEST {
            true => self.steps.push(step),
            false => self.deeper = self.deeper.saturating_add(1),
        }
    }

    fn close(&mut self) {
        match self.deeper.checked_sub(1) {
            Some(deeper) => self.deeper = deeper,
            None => drop(self.steps.pop()),
        }
    }

    fn next(&mut self) {
        self.key = None;
        if self.deeper > 0 {
            return;
        }
        match self.steps.last_mut() {
            Some(Step::Member(name)) => name.clear(),
            Some(Step::Element(index)) => *index = index.saturating_add(1),
            None => {}
        }
    }

    fn path(&self) -> String {
        let mut path = String::new();
        for step in &self.steps {
            match step {
                Step::Member(name) if name.is_empty() => break,
                Step::Member(name) if path.is_empty() => path.push_str(name),
                Step::Member(name) => path.extend([".", name]),
                Step::Element(index) => path.push_str(&format!("[{index}]")),
            }
        }
        path.truncate(path.floor_char_boundary(LONGEST));
        path
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_the_field_where_reading_stopped() {
        let text = r#"{"model":"m","messages":[{"role":"user"},{"role":7}],"n":1}"#;
        let at = |needle: &str| locate(text, 1, text.find(needle).unwrap() + needle.len());
        assert_eq!(at("7"), "messages[1].role");
        assert_eq!(at("\"n\":1"), "n");
        assert_eq!(at("\"m\""), "model");
        assert_eq!(locate("{\n  \"a\": [1,\n 2]}", 3, 2), "a[1]");
        assert_eq!(locate(r#"{"a":{"b":[1]}}"#, 1, 13), "a.b");
        assert_eq!(locate(r#"{"a":{"b":[1]}}"#, 1, 14), "a");
        assert_eq!(locate("[]", 9, 99), "");
        let deep = format!(r#"{{"a":[[1],{}{}],"b":7"#, "[".repeat(100_000), "]".repeat(100_000));
        assert_eq!(locate(&deep, 1, deep.len()), "b");
        assert!(locate(&deep, 1, deep.len() / 2).starts_with("a[1][0][0]"));
        let long = format!(r#"{{"{}":7"#, "€".repeat(100));
        assert_eq!(locate(&long, 1, long.len()), "€".repeat(85));
    }
}
