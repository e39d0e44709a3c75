//! `access`: who may call, and what each may.

mod keys;
mod outside;
mod roles;
#[cfg(test)]
mod tests;

use std::collections::BTreeSet;
use std::rc::Rc;

use super::super::errors::Errors;
use super::super::keys::{Keys, optional};
use super::super::section::Section;
use super::{DEFAULT_ROUTE, Listen, ProviderConfig, RouteConfig};
use crate::access::{Role, Roles, StaticKey, Vouchers};
pub(super) use keys::{KEY, SIGNING_KEY};
pub use keys::{SignerConfig, SignerSource};
pub(super) use outside::{EXT_AUTHZ, JWKS, JWT, MTLS};
pub use outside::{ExtAuthzConfig, JwksSource, JwtConfig};
pub(super) use roles::{BUDGET, ROLE, limits};

/// Which clients may call.
#[derive(Clone, Debug)]
pub enum Access {
    /// Those of this machine: the file does not say, and `listen` is a loopback address.
    Local,
    /// Everybody who reaches `listen`: the file says `none`.
    Open,
    /// Those who have a key, or whom somebody else has vouched for.
    Keyed(Box<AccessConfig>),
}

/// Who has a key, and what each may.
#[derive(Clone, Debug)]
pub struct AccessConfig {
    /// What keys are signed with, the one that signs first.
    pub signers: Vec<SignerConfig>,
    /// The secrets of the signing keys are keys of an administrator.
    pub break_glass: bool,
    /// Keys that are listed.
    pub keys: Vec<StaticKey>,
    /// The ids of keys that were taken back.
    pub revoked: BTreeSet<String>,
    /// The roles.
    pub roles: Vec<Rc<Role>>,
    /// Who issues tokens that are as good as keys.
    pub jwt: Vec<JwtConfig>,
    /// The names in clients' certificates, and their roles, where certificates are as good as keys.
    pub mtls: Option<Roles>,
    /// The service that is asked of every request.
    pub ext_authz: Option<ExtAuthzConfig>,
    /// The role of those that somebody else has vouched for and said no role of.
    pub default_role: Option<Rc<Role>>,
}

impl AccessConfig {
    /// The environment variables that hold signing keys.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.signers.iter().filter_map(|signer| match &signer.source {
            SignerSource::Variable(name) => Some(name.as_str()),
            SignerSource::Public(_) => None,
        })
    }

    /// Who vouches for callers beside keys.
    pub fn vouchers(&self) -> Vouchers {
        Vouchers {
            issuers: self.jwt.iter().map(|jwt| jwt.issuer.clone()).collect(),
            certificates: self.mtls.clone(),
            service: self.ext_authz.as_ref().map(|asked| asked.service.clone()),
            default_role: self.default_role.clone(),
        }
    }
}

pub(in super::super) const ACCESS: Keys = Keys {
    path: "access",
    doc: "Who may call, and what each may: see [access](access.md). `none` is everybody who reaches `listen`.",
    keys: &[
        optional(
            "signing_key",
            "none",
            "${FERRO_SIGNING_KEY}",
            "what keys are signed with, by the name of an environment variable; the same as one of `signing_keys` with the \
             id `k1`",
        ),
        optional("signing_keys", "none", "", "several of them: the first that is not `verify_only` signs"),
        optional("keys", "none", "", "keys that their owners bring"),
        optional(
            "revoked",
            "none",
            r#"["key_01KB4F0G8FH4X3N6WZQ9V2T7MC"]"#,
            "the ids of keys that are good no more",
        ),
        optional(
            "roles",
            "`admin`, who manages keys, and `developer`, who may all else",
            "",
            "what the callers of a role may, by names of your choice",
        ),
        optional(
            "default_role",
            "who has no role is refused",
            "developer",
            "the role of those whom somebody else has vouched for, where nothing says another",
        ),
        optional("jwt", "none", "", "tokens of an identity provider that are as good as keys"),
        optional("mtls", "none", "", "certificates of clients that are as good as keys"),
        optional("ext_authz", "none", "", "a service that is asked of every request"),
        optional(
            "break_glass",
            "`false`",
            "true",
            "the secret of a signing key is itself a key, of a caller who may all",
        ),
    ],
    lacking: &[],
};

