//! A provider as the filter calls it: what it does, where it is, and with which credentials.

use std::borrow::Cow;
use std::cell::{Cell, OnceCell};
use std::hash::{DefaultHasher, Hash, Hasher};
use std::rc::Rc;
use std::time::Duration;

use serde_json::value::RawValue;

use super::call::{Call, PATIENCE};
use super::catalogue::Catalogue;
use super::credential::{Credential, Presented};
use super::flaw::{Flaw, Use};
use super::secret::Secret;
use super::token::Token;
use crate::config::{Config, ProviderConfig};
use crate::contract::{jobs_cluster, models_cluster};
use crate::dialect::Quirks;
use crate::hub::{Fault, ProviderError};
use crate::provider::{Auth, Endpoint, Issuer, Operation, Row};
use crate::routing::{Glob, Owner};

/// What a provider sees of us.
pub const USER_AGENT: &str = concat!("ferro/", env!("CARGO_PKG_VERSION"));

/// A provider that can be asked.
#[derive(Debug)]
pub struct Provider {
    /// The instance's name.
    pub name: String,
    /// The vendor's kind.
    pub kind: String,
    /// What it does, and where.
    pub operations: Vec<Operation>,
    /// How its credential travels.
    pub auth: Auth,
    /// It is called with the caller's own key, and with none of ours.
    pub takes_brought: bool,
    /// Headers that every request carries; what they hold may be secret.
    pub headers: Vec<(String, Secret)>,
    /// In what it differs from its formats; `None` for nothing.
    pub quirks: Option<Rc<Quirks>>,
    /// A header of it lacks its variable.
    lacks_header: bool,
    /// What it may be called with; empty if it lacks what it needs.
    pub credentials: Vec<Credential>,
    /// The vendor's models that `/v1/models` lists.
    pub listed: Vec<String>,
    /// The names it serves.
    pub(super) models: Vec<Glob>,
    /// Headers of the client that are passed on, in lower case.
    forwards: Vec<String>,
    /// It refuses to be asked for a count of tokens, as it said once.
    pub refuses_count: Cell<bool>,
    /// Its credential, where that is fetched.
    pub(super) token: Option<Token>,
    /// The models that it says it has, where it is asked for them.
    pub(super) catalogue: Option<Catalogue>,
    /// The variables' values that its headers hold.
    in_headers: Vec<Secret>,
    /// What it can do, in JSON, once somebody has asked.
    pub capabilities: OnceCell<Option<Box<RawValue>>>,
    /// Whose turn it is among the credentials.
    turn: Cell<usize>,
}

impl Owner for Rc<Provider> {
    fn name(&self) -> &str {
        &self.name
    }
    fn models(&self) -> &[Glob] {
        &self.models
    }
}

impl Provider {
    fn build(written: &ProviderConfig, environment: impl Fn(&str) -> Option<String>) -> Self {
        let variable = |name: &str, is_for: Use| secret(name, environment(name)?, is_for);
        let value = |name: &str| Some(variable(name, Use::Header)?.reveal().to_owned());
        let headers = written.headers.iter().map(|header| {
            let value = header.value(value)?;
            let value = Secret::new(&value).filter(|_| !value.contains(char::is_control))?;
            Some((header.name.clone(), value))
        });
        let headers: Option<Vec<_>> = headers.collect();
        let token = written.issuer.as_ref().and_then(|issuer| {
            variable(&issuer.client_secret, Use::Form).map(|secret| Token::new(issuer.clone(), secret))
        });
        let fetched = |issuer: &Issuer| Credential { id: identity(&issuer.client_secret), secret: None };
        let credentials = match (&headers, &written.issuer) {
            // What it needs is not there.
            (None, _) => Vec::new(),
            (Some(_), Some(issuer)) => token.iter().map(|_| fetched(issuer)).collect(),
            (Some(_), None) => credentials(&written.credentials, |name| variable(name, Use::Key)),
        };
        Self {
            name: written.name.clone(),
            kind: written.kind.clone(),
            operations: written.operations.clone(),
            auth: written.auth.clone(),
            takes_brought: false,
            lacks_header: headers.is_none(),
            headers: headers.unwrap_or_default(),
            quirks: written.quirks.clone(),
            credentials,
            listed: written.listed.clone(),
            models: written.models.clone(),
            forwards: written.forwards.clone(),
            refuses_count: Cell::default(),
            token,
            catalogue: written.model_list.clone().map(Catalogue::new),
            in_headers: written
                .headers
                .iter()
                .flat_map(|header| header.variables())
                .filter_map(|name| variable(name, Use::Header))
                .collect(),
            capabilities: OnceCell::new(),
            turn: Cell::new(0),
        }
    }

