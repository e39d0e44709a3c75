//! What tests put under the core in place of Envoy: a clock that is set, random numbers that repeat, a gateway.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::Duration;

use ferro::config::{Config, Gateway};
use ferro::exchange::{Carrier, HeaderList, Held, Services};

/// When tests take place, in Unix seconds.
pub const NOW: u64 = 1_700_000_000;

/// Credentials that a test's environment holds. They look like nothing else, so that a leak shows.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("OPENAI_API_KEY", "sk-openai-secret"),
    ("ANTHROPIC_API_KEY", "sk-anthropic-secret"),
    ("GEMINI_API_KEY", "sk-gemini-secret"),
];

/// A host.
pub struct Host {
    now: Cell<Duration>,
    random: Cell<u64>,
    held: Cell<usize>,
    shared: RefCell<HashMap<String, (Vec<u8>, u32)>>,
}

impl Host {
    pub fn new(seed: u64) -> Self {
        Self {
            now: Cell::new(Duration::from_secs(NOW)),
            random: Cell::new(seed | 1),
            held: Cell::new(0),
            shared: RefCell::default(),
        }
    }

    /// The VM holds so many bytes.
    #[allow(dead_code, reason = "laws hold little")]
    pub fn holds(&self, bytes: usize) {
        self.held.set(bytes);
    }

    /// Lets time pass.
    #[allow(dead_code, reason = "laws need no time")]
    pub fn pass(&self, time: Duration) {
        self.now.set(self.now.get() + time);
    }
}

impl Services for Host {
    fn now(&self) -> Duration {
        self.now.get()
    }

    fn random(&self) -> u64 {
        let mut random = self.random.get();
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        self.random.set(random);
        random
    }

    fn held(&self) -> usize {
        self.held.get()
    }

    fn worker(&self) -> u64 {
        1
    }

    fn shared(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        self.shared.borrow().get(name).cloned()
    }

    fn share(&self, name: &str, bytes: &[u8], state: Option<u32>) -> bool {
        let mut shared = self.shared.borrow_mut();
        let found = shared.get(name).map(|(_, state)| *state);
        let quickest = found == state;
        if quickest {
            shared.insert(name.to_owned(), (bytes.to_vec(), found.unwrap_or_default() + 1));
        }
        quickest
    }
}

/// A gateway of this configuration.
pub fn gateway(config: &str, environment: &[(&str, &str)]) -> Rc<Gateway> {
    let config = serde_json::from_str(config).expect("a test's configuration is JSON");
    let config = Config::parse(&config).unwrap_or_else(|errors| panic!("{errors:?}"));
    let value = |name: &str| {
        let found = environment.iter().find(|(known, _)| *known == name);
        found.map(|(_, value)| (*value).to_owned())
    };
    Rc::new(Gateway::build(&config, value, NOW))
}

/// What is held of an answer's body; the last `fresh` bytes have just come.
pub struct Piece<'a> {
    pub held: &'a [u8],
    pub fresh: usize,
}

impl Held for Piece<'_> {
    fn length(&self) -> usize {
        self.held.len()
    }

    fn fresh(&self) -> usize {
        self.fresh
    }

    fn read(&self, from: usize) -> Option<Vec<u8>> {
        Some(self.held[from..].to_vec())
    }
}

/// What a step writes; the body is what was held before.
#[derive(Default)]
pub struct Written {
    pub named: Option<String>,
    pub headers: Option<HeaderList>,
    pub body: Vec<u8>,
}

impl Carrier for Written {
    type Failed = Infallible;

    fn name_next(&mut self, cluster: &str) -> Result<(), Infallible> {
        self.named = Some(cluster.to_owned());
        Ok(())
    }

    fn write_headers(&mut self, headers: &HeaderList) -> Result<(), Infallible> {
        self.headers = Some(headers.clone());
        Ok(())
    }

    fn write_body(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.body = bytes.to_vec();
        Ok(())
    }
}
