//! One client request and its answer, as two state machines that the host feeds events and obeys.
//!
//! [`Exchange`] sits where the client is: it reads the request once, makes a [`Plan`] and hands it over. [`Attempt`]
//! sits where a provider is, once for every try: it writes the upstream request that its target wants, holds the
//! answer back until a [`Verdict`] on it is possible, and then releases it in the client's format or lets Envoy try
//! the next target. Neither knows Envoy: events come in as plain values, steps go out as plain values.
//!
//! Where a request goes is decided in three steps, each in a file of its own, and what comes of it in a fourth:
//!
//! | file | decides |
//! |---|---|
//! | `steering` | what the client itself asks of routing, by headers |
//! | `choice` | its route, and the route's targets in the order of the strategy; nothing of their health |
//! | `pick` | who of those that are left in the order is asked next: the first that is well, or else the least bad |
//! | `outcome` | what the attempt tells of its target, for the picks of all requests that come after it |
//!
//! A request's way is in `intake` (its headers, and as much of its body as its [surface](crate::surface) reads), `admit`
//! (what was read, to a plan) and `deliver` (what reaches the client in the end). An answer's way is in `answer`, with
//! what is done on it in `whole`, `streaming`, `carried`, `judging`, `overflow` and `release`.
//!
//! `origin` says who may ask at all, `budget` how much may be held, `record` what is told when it is over, `metric` what
//! is counted. `candidate` is a target of one plan and claims its place there, `memory` holds what all workers share of
//! targets, `own` has the gateway's own answers, and [`explain()`] says what the first two steps would decide, and why.

mod admit;
mod answer;
mod attempt;
mod budget;
mod candidate;
mod carried;
mod choice;
mod deliver;
mod envelope;
mod excerpt;
mod explain;
mod failure;
mod first_cause;
mod headers;
mod intake;
mod judging;
mod memory;
mod metric;
mod origin;
mod outcome;
mod overflow;
mod own;
mod passed;
mod pick;
mod plan;
mod record;
mod release;
mod reply;
mod silence;
mod steering;
mod stream;
mod streaming;
mod upstream;
mod verdict;
mod whole;

use std::time::Duration;

pub use attempt::{Attempt, Start};
pub use deliver::Delivery;
pub use explain::{Explained, Explanation, Walk, explain};
pub use failure::Failure;
pub use headers::{HeaderList, Headers, decode_headers};
pub use intake::{Exchange, Forward, RequestStep};
pub use memory::{Contended, held_by_all, keep_counted};
pub use metric::{METRICS, Measure, Metric, Tag};
pub use plan::{Plan, SharedPlan};
pub use record::{FIELDS, Field, Record, Source as FieldSource, Tried};
pub use reply::Reply;
pub use silence::Silent;
pub use stream::{Opening, Passage, Source, Stream, Translation, Wanted};
pub use upstream::{BodyEdit, UpstreamRequest};
pub use verdict::{Cause, Chances, Loss, Verdict, lost, verdict};

/// What the core asks of its host.
pub trait Services {
    /// Time since the Unix epoch.
    fn now(&self) -> Duration;
    /// A random number, unpredictable to clients.
    fn random(&self) -> u64;
    /// How many bytes of memory this VM holds.
    fn held(&self) -> usize;
    /// Tells this worker from all others.
    fn worker(&self) -> u64;
    /// What all workers share under this name, and a number for this state of it.
    fn shared(&self, name: &str) -> Option<(Vec<u8>, u32)>;
    /// Shares `bytes` under this name, if there is nothing yet, or what is there has this state; whether it did. A
    /// state of 0 is any, and overwrites what somebody else has just written.
    fn share(&self, name: &str, bytes: &[u8], state: u32) -> bool;
}

/// What to do with a piece of an upstream answer.
#[derive(Debug, PartialEq, Eq)]
pub enum AnswerStep {
    /// Hold it back, and everything before it.
    Hold,
    /// Let it through as it is.
    Continue,
    /// What was held leaves, changed like this.
    Release(Release),
    /// This piece leaves as these bytes.
    Replace(Vec<u8>),
    /// Everything held since the last piece that left stays held, and is now these bytes.
    HoldAs(Vec<u8>),
    /// The stream cannot be completed: break its transport, so that nobody takes it for whole.
    Cut,
}

/// How a held answer leaves.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Release {
    /// All its headers.
    pub headers: HeaderList,
    /// What replaces everything held of its body.
    pub body: Option<Vec<u8>>,
    /// The cluster that the next attempt is to ask, where it is not the one already named.
    pub target: Option<String>,
    /// More of the body is to be held: see [`AnswerStep::HoldAs`].
    pub hold_body: bool,
}

/// The headers that every answer of ours carries.
fn contract_headers(request_id: &str) -> HeaderList {
    vec![("x-ferro-request-id".to_owned(), request_id.as_bytes().to_vec())]
}
