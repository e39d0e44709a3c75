//! An answer that came before it was done: the job is asked for again until it is over, or the attempt is.
//!
//! | event | what is done |
//! |---|---|
//! | the provider says that it is not over | asked again after half a second, then half as long again each time, up to five seconds |
//! | it is over | the client gets the answer; who wants a stream gets all of it as one |
//! | it has failed | judged as any failure is |
//! | nothing comes of a question, or a 408, a 429 or a 5xx | the same as if it were not over; five in a row fail the attempt |
//! | another status | the attempt fails with it |
//! | the attempt's time is over, its client leaves | nobody asks any more, and the provider is told to end the job |
//!
//! Each question goes to the provider's own host and carries the credential of the attempt; so does the word that ends the
//! job. The host asks where [`Attempt::asks`](super::Attempt::asks) says so, beside the attempt's own connection, and Envoy
//! still counts the attempt's time: an answer that is held to its end is no different from one that has not come.

use std::fmt;
use std::time::Duration;

use super::stream::Stream;
use super::translation::Translation;
use super::{Running, State, Step, StreamTerms, Turn};
use crate::dialect::{Job, Polled, Stage};
use crate::frame::MAX_FRAME_BYTES;
use crate::gateway::{Call, CallAnswer};
use crate::hub::Malformed;
use crate::provider::Endpoint;
use crate::surface::Answer;

/// The longest answer to a question that is read, in bytes.
pub(super) const LONGEST_ANSWER: usize = MAX_FRAME_BYTES;

/// How long is waited before a question: at first, and at last.
const WAITS: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(5));

/// The most questions about one job.
const MOST_QUESTIONS: u32 = 1_000;

/// How many questions in a row may come to nothing.
const MOST_FAILURES: u32 = 4;

/// A job that is waited for.
pub(super) struct Polling {
    job: Job,
    /// The credential of the attempt, by its place among the provider's.
    credential: usize,
    endpoint: Endpoint,
    authority: String,
    /// When it is asked for.
    due: Duration,
    wait: Duration,
    /// It was asked for, and nothing has come yet.
    asked: bool,
    questions: u32,
    /// How many of them came to nothing, the last ones.
    failures: u32,
}

impl Polling {
    /// Whether it is to be asked for now. The answer is waited for.
    fn begins(&mut self, now: Duration) -> bool {
        let begins = !self.asked && self.due <= now;
        if begins {
            self.asked = true;
            self.questions = self.questions.saturating_add(1);
        }
        begins
    }

    /// It is asked for again, later.
    fn put_off(&mut self, now: Duration) {
        self.asked = false;
        self.due = now.saturating_add(self.wait);
        let half = self.wait.checked_div(2).unwrap_or_default();
        self.wait = self.wait.saturating_add(half).min(WAITS.1);
    }

    /// A question came to nothing. Whether it may be asked again.
    fn fails(&mut self, now: Duration) -> bool {
        self.failures = self.failures.saturating_add(1);
        self.put_off(now);
        self.failures <= MOST_FAILURES && self.questions < MOST_QUESTIONS
    }
}

impl fmt::Debug for Polling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Polling").field("job", &self.job).field("due", &self.due).finish_non_exhaustive()
    }
}

