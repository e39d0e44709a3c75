//! The callers whose requests this worker counts at this time: as long as it says that it lives, they count.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use crate::access::Caller;

/// Callers, by their ids.
#[derive(Clone, Debug, Default)]
pub struct Callers(Rc<RefCell<BTreeMap<Rc<str>, Counted>>>);

/// A caller, and how many of its requests there are.
type Counted = (Rc<Caller>, usize);

impl Callers {
    /// A request of a caller has come.
    pub fn enter(&self, caller: &Rc<Caller>) {
        if let Ok(mut callers) = self.0.try_borrow_mut() {
            let (known, requests) =
                callers.entry(Rc::clone(&caller.id)).or_insert_with(|| (Rc::clone(caller), 0));
            // An edit of the configuration may have given it other limits.
            known.clone_from(caller);
            *requests = requests.saturating_add(1);
        }
    }

    /// A request of a caller is over.
    pub fn leave(&self, caller: &Caller) {
        let Ok(mut callers) = self.0.try_borrow_mut() else { return };
        if let Some((_, requests)) = callers.get_mut(&caller.id) {
            *requests = requests.saturating_sub(1);
            if *requests == 0 {
                callers.remove(&caller.id);
            }
        }
    }

    /// Those that have requests.
    pub fn held(&self) -> Vec<Rc<Caller>> {
        let callers = self.0.try_borrow();
        callers.map_or_else(
            |_| Vec::new(),
            |callers| callers.values().map(|(caller, _)| Rc::clone(caller)).collect(),
        )
    }
}