    /// The same provider, as it is called where callers bring their own keys: it has none of ours, so it can send none.
    pub(super) fn called_with_brought(&self) -> Self {
        let usual = || Row::find(&self.kind).map(|row| row.auth.to_owned());
        let auth = match &self.auth {
            // Where the vendor's clients have it.
            Auth::Caller => usual().filter(Auth::sends_credential).unwrap_or_else(Auth::bearer),
            own => own.clone(),
        };
        Self {
            name: self.name.clone(),
            kind: self.kind.clone(),
            operations: self.operations.clone(),
            auth,
            takes_brought: true,
            headers: self.headers.clone(),
            quirks: self.quirks.clone(),
            lacks_header: self.lacks_header,
            credentials: if self.lacks_header { Vec::new() } else { unkeyed() },
            listed: self.listed.clone(),
            models: self.models.clone(),
            forwards: self.forwards.clone(),
            refuses_count: self.refuses_count.clone(),
            token: None,
            catalogue: None,
            in_headers: self.in_headers.clone(),
            capabilities: OnceCell::new(),
            turn: Cell::default(),
        }
    }

    /// What it does for a surface.
    pub fn operation(&self, surface: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.surface == surface)
    }

    /// An error of its, judged by what is known of it. Where the caller's own credential was passed on, whatever is
    /// wrong with that is the caller's.
    pub fn judged(&self, mut error: ProviderError) -> ProviderError {
        let quirks = self.quirks.as_ref();
        let fault = quirks
            .and_then(|quirks| quirks.fault(error.code.as_deref(), error.kind.as_deref(), &error.message));
        error.fault = match fault.unwrap_or(error.fault) {
            Fault::Credential | Fault::RateLimit if self.takes_brought || self.auth == Auth::Caller => {
                Fault::Caller
            }
            fault => fault,
        };
        error
    }

    /// Whether it can be asked.
    pub fn is_ready(&self) -> bool {
        !self.credentials.is_empty() && self.token.as_ref().is_none_or(Token::is_held)
    }

    /// Whether it has all that an operator can give, and waits for its token.
    pub fn waits_for_token(&self) -> bool {
        !self.credentials.is_empty() && !self.is_ready()
    }

    /// The credential at this place, as it is now.
    pub fn secret(&self, place: usize) -> Option<Cow<'_, Secret>> {
        match &self.token {
            Some(token) => token.held().map(Cow::Owned),
            None => self.credentials.get(place)?.secret.as_ref().map(Cow::Borrowed),
        }
    }

    /// The same on its way.
    pub fn presents(&self, place: usize) -> Presented<'_> {
        Presented { auth: &self.auth, secret: self.secret(place) }
    }

    /// A caller's own key on its way.
    pub fn presents_brought<'s>(&'s self, key: &'s Secret) -> Presented<'s> {
        Presented { auth: &self.auth, secret: Some(Cow::Borrowed(key)) }
    }

    /// The question which models it has, if it is to be asked now.
    pub(super) fn asks_models(&self, now: Duration) -> Option<Call> {
        let catalogue = self.catalogue.as_ref().filter(|_| self.is_ready())?;
        let failures = catalogue.begins(now)?;
        let credential = self.presents(failures.checked_rem(self.credentials.len())?);
        let endpoint = &catalogue.place.endpoint;
        let cluster = models_cluster(&self.name, endpoint.scheme(), &endpoint.host, endpoint.port);
        let place = (endpoint, endpoint.authority());
        Some(self.call(cluster, &credential, (place.0, &place.1), "GET", &catalogue.place.path))
    }

    /// A question about a job of its, or a word that ends it, with the credential at this place among its own. `path` is
    /// below the root of the host there, whose authority is given.
    pub fn asks_job(
        &self,
        credential: usize,
        (endpoint, authority): (&Endpoint, &str),
        method: &str,
        path: &str,
    ) -> Call {
        let cluster = jobs_cluster(&self.name, endpoint.scheme(), &endpoint.host, endpoint.port);
        let path = [&endpoint.path, path].concat();
        self.call(cluster, &self.presents(credential), (endpoint, authority), method, &path)
    }

    /// A request of ours without a body.
    fn call(
        &self,
        cluster: String,
        credential: &Presented<'_>,
        (endpoint, authority): (&Endpoint, &str),
        method: &str,
        path: &str,
    ) -> Call {
        let path = credential.add_to_path(Cow::Borrowed(path));
        let ours = [
            (":method", method),
            (":path", &path),
            (":authority", authority),
            (":scheme", endpoint.scheme()),
            ("accept", "application/json"),
            ("accept-encoding", "identity"),
            ("user-agent", USER_AGENT),
        ];
        let ours = ours.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let presented = credential.header().map(|(name, value)| (name.to_owned(), value.concat()));
        let own = self.headers.iter().map(|(name, value)| (name.clone(), value.reveal().to_owned()));
        Call {
            cluster,
            headers: ours.into_iter().chain(presented).chain(own).collect(),
            body: String::new(),
            timeout: PATIENCE,
        }
    }

    /// Goes on with what this provider held before an edit of the configuration, as far as it is asked for alike.
    pub(super) fn take_over(&self, before: &Self) {
        if let (Some(token), Some(earlier)) = (&self.token, &before.token) {
            token.take_over(earlier);
        }
        if let (Some(catalogue), Some(earlier)) = (&self.catalogue, &before.catalogue)
            && catalogue.place == earlier.place
            && self.calls_like(before)
        {
            catalogue.take_over(earlier);
        }
    }

    /// Whether another one is called with the same credentials and headers.
    fn calls_like(&self, other: &Self) -> bool {
        let is_token_alike = match (&self.token, &other.token) {
            (Some(token), Some(others)) => token.is_asked_like(others),
            (token, others) => token.is_none() && others.is_none(),
        };
        is_token_alike
            && (&self.auth, &self.headers, &self.credentials)
                == (&other.auth, &other.headers, &other.credentials)
    }

    /// It has refused the credential of an attempt that `began` then. Whether that was a token: there will be another.
    pub fn drops_token(&self, began: Duration, now: Duration) -> bool {
        self.token.as_ref().map(|token| token.refused(began, now)).is_some()
    }

    /// The headers of the client that it sees, in lower case.
    pub fn forwards(&self) -> impl Iterator<Item = &str> {
        let caller = (self.auth == Auth::Caller).then_some("authorization");
        self.forwards.iter().map(String::as_str).chain(caller)
    }

    /// All that no text may hold which others read.
    pub fn secrets(&self) -> impl Iterator<Item = &Secret> {
        let credentials = self.credentials.iter().filter_map(|credential| credential.secret.as_ref());
        let of_client = self.token.as_ref().map(Token::client_secret);
        credentials.chain(&self.in_headers).chain(of_client)
    }

    /// The places of its credentials, beginning with another one each time.
    pub fn in_turn(&self) -> impl Iterator<Item = usize> + use<> {
        let count = self.credentials.len();
        let first = self.turn.get();
        self.turn.set(first.wrapping_add(1));
        let place = move |step: usize| first.wrapping_add(step).checked_rem(count);
        (0..count).filter_map(place)
    }
}

