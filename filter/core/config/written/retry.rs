//! `retry`: what deserves another attempt, and how long one may take.

use std::time::Duration;

use super::super::errors::Errors;
use super::super::keys::{Keys, key, optional};
use super::super::section::Node;
use crate::routing::{Backoff, Condition, Retry, Timeouts};

/// Retry settings as they are written: what is absent is inherited.
#[derive(Clone, Debug, Default)]
pub(super) struct Written {
    on: Option<Vec<Condition>>,
    base: Option<Duration>,
    max: Option<Duration>,
    per_try_timeout: Option<Duration>,
    idle_timeout: Option<Duration>,
}

pub(super) const KEYS: Keys = Keys {
    path: "retry",
    doc: "What deserves another attempt, and how long one may take. A route may have its own: what is given there \
          overrides what is given here, key by key.",
    keys: &[
        key(
            "on",
            r#"["connect-failure", "reset", "timeout", 401, 403, 408, 429, "5xx"]"#,
            r#"["reset", "timeout", 429, "5xx", "context_length"]"#,
            "what moves on to the next target; also any status from 400 to 599, `context_length`: the request is too \
             long for the model, `content_filter`: the provider's filter refuses it, `empty`: an answer with nothing in it",
        ),
        optional("backoff", "as below", "", "how long to wait before a target is asked again"),
        optional(
            "per_try_timeout",
            "60s for streams, 600s for whole answers and where the request asks for reasoning",
            "20s",
            "how long until the first byte of an answer; of a whole answer that is translated, until its last",
        ),
        key("idle_timeout", "120s", "90s", "how long between bytes; not below `per_try_timeout`"),
    ],
    lacking: &[],
};

pub(super) const BACKOFF: Keys = Keys {
    path: "retry.backoff",
    doc: "How long to wait before a target is asked again: exponentially longer, with jitter.",
    keys: &[key("base", "100ms", "50ms", "the first wait"), key("max", "2s", "1s", "the longest wait")],
    lacking: &[],
};

const DEFAULT_ON: [Condition; 8] = [
    Condition::ConnectFailure,
    Condition::Reset,
    Condition::Timeout,
    Condition::Status(401),
    Condition::Status(403),
    Condition::Status(408),
    Condition::Status(429),
    Condition::ServerErrors,
];

impl Written {
    /// What is given here overrides `default`.
    pub fn or(self, default: &Self) -> Self {
        Self {
            on: self.on.or_else(|| default.on.clone()),
            base: self.base.or(default.base),
            max: self.max.or(default.max),
            per_try_timeout: self.per_try_timeout.or(default.per_try_timeout),
            idle_timeout: self.idle_timeout.or(default.idle_timeout),
        }
    }

    /// Fills in the defaults: 60 s to a stream's first byte, 600 s to a whole answer's and to that of a model which is to
    /// think first, 120 s between bytes. A default never contradicts what was given.
    pub fn resolve(self) -> Retry {
        let seconds = Duration::from_secs;
        let idle = self.idle_timeout;
        let first_byte_of_stream =
            self.per_try_timeout.unwrap_or_else(|| seconds(60).min(idle.unwrap_or(Duration::MAX)));
        let first_byte_of_answer = self.per_try_timeout.unwrap_or(seconds(600));
        let idle_stream = idle.unwrap_or_else(|| seconds(120).max(first_byte_of_stream));
        let base =
            self.base.unwrap_or_else(|| Duration::from_millis(100).min(self.max.unwrap_or(Duration::MAX)));
        Retry {
            on: self.on.unwrap_or_else(|| DEFAULT_ON.to_vec()),
            backoff: Backoff { base, max: self.max.unwrap_or(seconds(2)).max(base) },
            timeouts: Timeouts {
                first_byte_of_stream,
                first_byte_of_answer,
                idle_stream,
                idle_answer: idle_stream.max(first_byte_of_answer),
            },
        }
    }

    /// Reports settings that contradict each other once they are merged.
    pub fn check(&self, node: &Node<'_>, errors: &mut Errors<'_>) {
        if let (Some(idle), Some(first)) = (self.idle_timeout, self.per_try_timeout)
            && idle < first
        {
            let message =
                "idle_timeout also bounds the wait for the first byte: it may not be below per_try_timeout";
            node.error(message, errors);
        }
        if let (Some(base), Some(max)) = (self.base, self.max)
            && max < base
        {
            node.error("backoff.max may not be below backoff.base", errors);
        }
    }
}

pub(super) fn read(node: &Node<'_>, errors: &mut Errors<'_>) -> Written {
    let Some(section) = node.keys(&KEYS, errors) else { return Written::default() };
    let backoff = section.get("backoff").and_then(|node| node.keys(&BACKOFF, errors));
    let mut wait = |name: &str| {
        let node = backoff.as_ref()?.get(name)?;
        node.positive_duration(errors)
    };
    let (base, max) = (wait("base"), wait("max"));
    let mut time = |name: &str| section.get(name)?.positive_duration(errors);
    let (per_try_timeout, idle_timeout) = (time("per_try_timeout"), time("idle_timeout"));
    let on = section.get("on").and_then(|node| conditions(&node, errors));
    Written { on, base, max, per_try_timeout, idle_timeout }
}

fn conditions(node: &Node<'_>, errors: &mut Errors<'_>) -> Option<Vec<Condition>> {
    let elements = node.list("a list such as [reset, timeout, 429, 5xx]", errors)?;
    let mut conditions = Vec::new();
    for node in elements {
        let number = node.value.as_u64().and_then(|status| u16::try_from(status).ok());
        let word = node.value.as_str().unwrap_or_default();
        match number.map_or_else(|| Condition::from_word(word), Condition::from_status) {
            // Once is enough: every route that has no conditions of its own has these.
            Some(condition) if conditions.contains(&condition) => {}
            Some(condition) => conditions.push(condition),
            None => {
                node.expected("connect-failure, reset, timeout, context_length, content_filter, empty, 5xx, or a status from 400 to 599", errors)
            }
        }
    }
    Some(conditions)
}
