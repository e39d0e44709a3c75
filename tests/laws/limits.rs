//! Limits hold whichever workers let requests in, and whoever else writes meanwhile: nothing is lost, nothing is let in beyond
//! them, what is over is given back to the last token; and nobody's money is forgotten while there is room elsewhere.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::rc::Rc;
use std::time::Duration;

use ferro::access::ledger::{Found, Page, Taken, Wanted, Worth};
use ferro::access::{Budget, Money, Period, Quota, digest};
use ferro::exchange::{Attempt, Exchange, Headers, RequestStep, Services, SharedPlan, Start};
use ferro::gateway::Gateway;

use super::random::Random;
use crate::host::{At, ENVIRONMENT, GONE, Memory, NOW, Piece, gateway};

/// Whose accounts there are: two keys each by itself, and two that share one.
const KEYS: [(&str, usize); 4] = [("own-1", 0), ("own-2", 1), ("both-1", 2), ("both-2", 2)];
const ACCOUNTS: usize = 3;

const REQUESTS: u64 = 40;
const TOKENS: u64 = 30_000;
const CONCURRENT: usize = 6;
/// In billionths of a dollar. A token costs a thousand of them.
const BUDGET: u64 = 25_000_000;
const TOKEN: u64 = 1000;
/// Attempts at the first target.
const FIRST: usize = 50;
/// What a request of ours is expected to take: so many bytes / 4, and what its answer may have.
const OUTPUT: u64 = 100;

/// What is known of an account by those that use it.
#[derive(Default)]
struct Known {
    admitted: Cell<u64>,
    in_flight: Cell<usize>,
    /// Tokens of requests that are over.
    settled: Cell<u64>,
    refused: Cell<usize>,
}

struct Crowd {
    memory: Memory,
    now: Cell<Duration>,
    random: RefCell<Random>,
    workers: Vec<Rc<Gateway>>,
    busy: Vec<Cell<bool>>,
    running: RefCell<Vec<(usize, Running)>>,
    accounts: [Known; ACCOUNTS],
    /// Attempts at the first target.
    first: Cell<usize>,
    races: Cell<usize>,
}

struct Running {
    request: Exchange,
    plan: SharedPlan,
    named: Rc<str>,
    account: usize,
}

struct Worker<'a> {
    crowd: &'a Crowd,
    index: usize,
}

pub fn limits_hold() {
    let (mut races, mut refused) = (0, 0);
    for seed in 1..=60 {
        let crowd = Crowd::new(seed);
        for _ in 0..150 {
            crowd.run_somebody();
        }
        while !crowd.running.borrow().is_empty() {
            crowd.end(crowd.below(crowd.workers.len()));
        }
        // Nobody disturbs who looks what is left.
        crowd.all_is_accounted_for();
        races += crowd.races.get();
        refused += crowd.accounts.iter().map(|account| account.refused.get()).sum::<usize>();
    }
    assert!(races > 200 && refused > 1000, "limits were hardly reached: {races} races, {refused} refused");
}

impl Crowd {
    fn new(seed: u64) -> Self {
        let workers = 2 + seed as usize % 4;
        let mut config = String::from(r#"{"listen":"127.0.0.1:8080","access":{"keys":["#);
        for (place, (key, account)) in KEYS.iter().enumerate() {
            let hash = digest(key.as_bytes()).iter().fold(String::new(), |mut hash, byte| {
                write!(hash, "{byte:02x}").unwrap();
                hash
            });
            let (comma, role) = (if place > 0 { "," } else { "" }, if *account < 2 { "own" } else { "both" });
            write!(config, r#"{comma}{{"id":"{key}","sha256":"{hash}","role":"{role}"}}"#).unwrap();
        }
        let limits = format!(
            r#""requests_per_minute":{REQUESTS},"tokens_per_minute":{TOKENS},"concurrent_requests":{CONCURRENT},
               "budget":{{"usd":{},"per":"day"}}"#,
            BUDGET as f64 / 1e9
        );
        write!(
            config,
            r#"],"roles":{{"own":{{{limits}}},"both":{{"shared":true,{limits}}}}}}},
               "providers":{{"a":{{"kind":"openai","api_key":"${{OPENAI_API_KEY}}"}},
                             "b":{{"kind":"openai","api_key":"${{OPENAI_API_KEY}}"}}}},
               "prices":{{"a/m":{{"input":1,"output":1}},"b/m":{{"input":1,"output":1}}}},
               "routes":[{{"name":"r","match":{{"models":["m"]}},"breaker":{{"failures":1000}},"targets":[
                   {{"provider":"a","model":"m","requests_per_minute":{FIRST}}},{{"provider":"b","model":"m"}}]}}]}}"#
        )
        .unwrap();
        Self {
            memory: Memory::default(),
            now: Cell::new(Duration::from_secs(NOW)),
            random: RefCell::new(Random::new(seed * 6_700_417)),
            workers: (0..workers).map(|_| gateway(&config, ENVIRONMENT)).collect(),
            busy: (0..workers).map(|_| Cell::default()).collect(),
            running: RefCell::default(),
            accounts: Default::default(),
            first: Cell::default(),
            races: Cell::default(),
        }
    }

