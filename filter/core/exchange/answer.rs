//! An upstream answer: held until there is a verdict on it, then released in the client's format.
//!
//! Headers can be changed, and another target asked, only while they are held. So an error is held to the end of its
//! body, a whole answer to its end (the client's own dialect: to its first byte), and a stream to its first event
//! that is neither comment nor ping. From then on a failure can only be told inside the answer.

use super::headers::{HeaderList, Headers};
use super::plan::{Outcome, Plan, SharedPlan};
use super::reply::Reply;
use super::stream::{Opening, Passage, Stream, Translation, Wanted};
use super::verdict::{RetryAfter, retry_after};
use super::{AnswerStep, Release, Services};
use crate::chat::{Dropped, Malformed};
use crate::dialect::Dialect;
use crate::dialect::openai::{self, Beginning, Utterance};

/// The most of an error's body that is read.
const MAX_ERROR_BYTES: usize = 64 * 1024;

/// The most of an answer that is kept to read its token count.
const MAX_COUNTED_BYTES: usize = 1024 * 1024;

/// Headers of a provider that are not for the client: the hop's own, those that speak of another host, and those that
/// name the operator's account.
const STRIPPED: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "set-cookie",
    "location",
    "alt-svc",
    "strict-transport-security",
    "openai-organization",
    "openai-project",
    "anthropic-organization-id",
];

/// The answer of one attempt.
#[derive(Debug)]
pub(super) struct Answering {
    pub(super) target: usize,
    pub(super) provider: String,
    pub(super) model: String,
    pub(super) dialect: Dialect,
    pub(super) dropped: Dropped,
    pub(super) head: HeaderList,
    pub(super) status: u16,
    pub(super) retry_after: Option<RetryAfter>,
    /// The last piece of a stream is held until it is known how the stream ends: trailers take nothing after it.
    holds_end: bool,
    /// It ended before it was complete.
    broken: bool,
    pub(super) state: State,
}

#[derive(Debug)]
pub(super) enum State {
    /// No headers yet.
    Waiting,
    /// Held: an error.
    Error(Vec<u8>),
    /// Held: a whole answer of another dialect.
    Answer(Vec<u8>),
    /// Held: a whole answer of the client's dialect, until it is clear that it is one.
    FirstByte(Vec<u8>),
    /// Held: a stream, and what of it may leave.
    Opening { stream: Stream, out: Vec<u8>, altered: bool },
    /// Released: a stream.
    Streaming(Stream),
    /// Released, but its end is held until it is known how the stream ends.
    Ending { stream: Stream, out: Vec<u8> },
    /// Released as it is; kept for its token count.
    Counting(Vec<u8>),
    /// Released, or replaced: nothing that follows matters.
    Passing,
    /// Replaced: what follows is swallowed.
    Draining,
}

/// How much of an answer changes when it leaves.
enum Leaving {
    /// Not its body.
    AsItIs,
    /// Its body may, event by event.
    Stream,
    /// This is its body now.
    Whole(Vec<u8>),
}

impl Answering {
    /// The answer that the target at `target` will give.
    pub(super) fn new(plan: &Plan, target: usize, dropped: Dropped) -> Self {
        let candidate = plan.targets.get(target);
        Self {
            target,
            provider: candidate.map(|target| target.provider().name.clone()).unwrap_or_default(),
            model: candidate.map(|target| target.model.clone()).unwrap_or_default(),
            dialect: candidate.map_or(Dialect::OpenAi, |target| target.provider().row.dialect),
            dropped,
            head: Vec::new(),
            status: 0,
            retry_after: None,
            holds_end: true,
            broken: false,
            state: State::Waiting,
        }
    }

    /// Whether there was a verdict: nothing that happens now leads to another attempt.
    pub const fn is_judged(&self) -> bool {
        matches!(
            self.state,
            State::Streaming(_)
                | State::Ending { .. }
                | State::Counting(_)
                | State::Passing
                | State::Draining
        )
    }

    /// Whether headers have come.
    pub const fn has_begun(&self) -> bool {
        !matches!(self.state, State::Waiting)
    }

    /// Whether the bytes of the next piece are needed.
    pub const fn reads(&self) -> bool {
        !matches!(self.state, State::Passing | State::Draining | State::Waiting)
    }

    /// Headers have come; `end` if that is all.
    pub fn headers(
        &mut self,
        plan: &SharedPlan,
        headers: Headers<'_>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        plan.with(|plan| self.on_headers(plan, headers, end, services)).unwrap_or(AnswerStep::Continue)
    }

