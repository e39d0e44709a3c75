//! An attempt that is over without an answer: Envoy tries again by itself, and we say whom.

use std::rc::Rc;
use std::time::Duration;

use super::super::failure::Failure;
use super::super::first_cause::Words;
use super::{Loss, Running, Turn, Verdict, lost};

/// How soon a kept connection breaks that was already closed when it was taken.
const SOON: Duration = Duration::from_secs(1);

impl Running {
    /// The attempt is over, and there was no verdict on an answer. Gives the cluster of Envoy's retry.
    pub(super) fn lose(&mut self, turn: &mut Turn<'_>, connected: bool) -> Option<Rc<str>> {
        let report = self.report.take()?;
        let loss = self.loss(turn, turn.services.now().saturating_sub(report.began), connected);
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
            Verdict::Again { .. } | Verdict::OtherCredential => return turn.queue.ask_again(),
            Verdict::Next => {}
            Verdict::Give => turn.queue.drop_rest(),
        }
        self.keep_loss(turn, loss);
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

    fn keep_loss(&self, turn: &mut Turn<'_>, loss: Loss) {
        let provider = self.provider();
        let failure = match loss {
            Loss::Timeout => Failure::new(504, "timeout", format!("{provider} did not answer in time")),
            Loss::Unreachable => Failure::new(503, "no_target", format!("{provider} could not be reached")),
            Loss::Reset { .. } => Failure::new(
                503,
                "no_target",
                format!("the connection to {provider} broke before it answered"),
            ),
        };
        let reply = turn.plan.reply(failure);
        let reply = turn.queue.dress(turn.plan, reply, Some(&self.asked));
        turn.queue.first_cause.keep(Words::Ours, || reply);
    }
}
