//! Making a key: what is wanted of it, held to what its role may and to what fits into a key.

use std::fmt;
use std::rc::Rc;
use std::time::Duration;

use super::claims::{Claims, Narrowing, Unwritable};
use super::date::DAY;
use super::id::KeyId;
use super::issued::{IssuedKey, LONGEST_KEY};
use super::lifetime::LONGEST_LIFETIME;
use super::quota::{Budget, Period};
use super::role::{LONGEST_ROLE, Role, is_word};
use super::signer::Signer;
use crate::routing::{did_you_mean, nearest};

/// What is wanted of a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted {
    /// The role of who gets it.
    pub role: String,
    /// How long it lasts, in seconds.
    pub lifetime: u64,
    /// What it is for, in words.
    pub label: Option<String>,
    /// What it may less than its role.
    pub narrowing: Narrowing,
}

/// A key that was made.
#[derive(Clone, PartialEq, Eq)]
pub struct Minted {
    /// The key, which its owner alone is to see.
    pub text: String,
    /// What it says.
    pub claims: Claims,
}

/// Why no key is made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unmintable {
    /// What of it is at fault, by its name.
    pub member: &'static str,
    /// What is wrong with that, in words.
    pub message: String,
}

impl Unmintable {
    /// What is wrong with a member.
    pub fn new(member: &'static str, message: impl Into<String>) -> Self {
        Self { member, message: message.into() }
    }
}

/// The longest label, in bytes.
pub const LONGEST_LABEL: usize = 128;

/// How many random bytes an id has.
const RANDOM: usize = 10;

/// Makes a key. `roles` are those that there are, `None` where nobody knows; `now` is since 1970.
///
/// # Errors
/// It is no key that could be used, or not the one that was meant.
pub fn mint(
    wanted: Wanted,
    signer: &Signer,
    roles: Option<&[Rc<Role>]>,
    now: Duration,
    random: [u8; RANDOM],
) -> Result<Minted, Unmintable> {
    check_words(&wanted)?;
    if let Some(roles) = roles {
        check_narrowing(&wanted.narrowing, known(&wanted.role, roles)?)?;
    }
    let id = KeyId::new(u64::try_from(now.as_millis()).unwrap_or(u64::MAX), random);
    let Wanted { role, lifetime, label, narrowing } = wanted;
    let expires = now.as_secs().saturating_add(lifetime);
    let label = label.filter(|label| !label.is_empty());
    let claims = Claims { id, expires, signer: signer.id.clone(), role, label, narrowing };
    let text = IssuedKey::write(&claims, signer).map_err(|why| refusal(why, &claims))?;
    Ok(Minted { text, claims })
}

/// The role of this name.
fn known<'r>(name: &str, roles: &'r [Rc<Role>]) -> Result<&'r Role, Unmintable> {
    let names = || roles.iter().map(|role| role.name.as_str());
    roles.iter().find(|role| role.name == name).map(Rc::as_ref).ok_or_else(|| {
        const SHOWN: usize = 10;
        let some = names().take(SHOWN).collect::<Vec<_>>().join(", ");
        let more = if roles.len() > SHOWN { ", …" } else { "" };
        let hint = did_you_mean(';', nearest(name, names()));
        Unmintable::new("role", format!("there is no role {name:?}, but {some}{more}{hint}"))
    })
}

fn check_words(wanted: &Wanted) -> Result<(), Unmintable> {
    if !is_word(&wanted.role, LONGEST_ROLE) {
        let why = format!("a role's name has at most {LONGEST_ROLE} letters, digits, '-', '_' and '.'");
        return Err(Unmintable::new("role", why));
    }
    if !(1..=LONGEST_LIFETIME).contains(&wanted.lifetime) {
        let most = LONGEST_LIFETIME / DAY;
        let why = format!("a key lasts a second at least, and {most}d at most; a new one is made in time");
        return Err(Unmintable::new("expires_in", why));
    }
    if let Some(label) = &wanted.label
        && (label.len() > LONGEST_LABEL || label.chars().any(char::is_control))
    {
        let why = format!("a label is one line of at most {LONGEST_LABEL} bytes");
        return Err(Unmintable::new("label", why));
    }
    Ok(())
}

