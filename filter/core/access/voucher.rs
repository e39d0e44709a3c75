//! Those who vouch for callers beside keys: who issues tokens, who signs certificates, a service that is asked.
//!
//! What they vouch for somebody else has checked before; here is only what it means: who the caller is, and its role.

use std::rc::Rc;

use super::caller::Caller;
use super::keyring::NotGood;
use super::quota::Quota;
use super::role::Role;
use crate::routing::Glob;

/// What may have been verified of who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Evidence<'a> {
    /// A claim of its token, which the issuer at this place has signed: by the names on the way to it.
    Claim(usize, &'a [String]),
    /// That its token is of the issuer at this place and its time is over: anything for yes.
    Expired(usize),
    /// The URI in its certificate.
    CertificateUri,
    /// The DNS name in its certificate.
    CertificateName,
    /// What the service that was asked says under this name.
    Said(&'a str),
}

/// Who gets which role, by patterns. Of several that match the first counts.
#[derive(Clone, Debug, Default)]
pub struct Roles(pub Vec<(Glob, Rc<Role>)>);

/// Who issues tokens.
#[derive(Clone, Debug)]
pub struct TokenIssuer {
    /// What it calls itself.
    pub name: String,
    /// Where its tokens say the role: the names on the way; empty for nowhere.
    pub claim: Vec<String>,
    /// Where they say whose they are.
    pub id_claim: Vec<String>,
    /// What they say, and the role that it stands for.
    pub roles: Roles,
}

/// A service that is asked of every request.
#[derive(Clone, Debug)]
pub struct Service {
    /// Under which name it says the role.
    pub role: String,
    /// Under which name it says who asks.
    pub id: String,
    /// What it says, and the role that it stands for.
    pub roles: Roles,
    /// The headers of a request that it sees, in lower case: what is in them is for it to judge.
    pub sees: Vec<String>,
}

/// All who vouch.
#[derive(Clone, Debug, Default)]
pub struct Vouchers {
    /// Who issues tokens.
    pub issuers: Vec<TokenIssuer>,
    /// The names in certificates, and their roles, where certificates count.
    pub certificates: Option<Roles>,
    /// The service that is asked.
    pub service: Option<Service>,
    /// The role of those of whom nobody says another.
    pub default_role: Option<Rc<Role>>,
}

/// Who has vouched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// An issuer, by a token.
    Token,
    /// The service.
    Service,
    /// An authority, by a certificate.
    Certificate,
}

/// Somebody who was vouched for.
#[derive(Clone, Debug)]
pub struct Vouched {
    /// Who.
    pub caller: Rc<Caller>,
    /// By whom.
    pub by: By,
}

/// The longest name of a caller, in bytes: it is logged, and has an account.
const LONGEST_ID: usize = 256;

/// Every token has it.
const ISSUER: &str = "iss";

impl Vouchers {
    /// Whether there are tokens beside keys.
    pub const fn has_issuers(&self) -> bool {
        !self.issuers.is_empty()
    }

    /// Whether a good token was shown, by what was `verified`.
    pub fn has_token(&self, verified: impl Fn(Evidence<'_>) -> Vec<String>) -> bool {
        (0..self.issuers.len())
            .any(|place| !verified(Evidence::Claim(place, &[ISSUER.to_owned()])).is_empty())
    }

    /// Who was vouched for, by what was `verified`: the request's own token counts before what the service says, and that
    /// before the certificate of the connection. `None` for nobody.
    ///
    /// # Errors
    /// Somebody was, and has no role; or its token says no name, or its time is over.
    pub fn find(&self, verified: impl Fn(Evidence<'_>) -> Vec<String>) -> Result<Option<Vouched>, NotGood> {
        for (place, issuer) in self.issuers.iter().enumerate() {
            if !verified(Evidence::Claim(place, &[ISSUER.to_owned()])).is_empty() {
                let ids = verified(Evidence::Claim(place, &issuer.id_claim));
                let id = ids.first().ok_or(NotGood::Unknown)?;
                let said = match issuer.claim.as_slice() {
                    [] => Vec::new(),
                    claim => verified(Evidence::Claim(place, claim)),
                };
                // What an issuer calls somebody is its own affair: another may call somebody else so.
                let id = format!("{}#{id}", issuer.name);
                return self.vouched(By::Token, id, issuer.roles.of(&said)).map(Some);
            }
            if !verified(Evidence::Expired(place)).is_empty() {
                return Err(NotGood::Expired);
            }
        }
        if let Some(service) = &self.service {
            let said = verified(Evidence::Said(&service.role));
            let id = verified(Evidence::Said(&service.id));
            if !said.is_empty() || !id.is_empty() {
                let id = format!("ext_authz#{}", id.first().map_or("", String::as_str));
                return self.vouched(By::Service, id, service.roles.of(&said)).map(Some);
            }
        }
        let Some(roles) = &self.certificates else { return Ok(None) };
        let names = [Evidence::CertificateUri, Evidence::CertificateName].map(&verified).concat();
        match names.first() {
            Some(first) => self.vouched(By::Certificate, format!("mtls#{first}"), roles.of(&names)).map(Some),
            None => Ok(None),
        }
    }

    fn vouched(&self, by: By, id: String, role: Option<&Rc<Role>>) -> Result<Vouched, NotGood> {
        if id.len() > LONGEST_ID {
            return Err(NotGood::Unknown);
        }
        let role = Rc::clone(role.or(self.default_role.as_ref()).ok_or(NotGood::Roleless)?);
        let caller = Caller { id: id.into(), label: None, role, models: None, quota: Quota::default() };
        Ok(Vouched { caller: Rc::new(caller), by })
    }
}

impl Service {
    /// Whether what stands in a header of this name was for the service to judge.
    pub fn judges(&self, name: &str) -> bool {
        self.sees.iter().any(|seen| seen == name)
    }
}

impl Roles {
    /// The role of who has these names.
    fn of(&self, names: &[String]) -> Option<&Rc<Role>> {
        let fits = |glob: &Glob| names.iter().take(MOST_NAMES).any(|name| glob.matches(name));
        self.0.iter().find(|(glob, _)| fits(glob)).map(|(_, role)| role)
    }
}

/// The most names of one caller that are looked at.
const MOST_NAMES: usize = 100;

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str) -> Rc<Role> {
        Rc::new(Role { name: name.to_owned(), ..Role::default() })
    }

