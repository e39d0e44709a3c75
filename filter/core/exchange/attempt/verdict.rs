//! When an attempt fails: one verdict, in one place.
//!
//! An answer is judged by [`verdict`], a try that brought no answer by [`lost`]. Both are pure functions of what
//! happened, what the operator wants retried, and which chances are left.

use std::time::Duration;

use crate::hub::{Fault, duration, http_date};
use crate::routing::{Condition, Retry};

/// What becomes of an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The client gets it.
    Give,
    /// The next target is asked.
    Next,
    /// The same target is asked again.
    Again {
        /// After this many seconds; `None` for Envoy's usual backoff.
        after: Option<u64>,
    },
    /// The same target is asked again, with another credential.
    OtherCredential,
}

/// Why an answer is not one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cause {
    /// The provider's status, or the one that stands for what happened.
    pub status: u16,
    /// Whose fault it is.
    pub fault: Fault,
    /// When the provider wants to be asked again, if it said so.
    pub retry_after: Option<RetryAfter>,
}

/// When a provider wants to be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RetryAfter {
    /// After this time.
    Wait(Duration),
    /// At a time that cannot be read; not soon.
    Later,
}

/// Which chances a request has left.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chances {
    /// Another target follows.
    pub next: bool,
    /// This target may be asked again.
    pub again: bool,
    /// It is the credential that failed, and its provider has another, which does not rest.
    pub credential: bool,
}

/// Judges an answer that is a failure.
pub fn verdict(cause: Cause, retry: &Retry, chances: Chances) -> Verdict {
    let next = if chances.next { Verdict::Next } else { Verdict::Give };
    let allowed = match cause.fault {
        // A provider may say 400 and mean our credential.
        Fault::Credential => retry.allows(Condition::Status(401)) || retry.allows(Condition::Status(403)),
        // What was wrong with a credential was the caller's own: nobody else pays for it.
        Fault::Caller if matches!(cause.status, 401..=403 | 429) => false,
        Fault::ContextLength => retry.allows(Condition::ContextLength),
        Fault::ContentFilter => retry.allows(Condition::ContentFilter),
        Fault::Empty => retry.allows(Condition::Empty),
        _ => retry.allows(Condition::Status(cause.status)),
    };
    if !allowed {
        return Verdict::Give;
    }
    if chances.credential {
        return Verdict::OtherCredential;
    }
    // The same target would say the same.
    let stubborn = matches!(cause.fault, Fault::Credential | Fault::ContextLength | Fault::ContentFilter);
    if stubborn || !chances.again {
        return next;
    }
    match (cause.retry_after, cause.fault) {
        // Nobody waits for a provider's time while another target can be asked.
        (Some(_), _) if chances.next => Verdict::Next,
        (Some(RetryAfter::Wait(wait)), _) if wait <= retry.backoff.max => {
            Verdict::Again { after: Some(whole_seconds(wait)).filter(|seconds| *seconds > 0) }
        }
        (Some(_), _) => Verdict::Give,
        // A provider that is asked too often and names no time gets a second at least.
        (None, Fault::RateLimit) => Verdict::Again { after: Some(1) },
        (None, _) => Verdict::Again { after: None },
    }
}

/// How a try ended without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// There was no connection.
    Unreachable,
    /// The connection broke.
    Reset {
        /// It was a kept one and broke so soon that the provider most likely had just closed it, and read nothing.
        stale: bool,
    },
    /// The provider stayed silent.
    Timeout,
}

/// Judges a try that brought no answer. Envoy tries again by itself; this says whom. `repaired`: this target was
/// already asked twice because of a stale connection.
pub fn lost(loss: Loss, repaired: bool, retry: &Retry, chances: Chances) -> Verdict {
    let next = if chances.next { Verdict::Next } else { Verdict::Give };
    let condition = match loss {
        Loss::Unreachable => Condition::ConnectFailure,
        Loss::Reset { stale: true } if !repaired => return Verdict::Again { after: None },
        Loss::Reset { .. } => Condition::Reset,
        Loss::Timeout => Condition::Timeout,
    };
    match loss {
        _ if !retry.allows(condition) => Verdict::Give,
        // A silent target is not asked again for the same request.
        Loss::Unreachable | Loss::Reset { .. } if !chances.next && chances.again => {
            Verdict::Again { after: None }
        }
        _ => next,
    }
}

/// Reads `retry-after-ms` and `retry-after`, which is in seconds or a date (RFC 9110, 10.2.3), or `30s` as some have it.
/// `now` is Unix time.
pub fn retry_after(
    milliseconds: Option<&str>,
    seconds: Option<&str>,
    now: impl Fn() -> Duration,
) -> Option<RetryAfter> {
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|number| (0.0..=1e9).contains(number));
    if let Some(wait) = milliseconds.and_then(number) {
        return Some(RetryAfter::Wait(Duration::from_secs_f64(wait / 1000.0)));
    }
    let text = seconds?;
    if let Some(wait) = number(text).map(Duration::from_secs_f64).or_else(|| duration(text.trim())) {
        return Some(RetryAfter::Wait(wait));
    }
    Some(http_date(text).map_or(RetryAfter::Later, |date| RetryAfter::Wait(date.saturating_sub(now()))))
}

