//! What is wrong with a credential as people paste it. White space around it is a slip that changes nothing and is taken
//! away; anything else might be meant otherwise, so it is told and never mended. Nothing here repeats a value.

use crate::access::{SigningKey, Unusable};

/// Why a text is no credential.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flaw {
    /// It stands for a variable, which nobody puts in its place.
    Reference,
    /// Quotation marks stand around it.
    Quoted,
    /// The variable's name stands before it.
    Named,
    /// The word that goes before it in a header is there already.
    Scheme,
    /// It is an example's.
    Placeholder,
    /// It is in pieces.
    Space,
    /// No header can hold it.
    Unsendable,
    /// Nothing can be signed with it.
    Unsigning(Unusable),
}

/// What a credential is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    /// A key of a provider, alone in its header.
    Key,
    /// A part of a header that is written out.
    Header,
    /// A secret that is sent in a form, which can hold anything.
    Form,
    /// A secret that keys are signed with.
    Signing,
}

/// What begins like a reference in the files of others: a shell's, LiteLLM's, Python's, JavaScript's, Terraform's, of
/// stores of secrets.
const REFERENCES: &[&str] = &[
    "${",
    "$(",
    "$env:",
    "os.environ",
    "os.getenv",
    "process.env",
    "env.",
    "env:",
    "env[",
    "env(",
    "env/",
    "op://",
    "vault:",
    "file:",
    "arn:aws:secretsmanager:",
];
const SCHEMES: &[&str] = &["bearer ", "basic ", "token ", "authorization:", "x-api-key:"];
const EXAMPLES: &[&str] = &[
    "your-",
    "your_",
    "yourapi",
    "yourkey",
    "my-api-key",
    "my_api_key",
    "api-key-here",
    "api_key_here",
    "key-here",
];

impl Flaw {
    /// What is wrong with a credential, if something is.
    pub fn of(value: &str, is_for: Use) -> Option<Self> {
        let value = value.trim();
        let lower = value.to_ascii_lowercase();
        let begins = |words: &[&str]| words.iter().any(|word| lower.starts_with(word));
        let inside =
            |open: char, close: char| value.len() > 1 && value.starts_with(open) && value.ends_with(close);
        if is_reference(value) || begins(REFERENCES) {
            return Some(Self::Reference);
        }
        if inside('"', '"') || inside('\'', '\'') || inside('`', '`') {
            return Some(Self::Quoted);
        }
        if is_named(value) {
            return Some(Self::Named);
        }
        let is_example = value.contains("...") || value.contains('…') || inside('<', '>') || begins(EXAMPLES);
        if is_example || is_blank(&lower) {
            return Some(Self::Placeholder);
        }
        match is_for {
            Use::Key if begins(SCHEMES) => Some(Self::Scheme),
            Use::Key if value.contains([' ', '\t']) => Some(Self::Space),
            Use::Key | Use::Header if !value.chars().all(|c| c == ' ' || c.is_ascii_graphic()) => {
                Some(Self::Unsendable)
            }
            Use::Signing => SigningKey::of_secret(value).err().map(Self::Unsigning),
            _ => None,
        }
    }

    /// What it is, after "holds", and what to do.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Reference => {
                "a reference to a variable, which nobody resolves there: set it to the credential itself"
            }
            Self::Quoted => "quotation marks around the credential: leave them out",
            Self::Named => "a variable's name and `=` before the credential: leave them out",
            Self::Scheme => "a word such as `Bearer` before the credential: leave it out, it is added",
            Self::Placeholder => "an example's placeholder: set it to the credential itself",
            Self::Space => "white space in the middle of the credential: copy it anew",
            Self::Unsigning(why) => why.words(),
            Self::Unsendable => {
                "what no header can hold (a line break, a control character, or a letter beyond ASCII): copy it anew"
            }
        }
    }
}

/// The variable that a reference in another's spelling names, where that is certain.
pub fn referred(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let words = || text.split(|c| !plain(c)).filter(|word| word.len() > 2 && word.contains('_'));
    let word = words().next().filter(|word| word.starts_with(|c: char| c.is_ascii_uppercase()));
    word.filter(|_| Flaw::of(text, Use::Form) == Some(Flaw::Reference) && words().count() == 1)
}

