//! Tasks that are no chat: whatever is asked and answered, what goes out is JSON, no longer than it may be, and answers
//! what was asked.

use ferro::dialect::{Arrival, FORMATS, Format, Head, Task, TaskAnswer, Written, openai};
use ferro::exchange::Failure;
use ferro::gateway::Redactor;
use ferro::hub::Dropped;
use ferro::hub::json::Document;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::panics::{STAMP, is_json, is_told, says_why};
use super::random::{self, Random};

/// The most that a format may add to what it was told.
const MOST_ADDED: usize = 4 << 20;

/// A client's body and, behind a zero byte, a provider's answer, for every format that says the task otherwise.
pub fn task(bytes: &[u8]) {
    let zero = bytes.iter().position(|byte| *byte == 0);
    let (asked, answer) = zero.map_or((bytes, bytes), |zero| (&bytes[..zero], &bytes[zero + 1..]));
    let document = Document::new(String::from_utf8_lossy(asked));
    for (format, task) in all() {
        asks(format, task, &document, answer);
    }
}

fn asks(format: &Format, task: &Task, document: &Document, answer: &[u8]) {
    let mut dropped = Dropped::default();
    let written = match task.provider.write_request(document, "m-1", &mut dropped) {
        Ok(written) => written,
        Err(error) => return says_why(&error),
    };
    let (body, text) = (&written.body, document.text());
    assert!(is_json(body), "{format:?}: {}", String::from_utf8_lossy(body));
    assert!(body.len() <= text.len() + MOST_ADDED, "{format:?}: {} of {}", body.len(), text.len());
    is_told(&dropped);
    let arrival = Arrival { head: Head::of(200), stamp: STAMP, memo: &written.memo };
    match task.provider.read_answer(answer, &arrival) {
        Ok(answer) => answers(format, task, &written, &answer),
        Err(_) => {
            if let Some(error) = task.provider.read_refusal(answer) {
                let failure = Failure::of_provider(format.name, &error);
                assert!(
                    (400..=599).contains(&failure.status()),
                    "{format:?} refuses with {}",
                    failure.status()
                );
                let written = openai::write_error(&failure.into_error(&Redactor::default()));
                assert!(openai::is_error_body(&written), "{format:?}: {}", String::from_utf8_lossy(&written));
            }
        }
    }
}

fn answers(format: &Format, task: &Task, written: &Written, answer: &TaskAnswer) {
    if task.surface == "speech" {
        assert!(answer.media_type.starts_with("audio/") && !answer.body.is_empty(), "{format:?} is silent");
        return;
    }
    assert_eq!(answer.media_type, "application/json");
    assert!(!openai::is_error_body(&answer.body), "{format:?}: an answer that looks like an error");
    let lists: Lists<'_> = serde_json::from_slice(&answer.body).expect("an answer is JSON");
    let list = lists.data.or(lists.results).expect("an answer has a list");
    match task.surface {
        "embeddings" | "moderations" => {
            let inputs = written.memo.noted("inputs").unwrap();
            assert_eq!(list.len().to_string(), inputs, "{format:?} answers what was not asked");
        }
        "images" => {
            assert!(!list.is_empty(), "{format:?} draws nothing");
            for image in list {
                let image: Drawn<'_> = serde_json::from_str(image.get()).expect("an image in base64");
                let is_usual = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
                assert!(!image.b64_json.is_empty() && image.b64_json.bytes().all(is_usual), "{format:?}");
            }
        }
        _ => {}
    }
}

/// An image of an answer.
#[derive(Deserialize)]
struct Drawn<'a> {
    b64_json: &'a str,
}

/// What an answer has one of. Numbers may be too large for anybody: they are the provider's.
#[derive(Deserialize)]
struct Lists<'a> {
    #[serde(borrow)]
    data: Option<Vec<&'a RawValue>>,
    #[serde(borrow)]
    results: Option<Vec<&'a RawValue>>,
}

fn all() -> impl Iterator<Item = (&'static Format, &'static Task)> {
    FORMATS.iter().flat_map(|format| format.tasks.iter().map(|task| (*format, task)))
}

