//! What it takes to run Envoy: [`locate`] finds it and the filter, [`folder`] keeps what nobody else may read,
//! [`process`] starts it, [`tether`] and [`descriptors`] see to what the system does for it, [`door`] is where it
//! answers, [`certificates`] keeps what it shows, [`watch`] applies edits, [`stop`] says when to end.

pub mod certificates;
pub mod descriptors;
pub mod door;
pub mod folder;
pub mod locate;
pub mod process;
pub mod stop;
pub mod watch;

mod tether;