/// `$NAME`, `%NAME%`, `{{ … }}`.
fn is_reference(value: &str) -> bool {
    let plain = |name: &str| {
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
    };
    let percent = value.strip_prefix('%').and_then(|rest| rest.strip_suffix('%'));
    let shell = value.strip_prefix('$').filter(|name| !name.starts_with(|c: char| c.is_ascii_digit()));
    shell.or(percent).is_some_and(plain) || (value.contains("{{") && value.contains("}}"))
}

/// `NAME=value`, as a line of an environment file. What base64 ends in is no value.
fn is_named(value: &str) -> bool {
    let line = value.strip_prefix("export ").unwrap_or(value);
    let Some((name, rest)) = line.split_once('=') else { return false };
    let plain = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
    name.contains('_') && name.bytes().all(plain) && !rest.trim_matches('=').is_empty()
}

/// `sk-xxxxxxxx`, `****`.
fn is_blank(lower: &str) -> bool {
    let rest = lower.rsplit(['-', '_']).next().unwrap_or_default();
    rest.len() > 3 && (rest.bytes().all(|byte| byte == b'x') || rest.bytes().all(|byte| byte == b'*'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_people_paste_is_known() {
        for (flaw, values) in [
            (
                Flaw::Reference,
                &[
                    "$OPENAI_API_KEY",
                    "${OPENAI_API_KEY}",
                    "$(cat key)",
                    "os.environ/OPENAI_API_KEY",
                    "env.OPENAI_API_KEY",
                    "env:OPENAI_API_KEY",
                    "{{ env \"OPENAI_API_KEY\" }}",
                    "%OPENAI_API_KEY%",
                    "process.env.KEY",
                    "op://a/b",
                    "os.getenv('KEY')",
                    "$openai_key",
                ][..],
            ),
            (Flaw::Quoted, &["\"sk-1\"", "'sk-1'", " `sk-1`\n"]),
            (Flaw::Named, &["OPENAI_API_KEY=sk-1", "export OPENAI_API_KEY=sk-1", "MY_KEY=\"sk-1\""]),
            (Flaw::Scheme, &["Bearer sk-1", "bearer  sk-1", "Authorization: Bearer sk-1", "x-api-key: sk-1"]),
            (
                Flaw::Placeholder,
                &[
                    "sk-...",
                    "sk-…",
                    "your-api-key",
                    "YOUR_API_KEY",
                    "<your key>",
                    "<KEY>",
                    "sk-xxxxxxxx",
                    "sk-ant-XXXX",
                    "****",
                ],
            ),
            (Flaw::Space, &["sk-1 sk-2", "sk-1\tx"]),
            (
                Flaw::Unsendable,
                &["sk-1\nsk-2", "sk-\u{0}", "sk-é", "sk\u{200b}-1", "sk-1\r\nx-evil:1", "\u{feff}sk-1"],
            ),
        ] {
            for value in values {
                assert_eq!(Flaw::of(value, Use::Key), Some(flaw), "{value:?}");
            }
        }
        for value in [
            "sk-1",
            " sk-1\r\n",
            "abc==",
            "AB_C==",
            "AB_C=",
            "EMPTY",
            "none",
            "ollama",
            "token-abc123",
            "a$b",
            "x",
            "sk-x-1",
            "ya29.a0_x",
        ] {
            assert_eq!(Flaw::of(value, Use::Key), None, "{value:?}");
        }
        assert_eq!(Flaw::of("Bearer sk-1", Use::Header), None);
        assert_eq!(Flaw::of("sk-é", Use::Header), Some(Flaw::Unsendable));
        assert_eq!(Flaw::of("pass wörd", Use::Form), None);
    }

    #[test]
    fn a_variable_is_named_where_it_is_certain_that_it_is_one() {
        for (text, name) in [
            ("$OPENAI_API_KEY", Some("OPENAI_API_KEY")),
            ("os.environ/OPENAI_API_KEY", Some("OPENAI_API_KEY")),
            ("{{ env \"MY_KEY\" }}", Some("MY_KEY")),
            ("$hidden", None),
            ("sk-ABC_DEF", None),
            ("\"OPENAI_API_KEY\"", None),
        ] {
            assert_eq!(referred(text), name, "{text}");
        }
    }
}
