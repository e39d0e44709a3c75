//! Where a `$ref` leads: `#/$defs/Name`, or any other JSON pointer into the schema.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::value::RawValue;

use crate::hub::json::{Members, Str, is_object};
use crate::json_object;

/// The places of one schema that references led through: none is read twice.
#[derive(Default)]
pub struct Places<'a>(BTreeMap<usize, Rc<Place<'a>>>);

/// What is within an object or a list.
enum Place<'a> {
    Members(BTreeMap<Str<'a>, &'a RawValue>),
    Elements(Vec<&'a RawValue>),
}

/// How much the schemas of one request may still take beyond their own text, in bytes.
#[derive(Clone, Copy, Debug)]
pub struct Allowance {
    /// For what references bring in: each brings a copy.
    pub copies: usize,
    /// For objects and lists that are read to follow references through them.
    pub places: usize,
}

impl Default for Allowance {
    fn default() -> Self {
        Self { copies: 4 << 20, places: 64 << 20 }
    }
}

impl Allowance {
    /// Where what is too long stays a reference, and nobody is refused for it.
    pub const fn modest() -> Self {
        Self { copies: 1 << 20, places: 64 << 20 }
    }
}

impl<'a> Places<'a> {
    /// Follows a pointer, less its `#/`, from the schema's root. `None` if it names nothing, or more was read on the
    /// way than may be.
    pub fn find(
        &mut self,
        root: &'a RawValue,
        pointer: &str,
        allowance: &mut Allowance,
    ) -> Option<&'a RawValue> {
        let mut found = root;
        for (number, step) in pointer.split('/').enumerate() {
            if number >= MOST_STEPS {
                return None;
            }
            let member = step.replace("~1", "/").replace("~0", "~");
            found = match &*self.place(found, allowance)? {
                Place::Members(members) => members.get(&Str::from(member)).copied(),
                Place::Elements(elements) => elements.get(member.parse::<usize>().ok()?).copied(),
            }?;
        }
        Some(found)
    }

    fn place(&mut self, raw: &'a RawValue, allowance: &mut Allowance) -> Option<Rc<Place<'a>>> {
        json_object! { struct Any<'a> {} }
        // No two values of a text begin at the same byte.
        let address = raw.get().as_ptr() as usize;
        if let Some(known) = self.0.get(&address) {
            return Some(Rc::clone(known));
        }
        allowance.places = allowance.places.checked_sub(raw.get().len())?;
        let place = if is_object(raw) {
            let members: Members<'a> = serde_json::from_str::<Any<'a>>(raw.get()).ok()?.extra;
            // Of several members of one name the first counts, so it goes in last.
            Place::Members(members.into_iter().rev().collect())
        } else {
            Place::Elements(serde_json::from_str(raw.get()).ok()?)
        };
        let place = Rc::new(place);
        self.0.insert(address, Rc::clone(&place));
        Some(place)
    }
}

/// Steps of a pointer.
const MOST_STEPS: usize = 32;
