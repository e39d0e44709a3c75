//! What tests put under the core in place of Envoy: a clock that is set, random numbers that repeat, a gateway.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::convert::Infallible;
use std::net::{IpAddr, Ipv4Addr};
use std::rc::Rc;
use std::time::Duration;

use ferro::config::Config;
use ferro::contract::Place;
use ferro::exchange::{Carrier, HeaderBlock, Held, Parting, Services, Unreached};
use ferro::gateway::Gateway;
use ferro::provider::Vendors;

/// When tests take place, in Unix seconds.
pub const NOW: u64 = 1_700_000_000;

/// Credentials that a test's environment holds. They look like nothing else, so that a leak shows.
pub const ENVIRONMENT: &[(&str, &str)] = &[
    ("OPENAI_API_KEY", "sk-openai-secret"),
    ("ANTHROPIC_API_KEY", "sk-anthropic-secret"),
    ("GEMINI_API_KEY", "sk-gemini-secret"),
    ("COHERE_API_KEY", "sk-cohere-secret"),
];

/// Where clients are.
const CLIENT: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

/// A host.
pub struct Host {
    now: Cell<Duration>,
    random: Cell<u64>,
    held: Cell<usize>,
    shared: Memory,
}

/// What all workers share, as Envoy keeps it: every write gives the record a new state, and is refused only where
/// there is a record of another state than the one given, unless that is 0.
#[derive(Default)]
pub struct Memory {
    records: RefCell<HashMap<String, (Vec<u8>, u32)>>,
    writes: Cell<u32>,
    rivals: Cell<u32>,
}

impl Memory {
    /// Before each of the next `writes` writes, another worker writes the same record.
    #[allow(dead_code, reason = "laws have workers of their own")]
    pub fn rival(&self, writes: u32) {
        self.rivals.set(writes);
    }

    pub fn get(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        self.records.borrow().get(name).cloned()
    }

    pub fn set(&self, name: &str, bytes: &[u8], state: u32) -> bool {
        if let Some(rivals) = self.rivals.get().checked_sub(1) {
            self.rivals.set(rivals);
            let (bytes, _) = self.get(name).unwrap_or_default();
            self.write(name, &bytes);
        }
        let found = self.get(name).map_or(state, |(_, found)| found);
        let is_written = state == 0 || found == state;
        if is_written {
            self.write(name, bytes);
        }
        is_written
    }

    fn write(&self, name: &str, bytes: &[u8]) {
        self.writes.set(self.writes.get() + 1);
        self.records.borrow_mut().insert(name.to_owned(), (bytes.to_vec(), self.writes.get()));
    }
}

impl Host {
    pub fn new(seed: u64) -> Self {
        Self {
            now: Cell::new(Duration::from_secs(NOW)),
            random: Cell::new(seed | 1),
            held: Cell::new(0),
            shared: Memory::default(),
        }
    }

    /// The VM holds so many bytes.
    #[allow(dead_code, reason = "laws hold little")]
    pub fn holds(&self, bytes: usize) {
        self.held.set(bytes);
    }

    /// Before each of the next `writes` writes to what is shared, another worker writes the same record.
    #[allow(dead_code, reason = "laws have workers of their own")]
    pub fn rivals(&self, writes: u32) {
        self.shared.rival(writes);
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

    fn address(&self) -> Option<IpAddr> {
        Some(CLIENT)
    }

    fn held(&self) -> usize {
        self.held.get()
    }

    fn worker(&self) -> u64 {
        1
    }

    fn shared(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        self.shared.get(name)
    }

    fn share(&self, name: &str, bytes: &[u8], state: u32) -> bool {
        self.shared.set(name, bytes, state)
    }
}

/// A gateway of this configuration.
#[allow(dead_code, reason = "scripts may know other vendors")]
pub fn gateway(config: &str, environment: &[(&str, &str)]) -> Rc<Gateway> {
    gateway_among(Vendors::BUILT_IN, config, environment)
}

/// The same, where these vendors are known.
pub fn gateway_among(vendors: Vendors, config: &str, environment: &[(&str, &str)]) -> Rc<Gateway> {
    let config = serde_json::from_str(config).expect("a test's configuration is JSON");
    let config = Config::parse_among(&config, vendors).unwrap_or_else(|errors| panic!("{errors:?}"));
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
    pub named: Option<Rc<str>>,
    pub headers: Option<HeaderBlock>,
    pub body: Vec<u8>,
}

impl Carrier for Written {
    type Failed = Infallible;

    fn name_next(&mut self, cluster: &Rc<str>) -> Result<(), Infallible> {
        self.named = Some(Rc::clone(cluster));
        Ok(())
    }

    fn write_headers(&mut self, headers: &HeaderBlock) -> Result<(), Infallible> {
        self.headers = Some(headers.clone());
        Ok(())
    }

    fn write_body(&mut self, bytes: &[u8]) -> Result<(), Infallible> {
        self.body = bytes.to_vec();
        Ok(())
    }
}

/// Where an attempt is made.
pub struct At<'a> {
    pub cluster: &'a str,
    /// Its connection was there before.
    pub kept: bool,
}

impl Place for At<'_> {
    fn is(&self, cluster: &str, scheme: &str, authority: &str) -> bool {
        self.cluster.is(cluster, scheme, authority)
    }

    fn is_kept(&self) -> bool {
        self.kept
    }
}

/// Why there is no connection: for this reason of Envoy's.
pub fn unreached(reason: &str) -> Option<Unreached> {
    Some(Unreached { reason: reason.to_owned(), nameless: reason == "no address" })
}

/// The client left.
pub const GONE: Parting = Parting { status: 0, gone: true, malformed: false };