    /// A piece of the body has come: what was not seen before. `end` if it is the last.
    pub fn body(
        &mut self,
        plan: &SharedPlan,
        piece: Vec<u8>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        let step = plan.with(|plan| {
            match end {
                true => plan.silence.end(),
                false => plan.silence.break_off(),
            }
            let step = self.on_body(plan, piece, end, services);
            if end {
                plan.ends(self.target, self.broken, services);
            }
            step
        });
        step.unwrap_or(AnswerStep::Continue)
    }

    /// Trailers have come: the body is over without a last piece.
    pub fn trailers(&mut self, plan: &SharedPlan, services: &dyn Services) -> AnswerStep {
        match &self.state {
            State::Waiting | State::Streaming(_) | State::Passing | State::Draining => {}
            _ => return self.body(plan, Vec::new(), true, services),
        }
        // Nothing can be added any more to what was let go, and its end may not have been seen.
        let told = !matches!(&self.state, State::Streaming(stream) if !stream.is_told());
        plan.with(|plan| plan.ends(self.target, !told, services));
        match told {
            true => AnswerStep::Continue,
            false => AnswerStep::Cut,
        }
    }

    /// Writes the end that a stream lacks, whose provider says no more. What it may say yet is swallowed.
    pub fn complete(&mut self, plan: &SharedPlan, services: &dyn Services) -> Option<Vec<u8>> {
        if !matches!(self.state, State::Ending { .. }) {
            return None;
        }
        let State::Ending { mut stream, mut out } = std::mem::replace(&mut self.state, State::Draining)
        else {
            return None;
        };
        plan.with(|plan| {
            stream.finish(&self.provider, &plan.gateway.redactor, &mut out);
            plan.usage = stream.usage();
            plan.silence.hold_end(false);
            plan.ends(self.target, !stream.is_whole(), services);
            out
        })
    }

    fn on_headers(
        &mut self,
        plan: &mut Plan,
        headers: Headers<'_>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        self.status = headers.number(":status").and_then(|status| u16::try_from(status).ok()).unwrap_or(502);
        self.retry_after = retry_after(headers.text("retry-after-ms"), headers.text("retry-after"));
        self.head = client_headers(headers);
        let json = headers.text("content-type").is_some_and(|kind| kind.starts_with("application/json"));
        let wanted = Wanted { spoken: plan.outlives_refusal(self.target), ..plan.wanted };
        self.state = match (self.status, plan.wanted_stream && !json, self.dialect.translate()) {
            (200..=299, true, None) => opening(Stream::Passage(Box::new(Passage::new(wanted)))),
            (200..=299, true, Some(translate)) => {
                let translation = Translation::new(translate, &self.model, wanted, plan.stamp);
                opening(Stream::Translation(Box::new(translation)))
            }
            (200..=299, false, None) if !wanted.spoken => State::FirstByte(Vec::new()),
            (200..=299, false, _) => State::Answer(Vec::new()),
            _ => State::Error(Vec::new()),
        };
        match end {
            true => self.bodyless(plan, services),
            false => AnswerStep::Hold,
        }
    }

    fn on_body(
        &mut self,
        plan: &mut Plan,
        mut piece: Vec<u8>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        match &mut self.state {
            State::Waiting | State::Passing => AnswerStep::Continue,
            State::Draining => AnswerStep::Replace(Vec::new()),
            State::Error(body) => {
                body.append(&mut piece);
                if !end && body.len() < MAX_ERROR_BYTES {
                    return AnswerStep::Hold;
                }
                let body = std::mem::take(body);
                self.release_error(plan, &body, services)
            }
            State::FirstByte(start) => {
                start.append(&mut piece);
                let start = std::mem::take(start);
                self.begin(plan, start, end, services)
            }
            State::Counting(_) => self.count(plan, piece, end),
            State::Answer(body) => {
                body.append(&mut piece);
                if !end {
                    return AnswerStep::Hold;
                }
                let body = std::mem::take(body);
                self.release_answer(plan, &body, services)
            }
            State::Opening { .. } => self.open(plan, piece, end, services),
            State::Streaming(_) => self.stream(plan, piece, end),
            State::Ending { .. } => self.end(plan, piece, end),
        }
    }

