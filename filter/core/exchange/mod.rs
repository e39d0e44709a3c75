//! One client request and its answer, as two state machines that the host feeds events and obeys.
//!
//! [`Exchange`] sits where the client is: it reads the request once, makes a [`Plan`] and hands it over. [`Attempt`]
//! sits where a provider is, once for every try: it writes the upstream request that its target wants, holds the
//! answer back until a [`Verdict`] on it is possible, and then releases it in the client's format or lets Envoy try
//! the next target. Neither knows Envoy: events come in as plain values, steps go out as plain values.
//!
//! Where a request goes is decided in three steps, each in a file of its own:
//!
//! | file | decides |
//! |---|---|
//! | `steering` | what the client itself asks of routing, by headers |
//! | `choice` | its route, and the route's targets in the order of the strategy; nothing of their health |
//! | `queue` | who of those that are left in the order is asked next: the first that is well, or else the least bad |
//!
//! A request's way is in `intake` (its headers, and as much of its body as its [surface](crate::surface) reads), `admit`
//! (what was read, to a plan) and `deliver` (what reaches the client in the end). What becomes of an attempt, of its
//! answer, and of its target's health is in the folder `attempt`.
//!
//! `origin` says from where one may ask at all, `gate` who asks and what that one may, `shown` where keys stand,
//! `revoked` which keys were taken back, `charge` what a caller takes or a target, `bill` how much that is,
//! `accounts` where it is kept, `store` what of that is said to who counts for several gateways, `budget` how much
//! may be held, `record` what is told when it is over, `metric` what is counted. `candidate` is a target of one plan
//! and claims its place there, `memory` holds what all workers share of targets, `body` what may still be needed of
//! the client's, `own` has the gateway's own answers, and [`explain()`] says what the first two steps would decide,
//! and why.

mod accounts;
mod admit;
mod attempt;
mod bill;
mod body;
mod budget;
mod candidate;
mod charge;
mod choice;
mod deliver;
mod excerpt;
mod explain;
mod failure;
mod first_cause;
mod gate;
mod headers;
mod intake;
mod memory;
mod metric;
mod origin;
mod own;
mod plan;
mod queue;
mod record;
mod reply;
mod revoked;
mod shown;
mod steering;
#[cfg(test)]
mod still;
mod store;
mod trail;

use std::net::IpAddr;
use std::time::Duration;

use crate::access::Evidence;
pub use attempt::{
    Attempt, BodyEdit, Carrier, Cause, Chances, Flow, Held, Loss, Mending, Opening, Passage, Silent, Source,
    Start, Step, Stream, StreamTerms, Translation, Unreached, UpstreamRequest, Verdict, lost, verdict,
};
pub use bill::Bill;
pub use deliver::Delivery;
pub use explain::{Explained, Explanation, Walk, explain};
pub use failure::Failure;
pub use headers::{HeaderBlock, HeaderList, Headers, decode_headers};
pub use intake::{Exchange, Forward, RequestStep};
pub use memory::{Contended, held_by_all, keep_counted};
pub use metric::{METRICS, Measure, Metric, Tag};
pub use plan::{Plan, SharedPlan};
pub use record::{AttemptRecord, Came, FIELDS, Field, Outcome, Parting, Record, Source as FieldSource};
pub use reply::Reply;

/// What the core asks of its host.
pub trait Services {
    /// Time since the Unix epoch.
    fn now(&self) -> Duration;
    /// A random number, unpredictable to clients.
    fn random(&self) -> u64;
    /// Where the client is, as far as the proxies before us are believed.
    fn address(&self) -> Option<IpAddr>;
    /// What was verified of who asks, as text: nothing where it was not. Asked only for what the file configures.
    fn verified(&self, _: Evidence<'_>) -> Vec<String> {
        Vec::new()
    }
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

/// The header that every answer of ours carries.
const REQUEST_ID: &str = "x-ferro-request-id";
