//! All keys that are good, and whose each is.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use super::caller::Caller;
use super::claims::Claims;
use super::issued::{IssuedKey, LONGEST_KEY, PREFIX};
use super::quota::Quota;
use super::role::Role;
use super::signer::{Signer, digest};
use crate::routing::{Glob, Globs};

/// A key that its owner brings: only what it hashes to is known.
#[derive(Clone, Debug)]
pub struct StaticKey {
    /// What it is called.
    pub id: String,
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// The role of who has it, by its place.
    pub role: usize,
    /// When it ends, in seconds since 1970; `None` for never.
    pub expires: Option<u64>,
    /// What it is for, in words.
    pub label: Option<String>,
}

/// Why a key is not good, or whatever else is shown in its place, in the order in which that is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotGood {
    /// It is none, or of no signer that is known, or of a role that there is no more.
    Unknown,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Revoked,
    /// Its role takes newer keys only.
    TooOld,
    /// Somebody has vouched for who asks, and nobody says a role that the file has.
    Roleless,
}

/// What is known of all keys.
#[derive(Debug, Default)]
pub struct Keyring {
    signers: Vec<Signer>,
    roles: Vec<Rc<Role>>,
    by_name: BTreeMap<String, usize>,
    static_keys: HashMap<[u8; 32], Owned>,
    revoked: BTreeSet<String>,
    checked: RefCell<Checked>,
}

/// A key that somebody has.
#[derive(Clone, Debug)]
struct Owned {
    caller: Rc<Caller>,
    issued: Option<u64>,
    expires: Option<u64>,
}

/// Issued keys that were checked already, each by itself: checking takes longer than looking. What they say is true for
/// as long as the gateway is the same.
#[derive(Debug, Default)]
struct Checked(HashMap<Box<str>, Owned>);

impl Checked {
    /// The most. So many are at most a few megabytes.
    const MOST: usize = 4096;

    fn add(&mut self, text: &str, owned: &Owned) {
        if self.0.len() >= Self::MOST {
            // Whoever asks next is checked again; who was here last is not worth keeping book of.
            self.0.clear();
        }
        self.0.insert(text.into(), owned.clone());
    }
}

impl Keyring {
    /// Keys of these signers and those that are listed, for callers of these roles.
    pub fn new(
        signers: Vec<Signer>,
        roles: Vec<Rc<Role>>,
        keys: Vec<StaticKey>,
        revoked: BTreeSet<String>,
    ) -> Self {
        let by_name = roles.iter().enumerate().map(|(place, role)| (role.name.clone(), place)).collect();
        let owned = |key: StaticKey| {
            let role = Rc::clone(roles.get(key.role)?);
            let label = key.label.map(Into::into);
            let caller = Caller { id: key.id.into(), label, role, models: None, quota: Quota::default() };
            Some((key.sha256, Owned { caller: Rc::new(caller), issued: None, expires: key.expires }))
        };
        let static_keys = keys.into_iter().filter_map(owned).collect();
        Self { signers, by_name, static_keys, revoked, checked: RefCell::default(), roles }
    }

    /// Lets somebody in beside, by what the key hashes to. Nobody is issued a key of a role that has no other callers.
    pub fn admit(&mut self, sha256: [u8; 32], caller: Rc<Caller>) {
        self.static_keys.insert(sha256, Owned { caller, issued: None, expires: None });
    }

    /// Whose key it is. `now` is in seconds since 1970, `is_revoked` says what was taken back since the gateway runs.
    ///
    /// # Errors
    /// It is not good.
    pub fn check(
        &self,
        text: &str,
        now: u64,
        is_revoked: impl FnOnce(&str) -> bool,
    ) -> Result<Rc<Caller>, NotGood> {
        let owned = self.owned(text, now).ok_or(NotGood::Unknown)?;
        let id = &*owned.caller.id;
        if owned.expires.is_some_and(|expires| expires <= now) {
            return Err(NotGood::Expired);
        }
        if self.revoked.contains(id) || is_revoked(id) {
            return Err(NotGood::Revoked);
        }
        let is_old = |(issued, least)| issued < least;
        if owned.issued.zip(owned.caller.role.not_before).is_some_and(is_old) {
            return Err(NotGood::TooOld);
        }
        Ok(owned.caller)
    }

