//! What an operator writes: [`Config`]. What the filter makes of it is in [`crate::gateway`].
//!
//! The command line and the filter read the same JSON with the same code, so what one accepts the other runs. All
//! errors of a file are found at once; a key whose feature this version lacks is refused by name, never ignored.

mod errors;
mod keys;
mod meant;
mod prices;
mod section;
mod units;
mod written;

pub use errors::{ConfigError, ConfigErrors};
pub use keys::{Absent, Key, Keys};
pub use prices::Prices;
pub use units::parse_duration;
pub use written::{
    Access, AccessConfig, Config, DEFAULT_ROUTE, Dns, ExtAuthzConfig, Family, Header, JwksSource, JwtConfig,
    Limits, Listen, ListenTls, Logging, Pair, ProviderConfig, ProviderTls, Proxied, Proxy, RouteConfig,
    SECTIONS, SignerConfig, SignerSource, Store, TargetConfig, Unsupported,
};
