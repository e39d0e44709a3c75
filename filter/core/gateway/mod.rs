//! What runs: the configuration with names resolved and credentials in hand. Built once from what is written
//! ([`crate::config`]), and never changed; what changes is counted in a cell, or shared by all workers.

mod flaw;
mod provider;
mod redactor;
mod route;
mod running;
mod secret;
mod tally;
mod target;
mod token;

pub use flaw::{Flaw, Use, referred};
pub use provider::{Credential, Provider};
pub use redactor::{Redactor, Screen};
pub use route::Route;
pub use running::Gateway;
pub use secret::Secret;
pub use tally::Tally;
pub use target::Target;
pub use token::{TokenAnswer, TokenRequest};