    /// A whole answer of the client's dialect, as far as it has come: nothing of it has left.
    fn begin(&mut self, plan: &mut Plan, start: Vec<u8>, end: bool, services: &dyn Services) -> AnswerStep {
        match openai::beginning(&start) {
            Beginning::Answer => self.let_through(plan, start, end, services),
            Beginning::Foreign => self.fail(plan, &Malformed("it is not JSON".to_owned()), services),
            Beginning::Unclear if start.trim_ascii().is_empty() && end => {
                self.fail(plan, &empty(&self.provider), services)
            }
            Beginning::Error | Beginning::Unclear if end => self.release_answer(plan, &start, services),
            Beginning::Error => {
                self.state = State::Answer(start);
                AnswerStep::Hold
            }
            Beginning::Unclear => {
                self.state = State::FirstByte(start);
                AnswerStep::Hold
            }
        }
    }

    /// A whole answer of the client's dialect leaves as it comes.
    fn let_through(
        &mut self,
        plan: &mut Plan,
        piece: Vec<u8>,
        end: bool,
        services: &dyn Services,
    ) -> AnswerStep {
        let release = self.release(plan, Leaving::AsItIs, services);
        self.state = State::Passing;
        if plan.counts_tokens() {
            self.state = State::Counting(Vec::new());
            let _ = self.count(plan, piece, end);
        }
        AnswerStep::Release(release)
    }

    fn count(&mut self, plan: &mut Plan, mut piece: Vec<u8>, end: bool) -> AnswerStep {
        let State::Counting(body) = &mut self.state else { return AnswerStep::Continue };
        let short = body.len().saturating_add(piece.len()) <= MAX_COUNTED_BYTES;
        if short {
            body.append(&mut piece);
        }
        if short && end {
            plan.usage = std::str::from_utf8(body).ok().and_then(openai::answer_usage);
        }
        if end || !short {
            self.state = State::Passing;
        }
        AnswerStep::Continue
    }

    // === streams ===

    fn open(&mut self, plan: &mut Plan, piece: Vec<u8>, end: bool, services: &dyn Services) -> AnswerStep {
        let State::Opening { stream, out, altered } = &mut self.state else { return AnswerStep::Continue };
        let redactor = &plan.gateway.redactor;
        *altered |= stream.push(piece, redactor, out);
        if end {
            *altered |= stream.finish(&self.provider, redactor, out);
            self.broken = !stream.is_whole();
        }
        match std::mem::replace(stream.opening(), Opening::Answer) {
            Opening::Error(error) => self.fail_with(plan, &error, services),
            Opening::Refusal => {
                let out = std::mem::take(out);
                self.refuse(plan, Reply::stream(out), services)
            }
            Opening::Nothing if end => self.fail(plan, &empty(&self.provider), services),
            Opening::Nothing => {
                *stream.opening() = Opening::Nothing;
                AnswerStep::Hold
            }
            Opening::Answer => {
                let (out, altered) = (std::mem::take(out), *altered);
                let State::Opening { stream, .. } = std::mem::replace(&mut self.state, State::Passing) else {
                    return AnswerStep::Continue;
                };
                plan.usage = stream.usage();
                let mut release = self.release(plan, Leaving::Stream, services);
                let ending = !end && stream.is_ending();
                if ending {
                    plan.silence.hold_end(true);
                    release.hold_body = true;
                    release.body = Some(out.clone());
                    self.state = State::Ending { stream, out };
                } else {
                    release.body = altered.then_some(out);
                    self.state = if end { State::Passing } else { State::Streaming(stream) };
                }
                AnswerStep::Release(release)
            }
        }
    }

    fn stream(&mut self, plan: &mut Plan, piece: Vec<u8>, end: bool) -> AnswerStep {
        let State::Streaming(stream) = &mut self.state else { return AnswerStep::Continue };
        let redactor = &plan.gateway.redactor;
        let mut out = Vec::new();
        let mut altered = stream.push(piece, redactor, &mut out);
        if end {
            altered |= stream.finish(&self.provider, redactor, &mut out);
            self.broken = !stream.is_whole();
        }
        plan.usage = stream.usage();
        if !end && self.holds_end && stream.is_ending() {
            let State::Streaming(stream) = std::mem::replace(&mut self.state, State::Passing) else {
                return AnswerStep::Continue;
            };
            let held = out.clone();
            plan.silence.hold_end(true);
            self.state = State::Ending { stream, out };
            return AnswerStep::HoldAs(held);
        }
        match altered {
            true => AnswerStep::Replace(out),
            false => AnswerStep::Continue,
        }
    }

