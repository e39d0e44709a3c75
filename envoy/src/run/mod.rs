//! What it takes to run Envoy: [`locate`] finds it and the filter, [`folder`] keeps what nobody else may read,
//! [`process`] starts it, [`tether`] and [`descriptors`] see to what the system does for it, [`control`] gives it what it
//! runs with, [`door`] is where it answers, [`certificates`] keeps what it shows, [`admin`] reads how it is, [`serving`] is
//! what it serves, [`watch`] applies edits, [`stop`] says when to end. [`probe`] is another Envoy, which only looks.

pub mod admin;
pub mod certificates;
pub mod control;
pub mod descriptors;
pub mod door;
pub mod folder;
pub mod locate;
pub mod probe;
pub mod process;
pub mod serving;
pub mod stop;
pub mod watch;

mod http;
mod tether;
