//! The members of a body that an administrator sends.

use serde_json::{Map, Value};

use crate::access::{
    Budget, DAY, LONGEST_LIFETIME, Money, Narrowing, Period, USUAL_LIFETIME, Wanted, parse_lifetime,
};
use crate::exchange::failure::Failure;
use crate::routing::{did_you_mean, nearest};

/// The members of an object.
#[derive(Debug)]
pub(super) struct Members(Map<String, Value>);

/// What a key may be wanted to have.
const OF_KEY: &[&str] =
    &["role", "expires_in", "label", "models", "requests_per_minute", "tokens_per_minute", "budget"];

/// What a budget has.
const OF_BUDGET: &[&str] = &["usd", "per"];

/// The most models that a key names.
const MOST_MODELS: usize = 100;

/// The most of a name that is repeated, in characters.
const SHOWN: usize = 64;

/// What is wanted of a key.
///
/// # Errors
/// It does not say so.
pub(super) fn wanted(members: &Members) -> Result<Wanted, Failure> {
    members.check(OF_KEY)?;
    let role = members
        .text("role")?
        .ok_or_else(|| Failure::new(400, "missing_field", "which role the key is of").with_param("role"))?;
    let lifetime = members.text("expires_in")?.map(|text| {
        let most = LONGEST_LIFETIME / DAY;
        let why = format!(
            "expected a duration such as \"30s\", \"15m\", \"12h\" or \"30d\", and at most \"{most}d\""
        );
        parse_lifetime(text).ok_or_else(|| invalid("expires_in", why))
    });
    let narrowing = Narrowing {
        models: members.models()?,
        requests_per_minute: members.number("requests_per_minute")?,
        tokens_per_minute: members.number("tokens_per_minute")?,
        budget: members.budget()?,
    };
    Ok(Wanted {
        role: role.to_owned(),
        lifetime: lifetime.transpose()?.unwrap_or(USUAL_LIFETIME),
        label: members.text("label")?.map(str::to_owned),
        narrowing,
    })
}

impl Members {
    /// The members of a body.
    ///
    /// # Errors
    /// It is no object in JSON.
    pub fn read(body: &[u8]) -> Result<Self, Failure> {
        serde_json::from_slice(body)
            .map(Self)
            .map_err(|_| Failure::new(400, "invalid_json", "the body is no JSON object"))
    }

    /// Refuses what nobody would read.
    ///
    /// # Errors
    /// There is such.
    pub fn check(&self, known: &[&str]) -> Result<(), Failure> {
        let Some(other) = self.0.keys().find(|name| !known.contains(&name.as_str())) else { return Ok(()) };
        let shown: String = other.chars().take(SHOWN).collect();
        let hint = did_you_mean(',', nearest(other, known.iter().copied()));
        let why = format!("unknown member, expected one of {}{hint}", known.join(", "));
        Err(Failure::new(400, "unsupported_parameter", why).with_param(shown))
    }

    /// A member; `null` counts as absent.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A text.
    ///
    /// # Errors
    /// It is something else.
    pub fn text(&self, name: &'static str) -> Result<Option<&str>, Failure> {
        let text = |value: &'_ Value| value.as_str().is_none().then(|| invalid(name, "expected a string"));
        let value = self.get(name);
        value.and_then(text).map_or_else(|| Ok(value.and_then(Value::as_str)), Err)
    }

    fn number(&self, name: &'static str) -> Result<Option<u64>, Failure> {
        let number = |value: &Value| value.as_u64().ok_or_else(|| invalid(name, "expected a whole number"));
        self.get(name).map(number).transpose()
    }

    fn models(&self) -> Result<Vec<String>, Failure> {
        let why = || invalid("models", format!("expected a list of at most {MOST_MODELS} models' names"));
        let Some(value) = self.get("models") else { return Ok(Vec::new()) };
        let list = value.as_array().filter(|list| list.len() <= MOST_MODELS).ok_or_else(why)?;
        if list.is_empty() {
            return Err(invalid(
                "models",
                "an empty list lets the key use nothing; leave it out for all of its role's",
            ));
        }
        list.iter().map(|model| model.as_str().map(str::to_owned).ok_or_else(why)).collect()
    }

    fn budget(&self) -> Result<Option<Budget>, Failure> {
        let Some(value) = self.get("budget") else { return Ok(None) };
        let read = || {
            let members = value.as_object()?;
            let amount = Money::of_dollars(members.get("usd")?.as_f64()?)?;
            let per = Period::by_word(members.get("per")?.as_str()?)?;
            let is_all = members.keys().all(|name| OF_BUDGET.contains(&name.as_str()));
            is_all.then_some(Budget { amount, per, warn_at: None })
        };
        let words: Vec<_> = Period::WORDS.iter().map(|(word, _)| *word).collect();
        let why = format!("expected `usd`, an amount, and `per`, one of {}", words.join(", "));
        read().map(Some).ok_or_else(|| invalid("budget", why))
    }
}

fn invalid(member: &'static str, why: impl Into<String>) -> Failure {
    Failure::new(400, "invalid_value", why).with_param(member)
}
