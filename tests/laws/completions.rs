//! Completions of a prompt: whatever is asked and answered, by a provider of any format, what goes out is JSON and looks like
//! what it is. Their streams are among those of `streams.rs`.

use ferro::dialect::{Arrival, ChatClient, FORMATS, Format, Head, openai};
use ferro::hub::json::Document;
use ferro::hub::{Chat, Dropped};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::panics::{MODELS, STAMP, is_json, is_told, model_of, says_why};
use super::random::{self, Random};

/// A client's body and, behind a zero byte, a provider's answer, for every format that chats.
pub fn completion(bytes: &[u8]) {
    let zero = bytes.iter().position(|byte| *byte == 0);
    let (asked, answer) = zero.map_or((bytes, bytes), |zero| (&bytes[..zero], &bytes[zero + 1..]));
    let client = openai::completions::FORMAT.client.unwrap();
    let document = Document::new(String::from_utf8_lossy(asked));
    let facts = client.read_facts(&document);
    assert_eq!(facts.prompt.folded().len(), facts.prompt.pieces().count());
    let _ = client.read_envelope(&document);
    let answer = String::from_utf8_lossy(answer);
    match client.read_request(&document) {
        Ok(chat) => {
            let formats = FORMATS.iter().filter(|format| MODELS.iter().any(|(known, _)| known == *format));
            formats.for_each(|format| asks(client, format, &chat, &answer));
        }
        Err(error) => says_why(&error),
    }
}

fn asks(client: &dyn ChatClient, format: &'static Format, chat: &Chat<'_>, answer: &str) {
    let mut dropped = Dropped::default();
    let (model, provider) = (model_of(format, answer.as_bytes()), format.provider.unwrap());
    let written = match provider.write_request(chat, model, &mut dropped) {
        Ok(written) => written,
        Err(error) => return says_why(&error),
    };
    assert!(is_json(&written.body), "{format:?}: {}", String::from_utf8_lossy(&written.body));
    is_told(&dropped);
    let arrival = Arrival { head: Head::of(200), stamp: STAMP, memo: &written.memo };
    if let Ok(answer) = provider.read_answer(answer, &arrival) {
        let written = client.write_answer(&answer, model, STAMP);
        let said: Completion = serde_json::from_slice(&written).expect("an answer is JSON");
        assert_eq!((said.object.as_str(), said.choices.len()), ("text_completion", answer.choices.len()));
        assert!(!client.is_error(&written), "{format:?}: an answer that looks like an error");
        client.read_whole(std::str::from_utf8(&written).unwrap()).expect("it is read as what it is");
    }
}

/// What every answer has.
#[derive(Deserialize)]
struct Completion {
    object: String,
    choices: Vec<Choice>,
}

#[derive(Deserialize)]
#[expect(dead_code, reason = "read only to check that they are there")]
struct Choice {
    text: String,
    index: IgnoredAny,
    logprobs: IgnoredAny,
    finish_reason: IgnoredAny,
}

/// Whole requests, and answers of every format, which are damaged.
const WHOLE: &[(&str, &str)] = &[
    (
        r#"{"model":"m","prompt":"Once","max_tokens":9,"echo":true,"stop":["a"],"logprobs":2,"temperature":0.5,"suffix":"s"}"#,
        r#"{"id":"i","choices":[{"index":0,"message":{"role":"assistant","content":"a"},"logprobs":{"content":[{"token":"a","logprob":-1,"bytes":[97],"top_logprobs":[{"token":"b","logprob":-2}]}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":1,"completion_tokens":2}}"#,
    ),
    (
        r#"{"model":"m","prompt":["Once"],"stream":true,"stream_options":{"include_usage":true},"seed":7,"user":"u"}"#,
        r#"{"id":"i","type":"message","content":[{"type":"thinking","thinking":"t","signature":"s"},{"type":"text","text":"a"},{"type":"tool_use","id":"c","name":"n","input":{}}],"stop_reason":"max_tokens","usage":{"input_tokens":1,"output_tokens":2}}"#,
    ),
    (
        r#"{"model":"m","prompt":"Once","n":1,"best_of":2,"frequency_penalty":0.1,"logit_bias":{"1":1},"x":{"y":[]}}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"a"},{"inlineData":{"mimeType":"image/png","data":"aWE="}}]},"finishReason":"SAFETY","logprobsResult":{"chosenCandidates":[{"token":"a","logProbability":-1}]}}],"usageMetadata":{"promptTokenCount":1}}"#,
    ),
    (
        r#"{"model":"m","prompt":"Once","top_p":0.9,"presence_penalty":-1,"max_tokens":0}"#,
        r#"{"id":"i","message":{"role":"assistant","tool_plan":"p","content":[{"type":"text","text":"a"}],"citations":[]},"finish_reason":"COMPLETE","usage":{"tokens":{"input_tokens":1,"output_tokens":2}}}"#,
    ),
];

/// None of them breaks anything, however it is damaged.
pub fn damaged(holds: impl Fn(&[u8]), rounds: usize) {
    let mut random = Random::new(5);
    for (asked, answer) in WHOLE {
        holds(&[asked.as_bytes(), b"\0", answer.as_bytes()].concat());
        for _ in 0..rounds * 20 {
            let odd = random::surprising(asked, &mut random).unwrap_or_else(|| (*asked).to_owned());
            holds(&[odd.as_bytes(), b"\0", answer.as_bytes()].concat());
            let odd = random::surprising(answer, &mut random).unwrap_or_else(|| (*answer).to_owned());
            holds(&[asked.as_bytes(), b"\0", odd.as_bytes()].concat());
            let bytes = random::damaged(answer.as_bytes(), &mut random);
            holds(&[asked.as_bytes(), b"\0", &bytes].concat());
        }
    }
}
