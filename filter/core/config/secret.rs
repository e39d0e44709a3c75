//! Credentials, and the one redaction of the text that leaves the gateway.

use std::borrow::Cow;
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

/// Knows every credential the gateway holds and removes them from text that others will read.
#[derive(Debug, Default)]
pub struct Redactor(Vec<Secret>);

impl Redactor {
    /// A redactor of these credentials. Very short ones are left alone: replacing them would garble the text and
    /// hide nothing.
    pub fn new(secrets: impl IntoIterator<Item = Secret>) -> Self {
        const SHORTEST: usize = 4;
        let mut secrets: Vec<_> = secrets.into_iter().filter(|secret| secret.0.len() >= SHORTEST).collect();
        // A credential may contain another one: the longest goes first.
        secrets.sort_by_key(|secret| std::cmp::Reverse(secret.0.len()));
        secrets.dedup();
        Self(secrets)
    }

    /// `text` with `***` for every credential.
    pub fn redact<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let mut text = Cow::Borrowed(text);
        for secret in &self.0 {
            if text.contains(&secret.0) {
                text = Cow::Owned(text.replace(&secret.0, "***"));
            }
        }
        text
    }

    /// Whether `bytes` hold a credential.
    pub fn finds_in(&self, bytes: &[u8]) -> bool {
        self.0.iter().any(|secret| bytes.windows(secret.0.len()).any(|window| window == secret.0.as_bytes()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_disappear_from_text_and_debug_output() {
        let secret = |text| Secret::new(text).unwrap();
        let redactor = Redactor::new([secret("sk-12"), secret(" sk-12345\n"), secret("abc")]);
        assert_eq!(redactor.redact("bad key sk-12345, sk-12; abc"), "bad key ***, ***; abc");
        assert!(!format!("{redactor:?}").contains("sk-"));
        assert_eq!(Secret::new("  "), None);
    }
}
