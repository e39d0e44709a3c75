//! What runs: the configuration with names resolved and credentials in hand. Built once from what is written
//! ([`crate::config`]), and never changed; what changes is counted or kept in a cell, or shared by all workers.

mod call;
mod callers;
mod catalogue;
mod credential;
mod flaw;
mod keys;
mod listing;
mod provider;
mod redactor;
mod route;
mod running;
mod schedule;
mod secret;
mod tally;
mod target;
mod token;

pub use call::{Call, CallAnswer, Errand};
pub use callers::Callers;
pub use credential::{Credential, Presented};
pub use flaw::{Flaw, Use, referred};
pub use keys::{keyring, signing_key};
pub use listing::Listed;
pub use provider::{Provider, USER_AGENT};
pub use redactor::{Redactor, Screen};
pub use route::Route;
pub use running::Gateway;
pub use secret::Secret;
pub use tally::Tally;
pub use target::Target;
