//! The hub: the few things every chat wire format shares.
//!
//! A request that stays in its client's wire format never comes here; its bytes are spliced. Any other request is
//! read into a [`Chat`], and the target's dialect writes it out again; answers and stream events travel the other
//! way as [`Answer`] and [`Delta`]. So a new wire format costs one reader and one writer, not a pair per neighbour.
//!
//! Everything borrows from the bytes it was read from. Numbers, schemas and arguments stay raw JSON, so no digit
//! passes through a float. What the hub does not model is kept in `extra` members, and whoever writes a [`Chat`]
//! must either express a value or report it in [`Dropped`]: nothing vanishes in silence.

mod answer;
mod arguments;
mod bytes;
mod dropped;
mod error;
mod facts;
pub mod json;
mod locate;
mod param;
mod percent;
mod request;
mod wait;

pub use answer::{Answer, Choice, Delta, Finish, Told, Usage};
pub use arguments::Arguments;
pub use bytes::{decode, encode, media_type, sound_format};
pub use dropped::Dropped;
pub use error::{ErrorReport, Fault, Faults, Malformed, ProviderError, RequestError, Words, complaint};
pub use facts::{Facts, Prompt, folded};
pub use locate::locate;
pub use param::{Field, OfMessage, OfPart, OfTool, Param};
pub use percent::{escaped, in_header};
pub use request::{
    Chat, Effort, Kind, Message, Part, Place, ResponseFormat, Role, Source, Thinking, Tool, ToolChoice,
};
pub use wait::{duration, http_date, wait_in, wait_of};
