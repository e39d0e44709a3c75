//! The words of a script: how they are read, and how headers are written.

use std::time::Duration;

use ferro::exchange::{HeaderBlock, HeaderList};

/// Text with its line ends.
pub fn unescaped(text: &str) -> Vec<u8> {
    text.replace("\\n", "\n").replace("\\r", "\r").into_bytes()
}

/// `2s` or `5ms`.
pub fn duration(text: &str) -> Duration {
    match text.strip_suffix("ms") {
        Some(number) => Duration::from_millis(number.parse().unwrap()),
        None => Duration::from_secs(text.strip_suffix('s').unwrap().parse().unwrap()),
    }
}

/// Headers of words, `name=value` each.
pub fn pairs<'a>(words: impl Iterator<Item = &'a str>) -> HeaderList {
    let pair = |word: &str| {
        let (name, value) = word.split_once('=').expect("name=value");
        (name.to_owned(), value.as_bytes().to_vec())
    };
    words.map(pair).collect()
}

/// The same headers.
pub fn borrowed(list: &HeaderList) -> Vec<(&[u8], &[u8])> {
    list.iter().map(|(name, value)| (name.as_bytes(), value.as_slice())).collect()
}

/// Headers in one line.
pub fn text(headers: &HeaderBlock) -> String {
    let pair = |(name, value): (&[u8], &[u8])| {
        let [name, value] = [name, value].map(String::from_utf8_lossy);
        match (&*name, value.contains(' ')) {
            (":status", _) => format!(" {value}"),
            (_, true) => format!(" {name}={value:?}"),
            (_, false) => format!(" {name}={value}"),
        }
    };
    headers.iter().map(pair).collect()
}
