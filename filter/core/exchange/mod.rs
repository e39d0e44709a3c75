//! One client request and its answer.

mod failure;
mod reply;
mod stream;

pub use failure::Failure;
pub use reply::Reply;
pub use stream::{Opening, Passage, Stream, Translation, Wanted};