/// Whole requests and answers of every format, which are damaged.
const WHOLE: &[(&str, &str)] = &[
    (
        r#"{"model":"m","input":["a","b"],"dimensions":2,"encoding_format":"base64","user":"u","input_type":"query"}"#,
        r#"{"embeddings":{"float":[[0.1,1e-3],[-2,3]]},"meta":{"billed_units":{"input_tokens":7}}}"#,
    ),
    (
        r#"{"model":"m","input":["a",{"image":"b"}],"task":"text-matching","embedding_types":["int8"],"title":"t"}"#,
        r#"{"embeddings":[{"values":[0.1]},{"values":[2]}],"usageMetadata":{"promptTokenCount":3}}"#,
    ),
    (
        r#"{"model":"m","input":"a","truncate":true,"keep_alive":"5m","output_dtype":"float"}"#,
        r#"{"data":[{"index":0,"embedding":"AACAPwAAAL8="}],"model":"m","usage":{"total_tokens":7}}"#,
    ),
    (r#"{"model":"m","input":["a","b"]}"#, r#"{"embeddings":[[0.1],[0.2]],"prompt_eval_count":8}"#),
    (r#"{"model":"m","input":["a","b"],"encoding_format":"base64"}"#, "[[0.1,0.2],[0.30,0.40]]"),
    (
        r#"{"model":"m","query":"q","documents":["a",{"text":"b"},"c"],"top_n":2,"return_documents":true}"#,
        r#"{"results":[{"index":2,"relevance_score":0.5},{"index":0,"relevance_score":1e-3}],"usage":{"total_tokens":9}}"#,
    ),
    (
        r#"{"model":"m","query":"q","documents":["a","b"],"max_tokens_per_doc":9,"truncate":"END"}"#,
        r#"{"rankings":[{"index":1,"logit":-1.5},{"index":0,"logit":800}],"usage":{"prompt_tokens":1}}"#,
    ),
    (
        r#"{"model":"m","query":"q","documents":["a","b"],"instruction":"i"}"#,
        r#"{"scores":[0.5,0.75],"input_tokens":4,"request_id":"r"}"#,
    ),
    (
        r#"{"model":"m","input":[{"type":"text","text":"a"}]}"#,
        r#"{"id":"i","results":[{"categories":{"a":true},"category_scores":{"a":0.5}}]}"#,
    ),
    (
        r#"{"model":"m","prompt":"a cat","n":2,"size":"1024x1536","quality":"high","background":"auto","aspect_ratio":"1:1"}"#,
        r#"{"candidates":[{"content":{"parts":[{"text":"t"},{"thought":true,"inlineData":{"mimeType":"image/png","data":"eA=="}},{"inlineData":{"mimeType":"image\/jpeg","data":"_9j-"}},{"inlineData":{"mimeType":"image/png","data":"aWE="}}]},"finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":3,"candidatesTokenCount":1290}}"#,
    ),
    (
        r#"{"model":"m","prompt":"a cat","size":"512x768","response_format":"url","seed":7,"negative_prompt":"dogs","user":"u"}"#,
        "RIFF\u{1}\u{0}\u{0}\u{0}WEBPVP8 ",
    ),
    (
        r#"{"model":"m","prompt":"a cat","output_format":"webp","partial_images":0,"stream":false}"#,
        r#"{"promptFeedback":{"blockReason":"SAFETY"},"candidates":[{"finishReason":"IMAGE_SAFETY"}],"error":{"message":"m"}}"#,
    ),
    (
        r#"{"model":"m","input":"Hi","voice":"Kore","response_format":"wav","speed":1.5,"instructions":"calm"}"#,
        r#"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/L16;rate=24000","data":"AAEAAQ=="}},{"inlineData":{"mimeType":"audio/L16;rate=24000","data":"AAI="}}]}}],"usageMetadata":{"promptTokenCount":3}}"#,
    ),
    (
        r#"{"model":"m","input":"Hi","voice":{"id":"v"},"response_format":"wav","ref_audio":"aWE=","stream_format":"audio"}"#,
        r#"{"audio_data":"UklGRg==","candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"audio/wav","data":"UklGRg=="}}]}}]}"#,
    ),
];

/// None of them breaks anything, however it is damaged.
pub fn damaged(holds: impl Fn(&[u8]), rounds: usize) {
    let mut random = Random::new(4);
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

/// Large requests are written no longer than they may be, or refused by name.
pub fn large() {
    let input = |count: usize, text: &str| vec![format!("\"{text}\""); count].join(",");
    let long = "x".repeat(1 << 20);
    for text in [
        format!(r#"{{"model":"m","input":[{}],"title":"{}"}}"#, input(2048, ""), "t".repeat(900)),
        format!(r#"{{"model":"m","input":[{}],"title":"{long}"}}"#, input(2048, "")),
        format!(r#"{{"model":"m","input":[{}],"taskType":"{long}"}}"#, input(2048, "a")),
        format!(r#"{{"model":"m","query":"{long}","documents":[{}]}}"#, input(1000, "a")),
        format!(r#"{{"model":"m","query":"q","documents":[{}]}}"#, input(10_000, "a")),
        format!(r#"{{"model":"m","input":[{}]}}"#, "{},".repeat(600_000) + "{}"),
        format!(r#"{{"model":"m","input":"a",{}"x":1}}"#, r#""y":1,"#.repeat(600_000)),
    ] {
        task(text.as_bytes());
    }
}
