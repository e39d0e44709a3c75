//! The provider position: one attempt, from the plan to the upstream request, and its answer on the way back.
//!
//! An answer is held until there is a verdict on it, then released in the client's format. Headers can be changed, and
//! another target asked, only while they are held. So an error is held to the end of its body, a whole answer to its
//! end (a long one of the client's own dialect: until it has shown that it is one), and a stream to its first event
//! that is neither comment nor ping. From then on a failure can only be told inside the answer.
//!
//! Here is the way of every answer, from event to [`Step`]. The parts of it have a file each:
//!
//! | file | what |
//! |---|---|
//! | `start`, `upstream` | whether there is an attempt at all, and what its target is to see |
//! | `whole` | a whole answer, held or followed to its end |
//! | `mending` | what a vendor says otherwise than its format |
//! | `carried` | an answer of any other kind, which passes |
//! | `polling` | an answer that came before it was done, and is asked for again |
//! | `flow` | a stream: when it leaves |
//! | `stream`, `translation`, `passage` | what of it leaves |
//! | `judge`, `verdict`, `lost` | a failure, and who is asked then; an attempt without an answer |
//! | `release` | how an answer leaves that the client gets |
//! | `overflow`, `silence` | an answer for which there is no memory, or that says nothing any more |
//! | `report` | what all this tells of the target, once |

mod carried;
mod flow;
mod judge;
mod lost;
mod mending;
mod overflow;
mod passage;
mod polling;
mod release;
mod report;
mod silence;
mod start;
mod step;
mod stream;
mod translation;
mod upstream;
mod verdict;
mod whole;

use std::rc::Rc;
use std::time::Duration;

use self::carried::Carrying;
use self::polling::Polling;
use self::release::client_headers;
use self::report::Report;
use self::silence::Silence;
use self::verdict::{RetryAfter, retry_after};
use self::whole::Following;
use super::headers::{HeaderBlock, HeaderList, Headers};
use super::plan::{Plan, SharedPlan};
use super::queue::Queue;
use super::record::{AttemptRecord, Came};
use super::{Failure, Reply, Services};
use crate::dialect::{Arrival, Format, Head, Memo, Task, USUAL_CLIENT, WatchAnswer};
use crate::gateway::{Call, CallAnswer, Gateway, Redactor};
use crate::hub::{Dropped, wait_of};

pub use self::lost::Unreached;
pub use self::mending::Mending;
pub use self::passage::Passage;
pub use self::silence::Silent;
pub use self::start::Start;
pub use self::step::{Carrier, Flow, Held, Step};
pub use self::stream::{Opening, Source, Stream, StreamTerms};
pub use self::translation::Translation;
pub use self::upstream::{BodyEdit, UpstreamRequest};
pub use self::verdict::{Cause, Chances, Loss, Verdict, lost, verdict};

/// The most of an error's body that is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// One attempt.
#[derive(Debug)]
pub struct Attempt {
    plan: SharedPlan,
    running: Running,
}

/// What is known of an attempt and of its answer.
#[derive(Debug)]
struct Running {
    /// Whom it asks.
    asked: AttemptRecord,
    format: &'static Format,
    /// Its connection was there before.
    kept: bool,
    /// Its stream ends with a count of tokens that is not for the client.
    counts: bool,
    /// What of the request is to be undone.
    memo: Memo,
    /// What the target could not express.
    dropped: Dropped,
    /// What it is to tell of its target, until that is told.
    report: Option<Report>,
    silence: Silence,
    /// What of its headers is for the client.
    head: HeaderBlock,
    /// What of them its format looks at.
    read_headers: HeaderList,
    status: u16,
    retry_after: Option<RetryAfter>,
    /// The last piece of a stream is held until it is known how the stream ends: trailers take nothing after it.
    holds_end: bool,
    /// Its body is in a coding that nobody asked for, and cannot be read.
    encoded: bool,
    /// It ended before it was complete.
    broken: bool,
    state: State,
}

