//! What an operator writes ([`Config`]), and what the filter runs ([`Gateway`]).
//!
//! The command line and the filter read the same JSON with the same code, so what one accepts the other runs. All
//! errors of a file are found at once; a key whose feature this version lacks is refused by name, never ignored.

mod errors;
mod gateway;
mod keys;
mod prices;
mod provider;
mod redactor;
mod secret;
mod section;
mod tally;
mod units;
mod written;

pub use errors::{ConfigError, ConfigErrors};
pub use gateway::{Gateway, Route, Target};
pub use keys::{Absent, Key, Keys};
pub use prices::Prices;
pub use provider::{Credential, Provider};
pub use redactor::{Redactor, Screen};
pub use secret::Secret;
pub use tally::Tally;
pub use written::{
    Access, Config, DEFAULT_ROUTE, Header, Limits, Logging, ProviderConfig, RouteConfig, SECTIONS,
    TargetConfig, Unsupported,
};
