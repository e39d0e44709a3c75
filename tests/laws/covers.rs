//! A route that is said to cover a later one takes every request that the later one takes.

use ferro::config::Config;
use ferro::gateway::Provider;
use ferro::hub::{Facts, Prompt};
use ferro::routing::{Budget, Match, Names, Subject};
use serde_json::{Map, Value, json};

use super::random::Random;
use crate::host::gateway;

const MODELS: &[&str] =
    &["*", "a*", "*b", "ab", "fast", "old", "o*", "own/a*", "own/z", "o*/a", "org/*", "x/*"];
const SENT: &[&str] = &["a", "ab", "aab", "fast", "old", "odd", "own/a", "own/z", "org/a", "x/a", "x/b"];
const WORDS: &[&str] = &["a", "B", "ab", "abc", "c"];
const TEXTS: &[&str] = &["", "a", "xb", "ABC", "c a", "cab"];

/// Both kinds of names: those that pin where `own` is configured, and those that only look like it.
const CONFIG: &str = r#"{"providers":{"own":{"kind":"openai-compatible","endpoint":"http://127.0.0.1:1"},
    "other":{"kind":"openai-compatible","endpoint":"http://127.0.0.1:2"}},
    "aliases":{"fast":"own/z","old":"ab","odd":"org/a","x/a":"own/b"}}"#;

/// Pairs of random conditions, and random requests.
pub fn covered_routes_never_match(rounds: usize) {
    let mut random = Random::new(11);
    let config = Config::parse(&serde_json::from_str(CONFIG).unwrap()).unwrap();
    let running = gateway(CONFIG, &[]);
    let names = Names::new(&config.aliases, &running.providers);
    let (mut covered, mut taken) = (0, 0);
    for _ in 0..rounds {
        let later = conditions(&mut random);
        let first = wider(&later, &mut random);
        let (first, later) = (read(&first), read(&later));
        if !first.covers(&later, &names, &Budget::default()) {
            continue;
        }
        covered += 1;
        for _ in 0..30 {
            // A provider without its credential may be missing when requests come.
            let providers = &running.providers[..random.below(3)];
            taken += usize::from(holds(&first, &later, &config, providers, &mut random));
        }
    }
    assert!(covered > rounds / 50 && taken > rounds / 50, "{covered} pairs, {taken} requests");
}

/// Whether the later route takes a random request, which the first one then takes, too.
fn holds(
    first: &Match,
    later: &Match,
    config: &Config,
    providers: &[std::rc::Rc<Provider>],
    random: &mut Random,
) -> bool {
    let texts = (0..random.below(3)).map(|_| random.pick(TEXTS).into()).collect();
    let facts = Facts {
        stream: random.below(2) == 0,
        tools: random.below(2) == 0,
        text_bytes: random.below(16) as u64,
        prompt: Prompt::new(texts),
        ..Facts::default()
    };
    let value = |random: &mut Random| random.pick(SENT).as_bytes().to_vec();
    let headers: Vec<_> = (0..random.below(3)).map(|_| ("x".to_owned(), value(random))).collect();
    let names = Names::new(&config.aliases, providers);
    let name = names.resolve(random.pick(SENT));
    let facts = (random.below(8) > 0).then_some(&facts);
    let subject = Subject { name: &name, surface: "chat", role: None, headers: &headers, facts };
    let is_taken = later.miss(&subject).is_none();
    if is_taken && let Some(miss) = first.miss(&subject) {
        panic!("{first:?}\ndoes not cover\n{later:?}:\n{miss} in {subject:?}");
    }
    is_taken
}

/// Random conditions, as they are written; seldom many.
fn conditions(random: &mut Random) -> Map<String, Value> {
    let mut conditions = Map::new();
    let some = |random: &mut Random, words: &[&str]| -> Vec<String> {
        (0..=random.below(2)).map(|_| (*random.pick(words)).to_owned()).collect()
    };
    for key in ["models", "headers", "prompt", "stream", "tools", "min_input_tokens", "max_input_tokens"] {
        if random.below(3) > 0 {
            continue;
        }
        let value = match key {
            "models" => json!(some(random, MODELS)),
            "headers" => json!({"x": some(random, MODELS)}),
            "prompt" => {
                let list = *random.pick(&[&"contains", &"not_contains", &"regex"]);
                json!({list: some(random, WORDS)})
            }
            "stream" | "tools" => json!(random.below(2) == 0),
            "min_input_tokens" => json!(random.below(3)),
            _ => json!(2 + random.below(3)),
        };
        conditions.insert(key.to_owned(), value);
    }
    conditions
}

/// Conditions that have something to do with others: some of them left out, some written anew, seldom one added.
fn wider(conditions: &Map<String, Value>, random: &mut Random) -> Map<String, Value> {
    let fresh = self::conditions(random);
    let mut wider = conditions.clone();
    wider.retain(|_, _| random.below(3) > 0);
    for (key, value) in fresh {
        if wider.contains_key(&key) || random.below(6) == 0 {
            wider.insert(key, value);
        }
    }
    wider
}

fn read(conditions: &Map<String, Value>) -> Match {
    let own = json!({"kind": "openai-compatible", "endpoint": "http://127.0.0.1:1"});
    let config = json!({"providers": {"own": own}, "routes": [{"name": "a", "match": conditions}]});
    let config = Config::parse(&config).unwrap_or_else(|errors| panic!("{errors:?} in {config}"));
    config.routes[0].matching.clone()
}