/// What is wider than the role's is no limit: who asks for it takes it for something else.
fn check_narrowing(narrowing: &Narrowing, role: &Role) -> Result<(), Unmintable> {
    let Narrowing { models, requests_per_minute, tokens_per_minute, budget } = narrowing;
    let name = &role.name;
    for model in models {
        let names = [model.as_str()].into_iter().chain(model.split_once('/').map(|(_, model)| model));
        if !model.contains('*') && !role.may_use(names) {
            let why = format!("the role {name:?} may not use the model {model:?}, so no key of it may");
            return Err(Unmintable::new("models", why));
        }
    }
    let quota = role.quota;
    for (member, key, role) in [
        ("requests_per_minute", requests_per_minute, quota.requests_per_minute),
        ("tokens_per_minute", tokens_per_minute, quota.tokens_per_minute),
    ] {
        if let (Some(key), Some(role)) = (key, role)
            && *key > role
        {
            let why =
                format!("{key} is more than the {role} of the role {name:?}: a key narrows, it never widens");
            return Err(Unmintable::new(member, why));
        }
    }
    if let (Some(key), Some(role)) = (budget, quota.budget)
        && is_wider(key, &role)
    {
        let [key, role] = [key, &role].map(|of| format!("{} USD per {}", of.amount.dollars(), of.per.word()));
        let why =
            format!("{key} is more than the {role} of the role {name:?}: a key narrows, it never widens");
        return Err(Unmintable::new("budget", why));
    }
    Ok(())
}

/// Whether a budget never ends before another does: it is larger, and for no longer.
fn is_wider(key: &Budget, role: &Budget) -> bool {
    let place = |per: Period| Period::WORDS.iter().position(|(_, known)| *known == per);
    key.amount > role.amount && place(key.per) <= place(role.per)
}

/// Why claims were not written, and what to do.
fn refusal(why: Unwritable, claims: &Claims) -> Unmintable {
    let more = match why {
        Unwritable::TooLong(more) => more,
        Unwritable::Invalid("models") => {
            return Unmintable::new("models", "a model's name is not empty, and has no comma");
        }
        Unwritable::Invalid("signer") => return Unmintable::new("role", "this signing key only checks keys"),
        Unwritable::Invalid("expires") => return Unmintable::new("expires_in", "a key ends before 2106"),
        Unwritable::Invalid(member) => return Unmintable::new(member, "this fits into no key"),
    };
    let label = claims.label.as_ref().map(|label| ("label", label.len()));
    let models = claims.narrowing.models.iter().map(|model| model.len().saturating_add(1));
    let models = models.reduce(usize::saturating_add).map(|length| ("models", length.saturating_sub(1)));
    let parts: Vec<_> = [label, models].into_iter().flatten().collect();
    let shown: Vec<_> = parts.iter().map(|(name, length)| format!("{name} ({length} bytes)")).collect();
    let cure = match shown.is_empty() {
        true => "give the role, or the signing key, a shorter name".to_owned(),
        false => format!("shorten {}", shown.join(" or ")),
    };
    let member = parts.iter().max_by_key(|(_, length)| *length).map_or("role", |(name, _)| name);
    let message =
        format!("this is {more} bytes more than fit into a key of {LONGEST_KEY} characters: {cure}");
    Unmintable::new(member, message)
}

