//! What a client may ask of routing, for one request.
//!
//! | header | asks for |
//! |---|---|
//! | `x-ferro-route: NAME` | this route, whatever its `match` says |
//! | `x-ferro-provider: NAME` | only targets of this provider; itself, if the route has none of it |
//! | `x-ferro-timeout-ms: N` | so long to the first byte, at each target; never longer than the route's `idle_timeout` |
//! | `x-ferro-no-failover: true` | the first target of the order that is well, and no other |
//!
//! They are read while nobody needs a key, or the key's role may route; no provider ever sees them.

use std::time::Duration;

use super::failure::Failure;
use super::headers::Headers;
use crate::gateway::Gateway;
use crate::routing::{did_you_mean, nearest};

const ROUTE: &str = "x-ferro-route";
const PROVIDER: &str = "x-ferro-provider";
const TIMEOUT: &str = "x-ferro-timeout-ms";
const NO_FAILOVER: &str = "x-ferro-no-failover";

/// The longest timeout that can be asked for: a day, in milliseconds.
const LONGEST: u64 = 24 * 60 * 60 * 1000;

/// What was asked for.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Steering {
    /// The route of this name.
    pub route: Option<String>,
    /// The provider of this name.
    pub provider: Option<String>,
    /// How long an attempt may take to its first byte.
    pub timeout: Option<Duration>,
    /// Whether only one target may be asked.
    pub no_failover: bool,
    /// The first wish of a client that may have none.
    pub refused: Option<&'static str>,
}

impl Steering {
    /// What a client asks for that may ask for nothing. None of it is looked at.
    pub fn refused(headers: Headers<'_>) -> Self {
        let wished = |wish: &&&str| headers.get(wish).is_some();
        let refused = [ROUTE, PROVIDER, TIMEOUT, NO_FAILOVER].iter().find(wished).copied();
        Self { refused, ..Self::default() }
    }

    /// Reads a client's headers.
    ///
    /// # Errors
    /// A name that nobody configured, or a value that means nothing.
    pub fn read(headers: Headers<'_>, gateway: &Gateway) -> Result<Self, Failure> {
        let routes = || gateway.routes.iter().map(|route| &*route.name);
        let providers = || gateway.providers.iter().map(|provider| provider.name.as_str());
        let mut steering = Self::default();
        for (name, value) in headers.0.iter().filter(|(name, _)| name.starts_with(b"x-ferro-")) {
            let value = String::from_utf8_lossy(value);
            let value = value.trim();
            match std::str::from_utf8(name) {
                Ok(ROUTE) => steering.route = Some(known(ROUTE, value, "route", routes())?),
                Ok(PROVIDER) => steering.provider = Some(known(PROVIDER, value, "provider", providers())?),
                Ok(TIMEOUT) => steering.timeout = Some(timeout(value)?),
                Ok(NO_FAILOVER) => steering.no_failover = truth(value)?,
                _ => {}
            }
        }
        Ok(steering)
    }
}

fn known<'a>(
    header: &str,
    value: &str,
    what: &str,
    names: impl Iterator<Item = &'a str> + Clone,
) -> Result<String, Failure> {
    if names.clone().any(|name| name == value) {
        return Ok(value.to_owned());
    }
    let hint = did_you_mean(';', nearest(value, names));
    Err(invalid(header, format!("no {what} of the name {value:?} is configured{hint}")))
}

fn timeout(value: &str) -> Result<Duration, Failure> {
    let milliseconds = value.parse().ok().filter(|milliseconds| (1..=LONGEST).contains(milliseconds));
    let what = || invalid(TIMEOUT, format!("expected a whole number of milliseconds from 1 to {LONGEST}"));
    milliseconds.map(Duration::from_millis).ok_or_else(what)
}

fn truth(value: &str) -> Result<bool, Failure> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(invalid(NO_FAILOVER, "expected true or false".to_owned())),
    }
}

fn invalid(header: &str, message: String) -> Failure {
    Failure::new(400, "invalid_value", format!("{header}: {message}")).with_param(header)
}
