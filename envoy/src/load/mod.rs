//! A configuration file, read and checked: what the filter gets, and what its credentials are called.
//!
//! `${NAME}` stands for an environment variable in every string, and is replaced here. Not in a secret: there the
//! reference itself goes to the filter, which finds the value in Envoy's environment, so that no rendered file holds
//! one. A secret that is written out gets a variable of its own.

mod environment;
mod files;
mod path;
mod pem;
mod problem;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

use ferro::config::{Access, Config, ConfigErrors, ProviderConfig, Proxied};
use ferro::gateway::Use;
use ferro::provider::Row;
use serde_json::Value;

use crate::yaml::{self, Document};
pub use environment::Environment;
use environment::Reader;
pub use files::belong_together;
use files::{Fault, Weight};
pub use problem::{Problem, Problems};

/// What a configuration is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// To run it here and now: every variable must be there.
    Run,
    /// To see whether it is right: variables may come later.
    Check,
    /// To see what it would do: credentials may come later.
    Explain,
    /// To make and read keys of callers: credentials may come later.
    Keys,
    /// To run it elsewhere: variables may come later, and secrets may not be written out.
    Render,
}

/// A configuration without errors.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// What it says.
    pub config: Config,
    /// What the filter gets.
    pub json: Value,
    /// Where the files are that it names by relative names.
    folder: PathBuf,
    /// What was written, with references to variables and without secrets.
    written: Value,
    /// Secrets that were written out, under the names of their variables. They go into Envoy's environment.
    pub secrets: BTreeMap<String, String>,
    /// What an operator may want to know.
    pub warnings: Problems,
}

/// What messages call a configuration that no file holds.
pub const WITHOUT_FILE: &str = "without a file";

/// The most bytes of credentials' names in Envoy's configuration, which has all of them for each provider.
const MOST_REPEATED: usize = 16 << 20;

/// Reads and checks a file.
///
/// # Errors
/// All that is wrong with it.
pub fn load(
    file: Option<&Path>,
    purpose: Purpose,
    environment: &Environment<'_>,
) -> Result<Loaded, Problems> {
    let Some(file) = file else { return check("", purpose, environment, WITHOUT_FILE) };
    let folder = file.parent().unwrap_or(Path::new(""));
    let name = file.display().to_string();
    let unreadable =
        |message: String| Problem { file: name.clone(), place: None, path: String::new(), message };
    let bytes =
        read(file).map_err(|error| unreadable(format!("cannot be read: {error}. {}", way_out(&error))))?;
    let not_text = |_| unreadable("is not UTF-8 text: save it as that".to_owned());
    let text = String::from_utf8(bytes).map_err(not_text)?;
    check_in(folder, &text, purpose, environment, &name)
}

/// What to do about a file that cannot be read.
fn way_out(error: &std::io::Error) -> &'static str {
    match error.kind() {
        ErrorKind::NotFound => {
            "Name another with -c; without one, every provider whose credential is set is served, and `ferro demo` needs \
             none"
        }
        ErrorKind::IsADirectory => "It is a folder: name the file in it, such as gateway.yaml",
        ErrorKind::PermissionDenied => "Let this user read it, and the folders that it is in",
        _ => "Name another with -c",
    }
}