    /// What a key is called that was issued here or is listed, whatever has become of it since.
    pub fn id_of(&self, text: &str) -> Option<Rc<str>> {
        let issued = IssuedKey::read(text).filter(|key| self.signers.iter().any(|signer| key.is_of(signer)));
        let listed =
            || self.static_keys.get(&digest(text.as_bytes())).map(|owned| Rc::clone(&owned.caller.id));
        issued.map(|key| key.claims.id.to_string().into()).or_else(listed)
    }

    /// Whose the listed key of this id is, and when it ends, in seconds since 1970.
    pub fn listed(&self, id: &str) -> Option<(&Rc<Caller>, Option<u64>)> {
        let owned = self.static_keys.values().find(|owned| &*owned.caller.id == id)?;
        Some((&owned.caller, owned.expires))
    }

    /// Whether the configuration says that the key of this id was taken back.
    pub fn is_revoked(&self, id: &str) -> bool {
        self.revoked.contains(id)
    }

    /// The signer that signs what is issued now.
    pub fn signer(&self) -> Option<&Signer> {
        self.signers.iter().find(|signer| !signer.verify_only && signer.key.signs())
    }

    /// The role of this name.
    pub fn role(&self, name: &str) -> Option<&Rc<Role>> {
        self.by_name.get(name).and_then(|place| self.roles.get(*place))
    }

    /// All roles.
    pub fn roles(&self) -> &[Rc<Role>] {
        &self.roles
    }

    fn owned(&self, text: &str, now: u64) -> Option<Owned> {
        let listed = || self.static_keys.get(&digest(text.as_bytes())).cloned();
        if !text.starts_with(PREFIX) || text.len() > LONGEST_KEY {
            return (!self.static_keys.is_empty()).then(listed).flatten();
        }
        if let Some(known) = self.checked.try_borrow().ok().and_then(|checked| checked.0.get(text).cloned()) {
            return Some(known);
        }
        let owned = self.issued(text, now).or_else(listed)?;
        if let Ok(mut checked) = self.checked.try_borrow_mut() {
            checked.add(text, &owned);
        }
        Some(owned)
    }

    /// A key that one of the signers has signed.
    fn issued(&self, text: &str, now: u64) -> Option<Owned> {
        let key = IssuedKey::read(text)?;
        self.signers.iter().find(|signer| key.is_of(signer))?;
        let claims = key.claims;
        // Clocks differ, though not by more.
        let (issued, latest) = (claims.id.issued(), now.saturating_add(CLOCKS_DIFFER));
        let role = self.role(&claims.role).filter(|_| issued <= latest)?;
        Some(Owned {
            caller: Rc::new(caller(&claims, role)),
            issued: Some(issued),
            expires: Some(claims.expires),
        })
    }
}

/// By how many seconds the clocks of two machines may differ.
const CLOCKS_DIFFER: u64 = 60;

