//! A request's body as a vendor wants it, by splices: the members that differ change, and no other byte moves.
//!
//! | quirk | member of the body | reported |
//! |---|---|---|
//! | `set` | gets the one value, or is added with it | if the client said something else |
//! | `drop` | goes | yes |
//! | `rename` | gets the vendor's name; goes if one of that name stays, or is `set` | only if it goes |
//! | `clamp` | a number outside gets the bound | yes |
//! | `require` | is added where it is absent or `null` | no |
//!
//! `null` counts as absent: it is never reported, and goes with what is renamed.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::dialect::Quirks;
use crate::hub::json::{Document, Str, is_null, span};
use crate::hub::{Dropped, RequestError};

/// The first `length` bytes of a body are replaced; the rest is not touched.
#[derive(Debug, PartialEq, Eq)]
pub struct Splice {
    /// How many bytes go.
    pub length: usize,
    /// What takes their place.
    pub with: Vec<u8>,
}

/// Edits a body, a JSON object. `model` is given where it differs from what the body says: where its value lies, and the
/// name that is to stand there. `more` is edited as well, unless what holds it goes. `None` where all of the body is as the
/// vendor wants it.
///
/// # Errors
/// The body has so many members that it is no request.
pub fn edit(
    body: &Document,
    model: Option<(&Range<usize>, &str)>,
    quirks: &Quirks,
    more: Vec<(Range<usize>, String)>,
    dropped: &mut Dropped,
) -> Result<Option<Splice>, RequestError> {
    let read: TopLevel<'_> = body.read()?;
    let mut editor =
        Editor { body: body.text(), members: members(body.text(), &read.0), edits: Vec::new(), quirks };
    editor.decide(model, dropped);
    editor.remove();
    editor.add();
    editor.edits.extend(more);
    Ok(splice(body.text(), editor.edits))
}

/// The most members at the top level of a body that is edited.
const MOST_MEMBERS: usize = 4096;

/// A member: its name, where name and value lie, and what becomes of it.
struct Member<'a> {
    name: &'a str,
    place: Range<usize>,
    raw: &'a RawValue,
    value: Range<usize>,
    /// The name that it leaves with; `None` where it goes.
    leaves: Option<&'a str>,
    /// It leaves with a value.
    told: bool,
}

struct Editor<'a> {
    body: &'a str,
    members: Vec<Member<'a>>,
    edits: Vec<(Range<usize>, String)>,
    quirks: &'a Quirks,
}

impl<'a> Editor<'a> {
    /// Decides on every member, and edits those that stay.
    fn decide(&mut self, model: Option<(&Range<usize>, &str)>, dropped: &mut Dropped) {
        let Self { members, edits, quirks, .. } = self;
        let given: Vec<_> =
            members.iter().filter(|member| !is_null(member.raw)).map(|member| member.name).collect();
        let stays = |name: &str| {
            let goes =
                quirks.drop.iter().any(|dropped| dropped == name) || find(&quirks.rename, name).is_some();
            given.contains(&name) && !goes
        };
        let mut renamed: Vec<&str> = Vec::new();
        for member in members.iter_mut() {
            let (name, null) = (member.name, is_null(member.raw));
            member.leaves = Some(name);
            member.told = !null;
            if let Some((_, model)) = model.filter(|(span, _)| **span == member.value) {
                edits.push((member.value.clone(), quoted(model)));
            } else if let Some(fixed) = find(&quirks.set, name) {
                if member.raw.get() != fixed {
                    edits.push((member.value.clone(), fixed.clone()));
                    dropped.add_if(!null, name);
                }
                member.told = true;
            } else if quirks.drop.iter().any(|dropped| dropped == name) {
                member.leaves = None;
                dropped.add_if(!null, name);
            } else if let Some(theirs) = find(&quirks.rename, name) {
                let fixed = find(&quirks.set, theirs);
                let taken = fixed.is_some() || stays(theirs) || renamed.contains(&theirs.as_str());
                let said = fixed.is_none_or(|fixed| member.raw.get() != fixed);
                dropped.add_if(taken && said && !null, name);
                member.leaves = (!taken && !null).then_some(theirs.as_str());
                if member.leaves.is_some() {
                    edits.push((member.place.clone(), quoted(theirs)));
                    renamed.push(theirs);
                }
            } else if null
                && quirks.rename.iter().any(|(ours, theirs)| theirs == name && given.contains(&ours.as_str()))
            {
                member.leaves = None;
            }
            let bounds = find(&quirks.clamp, name).filter(|_| member.leaves.is_some());
            if let Some(bound) =
                bounds.zip(number(member.raw)).and_then(|(bounds, number)| bounds.beyond(number))
            {
                edits.push((member.value.clone(), bound.to_string()));
                dropped.add(name);
            }
        }
    }

    /// Takes out the members that go.
    fn remove(&mut self) {
        let (mut cuts, mut found) = (Cuts::within(self.opening()), Vec::new());
        for member in &self.members {
            cuts.member(self.body, &member.value, member.leaves.is_none(), &mut found);
        }
        cuts.end(&mut found);
        self.edits.extend(found.into_iter().map(|cut| (cut, String::new())));
    }

