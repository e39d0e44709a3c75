//! A list of which there are only so many: a text of a few megabytes may hold millions of values.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, SeqAccess, Visitor};

/// A list of `MOST` elements at the most. A longer one is not read any further.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Few<T, const MOST: usize>(pub Vec<T>);

impl<T, const MOST: usize> Default for Few<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Few<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(Elements(PhantomData))
    }
}

struct Elements<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Elements<T, MOST> {
    type Value = Few<T, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut elements: S) -> Result<Self::Value, S::Error> {
        let mut few = Vec::new();
        while let Some(element) = elements.next_element()? {
            if few.len() >= MOST {
                return Err(S::Error::custom(format_args!("a list of at most {MOST} elements expected")));
            }
            few.push(element);
        }
        Ok(Few(few))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_refused_at_once() {
        let read = |text: &str| serde_json::from_str::<Few<u8, 2>>(text).map(|few| few.0);
        assert_eq!(read("[1,2]").unwrap(), [1, 2]);
        assert!(read("[]").unwrap().is_empty());
        let error = read("[1,2,3,x").unwrap_err();
        assert!(error.to_string().starts_with("a list of at most 2 elements expected"), "{error}");
        assert!(read("{}").is_err() && read("[1,").is_err());
    }
}