impl Running {
    /// How its answer is asked for again, if it may have to be.
    pub(super) fn polled(&self, turn: &Turn<'_>) -> Option<&'static dyn Polled> {
        let is_task = || turn.queue.running.as_ref().is_some_and(|target| target.task(turn.plan).is_some());
        self.format.polled.filter(|_| turn.plan.surface.answer == Answer::Chat || is_task())
    }

    /// What was said of a job: in answer to the request, or to a question about one that is waited for.
    pub(super) fn learn(&mut self, turn: &mut Turn<'_>, body: &[u8], polling: Option<Box<Polling>>) -> Step {
        let stage = match self.polled(turn) {
            Some(polled) => polled.stage(body),
            None => Ok(Stage::Done),
        };
        match stage {
            Ok(Stage::Done) => self.release_job(turn, body),
            Ok(Stage::Failed(error)) => {
                let error = error.judged(self.format.faults);
                let error = self.asked.target.provider.judged(error);
                self.fail_with(turn, &error)
            }
            Ok(Stage::Running(job)) => self.await_job(turn, job, polling),
            Err(malformed) => self.fail(turn, &malformed),
        }
    }

    fn await_job(&mut self, turn: &mut Turn<'_>, job: Job, polling: Option<Box<Polling>>) -> Step {
        let now = turn.services.now();
        if let Some(mut polling) = polling {
            if polling.questions >= MOST_QUESTIONS {
                return self.fail(turn, &Malformed("it was asked for its answer too often".to_owned()));
            }
            polling.failures = 0;
            polling.put_off(now);
            self.state = State::Polling(polling);
            return Step::hold();
        }
        let running = turn.queue.running.as_ref();
        let Some((running, operation)) = running.and_then(|running| Some((running, running.operation()?)))
        else {
            return Step::cut();
        };
        let mut polling = Polling {
            job,
            credential: running.credential,
            endpoint: operation.endpoint.clone(),
            authority: operation.authority.clone(),
            due: now,
            wait: WAITS.0,
            asked: false,
            questions: 0,
            failures: 0,
        };
        polling.put_off(now);
        self.state = State::Polling(Box::new(polling));
        Step::keep()
    }

    /// The question about its job, if it is to be asked now.
    pub(super) fn asks(&mut self, turn: &Turn<'_>) -> Option<Call> {
        let State::Polling(polling) = &mut self.state else { return None };
        let provider = &self.asked.target.provider;
        if turn.queue.closed || !provider.is_ready() || !polling.begins(turn.services.now()) {
            return None;
        }
        let place = (&polling.endpoint, polling.authority.as_str());
        Some(provider.asks_job(polling.credential, place, "GET", &polling.job.path))
    }

    /// What tells the provider that nobody waits for the job any more.
    pub(super) fn ends_job(&self) -> Option<Call> {
        let State::Polling(polling) = &self.state else { return None };
        let place = (&polling.endpoint, polling.authority.as_str());
        let provider = &self.asked.target.provider;
        Some(provider.asks_job(polling.credential, place, "POST", polling.job.cancel.as_deref()?))
    }

    /// The answer to a question has come.
    pub(super) fn hear(&mut self, turn: &mut Turn<'_>, answer: CallAnswer<'_>) -> Step {
        let now = turn.services.now();
        let mut polling = match std::mem::replace(&mut self.state, State::Passing) {
            State::Polling(polling) => polling,
            state => {
                self.state = state;
                return Step::hold();
            }
        };
        let fails = matches!(answer.status, 0 | 408 | 429 | 500..);
        if turn.queue.closed || fails && polling.fails(now) {
            self.state = State::Polling(polling);
            return Step::hold();
        }
        let step = match answer.status {
            0 => self.fail(turn, &Malformed("it does not say what became of its answer".to_owned())),
            200..=299 if answer.body.len() > LONGEST_ANSWER => {
                self.fail(turn, &Malformed("its answer is too long".to_owned()))
            }
            200..=299 => self.learn(turn, answer.body, Some(polling)),
            status => {
                self.status = status;
                let error = self.read_error(answer.body);
                self.fail_with(turn, &error)
            }
        };
        if !matches!(self.state, State::Polling(_)) {
            self.tell(turn, self.broken);
        }
        step
    }

    /// The job is over, and this is its answer.
    fn release_job(&mut self, turn: &mut Turn<'_>, body: &[u8]) -> Step {
        self.status = 200;
        if let Some(tried) = turn.queue.tried.last_mut() {
            tried.status = Some(self.status);
        }
        if let Some(task) = turn.queue.running.as_ref().and_then(|target| target.task(turn.plan)) {
            return self.release_task(turn, task, body);
        }
        let translator = self.format.translator(turn.plan.client.format);
        match translator.filter(|_| turn.plan.wanted_stream) {
            Some(provider) => {
                let chances = turn.queue.chances();
                let plan = turn.plan;
                let awaits_words = plan.outlives_refusal(chances) || plan.outlives_empty(chances);
                let wanted = StreamTerms { awaits_words, hides_count: self.counts, ..plan.wanted };
                let (model, arrival) = (&self.asked.model, self.arrival(plan));
                let framing = self.format.framing;
                let translation =
                    Translation::new(framing, provider, plan.client.chat, model, wanted, &arrival);
                let stream = Stream::Translation(Box::new(translation.mended(self.mending())));
                self.open(turn, stream, Vec::new(), body.to_vec(), true)
            }
            None => self.release_answer(turn, body),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_become_rarer_and_are_bounded() {
        let endpoint = Endpoint::parse("https://p.example", "/v1").unwrap();
        let mut now = Duration::ZERO;
        let job = Job { path: "/jobs/1".to_owned(), cancel: None };
        let mut polling = Polling {
            job,
            credential: 0,
            authority: endpoint.authority(),
            endpoint,
            due: now,
            wait: WAITS.0,
            asked: false,
            questions: 0,
            failures: 0,
        };
        polling.put_off(now);
        let mut waits = Vec::new();
        for _ in 0..8 {
            assert!(!polling.begins(polling.due - Duration::from_millis(1)));
            waits.push((polling.due - now).as_millis());
            now = polling.due;
            assert!(polling.begins(now) && !polling.begins(now), "one at a time");
            polling.put_off(now);
        }
        assert_eq!(waits, [500, 750, 1125, 1687, 2531, 3796, 5000, 5000]);
        assert_eq!((0..9).take_while(|_| polling.fails(now)).count(), 4);
    }
}