/// As many seconds as a header says that has no parts of them.
pub fn whole_seconds(wait: Duration) -> u64 {
    wait.as_secs().saturating_add(u64::from(wait.subsec_nanos() > 0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routing::{Backoff, Timeouts};

    const BOTH: Chances = Chances { next: true, again: true, credential: false };
    const NEXT: Chances = Chances { next: true, again: false, credential: false };
    const AGAIN: Chances = Chances { next: false, again: true, credential: false };
    const NONE: Chances = Chances { next: false, again: false, credential: false };

    fn retry(words: &[&str]) -> Retry {
        let second = Duration::from_secs(1);
        Retry {
            on: words.iter().map(|word| Condition::from_word(word).unwrap()).collect(),
            backoff: Backoff { base: second, max: Duration::from_secs(2) },
            timeouts: Timeouts {
                first_byte_of_stream: second,
                first_byte_of_answer: second,
                idle_stream: second,
                idle_answer: second,
            },
        }
    }

    #[test]
    fn answers_are_judged() {
        let usual = retry(&["401", "403", "408", "429", "5xx"]);
        let wait = |ms| Some(RetryAfter::Wait(Duration::from_millis(ms)));
        let again = |after| Verdict::Again { after };
        use Fault::{Caller, Credential, Provider, RateLimit};
        for (status, fault, retry_after, chances, want) in [
            (400, Caller, None, BOTH, Verdict::Give),
            (404, Caller, None, NEXT, Verdict::Give),
            (401, Credential, None, BOTH, Verdict::Next),
            (400, Credential, None, NEXT, Verdict::Next),
            (401, Credential, None, AGAIN, Verdict::Give),
            (500, Provider, None, NEXT, Verdict::Next),
            (500, Provider, None, AGAIN, again(None)),
            (529, Provider, None, BOTH, again(None)),
            (503, Provider, wait(1500), AGAIN, again(Some(2))),
            (503, Provider, wait(0), AGAIN, again(None)),
            (500, Provider, None, NONE, Verdict::Give),
            (429, RateLimit, None, AGAIN, again(Some(1))),
            (429, RateLimit, wait(2000), AGAIN, again(Some(2))),
            (429, RateLimit, wait(2001), AGAIN, Verdict::Give),
            (429, RateLimit, wait(2000), BOTH, Verdict::Next),
            (429, RateLimit, wait(9000), BOTH, Verdict::Next),
            (429, RateLimit, None, BOTH, again(Some(1))),
            (429, RateLimit, Some(RetryAfter::Later), BOTH, Verdict::Next),
            (429, RateLimit, None, NEXT, Verdict::Next),
        ] {
            let cause = Cause { status, fault, retry_after };
            assert_eq!(verdict(cause, &usual, chances), want, "{cause:?} {chances:?}");
        }
        let cause = Cause { status: 500, fault: Provider, retry_after: None };
        assert_eq!(verdict(cause, &retry(&["429"]), BOTH), Verdict::Give);
        for (fault, word) in
            [(Fault::ContextLength, "context_length"), (Fault::ContentFilter, "content_filter")]
        {
            let cause = Cause { status: 400, fault, retry_after: None };
            assert_eq!(verdict(cause, &usual, BOTH), Verdict::Give, "{word}");
            assert_eq!(verdict(cause, &retry(&[word]), BOTH), Verdict::Next, "{word}");
            assert_eq!(verdict(cause, &retry(&[word]), AGAIN), Verdict::Give, "{word}");
        }
        let cause = Cause { status: 404, fault: Caller, retry_after: None };
        assert_eq!(verdict(cause, &retry(&["404"]), NEXT), Verdict::Next);
    }

    #[test]
    fn losses_are_judged() {
        let usual = retry(&["reset", "timeout", "connect-failure"]);
        let again = Verdict::Again { after: None };
        let (stale, fresh) = (Loss::Reset { stale: true }, Loss::Reset { stale: false });
        for (loss, repaired, chances, want) in [
            (stale, false, NEXT, again),
            (stale, true, NEXT, Verdict::Next),
            (stale, false, NONE, again),
            (stale, true, NONE, Verdict::Give),
            (fresh, false, BOTH, Verdict::Next),
            (fresh, false, AGAIN, again),
            (fresh, false, NONE, Verdict::Give),
            (Loss::Unreachable, false, BOTH, Verdict::Next),
            (Loss::Unreachable, false, AGAIN, again),
            (Loss::Unreachable, true, NONE, Verdict::Give),
            (Loss::Timeout, false, NEXT, Verdict::Next),
            (Loss::Timeout, false, AGAIN, Verdict::Give),
        ] {
            assert_eq!(lost(loss, repaired, &usual, chances), want, "{loss:?} {repaired} {chances:?}");
        }
        assert_eq!(lost(fresh, false, &retry(&["429"]), BOTH), Verdict::Give);
        assert_eq!(lost(Loss::Timeout, false, &retry(&["reset"]), BOTH), Verdict::Give);
    }

    #[test]
    fn waits_are_read() {
        let wait = |ms| Some(RetryAfter::Wait(Duration::from_millis(ms)));
        let now = || Duration::from_secs(1_792_567_679);
        let retry_after = |milliseconds, seconds| super::retry_after(milliseconds, seconds, now);
        assert_eq!(retry_after(None, Some("2")), wait(2000));
        assert_eq!(retry_after(Some("250"), Some("9")), wait(250));
        assert_eq!(retry_after(None, Some("Wed, 21 Oct 2026 07:28:00 GMT")), wait(1000));
        assert_eq!(retry_after(None, Some("Tue, 20 Oct 2026 07:28:00 GMT")), wait(0));
        assert_eq!(retry_after(None, Some("soon")), Some(RetryAfter::Later));
        assert_eq!(retry_after(None, None), None);
        assert_eq!(retry_after(None, Some("-1")), Some(RetryAfter::Later));
    }
}