fn caller(claims: &Claims, role: &Rc<Role>) -> Caller {
    let narrowing = &claims.narrowing;
    let globs = || Globs::new(narrowing.models.iter().map(|glob| Glob::new(glob)).collect());
    Caller {
        id: claims.id.to_string().into(),
        label: claims.label.as_deref().map(Into::into),
        role: Rc::clone(role),
        models: (!narrowing.models.is_empty()).then(globs),
        quota: Quota {
            requests_per_minute: narrowing.requests_per_minute,
            tokens_per_minute: narrowing.tokens_per_minute,
            concurrent_requests: None,
            budget: narrowing.budget,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::super::claims::Narrowing;
    use super::super::id::KeyId;
    use super::super::signer::SigningKey;
    use super::*;

    const NOW: u64 = 1_790_000_000;
    const MINE: &str = "my own key";

    fn signer(id: &str, secret: &str) -> Signer {
        let secret = format!("{secret} is a secret of more than enough bytes");
        Signer { id: id.to_owned(), key: SigningKey::of_secret(&secret).unwrap(), verify_only: false }
    }

    fn key(signer: &Signer, role: &str, issued: u64, expires: u64) -> String {
        let claims = Claims {
            id: KeyId::new(issued.saturating_mul(1000), [1; 10]),
            expires,
            signer: signer.id.clone(),
            role: role.to_owned(),
            label: None,
            narrowing: Narrowing::default(),
        };
        IssuedKey::write(&claims, signer).unwrap()
    }

    fn keyring(revoked: &[&str]) -> Keyring {
        let role =
            |name: &str, not_before| Rc::new(Role { name: name.to_owned(), not_before, ..Role::default() });
        let roles = vec![role("developer", None), role("strict", Some(NOW - 100))];
        let (id, sha256, label) = ("mine".to_owned(), digest(MINE.as_bytes()), None);
        let mine = StaticKey { id, sha256, role: 0, expires: Some(NOW + 10), label };
        let revoked = revoked.iter().map(|id| (*id).to_owned()).collect();
        Keyring::new(vec![signer("k2", "new"), signer("k1", "old")], roles, vec![mine], revoked)
    }

    fn check(keyring: &Keyring, text: &str, now: u64) -> Result<String, NotGood> {
        keyring.check(text, now, |_| false).map(|caller| caller.id.to_string())
    }

    #[test]
    fn keys_of_every_signer_are_good_while_they_last() {
        let keyring = keyring(&[]);
        for signer in [signer("k2", "new"), signer("k1", "old")] {
            let text = key(&signer, "developer", NOW - 10, NOW + 5);
            for _ in 0..2 {
                assert!(check(&keyring, &text, NOW).is_ok());
                assert_eq!(check(&keyring, &text, NOW + 5), Err(NotGood::Expired));
            }
        }
        assert_eq!(check(&keyring, MINE, NOW), Ok("mine".to_owned()));
        assert_eq!(check(&keyring, MINE, NOW + 10), Err(NotGood::Expired));
        assert_eq!(keyring.signer().map(|signer| signer.id.as_str()), Some("k2"));
    }

    #[test]
    fn what_is_no_key_is_unknown() {
        let keyring = keyring(&[]);
        let stranger = key(&signer("k2", "another"), "developer", NOW, NOW + 5);
        let unknown = key(&signer("k3", "new"), "developer", NOW, NOW + 5);
        let roleless = key(&signer("k2", "new"), "nobody", NOW, NOW + 5);
        let early = key(&signer("k2", "new"), "developer", NOW + 61, NOW + 500);
        for text in [&stranger, &unknown, &roleless, &early, "", "my own ke", PREFIX] {
            assert_eq!(check(&keyring, text, NOW), Err(NotGood::Unknown), "{text}");
        }
        assert!(check(&keyring, &key(&signer("k2", "new"), "developer", NOW + 59, NOW + 500), NOW).is_ok());
    }

    #[test]
    fn what_was_taken_back_is_good_no_more() {
        let text = key(&signer("k2", "new"), "developer", NOW, NOW + 5);
        let id = IssuedKey::read(&text).unwrap().claims.id.to_string();
        assert_eq!(check(&keyring(&[&id]), &text, NOW), Err(NotGood::Revoked));
        assert_eq!(check(&keyring(&["mine"]), MINE, NOW), Err(NotGood::Revoked));
        let revoked = |asked: &str| asked == id;
        assert_eq!(keyring(&[]).check(&text, NOW, revoked).unwrap_err(), NotGood::Revoked);
        let old = key(&signer("k2", "new"), "strict", NOW - 101, NOW + 5);
        assert_eq!(check(&keyring(&[]), &old, NOW), Err(NotGood::TooOld));
        assert!(check(&keyring(&[]), &key(&signer("k2", "new"), "strict", NOW - 100, NOW + 5), NOW).is_ok());
    }

    #[test]
    fn who_takes_a_key_back_needs_not_know_what_became_of_it() {
        let keyring = keyring(&["mine"]);
        let id_of = |text: &str| keyring.id_of(text).map(|id| id.to_string());
        let text = key(&signer("k1", "old"), "nobody", NOW, NOW - 5);
        assert_eq!(id_of(&text), Some(IssuedKey::read(&text).unwrap().claims.id.to_string()));
        assert_eq!(id_of(MINE), Some("mine".to_owned()));
        assert_eq!(id_of(&key(&signer("k1", "another"), "developer", NOW, NOW + 5)), None);
        assert_eq!((id_of("mine"), id_of("")), (None, None));
        let (caller, expires) = keyring.listed("mine").unwrap();
        assert_eq!((caller.role.name.as_str(), expires), ("developer", Some(NOW + 10)));
        assert!(
            keyring.listed("yours").is_none() && keyring.is_revoked("mine") && !keyring.is_revoked(&text)
        );
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let keyring = keyring(&[]);
        for place in 0..5000 {
            let text = key(&signer("k2", "new"), "developer", NOW - place, NOW + 5);
            assert!(check(&keyring, &text, NOW).is_ok());
        }
        assert!(keyring.checked.borrow().0.len() <= Checked::MOST);
    }
}
