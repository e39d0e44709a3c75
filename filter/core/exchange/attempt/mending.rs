//! Answers of a vendor with words and places of its own: brought to their format before anybody reads them.

use std::borrow::Cow;
use std::rc::Rc;

use crate::dialect::{Format, Mend, Quirks};
use crate::frame::Frame;

/// How the answers of one provider are brought to their format.
#[derive(Clone, Debug)]
pub struct Mending {
    mend: Mend,
    quirks: Rc<Quirks>,
}

impl Mending {
    /// How answers in `format` are, of a provider that differs from it in `quirks`; `None` where they are as they
    /// should be.
    pub fn of(format: &Format, quirks: Option<&Rc<Quirks>>) -> Option<Self> {
        let quirks = quirks.filter(|quirks| quirks.mends())?;
        Some(Self { mend: format.mend?, quirks: Rc::clone(quirks) })
    }

    /// A whole answer; `None` where nothing is to be done.
    pub fn text(&self, text: &str) -> Option<String> {
        (self.mend)(text, &self.quirks)
    }

    /// A frame of a stream: where a vendor says it otherwise, its data is written anew.
    pub fn frame<'a>(&self, frame: Frame<'a>) -> Frame<'a> {
        match frame.data.as_deref().and_then(|data| self.text(data.trim())) {
            Some(data) => Frame { data: Some(Cow::Owned(data)), has_more: true, ..frame },
            None => frame,
        }
    }
}

/// A frame as its format has it.
pub(super) fn mended<'a>(mending: Option<&Mending>, frame: Frame<'a>) -> Frame<'a> {
    match mending {
        Some(mending) => mending.frame(frame),
        None => frame,
    }
}