    /// Adds what is lacking.
    fn add(&mut self) {
        let mut alone = self.members.iter().all(|member| member.leaves.is_none());
        let mut added = String::new();
        let wanted = self.quirks.set.iter().chain(&self.quirks.require);
        for (name, value) in wanted {
            let found: Vec<_> =
                self.members.iter().filter(|member| member.leaves == Some(name.as_str())).collect();
            match found.first() {
                _ if found.iter().any(|member| member.told) => {}
                Some(null) => self.edits.push((null.value.clone(), value.clone())),
                None => {
                    if !std::mem::replace(&mut alone, false) {
                        added.push(',');
                    }
                    added.push_str(&quoted(name));
                    added.push(':');
                    added.push_str(value);
                }
            }
        }
        if !added.is_empty() {
            let end = self.end();
            self.edits.push((end..end, added));
        }
    }

    /// Where the first member may begin.
    fn opening(&self) -> usize {
        self.body.find('{').map_or(0, |brace| brace.saturating_add(1))
    }

    /// Where the last value ends.
    fn end(&self) -> usize {
        self.members.last().map_or_else(|| self.opening(), |last| last.value.end)
    }
}

/// Where members lie that go, found one after the other: each with the comma before it, or after it where nothing stays
/// before.
#[derive(Debug)]
pub struct Cuts {
    /// Where the first member may begin.
    opening: usize,
    /// Where the last value ended.
    before: usize,
    /// Some member stays.
    stays: bool,
}

impl Cuts {
    /// Those of an object whose first member may begin here.
    pub const fn within(opening: usize) -> Self {
        Self { opening, before: opening, stays: false }
    }

    /// The next member, by its value: whether it goes.
    pub fn member(&mut self, text: &str, value: &Range<usize>, goes: bool, cuts: &mut Vec<Range<usize>>) {
        if goes && self.stays {
            cuts.push(self.before..value.end);
        } else if !goes && !self.stays {
            if self.before > self.opening {
                cuts.push(self.opening..place(text, self.before, value).start);
            }
            self.stays = true;
        }
        self.before = value.end;
    }

    /// There are no more.
    pub fn end(self, cuts: &mut Vec<Range<usize>>) {
        if !self.stays && self.before > self.opening {
            cuts.push(self.opening..self.before);
        }
    }
}

/// Where the name of a member lies, between the value before it and its own: beside it there are a comma, white space
/// and a colon.
fn place(text: &str, before: usize, value: &Range<usize>) -> Range<usize> {
    let gap = text.get(before..value.start).unwrap_or_default();
    let at = |quote: Option<usize>| before.saturating_add(quote.unwrap_or_default());
    at(gap.find('"'))..at(gap.rfind('"')).saturating_add(1)
}

/// The edits in one.
///
/// `None` where there is nothing to be done.
pub fn splice(body: &str, mut edits: Vec<(Range<usize>, String)>) -> Option<Splice> {
    edits.sort_by_key(|(range, _)| (range.start, range.end));
    let length = edits.iter().map(|(range, _)| range.end).max()?;
    let mut with = Vec::with_capacity(length);
    let mut from = 0;
    for (range, text) in edits {
        // It lies within what went before.
        if range.start < from {
            continue;
        }
        with.extend_from_slice(body.get(from..range.start).unwrap_or_default().as_bytes());
        with.extend_from_slice(text.as_bytes());
        from = range.end;
    }
    Some(Splice { length, with })
}

/// The members of `body`, with their places in it.
fn members<'a>(body: &str, read: &'a [(Str<'_>, &'a RawValue)]) -> Vec<Member<'a>> {
    let mut before = 0;
    let member = |(name, raw): &'a (Str<'_>, &'a RawValue)| {
        let value = span(body, raw.get());
        let place = place(body, before, &value);
        before = value.end;
        Member { name, place, raw, value, leaves: None, told: false }
    };
    read.iter().map(member).collect()
}

fn find<'a, T>(list: &'a [(String, T)], name: &str) -> Option<&'a T> {
    list.iter().find(|(known, _)| known == name).map(|(_, value)| value)
}

/// A number; one that is too large for any is beyond all bounds.
fn number(raw: &RawValue) -> Option<f64> {
    raw.get().parse().ok()
}

/// A text as JSON.
pub fn quoted(text: &str) -> String {
    // Writing a string to memory cannot fail.
    serde_json::to_string(text).unwrap_or_default()
}

/// The members of an object, as they stand in it.
struct TopLevel<'a>(Vec<(Str<'a>, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for TopLevel<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = TopLevel<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<TopLevel<'de>, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    if members.len() >= MOST_MEMBERS {
                        return Err(M::Error::custom(format_args!("more than {MOST_MEMBERS} members")));
                    }
                    members.push(member);
                }
                Ok(TopLevel(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}

#[cfg(test)]
mod tests;
