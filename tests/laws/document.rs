//! A text that is looked through once is read as `serde_json` reads it.

use std::borrow::Cow;
use std::collections::BTreeMap;

use ferro::hub::RequestError;
use ferro::hub::json::{Document, Str};
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

/// It is read as the same value, or refused as well; and in the same words where it is no JSON.
pub fn document(bytes: &[u8]) {
    let document = &Document::new(String::from_utf8_lossy(bytes));
    let text = document.text();
    let broken = serde_json::from_str::<IgnoredAny>(text).err().map(|error| RequestError::json(text, &error));
    assert_eq!(document.read::<IgnoredAny>().err(), broken);
    same::<Value>(document);
    same::<Vec<&RawValue>>(document);
    same::<Vec<Option<bool>>>(document);
    same::<BTreeMap<Cow<'_, str>, &RawValue>>(document);
    same::<BTreeMap<String, Vec<Vec<BTreeMap<String, &RawValue>>>>>(document);
    // A string that is kept as it was written is the one that was read.
    let strings = serde_json::from_str::<Vec<String>>(text).ok();
    let kept = document.read::<Vec<Str<'_>>>().ok();
    let written = kept.as_ref().map(|kept| serde_json::to_string(kept).unwrap());
    let kept = kept.map(|kept| kept.into_iter().map(Str::into_owned).collect());
    assert_eq!(kept, strings);
    assert_eq!(written.map(|written| serde_json::from_str::<Vec<String>>(&written).unwrap()), strings);
}

fn same<'a, T: Deserialize<'a> + Serialize>(document: &'a Document) {
    let text = document.text();
    let written = |value: &T| serde_json::to_string(value).unwrap();
    let (read, want) = (document.read::<T>(), serde_json::from_str::<T>(text));
    assert_eq!(read.as_ref().ok().map(written), want.as_ref().ok().map(written), "{text:?}");
    if let Err(error) = read {
        assert!(["invalid_json", "invalid_value"].contains(&error.code), "{error:?}");
    }
}
