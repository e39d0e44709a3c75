//! A credential, which shows itself to nobody by accident.

use std::fmt;

/// A credential. Prints as `***`.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A credential that is not empty; white space around it is a slip of an environment file.
    pub fn new(value: &str) -> Option<Self> {
        let value = value.trim();
        (!value.is_empty()).then(|| Self(value.to_owned()))
    }

    /// The credential, for the one header that carries it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_trimmed_and_does_not_show_itself() {
        let secret = Secret::new(" sk-12345\n").unwrap();
        assert_eq!((secret.reveal(), format!("{secret:?}").as_str()), ("sk-12345", "***"));
        assert_eq!(Secret::new("  "), None);
    }
}
