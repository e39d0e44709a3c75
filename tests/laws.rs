//! Laws: what holds for every input, not only for the golden ones.
//!
//! They run natively, on `wasm32-wasip1`, and on `wasm32-unknown-unknown` under Node, where there are no files: so all
//! they need is part of the test. Most take bytes alone and are also bodies of fuzz targets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::arithmetic_side_effects,
    reason = "tests may panic"
)]

#[path = "golden/cases.rs"]
mod cases;
mod host;
mod laws {
    pub mod completions;
    pub mod covers;
    pub mod credentials;
    pub mod depth;
    pub mod document;
    pub mod failover;
    pub mod goldens;
    pub mod halves;
    pub mod journey;
    pub mod keys;
    pub mod limits;
    pub mod list;
    pub mod lossless;
    pub mod order;
    pub mod panics;
    pub mod parameters;
    pub mod random;
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    pub mod regressions;
    pub mod reported;

    pub mod size;
    pub mod streams;
    pub mod tasks;
    pub mod toy;
    pub mod untouched;
    pub mod walk;
    pub mod workers;
}

use laws::goldens;
use laws::panics::{self, LAWS};
use laws::random::{self, Random};
use laws::streams;

/// Makes tests of functions, on every target: `#[test]` alone would find none under Node.
macro_rules! tests {
    ($($(#[$meta:meta])* $name:ident: $body:expr;)*) => {$(
        $(#[$meta])*
        #[cfg_attr(all(target_family = "wasm", target_os = "unknown"), wasm_bindgen_test::wasm_bindgen_test)]
        #[cfg_attr(not(all(target_family = "wasm", target_os = "unknown")), test)]
        fn $name() {
            $body
        }
    )*};
}

tests! {
    arbitrary_bytes_never_panic: arbitrary_bytes();
    damaged_requests_never_panic: damaged("request", &[panics::request, panics::walk]);
    damaged_answers_never_panic: damaged("answer", &[panics::answer, panics::walk]);
    damaged_streams_never_panic: damaged("stream", &[streams::stream, panics::walk]);
    damaged_errors_never_panic: damaged("error", &[panics::error, panics::walk]);
    damaged_completions_never_panic: laws::completions::damaged(|bytes| holds(laws::completions::completion, bytes), ROUNDS);
    damaged_tasks_never_panic: laws::tasks::damaged(|bytes| holds(laws::tasks::task, bytes), ROUNDS);
    large_tasks_are_written_or_refused: laws::tasks::large();
    damaged_configurations_never_panic: damaged_configurations();
    golden_cases_hold_on_this_target: goldens::hold();
    the_same_dialect_changes_the_model_alone: laws::lossless::requests();
    the_same_dialect_keeps_odd_bodies: laws::lossless::odd_requests();
    the_same_dialect_keeps_answers: laws::lossless::answers();
    requests_are_written_as_they_were_read: laws::halves::requests();
    answers_are_read_as_they_were_written: laws::halves::answers();
    streams_are_read_as_they_were_written: laws::halves::streams();
    a_mended_stream_says_the_same_wherever_it_is_cut: streams::mended();
    another_format_serves_clients: laws::toy::serves_clients();
    another_format_serves_as_a_provider: laws::toy::serves_as_provider();
    another_format_spells_errors: laws::toy::spells_errors();
    another_format_passes: laws::toy::passes();
    workers_lose_nothing_of_what_they_share: laws::workers::nothing_is_lost();
    limits_hold_across_workers: laws::limits::limits_hold();
    no_money_is_forgotten_while_there_is_room: laws::limits::no_money_is_forgotten_while_there_is_room();
    parameters_arrive_or_are_reported: laws::reported::parameters();
    unknown_members_are_reported: laws::reported::unknown_members();
    no_healthy_target_is_missed: laws::failover::every_target_is_asked();
    orders_are_permutations: laws::order::permutations();
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    inputs_that_broke_a_law_keep_it_now: laws::regressions::hold(holds);
    #[cfg(not(all(target_family = "wasm", target_os = "unknown")))]
    every_law_is_fuzzed: laws::regressions::targets();
    deep_requests_are_read_or_refused: laws::depth::requests();
    large_requests_are_read_or_refused: laws::size::requests();
    deep_answers_are_read_or_refused: laws::depth::answers();
    deep_configurations_are_refused: laws::depth::configurations();
    what_is_nearly_a_key_is_none: laws::keys::mutations(if cfg!(target_family = "wasm") { 10_000 } else { 1_000_000 });
    covered_routes_never_match: laws::covers::covered_routes_never_match(ROUNDS * 2500);
}

/// How often each law is put to random bytes, and each golden input damaged.
const ROUNDS: usize = if cfg!(target_family = "wasm") { 1 } else { 4 };

fn arbitrary_bytes() {
    let mut random = Random::new(1);
    for _ in 0..ROUNDS * 300 {
        let bytes = random::arbitrary(&mut random);
        for (_, law) in LAWS {
            holds(*law, &bytes);
        }
        holds(panics::walk, &bytes);
    }
}

fn damaged(sort: &str, laws: &[panics::Law]) {
    let mut random = Random::new(2);
    let mut count = 0;
    for input in goldens::inputs(sort) {
        for law in laws {
            holds(*law, input.as_bytes());
        }
        for _ in 0..ROUNDS {
            let mut inputs = vec![random::damaged(input.as_bytes(), &mut random)];
            inputs.extend(random::surprising(input, &mut random).map(String::into_bytes));
            for (law, bytes) in laws.iter().zip(inputs.iter().cycle()).chain(laws.iter().rev().zip(&inputs)) {
                holds(*law, bytes);
            }
            count += 1;
        }
    }
    assert!(count >= 20 * ROUNDS, "only {count} inputs of sort {sort}");
}

fn damaged_configurations() {
    let whole = r##"{"listen":"0.0.0.0:8080","access":"none","admin":false,"providers":{"openai":{"api_key":"${K}"},"local":{
        "kind":"openai-compatible","endpoint":"http://127.0.0.1:8000/v1","models":["llama-*"]}},"aliases":{"a":"b"},
        "retry":{"on":["reset",429,"5xx"],"backoff":{"base":"1ms","max":"2s"},"per_try_timeout":"1s","idle_timeout":"5s"},
        "routes":[{"name":"chat","match":{"models":["gpt-*"]},"strategy":"ab-test","targets":[{"provider":"local",
        "model":"m","weight":3,"label":"b","max_concurrency":5,"retry":{"attempts":2}}],"failover":false,
        "sticky":{"by":"header","header":"x-user"},"breaker":{"failures":5,"rate":0.5,"window":"30s","open":"5s",
        "max_open":"20s"},"retry":{"per_try_timeout":"1s"}},{"name":"cheap","strategy":"cost","unpriced":"skip",
        "targets":[{"provider":"local","model":"m","price_multiplier":0.5}]}],"prices":{"local/m":{"input":1,"output":2.5,
        "cached_input":0.1}},
        "routes":[{"name":"chat","match":{"models":["gpt-*"],"surfaces":["chat"],"headers":{"x-a":"b"},
        "prompt":{"contains":["a"],"not_contains":["b"],"regex":["^c+$"]},"tools":true,"images":false,"json_schema":true,
        "stream":false,"min_input_tokens":1,"max_input_tokens":9},"strategy":"weighted","targets":[{"provider":"local",
        "model":"m","weight":3,"retry":{"attempts":2}}],"retry":{"per_try_timeout":"1s"}}],
        "compatibility":{"unsupported_params":"warn"},"limits":{"max_request_bytes":"1MiB",
        "request_timeout":"1m","idle_timeout":"1m","max_heap":"1GiB","max_connections":9},"log":{"requests":"full"}}"##;
    let value = serde_json::from_str(whole).unwrap();
    assert!(ferro::config::Config::parse(&value).is_ok(), "the law would test nothing");
    let mut random = Random::new(3);
    for _ in 0..ROUNDS * 500 {
        holds(panics::config, &random::damaged(whole.as_bytes(), &mut random));
        holds(panics::config, random::surprising(whole, &mut random).unwrap().as_bytes());
    }
}

/// Puts a law to bytes, and shows them if it does not hold.
fn holds(law: panics::Law, bytes: &[u8]) {
    struct Shown<'a>(&'a [u8]);
    impl Drop for Shown<'_> {
        fn drop(&mut self) {
            if std::thread::panicking() {
                eprintln!("the input was {}", self.0.escape_ascii());
            }
        }
    }
    let _shown = Shown(bytes);
    law(bytes);
}