/// How far the answer has come.
#[derive(Debug)]
enum State {
    /// No headers yet.
    Waiting,
    /// The host holds an error.
    Error,
    /// The host holds a whole answer of another dialect, or one of the client's that has not shown that it is one.
    Answer,
    /// The host holds a whole answer of the client's dialect, until it is clear that it is one.
    Beginning(Box<dyn WatchAnswer>),
    /// A stream is held, and what of it may leave.
    Opening(Stream, Vec<u8>),
    /// A stream was released.
    Streaming(Stream),
    /// A stream was released, but its end is held until it is known how the stream ends.
    Ending(Stream, Vec<u8>),
    /// A whole answer was released as it is, and is followed to its end.
    Following(Box<Following>),
    /// The host holds JSON that is no chat's.
    Document,
    /// The host holds the answer of this task, in another format than the client's.
    Task(&'static Task),
    /// The host holds what its provider said of a job that may not be over.
    Job,
    /// The job is not over: the host holds headers, and nothing of a body.
    Polling(Box<Polling>),
    /// An answer of any other kind was released, and is searched for credentials.
    Carried(Box<Carrying>),
    /// Released, or replaced: nothing that follows matters.
    Passing,
    /// Replaced: what follows is swallowed.
    Draining,
}

/// What an event may work on, beside the attempt itself.
struct Turn<'a> {
    plan: &'a Plan,
    queue: &'a mut Queue,
    services: &'a dyn Services,
}

impl Attempt {
    /// What an attempt answers that finds no plan: the filter was replaced or restarted under the request.
    pub fn lost_plan() -> Reply {
        Failure::of_lost_plan().into_reply(USUAL_CLIENT, &Redactor::default())
    }

    /// The headers of its answer have come; `end` if that is all.
    pub fn headers(&mut self, headers: Headers<'_>, end: bool, services: &dyn Services) -> Step {
        self.step(services, |running, turn| running.on_headers(turn, headers, end))
    }

    /// A piece of its answer's body has come; `end` if it is the last.
    pub fn body(&mut self, held: &dyn Held, end: bool, services: &dyn Services) -> Step {
        self.step(services, |running, turn| running.on_body(turn, held, end))
    }

    /// Trailers have come: the body is over without a last piece.
    pub fn trailers(&mut self, held: &dyn Held, services: &dyn Services) -> Step {
        self.step(services, |running, turn| running.on_trailers(turn, held))
    }

    /// So much time has passed: what the silence of the answer means, if its request runs under `gateway`.
    pub fn grow_silence(
        &mut self,
        gateway: &Rc<Gateway>,
        elapsed: Duration,
        services: &dyn Services,
    ) -> Silent {
        if !Rc::ptr_eq(&self.plan.facts().gateway, gateway) {
            return Silent::Not;
        }
        self.with(services, |running, turn| running.grow_silence(turn, elapsed)).unwrap_or(Silent::Not)
    }

    /// Its answer has ended, and its provider is silent: what of it was kept, with the end that its stream lacks.
    pub fn complete(&mut self, services: &dyn Services) -> Option<Vec<u8>> {
        self.with(services, Running::complete).flatten()
    }

    /// The attempt is over. Says whom Envoy's own retry is to ask, if it makes one: that an attempt without an answer
    /// leads to another is Envoy's doing. `unreached` is why there was no connection, if there was none.
    pub fn end(
        &mut self,
        unreached: impl FnOnce() -> Option<Unreached>,
        services: &dyn Services,
    ) -> Option<Rc<str>> {
        self.with(services, |running, turn| match running.is_judged() {
            _ if turn.queue.closed => None,
            // The client is still there, and the answer's end was not seen: it broke.
            true => {
                running.tell(turn, true);
                None
            }
            false => running.lose(turn, unreached()),
        })
        .flatten()
    }

    /// The question about its answer that is to be asked now, if its request runs under `gateway` and the answer came
    /// before it was done. Called all the time; costs nothing where there is nothing of the kind.
    pub fn asks(&mut self, gateway: &Rc<Gateway>, services: &dyn Services) -> Option<Call> {
        let is_ours = Rc::ptr_eq(&self.plan.facts().gateway, gateway);
        if !is_ours || !matches!(self.running.state, State::Polling(_)) {
            return None;
        }
        self.with(services, |running, turn| running.asks(turn)).flatten()
    }

    /// What came of that question: what becomes of the answer, of whose body the host holds nothing.
    pub fn hear(&mut self, answer: CallAnswer<'_>, services: &dyn Services) -> Step {
        self.step(services, |running, turn| running.hear(turn, answer))
    }

