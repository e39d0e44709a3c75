//! What an operator writes, and what the filter runs.

mod secret;

pub use secret::{Redactor, Secret};
