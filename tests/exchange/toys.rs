//! What scripts that say `toys` may use: the toy format is one more among the formats, and clients and providers speak it.

use ferro::dialect::{Format, anthropic, gemini, openai};
use ferro::provider::{Row, RowOperation, Vendors};
use ferro::surface::{Answer, Body, Entry, Surface};

use crate::toy::TOY;

/// All wire formats that there are, and one that is none.
const FORMATS: &[&Format] = &[&openai::FORMAT, &anthropic::FORMAT, &gemini::FORMAT, &TOY];

/// Two places for a chat: the usual one, and one for those that speak as toys do.
pub const SURFACES: &[Surface] = &[
    chat("chat", "/v1/chat/completions", &openai::FORMAT),
    chat("toys", "/toys", &TOY),
    Surface { answer: Answer::Json, ..chat("moods", "/moods", &TOY) },
];

/// A vendor of toys, and one that may speak anything.
pub const VENDORS: Vendors = Vendors {
    catalogue: &[&[row("toy", TOY_CHAT), row("any", ANY_CHAT)]],
    formats: FORMATS,
    ..Vendors::BUILT_IN
};

const TOY_CHAT: &[RowOperation] = &[RowOperation::chat(&TOY)];
const ANY_CHAT: &[RowOperation] = &[RowOperation::chat(&openai::FORMAT)];

/// The configuration of a script that brings none. The models `toy`, `openai`, `anthropic` and `gemini` are asked of
/// providers that speak so; `m` of one toy and then of others.
pub const USUAL: &str = r#"{"providers":{
    "toy":{"kind":"toy","endpoint":"http://toy","models":["toy"],"auth":"none"},
    "openai":{"kind":"any","endpoint":"http://openai","format":"openai","models":["openai"],"auth":"none",
        "quirks":{"finish":{"eos":"length"},"usage":{"prompt":"/in"}}},
    "anthropic":{"kind":"any","endpoint":"http://anthropic","format":"anthropic","models":["anthropic"],"auth":"none"},
    "gemini":{"kind":"any","endpoint":"http://gemini","format":"gemini","models":["gemini"],"auth":"none"},
    "warm":{"kind":"any","endpoint":"http://warm","format":"toy","models":["warm"],"auth":"none",
        "quirks":{"clamp":{"heat":[0,1]},"rename":{"use":"with"}}}
    },"routes":[
    {"name":"chain","match":{"models":["m"]},"targets":[{"provider":"toy","model":"t-1"},
        {"provider":"anthropic","model":"claude-x"}]},
    {"name":"tepid","match":{"models":["tepid"]},"targets":[{"provider":"warm","model":"w-1"}]}]}"#;

const fn chat(word: &'static str, path: &'static str, format: &'static Format) -> Surface {
    Surface {
        word,
        family: word,
        methods: &["POST"],
        path,
        body: Body::Json,
        format,
        answer: Answer::Chat,
        unnamed: None,
        entry: Entry::Callers,
    }
}

const fn row(kind: &'static str, operations: &'static [RowOperation]) -> Row {
    Row { kind, version: "", operations, ..Row::COMPATIBLE }
}
