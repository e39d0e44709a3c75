//! What clients ask for: of each surface a request with much in it, and one with little.

use ferro::surface::{Body, Surface};

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

/// The requests of surfaces whose bodies are JSON; of others, what any body would do for.
const JSON: &[(&str, &[&str])] = &[("chat", &[CHAT, STREAM])];

/// The requests of a surface.
pub fn of(surface: &Surface) -> Vec<Asked> {
    let json = |body: &&str| Asked { content_type: "application/json", body: (*body).to_owned() };
    match surface.body {
        Body::Nothing => Vec::new(),
        Body::Json | Body::Any => {
            let own = JSON.iter().find(|(word, _)| *word == surface.word);
            own.map_or(&[r#"{"model":"m","input":"Hi"}"#] as &[_], |(_, own)| own).iter().map(json).collect()
        }
        Body::Form => vec![Asked { content_type: "multipart/form-data;boundary=b", body: form() }],
        Body::Opaque => {
            vec![Asked { content_type: "application/octet-stream", body: "bytes".to_owned() }]
        }
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

/// The lines of a client that asks for it: the first of a script, or one that comes after another.
pub fn lines(surface: &Surface, asked: &Asked, forwards: &[&str], is_first: bool) -> Vec<String> {
    let Asked { content_type, body } = asked;
    let seen: String = forwards.iter().map(|name| format!(" {name}=seen")).collect();
    let word = if is_first { "headers" } else { "fresh" };
    let (method, path) = (surface.methods[0], surface.path);
    if method == "GET" {
        return vec![format!("> {word}! {method} {path}{seen}")];
    }
    vec![format!("> {word} {method} {path} content-type={content_type}{seen}"), format!("> body {body}")]
}
