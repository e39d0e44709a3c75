//! Texts that once ended the VM or held it for seconds, at their true size: read or refused, and never much longer for
//! their target than they came.

use ferro::dialect::openai::{read_facts, read_request, spell};
use ferro::hub::Dropped;
use ferro::hub::json::Document;

use super::panics::MODELS;

const MOST_ADDED: usize = 4 << 20;

/// Every one of them, for every model's rules.
pub fn requests() {
    for text in [references(), calls(), members(), long_name()] {
        let document = Document::new(text.as_str());
        assert!(read_facts(&document).text_bytes <= text.len() as u64);
        let Ok(chat) = read_request(&document) else { continue };
        for (dialect, models) in MODELS {
            for model in *models {
                match dialect.provider.unwrap().write_request(&chat, model, &mut Dropped::default()) {
                    Ok(written) => {
                        let length = written.body.len();
                        assert!(length <= text.len() + MOST_ADDED, "{model}: {length}");
                    }
                    Err(error) => assert!(error.param.is_some(), "{model}: {error:?}"),
                }
            }
        }
    }
    let refused = |text: &str, model: &str| {
        let document = Document::new(text);
        let chat = read_request(&document).unwrap();
        let (dialect, _) = MODELS.iter().find(|(_, models)| models.contains(&model)).unwrap();
        let written = dialect.provider.unwrap().write_request(&chat, model, &mut Dropped::default());
        written.unwrap_err().message(spell)
    };
    assert!(refused(&references(), "gemini-1.5-pro").contains("references bring in"));
    assert!(refused(&long_name(), "gemini-2.5-pro").contains("at most 1024 bytes"));
}

/// Three tools with four thousand references each to one long definition.
fn references() -> String {
    let properties: Vec<_> = (0..4000).map(|at| format!(r##""p{at}":{{"$ref":"#/$defs/d"}}"##)).collect();
    let schema = format!(
        r#"{{"type":"object","properties":{{{}}},"$defs":{{"d":{{"type":"string","description":"{}"}}}}}}"#,
        properties.join(","),
        "x".repeat(100_000)
    );
    let tool = format!(r#"{{"type":"function","function":{{"name":"f","parameters":{schema}}}}}"#);
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"a"}}],"tools":[{tool},{tool},{tool}]}}"#)
}

/// Two megabytes of calls with one id.
fn calls() -> String {
    let calls = vec![r#"{"id":"a","type":"function","function":{"name":"f","arguments":"{}"}}"#; 16_000];
    let results = vec![r#"{"role":"tool","tool_call_id":"a","content":"r"}"#; 16_000];
    format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"a"}},{{"role":"assistant","tool_calls":[{}]}},{}]}}"#,
        calls.join(","),
        results.join(",")
    )
}

/// Half a megabyte of members that nobody knows.
fn members() -> String {
    let members: Vec<_> = (0..40_000).map(|at| format!(r#""x{at}":1"#)).collect();
    format!(r#"{{"model":"m","messages":[{{"role":"user","content":"a"}}],{}}}"#, members.join(","))
}

/// A function of a long name, which Gemini is told by another, and whose own would be in every call of an answer.
fn long_name() -> String {
    let name = "n".repeat(5 << 20);
    format!(
        r#"{{"model":"m","messages":[{{"role":"user","content":"a"}},{{"role":"assistant","tool_calls":[{{"id":"a","type":"function",
        "function":{{"name":"{name}","arguments":"{{}}"}}}}]}},{{"role":"tool","tool_call_id":"a","content":"r"}}]}}"#
    )
}