    fn below(&self, limit: usize) -> usize {
        self.random.borrow_mut().below(limit)
    }

    fn run_somebody(&self) {
        let index = self.below(self.workers.len());
        if self.busy[index].replace(true) {
            return;
        }
        match self.below(5) {
            0..3 => drop(self.begin(index, self.below(KEYS.len()))),
            _ => self.end(index),
        }
        self.busy[index].set(false);
    }

    /// A request comes to a worker: what its answer would say of what is left, where it is let in.
    fn begin(&self, index: usize, key: usize) -> Option<()> {
        let (key, account) = KEYS[key];
        let services = Worker { crowd: self, index };
        let mut request = Exchange::new(Rc::clone(&self.workers[index]), &services);
        let bearer = format!("Bearer {key}");
        let head = Headers(&[
            (b":method", b"POST"),
            (b":path", b"/v1/chat/completions"),
            (b"authorization", bearer.as_bytes()),
        ]);
        assert!(matches!(request.headers(head, false, &services), RequestStep::Wait));
        let known = &self.accounts[account];
        match request.piece(body().into_bytes(), true, &services) {
            RequestStep::Forward(forward) => {
                known.admitted.set(known.admitted.get() + 1);
                known.in_flight.set(known.in_flight.get() + 1);
                let in_flight = known.in_flight.get();
                let reserved = known.settled.get() + estimate() * in_flight as u64;
                assert!(in_flight <= CONCURRENT, "{in_flight} at one time");
                assert!(known.admitted.get() <= REQUESTS, "more than a minute's");
                assert!(reserved <= TOKENS && reserved * TOKEN <= BUDGET, "{reserved} tokens");
                let running = Running { request, plan: forward.plan, named: forward.target, account };
                self.running.borrow_mut().push((index, running));
                Some(())
            }
            RequestStep::Reply(reply) => {
                assert!(matches!(reply.status, 402 | 429), "{reply:?}");
                known.refused.set(known.refused.get() + 1);
                request.done(|| GONE, &services);
                None
            }
            RequestStep::Wait | RequestStep::Pass => panic!("all of it has come"),
        }
    }

    /// One of a worker's requests ends, somehow.
    fn end(&self, index: usize) {
        let place = self.running.borrow().iter().position(|(worker, _)| *worker == index);
        let Some(place) = place else { return };
        let (_, mut running) = self.running.borrow_mut().remove(place);
        let services = Worker { crowd: self, index };
        let how = self.below(4);
        let taken = match how {
            // It is refused on its way: nobody was asked.
            0 => None,
            _ => Some(self.attempt(&running, how, &services)),
        };
        let known = &self.accounts[running.account];
        known.in_flight.set(known.in_flight.get() - 1);
        if taken.is_none() {
            known.admitted.set(known.admitted.get() - 1);
        }
        running.request.done(|| GONE, &services);
        known.settled.set(known.settled.get() + taken.unwrap_or_default());
    }

    /// The tokens that an attempt takes.
    fn attempt(&self, running: &Running, how: usize, services: &Worker<'_>) -> u64 {
        if &*running.named == "a" {
            self.first.set(self.first.get() + 1);
            assert!(self.first.get() <= FIRST, "the first target was asked more often than it may be");
        }
        let place = At { cluster: &running.named, kept: false };
        let Start::Send { mut attempt, .. } = Attempt::start(&running.plan, &place, services) else {
            panic!("it can be asked")
        };
        let head: [(&[u8], &[u8]); 2] = [(b":status", b"200"), (b"content-type", b"application/json")];
        match how {
            // Its client leaves before there is an answer.
            1 => estimate() - OUTPUT,
            // It fails, and so does whoever is asked then: nothing is counted.
            2 => {
                let head: [(&[u8], &[u8]); 1] = [(b":status", b"400")];
                attempt.headers(Headers(&head), false, services);
                attempt.body(&Piece { held: b"{}", fresh: 2 }, true, services);
                0
            }
            _ => {
                let (input, output) = (self.below(300) as u64, self.below(300) as u64);
                let answer = format!(
                    r#"{{"choices":[{{"index":0,"message":{{"content":"yes"}},"finish_reason":"stop"}}],
                        "usage":{{"prompt_tokens":{input},"completion_tokens":{output}}}}}"#
                );
                attempt.headers(Headers(&head), false, services);
                let piece = Piece { held: answer.as_bytes(), fresh: answer.len() };
                attempt.body(&piece, true, services);
                input + output
            }
        }
    }

    /// Nobody has anything under way: what is left is what was not taken.
    fn all_is_accounted_for(&self) {
        self.busy.iter().for_each(|busy| busy.set(true));
        for (key, account) in [(0, 0), (1, 1), (2, 2), (3, 2)] {
            let known = &self.accounts[account];
            let left = self.left(key);
            let settled = known.settled.get();
            assert_eq!(left["x-ratelimit-remaining-requests"], (REQUESTS - known.admitted.get()).to_string());
            assert_eq!(left["x-ratelimit-remaining-tokens"], TOKENS.saturating_sub(settled).to_string());
            let money = Money(BUDGET.saturating_sub(settled * TOKEN)).to_string();
            assert_eq!(left["x-ferro-budget-remaining-usd"], money);
        }
        // A minute later all is back but the money.
        self.now.set(self.now.get() + Duration::from_secs(3 * 60));
        let left = self.left(0);
        assert_eq!(left["x-ratelimit-remaining-requests"], REQUESTS.to_string());
        // As many as there are places for are let in at one time.
        let room = |account: usize| {
            let money = BUDGET.saturating_sub(self.accounts[account].settled.get() * TOKEN);
            (money / (estimate() * TOKEN)).min(CONCURRENT as u64)
        };
        for (key, account) in [(0, 0), (1, 1), (3, 2)] {
            self.accounts[account].admitted.set(0);
            let let_in = (0..CONCURRENT + 3).filter(|_| self.begin(key % self.workers.len(), key).is_some());
            assert_eq!(let_in.count() as u64, room(account));
        }
    }

    /// What a key is told to have left, by the refusal of a request that wants more than there is.
    fn left(&self, key: usize) -> BTreeMap<String, String> {
        let services = Worker { crowd: self, index: 0 };
        let mut request = Exchange::new(Rc::clone(&self.workers[0]), &services);
        let bearer = format!("Bearer {}", KEYS[key].0);
        let head = Headers(&[
            (b":method", b"POST"),
            (b":path", b"/v1/chat/completions"),
            (b"authorization", bearer.as_bytes()),
        ]);
        assert!(matches!(request.headers(head, false, &services), RequestStep::Wait));
        let body = body().replace(&format!(":{OUTPUT}"), ":99999999");
        match request.piece(body.into_bytes(), true, &services) {
            RequestStep::Reply(reply) => reply.headers.into_iter().collect(),
            step => panic!("{step:?}"),
        }
    }
}