    /// What the provider is told when the attempt is over and it still works on the answer: nobody waits for it. What comes
    /// of that does not matter.
    pub fn ends_job(&self) -> Option<Call> {
        self.running.ends_job()
    }

    /// The most of an answer to a question that is read, in bytes.
    pub const LONGEST_HEARD: usize = polling::LONGEST_ANSWER;

    /// Whether there was a verdict on its answer: nothing that happens now leads to another attempt.
    pub const fn is_judged(&self) -> bool {
        self.running.is_judged()
    }

    fn with<T>(
        &mut self,
        services: &dyn Services,
        work: impl FnOnce(&mut Running, &mut Turn<'_>) -> T,
    ) -> Option<T> {
        let running = &mut self.running;
        self.plan.with(|plan, queue| work(running, &mut Turn { plan, queue, services }))
    }

    /// What cannot be decided does not leave.
    fn step(
        &mut self,
        services: &dyn Services,
        work: impl FnOnce(&mut Running, &mut Turn<'_>) -> Step,
    ) -> Step {
        self.with(services, work).unwrap_or_else(Step::cut)
    }
}

impl Running {
    const fn is_judged(&self) -> bool {
        matches!(
            self.state,
            State::Streaming(_)
                | State::Ending(..)
                | State::Following(_)
                | State::Carried(_)
                | State::Passing
                | State::Draining
        )
    }

    /// Whether no headers have come.
    const fn waits(&self) -> bool {
        matches!(self.state, State::Waiting)
    }

    /// Whose answer it is.
    fn provider(&self) -> &str {
        &self.asked.target.provider.name
    }

    /// How answers of the provider are brought to its format, where they differ from it.
    fn mending(&self) -> Option<Mending> {
        Mending::of(self.format, self.asked.target.provider.quirks.as_ref())
    }

    /// What comes with its answer, beside the body.
    fn arrival<'a>(&'a self, plan: &Plan) -> Arrival<'a> {
        Arrival { head: self.head(), stamp: plan.stamp, memo: &self.memo }
    }