/// Reads `access`, whose roles may name providers and routes.
pub(super) fn read(
    section: &Section<'_>,
    providers: &[ProviderConfig],
    routes: &[RouteConfig],
    errors: &mut Errors<'_>,
) -> Option<Access> {
    let Some(node) = section.get("access") else { return Some(Access::Local) };
    let known = Known {
        providers: providers.iter().map(|provider| provider.name.as_str()).collect(),
        routes: routes.iter().map(|route| route.name.as_str()).chain([DEFAULT_ROUTE]).collect(),
    };
    if !node.value.is_object() {
        // What stands here may be a secret, and no message repeats it.
        if node.value.as_str() == Some("none") {
            return Some(Access::Open);
        }
        node.error("expected an object that says who may call, or `none` for everybody", errors);
        return None;
    }
    let section = node.keys(&ACCESS, errors)?;
    Some(Access::Keyed(Box::new(keyed(&section, &known, errors))))
}

fn keyed(section: &Section<'_>, known: &Known<'_>, errors: &mut Errors<'_>) -> AccessConfig {
    let roles = match section.get("roles") {
        Some(node) => roles::read(&node, known, errors),
        None => roles::usual(),
    };
    let signers = keys::signers(section, errors);
    let listed = section.get("keys").map(|node| keys::listed(&node, &roles, errors)).unwrap_or_default();
    let revoked = section.get("revoked").map(|node| keys::revoked(&node, errors)).unwrap_or_default();
    if signers.is_empty()
        && section.get("signing_key").is_none()
        && lacks(section, &["signing_keys", "keys", "jwt", "mtls", "ext_authz"])
    {
        let why = "no key would be good: add `signing_key` or `keys`, or `jwt`, `mtls` or `ext_authz`";
        section.node().error(why, errors);
    }
    let default_role = section.get("default_role");
    let of = outside::Known { roles: &roles, has_default: default_role.is_some() };
    let default_role = default_role.and_then(|node| roles::name_of(&node, &roles, errors)).cloned();
    let jwt = section.get("jwt").map(|node| outside::issuers(&node, of, errors)).unwrap_or_default();
    let mtls = section.get("mtls").and_then(|node| outside::certificates(&node, of, errors));
    let ext_authz = section.get("ext_authz").and_then(|node| outside::service(&node, of, errors));
    let break_glass = section.get("break_glass").and_then(|node| node.flag(errors)).unwrap_or(false);
    AccessConfig { signers, break_glass, keys: listed, revoked, jwt, mtls, ext_authz, default_role, roles }
}

/// The names of all roles.
pub(super) fn role_names(access: &Access) -> Vec<&str> {
    match access {
        Access::Keyed(access) => access.roles.iter().map(|role| role.name.as_str()).collect(),
        Access::Local | Access::Open => Vec::new(),
    }
}

/// Reports certificates that count and that nobody checks.
pub(super) fn check_doors(root: &Section<'_>, listen: &[Listen], errors: &mut Errors<'_>) {
    let mtls = root.get("access").and_then(|node| node.below("mtls"));
    let asks = |place: &Listen| place.tls.as_ref().is_some_and(|tls| tls.client_ca.is_some());
    if let Some(node) = mtls.filter(|_| !listen.iter().any(asks)) {
        node.error("no client is asked for a certificate: add `listen.tls.client_ca`", errors);
    }
}

/// What roles refer to.
struct Known<'a> {
    providers: BTreeSet<&'a str>,
    routes: BTreeSet<&'a str>,
}

fn lacks(section: &Section<'_>, names: &[&str]) -> bool {
    names.iter().all(|name| section.get(name).is_none())
}
