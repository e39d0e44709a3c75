//! Who may know whom.

use super::sources::{Source, files, root};

/// A module of the core, the modules it may use, and the crates.
struct Layer(&'static str, &'static [&'static str], &'static [&'static str]);

/// From the top down; a module uses only modules below it.
const LAYERS: &[Layer] = &[
    Layer(
        "exchange",
        &[
            "gateway", "config", "access", "routing", "surface", "provider", "dialect", "hub", "frame",
            "contract",
        ],
        &["serde", "serde_json", "log", "itoa"],
    ),
    Layer(
        "gateway",
        &["config", "access", "routing", "provider", "dialect", "hub", "contract"],
        &["base64", "serde", "serde_json", "log"],
    ),
    Layer("config", &["access", "routing", "surface", "provider", "dialect", "hub"], &["serde_json"]),
    Layer("access", &["routing"], &["base64", "ed25519_dalek", "hmac", "serde", "sha2"]),
    Layer("routing", &["surface", "provider", "hub"], &["regex_lite"]),
    Layer("surface", &["dialect", "hub"], &[]),
    Layer("provider", &["dialect", "hub"], &[]),
    Layer("dialect", &["hub", "frame"], &["serde", "serde_json", "log"]),
    Layer("hub", &[], &["serde", "serde_json", "httpdate"]),
    Layer("frame", &[], &[]),
    Layer("contract", &[], &[]),
];

/// Macros stand at the root of the crate; this is where they are defined.
const MACROS: &[(&str, &str)] = &[("json_object", "hub")];

/// All crates that the core depends on.
const CRATES: &[&str] = &[
    "base64",
    "ed25519_dalek",
    "hmac",
    "httpdate",
    "itoa",
    "log",
    "regex_lite",
    "serde",
    "serde_json",
    "sha2",
];

/// What would make the core impure, and where it comes from instead.
const IMPURE: &[&str] = &[
    "std::time::Instant",
    "SystemTime",
    "std::env::",
    "std::fs",
    "std::io",
    "std::net::Tcp",
    "std::process",
    "std::thread",
    "thread_local!",
    "static mut",
    "proxy_wasm",
    "getrandom",
];

/// Words that are pure where they stand, and why.
const PURE: &[(&str, &str, &str)] =
    &[("filter/core/hub/json/bounded.rs", "std::io", "the trait that JSON is written through, to memory")];

/// Every `crate::…`, `super::…` and crate that is named is allowed.
pub fn modules() {
    let mut problems = Vec::new();
    for (index, Layer(name, below, _)) in LAYERS.iter().enumerate() {
        let later: Vec<_> = LAYERS[index + 1..].iter().map(|layer| layer.0).collect();
        let upward = below.iter().filter(|other| !later.contains(other));
        problems.extend(upward.map(|other| format!("{other} stands above {name} and below it")));
    }
    let mut seen = Vec::new();
    let sources = files("filter/core", "rs");
    for source in sources.iter().filter(|source| !source.is_test()) {
        let path = source.path.strip_prefix("filter/core/").unwrap();
        let module = path.split(['/', '.']).next().unwrap();
        if module == "lib" {
            continue;
        }
        let Some(Layer(_, below, crates)) = LAYERS.iter().find(|layer| layer.0 == module) else {
            problems.push(format!("{module} has no place among the layers"));
            continue;
        };
        seen.push(module);
        let code = spoken(source);
        let used = roots(&code, "crate::").into_iter().chain(climbing(path, &code));
        for other in used.filter(|other| other != module && !below.contains(&other.as_str())) {
            problems.push(format!("{path} uses {other}"));
        }
        let foreign = CRATES.iter().filter(|name| !crates.contains(name) && names(&code, name));
        problems.extend(foreign.map(|name| format!("{path} uses the crate {name}")));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(LAYERS.iter().all(|layer| seen.contains(&layer.0)), "a layer has no code: {seen:?}");
}

/// The core takes time and chance from its host and touches nothing else.
pub fn impurity() {
    let mut problems = Vec::new();
    for source in files("filter/core", "rs").iter().filter(|source| !source.is_test()) {
        let code = spoken(source);
        let pure = |word: &str| PURE.iter().any(|(path, known, _)| *path == source.path && *known == word);
        let found = IMPURE.iter().filter(|word| code.contains(**word) && !pure(word));
        problems.extend(found.map(|word| format!("{} names {word}", source.path)));
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}

/// `proxy-wasm` is the host's; the core has no randomness either, and depends on little.
pub fn packages() {
    let core = dependencies("Cargo.toml");
    assert_eq!(
        core,
        [
            "base64",
            "ed25519-dalek",
            "hmac",
            "httpdate",
            "itoa",
            "log",
            "memchr",
            "regex-lite",
            "serde",
            "serde_json",
            "sha2"
        ],
        "the core's dependencies"
    );
    let has = |manifest: &str, name: &str| dependencies(manifest).contains(&name.to_owned());
    for name in ["proxy-wasm", "getrandom"] {
        assert!(has("filter/host/Cargo.toml", name), "the host lacks {name}");
    }
    // It makes keys, though.
    assert!(!has("envoy/Cargo.toml", "proxy-wasm"), "the command line has proxy-wasm");
    // A mistake in a format must not be made by both sides of the demo.
    assert!(
        !dependencies("envoy/stand-ins/Cargo.toml").contains(&"ferro".to_owned()),
        "stand-ins use the core"
    );
}

/// The names under `[dependencies]`.
fn dependencies(manifest: &str) -> Vec<String> {
    let text = std::fs::read_to_string(root().join(manifest)).unwrap();
    let lines = text.lines().skip_while(|line| *line != "[dependencies]").skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    let named = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
    named.map(|line| line.split([' ', '.', '=']).next().unwrap().to_owned()).collect()
}

/// The code without comments.
fn spoken(source: &Source) -> String {
    source
        .code()
        .into_iter()
        .filter(|line| !line.trim_start().starts_with("//"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// The modules that follow `prefix`: one, or those in braces.
fn roots(code: &str, prefix: &str) -> Vec<String> {
    let starts = code.match_indices(prefix).filter(|(start, _)| !code[..*start].ends_with(is_part));
    let mut found = Vec::new();
    for (start, _) in starts {
        let rest = &code[start + prefix.len()..];
        let many = rest.strip_prefix('{').map(|rest| rest.split('}').next().unwrap().split(','));
        let paths = many.map_or_else(|| vec![rest], |paths| paths.map(str::trim).collect());
        for path in paths.into_iter().filter(|path| !path.is_empty()) {
            let name = path.split(|c: char| !is_part(c)).next().unwrap();
            let defined = MACROS.iter().find(|(known, _)| *known == name);
            found.push(defined.map_or(name, |(_, module)| module).to_owned());
        }
    }
    found
}

/// The modules of the crate that are reached by `super::super::…`.
fn climbing(path: &str, code: &str) -> Vec<String> {
    let depth = path.trim_end_matches(".rs").split('/').filter(|step| *step != "mod").count();
    roots(code, &"super::".repeat(depth)).into_iter().filter(|name| name != "super").collect()
}

fn names(code: &str, name: &str) -> bool {
    let prefix = format!("{name}::");
    code.match_indices(&prefix).any(|(start, _)| !code[..start].ends_with(|c| is_part(c) || c == ':'))
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
