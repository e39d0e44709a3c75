//! Ferro's pure core: everything an AI gateway knows, with no Envoy, no clock and no randomness.
//!
//! The crate runs natively and as WebAssembly with no stub in between; the filter crate (`filter/host`) feeds it
//! Envoy's events, the command line (`envoy/`) shares its configuration. Modules are listed in reading order.
//!
//! # The walk of one request
//!
//! 1. The filter starts: [`config::Config`] reads `gateway.yaml` (as JSON), [`gateway::Gateway`] is what runs.
//! 2. A client's headers come: [`exchange::Exchange`] finds the [`surface`], answers what needs no provider, keeps what the
//!    client asks of routing, and otherwise waits for the body.
//! 3. The body comes, is checked in one pass that reads only what the gateway itself must know, and becomes a
//!    [`exchange::Plan`]: [`routing`] resolves the model's name, matches a route and orders its targets by the route's
//!    strategy. Of that order the first target that is well is picked.
//! 4. Envoy makes an attempt: [`exchange::Attempt`] writes what this target is to see. Its [`provider`] says where
//!    and with which credential; its [`dialect`] says in which format. The client's own format is spliced byte by
//!    byte, any other is written from the hub ([`hub`]).
//! 5. The answer comes and is held until one function, [`exchange::verdict`], can say whether the client gets it or
//!    another attempt is made, at the next target that is well. One that came before it was done is asked for again
//!    meanwhile. Bytes become frames ([`frame`]), frames become deltas, deltas the client's stream.
//! 6. How the attempt ended goes into the record of its target's health ([`routing::Health`]), which all workers share
//!    and the next request's pick goes by.
//! 7. What reaches the client at last passes [`exchange::Exchange`] once more: Envoy's own errors get the client's shape.
//!
//! [`exchange::explain()`] walks as far as the third step for somebody who only asks where a request would go.
//!
//! # What comes first, when aims collide
//!
//! Correct (bytes and money), then safe by default, then readable, then fast, then flexible.
#![forbid(unsafe_code)]

pub mod exchange;

pub mod gateway;

pub mod config;

pub mod access;

pub mod routing;

pub mod surface;

pub mod provider;

pub mod dialect;

pub mod hub;

pub mod frame;

pub mod contract;
