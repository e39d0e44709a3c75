//! An attempt that is over without an answer: Envoy tries again by itself, and we say whom.

use std::rc::Rc;
use std::time::Duration;

use super::super::failure::Failure;
use super::super::first_cause::Words;
use super::{Loss, Running, Turn, Verdict, lost};

/// How soon a kept connection breaks that was already closed when it was taken.
const SOON: Duration = Duration::from_secs(1);

/// Why there was no connection, as Envoy has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unreached {
    /// Envoy's words for it.
    pub reason: String,
    /// Envoy knew no address of the provider.
    pub nameless: bool,
}

impl Unreached {
    /// What Envoy's words hold, and what it means: texts of Envoy's connections and TLS sockets (1.40), and of the
    /// system's `strerror`.
    const WORDS: &[(&str, &str)] = &[
        ("CERTIFICATE_VERIFY_FAILED", "its certificate is not trusted"),
        ("verify", "its certificate is not trusted"),
        ("TLS", "TLS failed"),
        ("refused", "connection refused"),
        ("timeout", "no connection in time"),
        ("timed out", "no connection in time"),
        ("unreachable", "no route to it"),
        ("No route", "no route to it"),
        ("reset", "the connection was reset"),
    ];

    /// In words that tell a client nothing of the operator's network.
    fn words(&self) -> &'static str {
        let known = || Self::WORDS.iter().find(|(part, _)| self.reason.contains(part));
        match self.nameless {
            true => "its name has no address",
            false => known().map_or("no connection", |(_, words)| words),
        }
    }
}

impl Running {
    /// The attempt is over, and there was no verdict on an answer. Gives the cluster of Envoy's retry.
    pub(super) fn lose(&mut self, turn: &mut Turn<'_>, unreached: Option<Unreached>) -> Option<Rc<str>> {
        let report = self.report.take()?;
        let loss = self.loss(turn, turn.services.now().saturating_sub(report.began), unreached.is_none());
        let chances = turn.queue.chances();
        let running = turn.queue.running.as_mut()?;
        let verdict = lost(loss, running.repaired, &turn.plan.route.retry, chances);
        let repairs = matches!((verdict, loss), (Verdict::Again { .. }, Loss::Reset { stale: true }));
        if repairs && !running.repaired {
            running.repaired = true;
            // Nothing was asked: this try does not count.
            running.tried = running.tried.saturating_sub(1);
        } else if loss != Loss::Timeout || !turn.plan.is_shortened() {
            // What one client does not wait for says nothing of the target.
            report.ends(turn, true);
        }
        match verdict {
            Verdict::Again { .. } | Verdict::OtherCredential => {
                return turn.queue.ask_again(turn.plan, turn.services);
            }
            Verdict::Next => {}
            Verdict::Give => turn.queue.drop_rest(),
        }
        self.keep_loss(turn, loss, unreached);
        turn.queue.move_on(turn.plan, turn.services)
    }

    fn loss(&self, turn: &Turn<'_>, elapsed: Duration, connected: bool) -> Loss {
        // Envoy's timer and ours are read at different moments.
        let limit = turn.plan.first_byte;
        let late = elapsed >= limit.saturating_sub(limit.checked_div(20).unwrap_or_default());
        match (late, connected) {
            (true, _) => Loss::Timeout,
            (false, true) => Loss::Reset { stale: self.kept && elapsed < SOON && self.waits() },
            (false, false) => Loss::Unreachable,
        }
    }

    fn keep_loss(&self, turn: &mut Turn<'_>, loss: Loss, unreached: Option<Unreached>) {
        let provider = self.provider();
        let why = unreached.map_or("no connection", |unreached| unreached.words());
        let (status, code, words) = match loss {
            Loss::Timeout => (504, "timeout", format!("{provider} did not answer in time")),
            Loss::Unreachable => (503, "no_target", format!("{provider} could not be reached: {why}")),
            Loss::Reset { .. } => {
                (503, "no_target", format!("the connection to {provider} broke before it answered"))
            }
        };
        turn.queue.cause.get_or_insert_with(|| words.clone());
        let failure = Failure::new(status, code, words);
        let reply = turn.plan.reply(failure);
        let reply = turn.queue.dress(turn.plan, reply, Some(&self.asked));
        turn.queue.first_cause.keep(Words::Ours, || reply);
    }
}