    fn end(&mut self, plan: &mut Plan, piece: Vec<u8>, end: bool) -> AnswerStep {
        let State::Ending { stream, out } = &mut self.state else { return AnswerStep::Continue };
        let (length, redactor) = (out.len(), &plan.gateway.redactor);
        stream.push(piece, redactor, out);
        if end {
            stream.finish(&self.provider, redactor, out);
            self.broken = !stream.is_whole();
        }
        plan.usage = stream.usage();
        let at_its_end = stream.is_at_its_end() || stream.is_ending() && out.len() == length;
        if !end && at_its_end {
            return AnswerStep::HoldAs(out.clone());
        }
        let out = std::mem::take(out);
        plan.silence.hold_end(false);
        // If it was not the end after all, this provider names it too early: nothing is held any more.
        self.holds_end = false;
        if let (State::Ending { stream, .. }, false) =
            (std::mem::replace(&mut self.state, State::Passing), end)
        {
            self.state = State::Streaming(stream);
        }
        AnswerStep::Replace(out)
    }

    // === whole answers ===

    fn release_answer(&mut self, plan: &mut Plan, body: &[u8], services: &dyn Services) -> AnswerStep {
        let Some(translate) = self.dialect.translate() else { return self.release_own(plan, body, services) };
        let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()));
        match text.and_then(|text| translate.read_answer(text, plan.stamp)) {
            Ok(answer) => {
                plan.usage = answer.usage;
                let body = openai::write_answer(&answer, &self.model, plan.stamp);
                if answer.is_refusal() && plan.outlives_refusal(self.target) {
                    return self.refuse(plan, Reply::json(self.status, body), services);
                }
                self.state = State::Draining;
                AnswerStep::Release(self.release(plan, Leaving::Whole(body), services))
            }
            Err(malformed) => self.fail(plan, &malformed, services),
        }
    }

    /// A whole answer of the client's dialect that was held because it might have been a refusal, or an error.
    fn release_own(&mut self, plan: &mut Plan, body: &[u8], services: &dyn Services) -> AnswerStep {
        let text = match std::str::from_utf8(body) {
            Ok(text) if text.trim_start().starts_with('{') => text,
            _ => return self.fail(plan, &Malformed("it is not JSON".to_owned()), services),
        };
        if let Some(error) = openai::answer_error(text) {
            return self.fail_with(plan, &error, services);
        }
        plan.usage = openai::answer_usage(text);
        if plan.outlives_refusal(self.target) && openai::answer_utterance(text) == Utterance::Refusal {
            return self.refuse(plan, Reply::json(self.status, body.to_vec()), services);
        }
        self.state = State::Passing;
        AnswerStep::Release(self.release(plan, Leaving::AsItIs, services))
    }

    // === headers ===

    /// An answer that the client gets, with its headers.
    fn release(&self, plan: &mut Plan, leaving: Leaving, services: &dyn Services) -> Release {
        plan.outcome = Outcome::Given;
        plan.answered = true;
        if !matches!(leaving, Leaving::Whole(_)) {
            plan.silence.begin();
            if plan.wanted_stream {
                plan.begins(self.target, services);
            }
        }
        let mut headers: HeaderList = vec![(":status".to_owned(), self.status.to_string().into_bytes())];
        let replaced = match leaving {
            Leaving::AsItIs => &[][..],
            Leaving::Stream => &["content-length"][..],
            Leaving::Whole(_) => &["content-length", "content-encoding", "content-type"][..],
        };
        headers.extend(self.head.iter().filter(|(name, _)| !replaced.contains(&name.as_str())).cloned());
        let body = match leaving {
            Leaving::Whole(body) => {
                headers.push(("content-type".to_owned(), b"application/json".to_vec()));
                headers.push(("content-length".to_owned(), body.len().to_string().into_bytes()));
                Some(body)
            }
            Leaving::AsItIs => None,
            Leaving::Stream => {
                if !headers.iter().any(|(name, _)| name == "content-type") {
                    headers.push(("content-type".to_owned(), b"text/event-stream".to_vec()));
                }
                None
            }
        };
        headers.extend(plan.answer_headers(Some(self.target), &self.dropped));
        Release { headers, body, target: None, hold_body: false }
    }
}

const fn opening(stream: Stream) -> State {
    State::Opening { stream, out: Vec::new(), altered: false }
}

pub(super) fn empty(provider: &str) -> Malformed {
    Malformed(format!("{provider} sent nothing"))
}

/// A provider's headers, without those that are not for the client and without marks that only we may set.
fn client_headers(headers: Headers<'_>) -> HeaderList {
    let ours = |name: &[u8]| name.starts_with(b"x-envoy-") || name.starts_with(b"x-ferro-");
    let hidden =
        |name: &[u8]| name.starts_with(b":") || STRIPPED.iter().any(|known| known.as_bytes() == name);
    let kept = headers.0.iter().filter(|(name, _)| !ours(name) && !hidden(name));
    kept.map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec())).collect()
}