/// Those that can be asked, or that the file names.
pub(super) fn build_providers(
    config: &Config,
    environment: impl Fn(&str) -> Option<String>,
) -> Vec<Rc<Provider>> {
    let built =
        config.providers.iter().map(|written| (Provider::build(written, &environment), written.implied));
    let there = built.filter(|(provider, implied)| provider.is_ready() || !implied);
    there.map(|(provider, _)| Rc::new(provider)).collect()
}

/// What a variable holds, if it can be what it is for.
fn secret(name: &str, value: String, is_for: Use) -> Option<Secret> {
    if let Some(flaw) = Flaw::of(&value, is_for) {
        log::warn!("the environment variable {name} is left out: it holds {}", flaw.words());
        return None;
    }
    Secret::new(&value)
}

fn credentials(written: &[Vec<String>], variable: impl Fn(&str) -> Option<Secret>) -> Vec<Credential> {
    if written.is_empty() {
        return unkeyed();
    }
    let credential = |names: &Vec<String>| {
        let (name, secret) = names.iter().find_map(|name| Some((name, variable(name)?)))?;
        Some(Credential { id: identity(name), secret: Some(secret) })
    };
    written.iter().filter_map(credential).collect()
}

/// One that is none of ours.
fn unkeyed() -> Vec<Credential> {
    vec![Credential { id: 0, secret: None }]
}

/// Who a credential is, by its variable's name.
fn identity(variable: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    variable.hash(&mut hasher);
    hasher.finish()
}
