//! `ferro explain`: where a request would go, and why, decided by the filter's own code.
//!
//! The gateway is built as if every credential were set, since it may run elsewhere; which of them are not set here is
//! said of each target.

mod account;

use std::hash::{BuildHasher, RandomState};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::Duration;

use ferro::access::Role;
use ferro::exchange::{self, Headers, Services};
use ferro::gateway::{CallAnswer, Gateway};

use super::{ConfigOption, Failure, Outcome};
use crate::load::{Environment, Loaded, Purpose};
use crate::terminal;
use account::Account;

/// Options of `ferro explain`.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    config: ConfigOption,
    /// The request's body, as it would be sent to /v1/chat/completions; - for standard input
    #[arg(long, value_name = "BODY.json")]
    request: PathBuf,
    /// A header of the request: K=V or "K: V"; for several, give this option several times
    #[arg(long = "header", value_name = "K=V", value_parser = header)]
    headers: Vec<(String, String)>,
    /// The role of who asks, where the file has `access`; without it, what a request without a key would get
    #[arg(long, value_name = "ROLE")]
    role: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Exit code 1 if the request would be refused.
pub fn run(options: &Options) -> Outcome {
    let loaded = options.config.load(Purpose::Explain)?;
    let body = read(&options.request)?;
    let headers: Vec<_> =
        options.headers.iter().map(|(name, value)| (name.as_bytes(), value.as_bytes())).collect();
    let gateway = Rc::new(gateway(&loaded));
    let role = options.role.as_deref().map(|name| role(&gateway, name)).transpose()?;
    let explained = exchange::explain(&gateway, role, Headers(&headers), body, &Alone);
    let environment = Environment::of_process();
    let account = Account { explained, loaded: &loaded, providers: loaded.providers(), environment };
    terminal::print(&match options.json {
        true => format!("{:#}", account.json()),
        false => account.text(),
    });
    if account.is_refused() { Err(Failure::Checks) } else { Ok(()) }
}

/// The role of this name.
fn role<'g>(gateway: &'g Gateway, name: &str) -> Result<&'g Rc<Role>, String> {
    let Some(keyring) = &gateway.keyring else {
        return Err("--role: the file says nothing of roles: it has no `access`".to_owned());
    };
    keyring.role(name).ok_or_else(|| {
        let known: Vec<_> = keyring.roles().iter().map(|role| role.name.as_str()).collect();
        format!("--role: there is no role {name:?}; expected one of {}", known.join(", "))
    })
}

/// The gateway, as if every credential were set, and every token fetched.
fn gateway(loaded: &Loaded) -> Gateway {
    const STAND_IN: &str = "-";
    const TOKEN: CallAnswer<'_> = CallAnswer { status: 200, body: br#"{"access_token": "-"}"# };
    let gateway = Gateway::build(&loaded.config, |_| Some(STAND_IN.to_owned()), 0);
    for (errand, _) in gateway.due_tokens(Alone.now()) {
        gateway.take(errand, TOKEN, Alone.now());
    }
    gateway
}

fn read(file: &Path) -> Result<Vec<u8>, String> {
    /// One byte more than a gateway can be configured to take.
    const MOST: u64 = (256 << 20) + 1;
    let mut body = Vec::new();
    let read = match file == Path::new("-") {
        true => std::io::stdin().take(MOST).read_to_end(&mut body),
        false => std::fs::File::open(file).and_then(|file| file.take(MOST).read_to_end(&mut body)),
    };
    match read {
        Ok(bytes) if u64::try_from(bytes).is_ok_and(|bytes| bytes < MOST) => Ok(body),
        Ok(_) => Err(format!("{}: longer than any request may be", file.display())),
        Err(error) => Err(format!("{}: cannot be read: {error}", file.display())),
    }
}

/// Reads `K=V` or `K: V`; the name in lower case, as the filter sees it.
fn header(text: &str) -> Result<(String, String), String> {
    let legal = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    let (name, value) = text.split_once([':', '=']).ok_or("expected K=V or \"K: V\"")?;
    match !name.is_empty() && name.bytes().all(legal) {
        true => Ok((name.to_ascii_lowercase(), value.trim().to_owned())),
        false => Err(format!("{name:?} is not the name of a header")),
    }
}

/// A host that shares nothing with anybody: nothing is known of any target.
#[derive(Debug)]
struct Alone;

impl Services for Alone {
    /// Nothing is old where nothing was seen.
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn random(&self) -> u64 {
        RandomState::new().hash_one(0)
    }

    fn address(&self) -> Option<std::net::IpAddr> {
        None
    }
    fn held(&self) -> usize {
        0
    }

    fn worker(&self) -> u64 {
        0
    }

    fn shared(&self, _: &str) -> Option<(Vec<u8>, u32)> {
        None
    }

    fn share(&self, _: &str, _: &[u8], _: u32) -> bool {
        true
    }
}
