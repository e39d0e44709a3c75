//! Providers: a vendor is a row of data, an instance is a row with an endpoint and a credential.
//!
//! To add a vendor that speaks a format we know, add a row to [`ROWS`]; `gateway.yaml` can do without one:
//! `kind: openai-compatible` with an `endpoint`.

mod endpoint;
mod prices;
mod rows;

pub use endpoint::Endpoint;
pub use prices::{Price, covering};
pub use rows::{ROWS, Row, Scheme};
