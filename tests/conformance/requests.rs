//! What clients ask for: of each surface a request with much in it, and one with little.

use ferro::provider::Row;
use ferro::surface::{Answer, Body, Surface};

/// A client's body and the type that it has.
pub struct Asked {
    pub content_type: &'static str,
    pub body: String,
}

/// A request of a chat that is streamed, with nothing that need not be there.
pub const STREAM: &str = r#"{"model":"m","messages":[{"role":"user","content":"Hi"}],"stream":true}"#;

/// The parameters of a chat that vendors differ in.
const CHAT: &str = concat!(
    r#"{"model":"m","messages":[{"role":"developer","content":"Be brief."},"#,
    r#"{"role":"user","name":"ada","content":[{"type":"text","text":"Weather?"}]},"#,
    r#"{"role":"assistant","content":null,"reasoning_content":"Hm.","refusal":null,"annotations":[],"#,
    r#""tool_calls":[{"id":"call_1","type":"function","function":{"name":"weather","arguments":"{}"}}]},"#,
    r#"{"role":"tool","tool_call_id":"call_1","content":"Rain."}],"#,
    r#""max_completion_tokens":64,"temperature":1.5,"top_p":0.9,"n":1,"seed":7,"stop":["END"],"#,
    r#""presence_penalty":0.1,"frequency_penalty":0.1,"logit_bias":{"50256":-100},"logprobs":true,"top_logprobs":2,"#,
    r#""user":"u-1","tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object","#,
    r#""properties":{}}}}],"tool_choice":"auto","parallel_tool_calls":false,"reasoning_effort":"low","store":false,"#,
    r#""metadata":{"a":"b"},"service_tier":"auto","response_format":{"type":"json_object"}}"#,
);

/// The requests of surfaces whose bodies are JSON.
const JSON: &[(&str, &[&str])] = &[
    ("chat", &[CHAT, STREAM]),
    (
        "completions",
        &[r#"{"model":"m","prompt":"Once","max_tokens":16,"temperature":1.5,"seed":7,"user":"u-1"}"#],
    ),
    (
        "embeddings",
        &[
            r#"{"model":"m","input":["one","two"],"dimensions":256,"encoding_format":"float","user":"u-1"}"#,
            // Not every vendor has other dimensions than its own.
            r#"{"model":"m","input":"one"}"#,
        ],
    ),
    (
        "images",
        &[
            r#"{"model":"m","prompt":"A cat","n":1,"size":"1024x1024","quality":"high","style":"vivid","user":"u-1"}"#,
        ],
    ),
    (
        "speech",
        &[
            r#"{"model":"m","input":"Hello","voice":"alloy","response_format":"mp3","speed":1.25}"#,
            r#"{"model":"m","input":"Hello","voice":"alloy","response_format":"wav"}"#,
        ],
    ),
    ("moderations", &[r#"{"model":"m","input":"Hello"}"#]),
    ("rerank", &[r#"{"model":"m","query":"cats","documents":["one","two"],"top_n":1}"#]),
    (
        "embed",
        &[r#"{"model":"m","texts":["one"],"input_type":"search_document","embedding_types":["float"]}"#],
    ),
    ("responses", &[r#"{"model":"m","input":"Hello","max_output_tokens":64}"#]),
];

/// The requests of a surface.
pub fn of(surface: &Surface) -> Vec<Asked> {
    let of = |content_type, body: &str| Asked { content_type, body: body.to_owned() };
    match surface.body {
        Body::Nothing => vec![of("", "")],
        // What is kept is looked up.
        Body::Opaque => vec![of("", "")],
        Body::Json => {
            let own = JSON.iter().find(|(word, _)| *word == surface.word);
            let own = own.unwrap_or_else(|| panic!("what is asked of {}?", surface.word)).1;
            own.iter().map(|body| of("application/json", body)).collect()
        }
        Body::Form | Body::Any => vec![of("multipart/form-data;boundary=b", &form())],
    }
}

/// A form with a file, as one line of a script.
fn form() -> String {
    let field = |name: &str, value: &str| {
        format!("--b\\r\\ncontent-disposition: form-data; name=\"{name}\"\\r\\n\\r\\n{value}\\r\\n")
    };
    let file =
        "--b\\r\\ncontent-disposition: form-data; name=\"file\"; filename=\"a.wav\"\\r\\n\\r\\nRIFF\\r\\n";
    [&field("model", "m"), file, "--b--\\r\\n"].concat()
}

/// The lines of a client that asks for it: the first of a script, or one that comes after another. What names no model
/// names the route.
pub fn lines(surface: &Surface, asked: &Asked, row: &Row, is_first: bool) -> Vec<String> {
    let Asked { content_type, body } = asked;
    let seen: String = row.forwards.iter().map(|name| format!(" {name}=seen")).collect();
    let word = if is_first { "headers" } else { "fresh" };
    let path = surface.path.replace('*', "x-1");
    if surface.answer == Answer::Upgrade {
        let upgrade = "connection=Upgrade upgrade=websocket sec-websocket-version=13 sec-websocket-key=abc";
        return vec![format!("> {word} GET {path}?model=m {upgrade}{seen}")];
    }
    let method = surface.methods[0];
    if body.is_empty() {
        return vec![format!("> {word}! {method} {path} x-ferro-route=row{seen}")];
    }
    vec![format!("> {word} {method} {path} content-type={content_type}{seen}"), format!("> body {body}")]
}
