//! A credential that is fetched: a bearer token, which its [`Issuer`] gives for a while.
//!
//! No request waits for a token; while there is none, its provider is asked for nothing.
//!
//! | event | what is done |
//! |---|---|
//! | four fifths of a token's life are over | another one is asked for; the old one serves until that has come |
//! | none was given | asked again after a second, then two, up to a minute |
//! | a token's life is over | it is dropped |
//! | the provider refuses it (401) | it is dropped and another asked for; if it was young, which makes the next no better, likewise after a second, then two, up to a minute |

mod grant;

use std::cell::RefCell;
use std::time::Duration;

use super::call::{Call, CallAnswer};
use super::schedule::{Backoff, Schedule};
use super::secret::Secret;
use crate::provider::Issuer;
pub use grant::LONGEST_ANSWER;

/// How long is waited after a failure: at first, and at last.
const WAITS: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(60));
/// For how long a token is young.
const YOUTH: Duration = Duration::from_secs(60);

/// A provider's token, and who gives it.
#[derive(Debug)]
pub struct Token {
    issuer: Issuer,
    client_secret: Secret,
    state: RefCell<State>,
}

#[derive(Clone, Debug)]
struct State {
    held: Option<Held>,
    /// When the issuer is asked.
    schedule: Schedule,
    /// How long is waited when a young one is refused.
    refused: Backoff,
}

/// A token that is good.
#[derive(Clone, Debug)]
struct Held {
    token: Secret,
    /// Since when it serves.
    since: Duration,
    until: Duration,
}

impl Token {
    /// None yet, of this issuer.
    pub(super) fn new(issuer: Issuer, client_secret: Secret) -> Self {
        let waits = Backoff::new(WAITS.0, WAITS.1);
        let state = State { held: None, schedule: Schedule::new(waits.clone()), refused: waits };
        Self { issuer, client_secret, state: RefCell::new(state) }
    }

    /// The secret of the client that asks for it.
    pub(super) const fn client_secret(&self) -> &Secret {
        &self.client_secret
    }

    /// The token, if there is one.
    pub(super) fn held(&self) -> Option<Secret> {
        let state = self.state.try_borrow().ok()?;
        state.held.as_ref().map(|held| held.token.clone())
    }

    /// Whether there is one.
    pub(super) fn is_held(&self) -> bool {
        self.state.try_borrow().is_ok_and(|state| state.held.is_some())
    }

    /// What is to be asked now, if anything. The answer is waited for.
    pub(super) fn due(&self, now: Duration) -> Option<Call> {
        let mut state = self.state.try_borrow_mut().ok()?;
        if state.held.as_ref().is_some_and(|held| held.until <= now) {
            state.held = None;
        }
        state.schedule.begins(now).then(|| grant::request(&self.issuer, &self.client_secret))
    }

    /// Takes the answer.
    ///
    /// # Errors
    /// It gives no token: why not, in words that may hold anything the issuer says.
    pub(super) fn answered(&self, answer: CallAnswer<'_>, now: Duration) -> Result<(), String> {
        let Ok(mut state) = self.state.try_borrow_mut() else { return Ok(()) };
        // It may have been given as soon as it was asked for.
        let given = state.schedule.answered(now);
        match grant::read(answer) {
            Ok((token, life)) => {
                let fresh = life.saturating_mul(4).checked_div(5).unwrap_or_default();
                state.schedule.given(given.saturating_add(fresh).max(now.saturating_add(WAITS.0)));
                state.held = Some(Held { token, since: now, until: given.saturating_add(life) });
                Ok(())
            }
            Err(why) => {
                state.schedule.refused(now);
                Err(why)
            }
        }
    }

    /// The provider has refused the token that an attempt had which `began` then: it is no good, unless it has been
    /// replaced since.
    pub(super) fn refused(&self, began: Duration, now: Duration) {
        let Ok(mut state) = self.state.try_borrow_mut() else { return };
        let Some(held) = state.held.take_if(|held| held.since <= began) else { return };
        if now >= held.since.saturating_add(YOUTH) {
            state.refused.reset();
            state.schedule.due = now;
        } else {
            state.schedule.due = now.saturating_add(state.refused.next());
        }
    }

    /// Goes on with the token that this one had, which was asked for alike.
    pub(super) fn take_over(&self, before: &Self) {
        if !self.is_asked_like(before) {
            return;
        }
        if let (Ok(mut state), Ok(before)) = (self.state.try_borrow_mut(), before.state.try_borrow()) {
            *state = State { schedule: before.schedule.handed_over(), ..before.clone() };
        }
    }

