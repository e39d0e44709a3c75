//! The module that Envoy loads, as it was built: what it imports, and how big it is.

use std::path::PathBuf;

use super::sources::{files, root};

const MOST_BYTES: usize = 3456 << 10;

/// What Envoy's WASI has of the little that Rust's standard library asks for.
const WASI: &[&str] = &["random_get", "environ_get", "environ_sizes_get", "fd_write", "proc_exit"];

const BUILD: &str = "cargo build --release --target wasm32-wasip1 -p ferro-filter";

/// Nothing but `env.proxy_*` and a few calls of WASI: Envoy refuses a module that asks for more.
pub fn imports() {
    let module = module();
    let imports = read_imports(&module).expect("a module with an import section");
    assert!(imports.iter().any(|(place, _)| place == "env"), "{imports:?}");
    for (place, name) in imports {
        let known = match place.as_str() {
            "env" => name.starts_with("proxy_"),
            "wasi_snapshot_preview1" => WASI.contains(&name.as_str()),
            _ => false,
        };
        assert!(known, "the module imports {place}.{name}, which Envoy lacks");
    }
}

/// Envoy compiles all of it before it serves, and keeps seven times its size: it may grow with what it knows, but not
/// without notice.
pub fn size() {
    let size = module().len();
    assert!(size <= MOST_BYTES, "the module has {size} bytes, more than {MOST_BYTES}");
}

/// Built for Envoy, not for the test that makes it panic.
pub fn faults() {
    let trigger = b"x-ferro-test-panic";
    let found = module().windows(trigger.len()).any(|window| window == trigger);
    assert!(!found, "built with fault-injection; {BUILD}");
}

/// The module's bytes, if it is there and not older than its sources.
fn module() -> Vec<u8> {
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let path = root().join(target).join("wasm32-wasip1/release/ferro_filter.wasm");
    let modified = |path: &std::path::Path| std::fs::metadata(path).and_then(|data| data.modified());
    let built = modified(&path).unwrap_or_else(|error| panic!("{}: {error}; {BUILD}", path.display()));
    for source in files("filter", "rs").iter().filter(|source| !source.is_test()) {
        let newer = modified(&root().join(&source.path)).unwrap() > built;
        assert!(!newer, "the module is older than {}; {BUILD}", source.path);
    }
    std::fs::read(path).unwrap()
}

/// Module and name of every import. The grammar: <https://webassembly.github.io/spec/core/binary/modules.html>.
fn read_imports(module: &[u8]) -> Option<Vec<(String, String)>> {
    const IMPORTS: u8 = 2;
    let mut rest = module.strip_prefix(b"\0asm\x01\0\0\0")?;
    loop {
        let (id, after) = rest.split_first()?;
        rest = after;
        let size = number(&mut rest)?;
        let (mut section, after) = rest.split_at_checked(size)?;
        rest = after;
        if *id != IMPORTS {
            continue;
        }
        let count = number(&mut section)?;
        return (0..count).map(|_| import(&mut section)).collect();
    }
}

fn import(section: &mut &[u8]) -> Option<(String, String)> {
    const FUNCTION: u8 = 0;
    let names = (name(section)?, name(section)?);
    let (kind, after) = section.split_first()?;
    *section = after;
    assert_eq!(*kind, FUNCTION, "{names:?} is no function: Envoy gives nothing else");
    number(section)?;
    Some(names)
}

fn name(bytes: &mut &[u8]) -> Option<String> {
    let size = number(bytes)?;
    let (name, after) = bytes.split_at_checked(size)?;
    *bytes = after;
    String::from_utf8(name.to_vec()).ok()
}

/// LEB128.
fn number(bytes: &mut &[u8]) -> Option<usize> {
    let mut value = 0;
    for shift in (0..32).step_by(7) {
        let (byte, after) = bytes.split_first()?;
        *bytes = after;
        value |= usize::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