/// A file's content, or as much of it as shows that it is too long.
///
/// # Errors
/// It cannot be read.
pub fn read(file: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let most = u64::try_from(yaml::LONGEST).unwrap_or(u64::MAX).saturating_add(1);
    std::fs::File::open(file)?.take(most).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Checks the text of a file; `name` is what messages call it.
///
/// # Errors
/// All that is wrong with it.
pub fn check(
    text: &str,
    purpose: Purpose,
    environment: &Environment<'_>,
    name: &str,
) -> Result<Loaded, Problems> {
    check_in(Path::new(""), text, purpose, environment, name)
}

/// The same, where the files that the text names are in `folder`.
fn check_in(
    folder: &Path,
    text: &str,
    purpose: Purpose,
    environment: &Environment<'_>,
    name: &str,
) -> Result<Loaded, Problems> {
    let folder = match purpose {
        // Where the machine that runs Envoy has them, is for it to say.
        Purpose::Render => PathBuf::new(),
        _ => std::env::current_dir().unwrap_or_default().join(folder),
    };
    let document = yaml::parse(text).map_err(|mistake| Problem::from_mistake(name, mistake))?;
    let mut checked =
        Checked { name, folder, document, problems: Problems::default(), warnings: Problems::default() };
    let mut json = std::mem::take(&mut checked.document.value);
    let reader = Reader::resolve(&mut json, purpose, environment);
    for mistake in std::mem::take(&mut checked.document.mistakes) {
        checked.problems.add(|| Problem::from_mistake(name, mistake));
    }
    checked.problems.add_more(checked.document.more);
    checked.report(&reader, purpose);
    let heeded = |path: &str| match purpose {
        _ if reader.is_told(path) => false,
        // What a variable would have said here is not known, so it is not wrong.
        Purpose::Run | Purpose::Check => !reader.is_unknown(path),
        Purpose::Explain | Purpose::Keys | Purpose::Render => true,
    };
    match Config::parse_heeding(&json, &heeded) {
        Ok(config) => checked.finish(config, json, reader, purpose, environment),
        Err(errors) => {
            checked.refuse(&errors, &reader, purpose);
            match checked.problems.is_empty() {
                // Right as far as can be seen; what it would run is not known, and nobody runs it.
                true if purpose == Purpose::Check => {
                    let json = Value::Null;
                    let config = Config::parse(&json).map_err(|_| Problems::default())?;
                    let written = Value::Null;
                    let (folder, secrets) = (checked.folder, BTreeMap::new());
                    Ok(Loaded { config, json, folder, written, secrets, warnings: checked.warnings })
                }
                _ => Err(checked.sorted()),
            }
        }
    }
}

impl Loaded {
    /// The environment variables that hold credentials, sorted.
    pub fn credentials(&self) -> BTreeSet<&str> {
        let signing = match &self.config.access {
            Access::Keyed(access) => access.secrets().collect(),
            Access::Local | Access::Open => Vec::new(),
        };
        self.config.providers.iter().flat_map(|provider| provider.secrets()).chain(signing).collect()
    }

    /// The providers, by name.
    pub fn providers(&self) -> BTreeMap<&str, &ProviderConfig> {
        self.config.providers.iter().map(|provider| (provider.name.as_str(), provider)).collect()
    }

    /// Where a provider is, as messages show it: what a variable says of it is shown as the variable.
    pub fn endpoint(&self, provider: &ProviderConfig) -> String {
        let written = self.written.pointer(&format!("/providers/{}/endpoint", provider.name));
        let root = || Row::find(&provider.kind).and_then(|row| row.root);
        match self.hides(provider) {
            true => written.and_then(Value::as_str).or_else(root).unwrap_or(&provider.kind).to_owned(),
            false => provider.endpoint.to_string(),
        }
    }

    /// Whether a variable says something of where a provider is.
    pub fn hides(&self, provider: &ProviderConfig) -> bool {
        const NOT_OF_ITS_PLACE: &[&str] = &["api_key", "api_keys", "auth", "headers", "proxy", "tls"];
        let written =
            self.written.pointer(&format!("/providers/{}", provider.name)).and_then(Value::as_object);
        let mut parts = written.into_iter().flatten();
        parts.any(|(key, part)| !NOT_OF_ITS_PLACE.contains(&key.as_str()) && part.to_string().contains("${"))
    }

    /// Whether a variable says where a provider's tokens come from.
    pub fn hides_issuer(&self, provider: &ProviderConfig) -> bool {
        let url = self.written.pointer(&format!("/providers/{}/auth/token/url", provider.name));
        url.is_some_and(|url| url.to_string().contains("${"))
    }

    /// Where a file is that it names.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// What it means that the gateway is open to others, if it is.
    pub fn exposure(&self) -> Option<String> {
        let open = self.config.listen.iter().map(|place| place.address).find(|it| !it.ip().is_loopback());
        open.filter(|_| matches!(self.config.access, Access::Open)).map(|listen| {
            format!(
                "`listen: {listen}` with `access: none`: everybody who reaches this address can spend the providers' \
                 credentials"
            )
        })
    }
}

/// A file while it is checked.
struct Checked<'a> {
    name: &'a str,
    folder: PathBuf,
    document: Document,
    problems: Problems,
    warnings: Problems,
}

