//! The models that a provider says it has, for `/v1/models`: a list that is asked for now and then, and kept.
//!
//! No request waits for it, and none fails for the lack of it.
//!
//! | event | what is done |
//! |---|---|
//! | a list is ten minutes old | another is asked for; the old one stays until that has come |
//! | none was given | asked again after a second, then two, up to ten minutes; the first failure in a row is told |
//! | there are several credentials | after a failure it is another one's turn |

mod list;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;

use super::call::CallAnswer;
use super::schedule::{Backoff, Schedule};
use crate::provider::ModelList;
pub use list::LONGEST_ANSWER;

/// How long is waited after a failure: at first, and at last, which is as long as a list is good for.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(10 * 60));

/// A provider's list of models.
#[derive(Debug)]
pub struct Catalogue {
    /// Where it is.
    pub(super) place: ModelList,
    state: RefCell<State>,
}

#[derive(Clone, Debug)]
struct State {
    /// The names in it, each once, in its order.
    names: Rc<[String]>,
    schedule: Schedule,
    /// How often it was not given, in a row.
    failures: usize,
}

/// What came of asking.
#[derive(Debug, PartialEq, Eq)]
pub enum Heard {
    /// The list that was there before.
    Same,
    /// Another list. Whether it was cut, since it is too long.
    Another {
        /// Models were left out.
        cut: bool,
    },
    /// None, as the last time.
    NothingAgain,
    /// None, and why, in words that may hold anything the provider says.
    Nothing(String),
}

impl Catalogue {
    /// None yet, at this place.
    pub(super) fn new(place: ModelList) -> Self {
        let schedule = Schedule::new(Backoff::new(WAITS.0, WAITS.1));
        Self { place, state: RefCell::new(State { names: Rc::default(), schedule, failures: 0 }) }
    }

    /// The names in it, as far as they are known.
    pub(super) fn names(&self) -> Rc<[String]> {
        self.state.try_borrow().map(|state| Rc::clone(&state.names)).unwrap_or_default()
    }

    /// Whether it is to be asked for now, and then how often it was not given. The answer is waited for.
    pub(super) fn begins(&self, now: Duration) -> Option<usize> {
        let mut state = self.state.try_borrow_mut().ok()?;
        state.schedule.begins(now).then_some(state.failures)
    }

    /// Takes the answer.
    pub(super) fn answered(&self, answer: CallAnswer<'_>, now: Duration) -> Heard {
        let Ok(mut state) = self.state.try_borrow_mut() else { return Heard::Same };
        let given = state.schedule.answered(now);
        match list::read(answer) {
            Ok(list::List { names, cut }) => {
                state.schedule.given(given.saturating_add(WAITS.1));
                state.failures = 0;
                if *state.names == *names {
                    return Heard::Same;
                }
                state.names = names.into();
                Heard::Another { cut }
            }
            Err(why) => {
                state.schedule.refused(now);
                state.failures = state.failures.saturating_add(1);
                if state.failures > 1 { Heard::NothingAgain } else { Heard::Nothing(why) }
            }
        }
    }

    /// Goes on with what this one knew, which was asked for alike.
    pub(super) fn take_over(&self, before: &Self) {
        if let (Ok(mut state), Ok(before)) = (self.state.try_borrow_mut(), before.state.try_borrow()) {
            *state = State { schedule: before.schedule.handed_over(), ..before.clone() };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Endpoint;

    fn catalogue() -> Catalogue {
        let endpoint = Endpoint::parse("https://llm.example.com", "/v1").unwrap();
        Catalogue::new(ModelList { endpoint, path: "/v1/models".to_owned() })
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn answer(catalogue: &Catalogue, body: &str, now: u64) -> Heard {
        catalogue.answered(CallAnswer { status: 200, body: body.as_bytes() }, at(now))
    }

    /// When it is asked from `from` on, within twenty minutes.
    fn due(catalogue: &Catalogue, from: u64) -> Option<u64> {
        (from..).take(1200).find(|now| catalogue.begins(at(*now)).is_some())
    }

    const ONE: &str = r#"{"data":[{"id":"a"}]}"#;

    #[test]
    fn a_list_is_renewed_and_stays_until_there_is_another() {
        let catalogue = catalogue();
        assert_eq!((due(&catalogue, 5), catalogue.begins(at(5))), (Some(5), None));
        assert_eq!(answer(&catalogue, ONE, 7), Heard::Another { cut: false });
        assert_eq!(due(&catalogue, 7), Some(605), "it counts from when it was asked for");
        assert_eq!(answer(&catalogue, ONE, 606), Heard::Same);
        assert_eq!(due(&catalogue, 606), Some(1205));
        assert!(matches!(catalogue.answered(CallAnswer::NOTHING, at(1206)), Heard::Nothing(_)));
        assert_eq!(*catalogue.names(), ["a"]);
        assert_eq!(due(&catalogue, 1206), Some(1207));
        assert_eq!(answer(&catalogue, r#"{"data":[]}"#, 1208), Heard::Another { cut: false });
        assert!(catalogue.names().is_empty());
    }

    #[test]
    fn failures_are_told_once_and_waited_out() {
        let catalogue = catalogue();
        let (mut now, mut told) = (0, 0);
        let waits: Vec<_> = (0..12)
            .map(|failures| {
                let asked = due(&catalogue, now).unwrap();
                let heard = catalogue.answered(CallAnswer::NOTHING, at(asked));
                told += usize::from(heard != Heard::NothingAgain);
                assert_eq!(heard == Heard::NothingAgain, failures > 0);
                asked - std::mem::replace(&mut now, asked)
            })
            .collect();
        assert_eq!((waits, told), (vec![0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600], 1));
        // Another credential's turn, and an answer that was lost.
        assert_eq!(catalogue.begins(at(now + 600)), Some(12));
        assert_eq!(due(&catalogue, now + 601), Some(now + 620));
        answer(&catalogue, ONE, now + 621);
        let asked = due(&catalogue, now + 621).unwrap();
        assert!(matches!(catalogue.answered(CallAnswer::NOTHING, at(asked)), Heard::Nothing(_)));
    }

    #[test]
    fn another_goes_on_with_it() {
        let (before, after) = (catalogue(), catalogue());
        due(&before, 1);
        answer(&before, ONE, 1);
        assert!(before.begins(at(601)).is_some());
        after.take_over(&before);
        assert_eq!((after.names().len(), due(&after, 2)), (1, Some(601)));
    }
}
