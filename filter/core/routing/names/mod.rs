//! What names of models, aliases and patterns mean.

mod glob;
mod globs;
mod nearest;
mod resolve;

pub use glob::Glob;
pub use globs::Globs;
pub use nearest::{did_you_mean, nearest};
pub use resolve::{Name, Names, Owner};