    fn roles(written: &[(&str, &str)]) -> Roles {
        Roles(written.iter().map(|(glob, name)| (Glob::new(glob), role(name))).collect())
    }

    fn vouchers(default_role: Option<&str>) -> Vouchers {
        let words = |text: &str| text.split('.').map(str::to_owned).collect();
        let issuer = |name: &str, map| TokenIssuer {
            name: name.to_owned(),
            claim: words("realm.roles"),
            id_claim: words("sub"),
            roles: map,
        };
        let [role_name, id] = ["x-role", "x-id"].map(str::to_owned);
        let service = Service { role: role_name, id, roles: roles(&[("dev", "dev")]), sees: Vec::new() };
        Vouchers {
            issuers: vec![
                issuer("one", roles(&[("boss", "admin"), ("staff-*", "dev")])),
                issuer("two", roles(&[("dev", "dev")])),
            ],
            certificates: Some(roles(&[("spiffe://a/*", "dev"), ("*.lab", "lab")])),
            service: Some(service),
            default_role: default_role.map(role),
        }
    }

    /// What is found of these facts: who, and with which role.
    fn found(vouchers: &Vouchers, facts: &[(&str, &[&str])]) -> Result<Option<(String, String)>, NotGood> {
        let verified = |evidence: Evidence<'_>| {
            let name = match evidence {
                Evidence::Claim(place, claim) => format!("{place}.{}", claim.join(".")),
                Evidence::Expired(place) => format!("{place} expired"),
                Evidence::CertificateUri => "uri".to_owned(),
                Evidence::CertificateName => "dns".to_owned(),
                Evidence::Said(name) => name.to_owned(),
            };
            let known = facts.iter().find(|(known, _)| *known == name);
            known
                .map(|(_, values)| values.iter().map(|value| (*value).to_owned()).collect())
                .unwrap_or_default()
        };
        let found = vouchers.find(verified)?;
        Ok(found.map(|it| (it.caller.id.to_string(), it.caller.role.name.clone())))
    }

    #[test]
    fn who_is_vouched_for_has_a_name_and_a_role() {
        let (strict, open) = (vouchers(None), vouchers(Some("guest")));
        let is = |id: &str, role: &str| Ok(Some((id.to_owned(), role.to_owned())));
        assert_eq!(found(&strict, &[]), Ok(None));
        let token: &[(&str, &[&str])] = &[
            ("0.iss", &["one"]),
            ("0.sub", &["a"]),
            ("0.realm.roles", &["staff-1", "boss"]),
            ("uri", &["spiffe://a/b"]),
        ];
        assert_eq!(found(&strict, token), is("one#a", "admin"));
        let other: &[(&str, &[&str])] = &[("1.iss", &["two"]), ("1.sub", &["a"])];
        assert_eq!(found(&strict, other), Err(NotGood::Roleless));
        assert_eq!(found(&open, other), is("two#a", "guest"));
        assert_eq!(found(&open, &[("0.iss", &["one"])]), Err(NotGood::Unknown));
        assert_eq!(
            found(&open, &[("1 expired", &["yes"]), ("uri", &["spiffe://a/b"])]),
            Err(NotGood::Expired)
        );
        assert_eq!(
            found(&strict, &[("x-role", &["dev"]), ("uri", &["spiffe://a/b"])]),
            is("ext_authz#", "dev")
        );
        assert_eq!(found(&strict, &[("x-id", &["u"])]), Err(NotGood::Roleless));
        assert_eq!(found(&strict, &[("uri", &["spiffe://a/b"])]), is("mtls#spiffe://a/b", "dev"));
        assert_eq!(
            found(&strict, &[("uri", &["spiffe://c"]), ("dns", &["x.lab"])]),
            is("mtls#spiffe://c", "lab")
        );
        assert_eq!(found(&strict, &[("dns", &["x.example"])]), Err(NotGood::Roleless));
        let long = "a".repeat(300);
        assert_eq!(found(&open, &[("dns", &[&long])]), Err(NotGood::Unknown));
    }
}