fn body() -> String {
    format!(
        r#"{{"model":"m","max_tokens":{OUTPUT},"messages":[{{"role":"user","content":"{}"}}]}}"#,
        "hi ".repeat(30)
    )
}

fn estimate() -> u64 {
    body().len() as u64 / 4 + OUTPUT
}

impl Services for Worker<'_> {
    fn now(&self) -> Duration {
        self.crowd.now.get()
    }

    fn random(&self) -> u64 {
        self.crowd.random.borrow_mut().next()
    }

    fn address(&self) -> Option<std::net::IpAddr> {
        None
    }

    fn held(&self) -> usize {
        0
    }

    fn worker(&self) -> u64 {
        self.index as u64
    }

    fn shared(&self, name: &str) -> Option<(Vec<u8>, u32)> {
        self.crowd.memory.get(name)
    }

    fn share(&self, name: &str, bytes: &[u8], state: u32) -> bool {
        if self.crowd.below(2) == 0 {
            self.crowd.run_somebody();
        }
        let is_written = self.crowd.memory.set(name, bytes, state);
        if !is_written {
            self.crowd.races.set(self.crowd.races.get() + 1);
        }
        is_written
    }
}

/// What was forgotten is never money that is spent while there is room elsewhere.
pub fn no_money_is_forgotten_while_there_is_room() {
    let day = Budget { amount: Money(1000), per: Period::Day, warn_at: None };
    let quota = Quota { requests_per_minute: Some(10), budget: Some(day), ..Quota::default() };
    let mut pages: BTreeMap<u64, Page> = BTreeMap::new();
    let mut random = Random::new(77);
    let mut open = |id: u64, now: Duration, spend: u64| {
        let wanted = Wanted { id, lasts: quota.lasts(now), now };
        for (place, room) in Page::search(id) {
            if let Found::Here { account, forgot } = pages.entry(place).or_default().open(wanted, room) {
                let taken = Taken { tokens: 0, money: Money(spend) };
                let reserved = account.admit(&quota, taken, 1, now).unwrap();
                account.settle(&quota, &reserved, taken, 1, now);
                return (account.spent(&day, now), forgot);
            }
        }
        panic!("there is always room for somebody")
    };
    let mut now = Duration::from_secs(NOW / 86_400 * 86_400);
    for _ in 0..3 {
        let spenders: Vec<_> = (0..50_000).map(|_| random.next()).collect();
        for (place, id) in spenders.iter().enumerate() {
            assert_eq!(open(*id, now, 7), (Money(7), Worth::Nothing), "{place} at {now:?}");
        }
        // Many that spend nothing come and go, a few at a time.
        for _ in 0..4 {
            now += Duration::from_secs(90);
            for _ in 0..5_000 {
                let (_, forgot) = open(random.next(), now, 0);
                assert!(forgot < Worth::Money, "money was forgotten");
            }
        }
        for id in &spenders {
            assert_eq!(open(*id, now, 1), (Money(8), Worth::Nothing));
        }
        // The next day all of that is room again.
        now += Duration::from_secs(86_400);
    }
}