impl Checked<'_> {
    fn at(&self, path: &str, message: impl Into<String>) -> Problem {
        Problem {
            file: self.name.to_owned(),
            place: self.document.place(path),
            path: path.to_owned(),
            message: message.into(),
        }
    }

    fn problem(&mut self, path: &str, message: impl Into<String>) {
        let mut problems = std::mem::take(&mut self.problems);
        problems.add(|| self.at(path, message));
        self.problems = problems;
    }

    fn warning(&mut self, path: &str, message: impl Into<String>) {
        let mut warnings = std::mem::take(&mut self.warnings);
        warnings.add(|| self.at(path, message));
        self.warnings = warnings;
    }

    /// Reports what the variables of a file lack.
    fn report(&mut self, reader: &Reader, purpose: Purpose) {
        for (path, message) in reader.wrong.first() {
            self.problem(path, message);
        }
        self.problems.add_more(reader.wrong.more());
        for (path, variable) in reader.undefined.first() {
            self.unset(path, variable, purpose);
        }
        match purpose {
            Purpose::Run => self.problems.add_more(reader.undefined.more()),
            _ => self.warnings.add_more(reader.undefined.more()),
        }
        for (path, message) in reader.flawed.first() {
            let is_spared = path
                .rfind('[')
                .and_then(|end| path.get(..=end))
                .is_some_and(|list| reader.spared.contains(list));
            self.flawed(path, message, is_spared, purpose);
        }
        match purpose {
            Purpose::Run | Purpose::Check => self.problems.add_more(reader.flawed.more()),
            Purpose::Explain | Purpose::Keys | Purpose::Render => {
                self.warnings.add_more(reader.flawed.more());
            }
        }
        let written_out = &reader.written_out;
        let paths = written_out.first().iter().map(|(path, ())| path);
        match purpose {
            Purpose::Run => {}
            Purpose::Check | Purpose::Explain | Purpose::Keys => {
                for path in paths {
                    self.warning(
                        path,
                        "a secret is written here; write ${NAME} and set that variable instead",
                    );
                }
                self.warnings.add_more(written_out.more());
            }
            Purpose::Render => {
                for path in paths {
                    let message = "a secret is written here and would be printed; write ${NAME} and set that variable for Envoy";
                    self.problem(path, message);
                }
                self.problems.add_more(written_out.more());
            }
        }
    }

    /// Reports what the filter's own code finds wrong.
    fn refuse(&mut self, errors: &ConfigErrors, reader: &Reader, purpose: Purpose) {
        let paths: BTreeSet<_> = errors.iter().map(|error| error.path.as_str()).collect();
        let plain = Config::parse_heeding(&reader.written, &|path| paths.contains(path));
        let plain = plain.err().unwrap_or_default();
        for error in errors.iter() {
            let message = match purpose {
                _ if !reader.is_unknown(&error.path) => reader.wording(error, &plain),
                Purpose::Render => "this variable must be set to render the file".to_owned(),
                Purpose::Keys => "this variable must be set to read the file".to_owned(),
                _ => "this variable must be set to explain a request".to_owned(),
            };
            self.problem(&error.path, message);
        }
        self.problems.add_more(errors.more());
    }

    fn unset(&mut self, path: &str, variable: &str, purpose: Purpose) {
        let message = format!("the environment variable {variable} is not set");
        match purpose {
            Purpose::Run => self.problem(path, message),
            Purpose::Check | Purpose::Explain | Purpose::Keys | Purpose::Render => {
                self.warning(path, message)
            }
        }
    }

    /// Reports a variable that holds no credential. Where others do, or where it is another machine's that counts, it is
    /// left out when it is run.
    fn flawed(&mut self, path: &str, message: &str, is_spared: bool, purpose: Purpose) {
        match purpose {
            Purpose::Run | Purpose::Check if !is_spared => self.problem(path, message),
            _ if is_spared => self.warning(path, format!("{message}. The others serve")),
            _ => self.warning(path, message),
        }
    }

    fn finish(
        mut self,
        mut config: Config,
        json: Value,
        reader: Reader,
        purpose: Purpose,
        environment: &Environment<'_>,
    ) -> Result<Loaded, Problems> {
        let is_set =
            |variable: &str| reader.secrets.contains_key(variable) || environment.credential(variable);
        let has_all = |provider: &ProviderConfig| {
            let is_key = |name: &str| provider.credentials.iter().flatten().any(|key| key == name);
            let flawed = |name: &str| is_key(name) && environment.flaw(name, Use::Key).is_some();
            provider.missing(|name| is_set(name) && !flawed(name)).is_empty()
        };
        for provider in config.providers.iter().filter(|provider| !reader.lacking.contains(&provider.name)) {
            let names = provider.credentials.iter().flatten();
            let flaws: Vec<_> = names.filter_map(|name| environment.flaw(name, Use::Key)).collect();
            let path = if provider.implied { String::new() } else { format!("providers.{}", provider.name) };
            if !flaws.is_empty() && !has_all(provider) {
                for flaw in flaws {
                    self.flawed(&path, &flaw, provider.implied, purpose);
                }
            } else if !provider.implied {
                for name in provider.missing(is_set) {
                    self.unset(&path, &name, purpose);
                }
            }
        }
        self.name_unreachable_routes(&config, &reader.written);
        self.check_repeated_names(&config);
        self.check_files(&config, &json, purpose);
        if matches!(purpose, Purpose::Run | Purpose::Render) {
            config.providers.retain(|provider| !provider.implied || has_all(provider));
        }
        self.mention_proxies(&config, purpose, environment);
        if config.providers.is_empty() {
            let message = "no provider can be asked: set a credential such as OPENAI_API_KEY (`ferro providers` lists them), or name a provider in a file (-c gateway.yaml)";
            self.warning("", message);
        }
        if !self.problems.is_empty() {
            return Err(self.sorted());
        }
        let (written, secrets) = (reader.written, reader.secrets);
        Ok(Loaded { config, json, folder: self.folder, written, secrets, warnings: self.warnings })
    }

    /// A proxy of the environment is not asked without a word: what goes through it is for the file to say.
    fn mention_proxies(&mut self, config: &Config, purpose: Purpose, environment: &Environment<'_>) {
        const NAMES: [&str; 6] =
            ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"];
        let leaves = |provider: &ProviderConfig| {
            let hosts = provider.clusters();
            provider.proxied == Proxied::Unsaid && hosts.iter().any(|(_, host)| !host.is_this_machine())
        };
        let is_here = matches!(purpose, Purpose::Run | Purpose::Check);
        if !is_here || config.proxied != Proxied::Unsaid || !config.providers.iter().any(leaves) {
            return;
        }
        if let Some(name) = NAMES.into_iter().find(|name| environment.credential(name)) {
            let message = format!(
                "{name} is set and not heeded: write `proxy: ${{{name}}}` to reach providers through it, or `proxy: \
                 none` to reach them without"
            );
            self.warning("", message);
        }
    }

    /// Every provider's cluster in Envoy's configuration has the names of all credentials, so that all have one VM.
    fn check_repeated_names(&mut self, config: &Config) {
        let names: BTreeSet<_> = config.providers.iter().flat_map(ProviderConfig::secrets).collect();
        let length = names.iter().map(|name| name.len()).fold(names.len(), usize::saturating_add);
        let repeated = config.providers.len().saturating_mul(length);
        if repeated > MOST_REPEATED {
            let (providers, credentials) = (config.providers.len(), names.len());
            let message = format!(
                "{providers} providers with {credentials} credentials: Envoy's configuration has the names of all \
                 credentials for each provider, which would be {repeated} bytes, more than {MOST_REPEATED}"
            );
            self.problem("providers", message);
        }
    }

    /// Whether the files that it names are what they should be. Those that a rendered one names are on another machine.
    fn check_files(&mut self, config: &Config, json: &Value, purpose: Purpose) {
        if matches!(purpose, Purpose::Render | Purpose::Explain | Purpose::Keys) {
            return;
        }
        for Fault { path, message, weight } in files::faults(config, json, &self.folder) {
            match weight {
                Weight::Absent if purpose == Purpose::Check => self.warning(&path, message),
                Weight::Absent | Weight::Wrong => self.problem(&path, message),
                Weight::Doubtful => self.warning(&path, message),
            }
        }
    }

    fn name_unreachable_routes(&mut self, config: &Config, written: &Value) {
        for (later, earlier) in config.unreachable_routes() {
            let name = written.pointer(&format!("/routes/{earlier}/name"));
            let name = name.and_then(Value::as_str).unwrap_or_default();
            let message = format!("can never match: routes[{earlier}] ({name:?}) takes everything first");
            self.warning(&format!("routes[{later}]"), message);
        }
    }

    fn sorted(mut self) -> Problems {
        self.problems.sort();
        self.problems
    }
}

#[cfg(test)]
mod tests;
