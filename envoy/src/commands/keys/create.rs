//! `ferro keys create`: a key.

use ferro::access::{
    Budget, LONGEST_LIFETIME, Money, Narrowing, Period, USUAL_LIFETIME, Wanted, mint, parse_lifetime,
    written_date,
};

use super::super::{ConfigOption, Outcome};
use super::known::{Known, USUAL_VARIABLE};
use crate::terminal;

/// Options of `ferro keys create`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// The role of who gets it, by its name in the file
    #[arg(long, value_name = "NAME")]
    role: String,
    /// How long it is good: 30s, 15m, 12h, 30d, 1d12h, at most 366d [default: 30d]
    #[arg(long, value_name = "DURATION", value_parser = lifetime)]
    expires_in: Option<u64>,
    /// What it is for, in words: who reads the access log sees it
    #[arg(long, value_name = "WORDS")]
    label: Option<String>,
    /// The models that it may use of those that its role may; patterns
    #[arg(long, value_name = "MODEL", num_args = 1.., value_delimiter = ',')]
    models: Vec<String>,
    /// Fewer requests than its role may
    #[arg(long, value_name = "N")]
    requests_per_minute: Option<u64>,
    /// Fewer tokens than its role may
    #[arg(long, value_name = "N")]
    tokens_per_minute: Option<u64>,
    /// Less money than its role may spend, in US dollars: 5/day, 0.5/hour, 100/month, 20/forever
    #[arg(long, value_name = "USD/PERIOD", value_parser = budget)]
    budget: Option<Budget>,
}

/// Prints the key.
pub fn run(options: Options) -> Outcome {
    let known = Known::read(&options.config)?;
    let signer = known.signer()?;
    let narrowing = Narrowing {
        models: options.models,
        requests_per_minute: options.requests_per_minute,
        tokens_per_minute: options.tokens_per_minute,
        budget: options.budget,
    };
    let lifetime = options.expires_in.unwrap_or(USUAL_LIFETIME);
    let wanted = Wanted { role: options.role, lifetime, label: options.label, narrowing };
    let minted = mint(wanted, &signer, known.roles(), super::now(), super::random()?)
        .map_err(|why| format!("--{}: {}", why.member.replace('_', "-"), why.message))?;
    let claims = &minted.claims;
    if known.roles().is_none() {
        terminal::note(&format!(
            "Without a file nobody knows whether there is a role {:?}. Signed as {:?} with ${USUAL_VARIABLE}.",
            claims.role, claims.signer
        ));
    }
    terminal::note(&format!("{}, good until {}", claims.id, written_date(claims.expires)));
    terminal::print(&minted.text);
    Ok(())
}

fn lifetime(text: &str) -> Result<u64, String> {
    let seconds = parse_lifetime(text).filter(|seconds| *seconds <= LONGEST_LIFETIME);
    seconds.ok_or_else(|| "expected a duration such as 30s, 15m, 12h or 30d, and at most 366d".to_owned())
}

fn budget(text: &str) -> Result<Budget, String> {
    let parsed = text.split_once('/').and_then(|(amount, per)| {
        let amount = Money::of_dollars(amount.parse().ok()?)?;
        Some(Budget { amount, per: Period::by_word(per)?, warn_at: None })
    });
    parsed
        .ok_or_else(|| "expected US dollars and hour, day, week, month or forever, such as 5/day".to_owned())
}