/// Shows no key.
impl fmt::Debug for Minted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Minted").field("claims", &self.claims).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::super::quota::{Money, Quota};
    use super::super::signer::SigningKey;
    use super::*;
    use crate::routing::{Glob, Globs};

    const NOW: Duration = Duration::from_secs(1_790_000_000);

    fn signer(pair: bool) -> Signer {
        let key = SigningKey::of_secret(&SigningKey::secret_of([7; 32], pair)).unwrap();
        Signer { id: "k1".to_owned(), key, verify_only: false }
    }

    fn wanted() -> Wanted {
        let (role, label) = ("developer".to_owned(), None);
        Wanted { role, lifetime: 60, label, narrowing: Narrowing::default() }
    }

    fn budget(dollars: u64, per: Period) -> Option<Budget> {
        Some(Budget { amount: Money(dollars.saturating_mul(Money::DOLLAR.0)), per, warn_at: None })
    }

    fn roles() -> Vec<Rc<Role>> {
        let quota = Quota {
            requests_per_minute: Some(60),
            tokens_per_minute: Some(1000),
            concurrent_requests: None,
            budget: budget(50, Period::Week),
        };
        let models = Some(Globs::new(["gpt-*", "fast"].map(Glob::new).to_vec()));
        vec![Rc::new(Role { name: "developer".to_owned(), quota, models, ..Role::default() })]
    }

    fn make(wanted: Wanted) -> Result<Minted, Unmintable> {
        mint(wanted, &signer(false), Some(&roles()), NOW, [1; RANDOM])
    }

    #[test]
    fn a_key_is_what_was_wanted() {
        for pair in [false, true] {
            let signer = signer(pair);
            let minted = mint(wanted(), &signer, Some(&roles()), NOW, [1; RANDOM]).unwrap();
            let key = IssuedKey::read(&minted.text).unwrap();
            assert!(key.is_of(&signer));
            assert_eq!(key.claims, minted.claims);
            assert_eq!((key.claims.expires, key.claims.id.issued()), (NOW.as_secs() + 60, NOW.as_secs()));
            assert!(!format!("{minted:?}").contains(&minted.text));
        }
    }

    #[test]
    fn what_is_no_key_is_told_by_its_member() {
        type Change = fn(&mut Wanted);
        let cases: &[(&str, Change)] = &[
            ("role", |wanted| wanted.role = "devoloper".to_owned()),
            ("role", |wanted| wanted.role = "no role".to_owned()),
            ("expires_in", |wanted| wanted.lifetime = 0),
            ("expires_in", |wanted| wanted.lifetime = LONGEST_LIFETIME + 1),
            ("label", |wanted| wanted.label = Some("two\nlines".to_owned())),
            ("label", |wanted| wanted.label = Some("x".repeat(129))),
            ("label", |wanted| wanted.label = Some("x".repeat(100))),
            ("models", |wanted| wanted.narrowing.models = vec!["claude-sonnet-4-5".to_owned()]),
            ("models", |wanted| wanted.narrowing.models = vec!["gpt-4o,b".to_owned()]),
            ("models", |wanted| wanted.narrowing.models = vec!["gpt-4o".to_owned(); 100]),
            ("requests_per_minute", |wanted| wanted.narrowing.requests_per_minute = Some(61)),
            ("tokens_per_minute", |wanted| wanted.narrowing.tokens_per_minute = Some(1001)),
            ("budget", |wanted| wanted.narrowing.budget = budget(51, Period::Week)),
            ("budget", |wanted| wanted.narrowing.budget = budget(51, Period::Day)),
        ];
        for (member, change) in cases {
            let mut wanted = wanted();
            change(&mut wanted);
            let refused = make(wanted.clone()).unwrap_err();
            assert_eq!(refused.member, *member, "{wanted:?}: {refused:?}");
        }
        let role = make(Wanted { role: "devoloper".to_owned(), ..wanted() }).unwrap_err();
        assert!(role.message.ends_with(r#"; did you mean "developer"?"#), "{}", role.message);
    }

    #[test]
    fn what_narrows_is_good() {
        let models = ["gpt-4o", "openai/gpt-4o", "fast", "*"].map(str::to_owned).to_vec();
        let narrowing =
            Narrowing { models, requests_per_minute: Some(60), tokens_per_minute: Some(0), budget: None };
        assert!(make(Wanted { narrowing, ..wanted() }).is_ok());
        for budget in [budget(50, Period::Week), budget(51, Period::Month), budget(9, Period::Hour)] {
            let narrowing = Narrowing { budget, ..Narrowing::default() };
            assert!(make(Wanted { narrowing, ..wanted() }).is_ok(), "{budget:?}");
        }
    }

    #[test]
    fn who_writes_too_much_is_told_by_how_much() {
        let with = |length: usize| Wanted { label: Some("x".repeat(length)), ..wanted() };
        let fits = (1..100).take_while(|length| make(with(*length)).is_ok()).count();
        let refused = make(with(fits + 9)).unwrap_err();
        let want = format!(
            "this is 9 bytes more than fit into a key of 160 characters: shorten label ({} bytes)",
            fits + 9
        );
        assert_eq!((refused.member, refused.message), ("label", want));
    }

    #[test]
    fn who_only_checks_makes_none() {
        let public = signer(true).key.public().unwrap();
        let key = SigningKey::of_public(&public).unwrap();
        let signer = Signer { key, ..signer(true) };
        assert!(mint(wanted(), &signer, None, NOW, [1; RANDOM]).is_err());
    }
}
