//! The core in an interpreter.

use std::path::PathBuf;
use std::process::Command;
use std::sync::OnceLock;

use wasmi::{Config, Engine, Linker, Module, Store};

use crate::kind::{KINDS, Kind, MODELS};

const TARGET: &str = "wasm32-unknown-unknown";

/// The module, ready to run.
pub struct Machine(&'static Module);

/// What one run took.
#[derive(Debug, PartialEq, Eq)]
pub struct Run {
    pub steps: u64,
    /// In bytes, at the most.
    pub memory: usize,
    /// How long what came out is, and 0 where the text was refused.
    pub length: u32,
}

/// How many models or providers there are for texts of a kind.
pub fn number_of(kind: Kind) -> u32 {
    match kind {
        // The way to the others is that of requests.
        Kind::Facts | Kind::Exchange | Kind::Config | Kind::Key => 1,
        Kind::Request => MODELS.len() as u32,
        Kind::Answer | Kind::Stream | Kind::Error => 3,
    }
}

impl Machine {
    pub fn new() -> Self {
        static MODULE: OnceLock<Module> = OnceLock::new();
        Self(MODULE.get_or_init(|| {
            let mut config = Config::default();
            config.consume_fuel(true);
            Module::new(&Engine::new(&config), std::fs::read(build()).unwrap()).unwrap()
        }))
    }

    /// Runs a text in a machine of its own.
    pub fn run(&self, kind: Kind, of: u32, text: &str) -> Run {
        let mut store = Store::new(self.0.engine(), ());
        store.set_fuel(u64::MAX).unwrap();
        let instance = Linker::new(self.0.engine()).instantiate_and_start(&mut store, self.0).unwrap();
        let room = instance.get_typed_func::<u32, u32>(&store, "room").unwrap();
        let run = instance.get_typed_func::<(u32, u32), u32>(&store, "run").unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        let start = room.call(&mut store, text.len() as u32).unwrap();
        memory.write(&mut store, start as usize, text.as_bytes()).unwrap();
        let before = store.get_fuel().unwrap();
        let number = KINDS.iter().position(|known| *known == kind).unwrap() as u32;
        let length = run.call(&mut store, (number, of));
        let length = length.unwrap_or_else(|error| panic!("{kind:?} {of} of {text:.300}: {error}"));
        Run { steps: before - store.get_fuel().unwrap(), memory: memory.data_size(&store), length }
    }
}

/// Builds the module, for the speed of the build: what it counts is not the release's.
fn build() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("steps");
    let mut cargo = Command::new(env!("CARGO"));
    cargo.args(["build", "--quiet", "--locked", "--release", "--package", "ferro-steps", "--target", TARGET]);
    cargo.arg("--target-dir").arg(&folder).current_dir(env!("CARGO_MANIFEST_DIR"));
    cargo.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16");
    cargo.env_remove("RUSTFLAGS").env_remove("CARGO_ENCODED_RUSTFLAGS");
    assert!(cargo.status().unwrap().success(), "the core cannot be built for {TARGET}");
    folder.join(TARGET).join("release/ferro_steps.wasm")
}