    /// Whether another one comes from the same issuer, for the same client.
    pub(super) fn is_asked_like(&self, other: &Self) -> bool {
        (&self.issuer, &self.client_secret) == (&other.issuer, &other.client_secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{ClientIn, Endpoint};

    fn token(client_in: ClientIn) -> Token {
        let issuer = Issuer {
            endpoint: Endpoint::parse("https://login.example.com/t", "").unwrap(),
            path: "/t".to_owned(),
            client_id: "c".to_owned(),
            client_secret: "SECRET".to_owned(),
            parameters: Vec::new(),
            client_in,
        };
        Token::new(issuer, Secret::new("client's secret").unwrap())
    }

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    /// When a token is due from `from` on, within two minutes.
    fn due(token: &Token, from: u64) -> Option<u64> {
        (from..).take(120).find(|now| token.due(at(*now)).is_some())
    }

    fn take(token: &Token, name: &str, life: u64, now: u64) {
        let body = format!(r#"{{"access_token": "{name}", "expires_in": {life}}}"#);
        token.answered(CallAnswer { status: 200, body: body.as_bytes() }, at(now)).unwrap();
    }

    #[test]
    fn a_token_is_renewed_before_it_is_over_and_dropped_when_it_is() {
        let token = token(ClientIn::Header);
        assert_eq!((due(&token, 10), due(&token, 10).is_some()), (Some(10), true));
        take(&token, "one", 100, 12);
        assert_eq!(token.held().unwrap().reveal(), "one");
        // It counts from when it was asked for.
        let asked = 30;
        assert_eq!(due(&token, 12), Some(asked + 80));
        // While the issuer gives no other, it serves to its end.
        token.answered(CallAnswer::NOTHING, at(111)).unwrap_err();
        assert_eq!((due(&token, 111), token.is_held()), (Some(112), true));
        token.answered(CallAnswer { status: 500, body: b"" }, at(112)).unwrap_err();
        assert_eq!(due(&token, 112), Some(114));
        token.answered(CallAnswer::NOTHING, at(114)).unwrap_err();
        assert!(token.due(at(129)).is_some() && token.is_held());
        assert!(token.due(at(130)).is_none() && !token.is_held());
        take(&token, "two", 10, 130);
        assert_eq!(due(&token, 130), Some(129 + 8));
    }

    #[test]
    fn failures_are_waited_out_for_a_minute_at_most() {
        let token = token(ClientIn::Header);
        let mut now = 0;
        let waits: Vec<_> = (0..9)
            .map(|_| {
                let asked = due(&token, now).unwrap();
                token.answered(CallAnswer::NOTHING, at(asked)).unwrap_err();
                asked - std::mem::replace(&mut now, asked)
            })
            .collect();
        assert_eq!(waits, [0, 1, 2, 4, 8, 16, 32, 60, 60]);
        // An answer that was lost is asked for once more.
        let asked = due(&token, now).unwrap();
        assert_eq!(due(&token, asked + 1), Some(asked + 20));
    }

    #[test]
    fn a_token_that_is_refused_is_dropped_once() {
        let token = token(ClientIn::Header);
        token.due(at(1));
        take(&token, "one", 3600, 1);
        token.refused(at(0), at(2));
        assert!(token.is_held(), "the attempt had another one");
        token.refused(at(100), at(101));
        assert!(!token.is_held());
        assert_eq!(due(&token, 101), Some(101));
        take(&token, "two", 3600, 102);
        token.refused(at(103), at(104));
        assert_eq!((token.is_held(), due(&token, 104)), (false, Some(105)));
        take(&token, "three", 3600, 106);
        token.refused(at(107), at(107));
        assert_eq!(due(&token, 107), Some(109), "young ones are no better");
    }

    #[test]
    fn an_edit_keeps_a_token_that_is_asked_for_alike() {
        let before = token(ClientIn::Header);
        before.due(at(1));
        take(&before, "one", 100, 1);
        let (same, other) = (token(ClientIn::Header), token(ClientIn::Body));
        same.take_over(&before);
        other.take_over(&before);
        assert_eq!((same.is_held(), due(&same, 2)), (true, Some(81)));
        assert_eq!((other.is_held(), due(&other, 2)), (false, Some(2)));
    }
}