    fn head(&self) -> Head<'_> {
        Head { status: self.status, headers: &self.read_headers }
    }

    /// Tells how the attempt ended, unless it was told.
    fn tell(&mut self, turn: &mut Turn<'_>, failed: bool) {
        if let Some(AttemptRecord { came: came @ Came::Beginning, .. }) = turn.queue.tried.last_mut() {
            *came = if failed { Came::Broken } else { Came::All };
        }
        if let Some(report) = self.report.take() {
            report.ends(turn, failed);
        }
    }

    fn on_headers(&mut self, turn: &mut Turn<'_>, headers: Headers<'_>, end: bool) -> Step {
        let Turn { plan, queue, services } = turn;
        self.status = headers.number(":status").and_then(|status| u16::try_from(status).ok()).unwrap_or(502);
        self.retry_after = when_again(self.status, headers, *services);
        self.head = client_headers(headers, plan);
        let of_format = |name: &&str| Some(((*name).to_owned(), headers.get(name)?.to_vec()));
        self.read_headers = self.format.headers.iter().filter_map(of_format).collect();
        self.encoded = headers.text("content-encoding").is_some_and(|coding| coding != "identity");
        let json = headers.text("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        if let Some(tried) = queue.tried.last_mut() {
            tried.status = Some(self.status);
        }
        if matches!(self.status, 200..=202) && !self.encoded && self.polled(turn).is_some() {
            return self.hold(turn, State::Job, end);
        }
        if let Some(step) = self.carry(turn, headers, json, end) {
            return step;
        }
        let Turn { plan, queue, .. } = turn;
        let chances = queue.chances();
        let awaits_words = plan.outlives_refusal(chances) || plan.outlives_empty(chances);
        let wanted = StreamTerms { awaits_words, hides_count: self.counts, ..plan.wanted };
        let (translator, mending) = (self.format.translator(plan.client.format), self.mending());
        self.state = match (self.status, plan.wanted_stream && !json, translator) {
            _ if self.encoded => State::Error,
            (200, true, None) => {
                let passage = Passage::new(self.format.framing, plan.client.chat, wanted).mended(mending);
                State::Opening(Stream::Passage(Box::new(passage)), Vec::new())
            }
            (200, true, Some(provider)) => {
                let arrival = self.arrival(plan);
                let model = &self.asked.model;
                let frames = self.format.framing;
                let translation =
                    Translation::new(frames, provider, plan.client.chat, model, wanted, &arrival)
                        .mended(mending);
                State::Opening(Stream::Translation(Box::new(translation)), Vec::new())
            }
            (200, false, None) if !wanted.awaits_words && mending.is_none() => {
                State::Beginning(plan.client.chat.watch_answer())
            }
            (200, false, _) => State::Answer,
            _ => State::Error,
        };
        match end {
            true => self.bodyless(turn),
            false => Step::hold(),
        }
    }

    fn on_body(&mut self, turn: &mut Turn<'_>, held: &dyn Held, end: bool) -> Step {
        match end {
            true => self.silence.end(),
            false => self.silence.break_off(held.fresh()),
        }
        let step = match self.overflows(turn, held) {
            true => Some(self.give_up(turn)),
            false => self.on_piece(turn, held, end),
        };
        if end && !matches!(self.state, State::Polling(_)) {
            self.tell(turn, self.broken);
        }
        step.unwrap_or_else(|| {
            log::error!("an answer's body could not be read");
            Step::cut()
        })
    }

    /// What to do with a piece; `None` if it could not be read.
    fn on_piece(&mut self, turn: &mut Turn<'_>, held: &dyn Held, end: bool) -> Option<Step> {
        let state = std::mem::replace(&mut self.state, State::Passing);
        let piece = || held.read(held.length().saturating_sub(held.fresh()));
        Some(match state {
            State::Waiting | State::Passing => {
                self.state = state;
                Step::go()
            }
            State::Draining => {
                self.state = state;
                Step::replace(Vec::new())
            }
            State::Error if end || held.length() >= MAX_ERROR_BYTES => {
                let body = held.read(0)?;
                self.release_error(turn, &body)
            }
            State::Answer if end => {
                let body = held.read(0)?;
                self.release_answer(turn, &body)
            }
            State::Document => self.collect(turn, held, end)?,
            State::Task(task) if end => {
                let body = held.read(0)?;
                self.release_task(turn, task, &body)
            }
            State::Job if end => {
                let body = held.read(0)?;
                self.learn(turn, &body, None)
            }
            State::Error | State::Answer | State::Task(_) | State::Job | State::Polling(_) => {
                self.state = state;
                Step::hold()
            }
            State::Beginning(outline) => self.begin(turn, outline, held, end)?,
            State::Following(following) => self.follow(turn, following, &piece()?, end),
            State::Carried(carrying) => self.carry_on(turn, carrying, &piece()?, end),
            State::Opening(stream, out) => self.open(turn, stream, out, piece()?, end),
            State::Streaming(stream) => self.stream(turn, stream, piece()?, end),
            State::Ending(stream, out) => self.run_out(turn, stream, out, piece()?, end),
        })
    }

    fn on_trailers(&mut self, turn: &mut Turn<'_>, held: &dyn Held) -> Step {
        match &self.state {
            State::Waiting | State::Streaming(_) | State::Passing | State::Draining => {}
            _ => return self.on_body(turn, held, true),
        }
        // Nothing can be added any more to what was let go, and its end may not have been seen.
        let told = !matches!(&self.state, State::Streaming(stream) if !stream.is_told());
        self.tell(turn, !told);
        match told {
            true => Step::go(),
            false => Step::cut(),
        }
    }
}

/// When a provider wants to be asked again, as its headers say: in so many words, or by when its limits end.
fn when_again(status: u16, headers: Headers<'_>, services: &dyn Services) -> Option<RetryAfter> {
    let now = || services.now();
    let milliseconds = headers.text("retry-after-ms").or_else(|| headers.text("x-ms-retry-after-ms"));
    match retry_after(milliseconds, headers.text("retry-after"), now) {
        Some(RetryAfter::Wait(wait)) => Some(RetryAfter::Wait(wait)),
        said if status == 429 => wait_of(headers.0, now()).map(RetryAfter::Wait).or(said),
        said => said,
    }
}
