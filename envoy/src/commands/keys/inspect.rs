//! `ferro keys inspect`: what a key says, and whether it is good. What it says is read without a secret; whether that is
//! true, who has the signing key can tell.

use ferro::access::{Claims, IssuedKey, NotGood, digest, written_date};
use serde_json::{Value, json};

use super::super::{ConfigOption, Failure, Outcome};
use super::known::Known;
use crate::terminal;

/// Options of `ferro keys inspect`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// The key; - reads it from standard input, which no list of processes shows
    #[arg(value_name = "KEY")]
    key: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// What is known of a key.
#[derive(Debug, Default)]
struct Seen {
    id: Option<String>,
    role: Option<String>,
    label: Option<String>,
    issued: Option<u64>,
    expires: Option<u64>,
    limits: Option<Value>,
    signer: Option<String>,
}

/// Why a key is not good.
#[derive(Debug)]
enum Doubt {
    /// It is known that it is not.
    Wrong(String),
    /// Nobody here can tell.
    Unknown(String),
}

/// Prints what is known. Exit code 1 if the key is not known to be good.
pub fn run(options: &Options) -> Outcome {
    let known = Known::read(&options.config)?;
    let text = super::given(&options.key)?;
    let key = IssuedKey::read(&text);
    let seen = match &key {
        Some(key) => Seen::of(&key.claims),
        None => Seen::listed(&text, &known),
    };
    let verdict = verdict(&text, key.as_ref(), &known);
    match options.json {
        true => terminal::print(&format!("{:#}", seen.json(&verdict))),
        false => seen.print(&verdict),
    }
    verdict.map_err(|doubt| Failure::Message(doubt.words().to_owned()))
}

/// Whether a gateway with this file would take the key now.
fn verdict(text: &str, key: Option<&IssuedKey>, known: &Known) -> Result<(), Doubt> {
    let now = super::now().as_secs();
    let keyring = known.keyring(key.map(|key| &key.claims));
    let Err(why) = keyring.check(text, now, |_| false) else { return Ok(()) };
    Err(match why {
        // Every key has a role.
        NotGood::Unknown | NotGood::Roleless => unknown(key, known),
        NotGood::Expired => Doubt::Wrong("its time is over".to_owned()),
        NotGood::Revoked => Doubt::Wrong("it was taken back: the file's `revoked` has it".to_owned()),
        NotGood::TooOld => Doubt::Wrong("it is older than its role takes: `not_before`".to_owned()),
    })
}

/// Why nobody knows a key.
fn unknown(key: Option<&IssuedKey>, known: &Known) -> Doubt {
    let Some(key) = key else {
        return Doubt::Wrong(
            "it is no issued key, or not all of one, and the file lists none like it".to_owned(),
        );
    };
    let Claims { signer: id, role, .. } = &key.claims;
    match known.checker(id) {
        Err(Some(why)) => Doubt::Unknown(format!("whether it is good cannot be told: {why}")),
        Err(None) => Doubt::Wrong(format!("it is of the signing key {id:?}, which the file does not have")),
        Ok(signer) if !key.is_of(&signer) => {
            Doubt::Wrong(format!("it was not signed with {id:?}: it was changed, or comes from elsewhere"))
        }
        Ok(_) if known.roles().is_some_and(|roles| roles.iter().all(|known| known.name != *role)) => {
            Doubt::Wrong(format!("the file has no role {role:?}"))
        }
        Ok(_) => Doubt::Wrong("it says that it was issued in the future".to_owned()),
    }
}

impl Doubt {
    fn words(&self) -> &str {
        match self {
            Self::Wrong(why) | Self::Unknown(why) => why,
        }
    }
}

impl Seen {
    /// What a key says of itself.
    fn of(claims: &Claims) -> Self {
        Self {
            id: Some(claims.id.to_string()),
            role: Some(claims.role.clone()),
            label: claims.label.clone(),
            issued: Some(claims.id.issued()),
            expires: Some(claims.expires),
            limits: serde_json::to_value(&claims.narrowing).ok(),
            signer: Some(claims.signer.clone()),
        }
    }

    /// What the file says of a key that it lists.
    fn listed(text: &str, known: &Known) -> Self {
        let digest = digest(text.as_bytes());
        let found = known.access().and_then(|access| {
            let key = access.keys.iter().find(|key| key.sha256 == digest)?;
            Some((key, access.roles.get(key.role)))
        });
        found.map_or_else(Self::default, |(key, role)| Self {
            id: Some(key.id.clone()),
            role: role.map(|role| role.name.clone()),
            label: key.label.clone(),
            expires: key.expires,
            ..Self::default()
        })
    }

    fn json(&self, verdict: &Result<(), Doubt>) -> Value {
        let valid = match verdict {
            Ok(()) => Some(true),
            Err(Doubt::Wrong(_)) => Some(false),
            Err(Doubt::Unknown(_)) => None,
        };
        json!({
            "id": self.id,
            "role": self.role,
            "label": self.label,
            "issued": self.issued.map(written_date),
            "expires": self.expires.map(written_date),
            "limits": self.limits.clone().unwrap_or_else(|| json!({})),
            "signer": self.signer,
            "valid": valid,
            "reason": verdict.as_ref().err().map(Doubt::words),
        })
    }

    fn print(&self, verdict: &Result<(), Doubt>) {
        // What nobody has signed may hold anything.
        let plain = |value: &str| value.replace(char::is_control, "\u{fffd}");
        let line = |name: &str, value: &str| terminal::print(&format!("{name:8} {}", plain(value)));
        let limits =
            self.limits.as_ref().filter(|limits| limits.as_object().is_some_and(|it| !it.is_empty()));
        for (name, value) in [
            ("id", self.id.clone()),
            ("role", self.role.clone()),
            ("label", self.label.clone()),
            ("issued", self.issued.map(written_date)),
            ("expires", self.expires.map(written_date)),
            ("limits", limits.map(Value::to_string)),
            ("signer", self.signer.clone()),
        ] {
            if let Some(value) = value {
                line(name, &value);
            }
        }
        let valid = match verdict {
            Ok(()) => "yes",
            Err(Doubt::Wrong(_)) => "no",
            Err(Doubt::Unknown(_)) => "unknown",
        };
        line("valid", valid);
    }
}
