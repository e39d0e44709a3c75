//! A format's two halves are each other's inverse: what the one reads, the other writes.
//!
//! Of a request nothing is lost on the way through the hub, but for what [`honest`] lists.

use std::collections::BTreeMap;

use ferro::dialect::Streamed;
use ferro::dialect::openai::FORMAT;
use ferro::frame::Framing;
use ferro::hub::json::Document;
use ferro::hub::{Delta, Dropped};
use serde_json::{Value, json};

use super::goldens;
use super::panics::{ARRIVAL, STAMP};

/// Every golden request, read and written again: the same for the hub, and the same JSON.
pub fn requests() {
    let (client, provider) = (FORMAT.client.unwrap(), FORMAT.provider.unwrap());
    let (mut count, mut lost) = (0, Vec::new());
    for input in goldens::inputs("request") {
        let document = Document::new(input);
        let Ok(mut chat) = client.read_request(&document) else { continue };
        // What OpenAI deprecated is written as it is spelled now.
        if chat.one_call {
            continue;
        }
        let mut dropped = Dropped::default();
        let written = provider.write_request(&chat, "m", &mut dropped).unwrap();
        assert!(written.memo.is_empty());
        let text = String::from_utf8(written.body).unwrap();
        let document = Document::new(text.as_str());
        let mut again = client.read_request(&document).unwrap();
        (chat.length, again.length) = (0, 0);
        let (was, is) = (format!("{chat:#?}"), format!("{again:#?}"));
        if let Some((was, is)) = was.lines().zip(is.lines()).find(|(was, is)| was != is) {
            lost.push(format!("the hub has {was}, and then {is} of {text}"));
        }
        // Nobody but a parser that builds trees minds how deep a schema is.
        if let (Ok(was), Ok(is)) = (serde_json::from_str(input), serde_json::from_str::<Value>(&text)) {
            let was = honest(was);
            if was != is {
                lost.push(format!("{was}\nbecame\n{is}"));
            }
        }
        if !dropped.is_empty() {
            lost.push(format!("{:?} of {input}", dropped.params()));
        }
        count += 1;
    }
    assert!(lost.is_empty(), "{} lost\n{}", lost.len(), lost.join("\n\n"));
    assert!(count > 140, "only {count} requests");
}

/// A client's body as it is after the hub: what differs from what the client wrote, and means the same.
fn honest(mut body: Value) -> Value {
    let whole = body.as_object_mut().unwrap();
    // The target's model is another's affair.
    whole.insert("model".to_owned(), "m".into());
    // What a stream costs is always wanted, and of no other answer need it be asked.
    match whole.get("stream").and_then(Value::as_bool) {
        Some(true) => whole.entry("stream_options").or_insert(json!({}))["include_usage"] = true.into(),
        _ => drop(whole.remove("stream_options")),
    }
    // One text that ends the answer is a list of one.
    if let Some(Value::String(stop)) = whole.get("stop").cloned() {
        whole.insert("stop".to_owned(), json!([stop]));
    }
    // The newer name of a limit counts.
    if whole.contains_key("max_completion_tokens") {
        whole.remove("max_tokens");
    }
    for tool in body
        .pointer_mut("/tool_choice/allowed_tools/tools")
        .into_iter()
        .filter_map(Value::as_array_mut)
        .flatten()
    {
        let tool = tool.as_object_mut().unwrap();
        if let Some(name) = tool.remove("name") {
            tool.insert("function".to_owned(), json!({"name": name}));
        }
    }
    body["messages"].as_array_mut().unwrap().iter_mut().for_each(honest_message);
    body
}

fn honest_message(message: &mut Value) {
    let message = message.as_object_mut().unwrap();
    // The two names of one role.
    if message["role"] == "developer" {
        message.insert("role".to_owned(), "system".into());
    }
    // Empty members of an answer that a client gives back.
    message.retain(|name, value| name == "content" || !value.is_null());
    // A mark that stands on no text stands on an empty one.
    if message.contains_key("extra_content") && message["content"].is_null() {
        message.insert("content".to_owned(), "".into());
    }
    // Blocks of thoughts say all that is told beside them, and stand in their order.
    if let Some(blocks) = message.get_mut("thinking_blocks") {
        for block in blocks.as_array_mut().unwrap() {
            block.as_object_mut().unwrap().remove("index");
        }
        message.remove("reasoning_content");
    }
    for part in message.get_mut("content").and_then(Value::as_array_mut).into_iter().flatten() {
        // Bare base64 is a PDF's, and the media type of data in lower case.
        for data in ["/file/file_data", "/image_url/url"] {
            let Some(Value::String(text)) = part.pointer_mut(data) else { continue };
            match text.split_once(',').filter(|_| text.starts_with("data:")) {
                Some((head, data)) => *text = format!("{},{data}", head.to_ascii_lowercase()),
                None if data == "/file/file_data" => *text = format!("data:application/pdf;base64,{text}"),
                None => {}
            }
        }
    }
}

/// Every golden answer of the format, read as a provider's and written for a client, says the same; byte for byte, if it
/// was this format's client half that wrote it.
pub fn answers() {
    let (client, provider) = (FORMAT.client.unwrap(), FORMAT.provider.unwrap());
    let mut count = 0;
    for (input, ours) in of("answer") {
        if input.starts_with("{\"error\"") {
            continue;
        }
        let answer = provider.read_answer(input, &ARRIVAL).unwrap();
        let written = String::from_utf8(client.write_answer(&answer, "m", STAMP)).unwrap();
        let (was, is) = (Said::whole(input), Said::whole(&written));
        assert!(was == is && !was.choices.is_empty(), "{was:?}\n{is:?}");
        assert!(!ours || written == input.trim_end(), "{input}{written}");
        count += 1;
    }
    assert!(count >= 40, "only {count} answers");
}

/// Every golden stream of the format, read as a provider's and written for a client, says the same; byte for byte, if it
/// was this format's client half that wrote it.
pub fn streams() {
    let mut count = 0;
    for (input, ours) in of("stream") {
        let written = translated(input);
        assert_eq!(Said::streamed(input), Said::streamed(&written), "{input}\n{written}");
        let whole = input.contains("[DONE]") && input.contains("\"usage\":null");
        // A comment is no frame of an answer: who reads frames answers it.
        let same = written == input.replace(": ping\n\n", "");
        assert!(!ours || !whole || same, "{input}\n{written}");
        count += 1;
    }
    assert!(count >= 60, "only {count} streams");
}

/// All golden answers or streams in the format, and whether we wrote them: those of its providers, and what became of
/// those of others.
fn of(sort: &str) -> impl Iterator<Item = (&'static str, bool)> {
    let folders = goldens::FOLDERS.iter().filter(move |folder| folder.path.split('/').next() == Some(sort));
    folders.flat_map(|folder| {
        let own = folder.path.split('/').nth(1) == Some(FORMAT.name);
        let inputs = folder.cases.iter().filter(move |_| own).map(|case| (case.input, false));
        let outputs = folder.cases.iter().filter(move |_| !own).flat_map(|case| case.outputs);
        let ours = outputs.filter(|(file, _)| file.split(['-', '.']).nth(1) == Some(FORMAT.name));
        inputs.chain(ours.map(|(_, output)| (*output, true)))
    })
}

/// A stream by way of deltas.
fn translated(stream: &str) -> String {
    let (client, provider) = (FORMAT.client.unwrap(), FORMAT.provider.unwrap());
    let mut reader = provider.reader(&ARRIVAL);
    let mut writer = client.writer(Streamed { model: "m", include_usage: true, stamp: STAMP, echo: None });
    let mut frames = FORMAT.framing.frames();
    let mut out = Vec::new();
    frames.push(stream.as_bytes().to_vec());
    while let Some(frame) = frames.next_frame() {
        let mut deltas = Vec::new();
        // What cannot be read is skipped.
        let _ = reader.read(&frame, &mut deltas);
        if deltas.iter().any(|delta| matches!(delta, Delta::Error(_))) {
            return String::from_utf8(out).unwrap();
        }
        deltas.into_iter().for_each(|delta| writer.write(delta, &mut out));
    }
    let mut deltas = Vec::new();
    reader.finish(&mut deltas);
    deltas.into_iter().for_each(|delta| writer.write(delta, &mut out));
    writer.end(&mut out);
    String::from_utf8(out).unwrap()
}

/// What an answer says.
#[derive(Debug, Default, PartialEq)]
struct Said {
    choices: BTreeMap<u64, Alternative>,
    usage: Option<Value>,
}

#[derive(Debug, Default, PartialEq)]
struct Alternative {
    text: String,
    refusal: String,
    thoughts: String,
    /// Id, name and arguments.
    calls: BTreeMap<u64, (String, String, String)>,
    finish: Option<String>,
}

impl Said {
    fn whole(body: &str) -> Self {
        let mut said = Self::default();
        said.piece(&serde_json::from_str(body).unwrap(), "message");
        said
    }

    fn streamed(stream: &str) -> Self {
        let mut said = Self::default();
        let mut frames = Framing::Sse.frames();
        frames.push(stream.as_bytes().to_vec());
        while let Some(frame) = frames.next_frame() {
            let data = frame.data.as_deref().and_then(|data| serde_json::from_str::<Value>(data).ok());
            if let Some(chunk) = data {
                if chunk.get("error").is_some() {
                    break;
                }
                said.piece(&chunk, "delta");
            }
        }
        said
    }

    fn piece(&mut self, value: &Value, member: &str) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        for choice in value["choices"].as_array().into_iter().flatten() {
            let said = self.choices.entry(choice["index"].as_u64().unwrap_or_default()).or_default();
            let message = &choice[member];
            said.text += &text(&message["content"]);
            said.refusal += &text(&message["refusal"]);
            let thoughts = ["reasoning_content", "reasoning"].map(|name| text(&message[name]));
            said.thoughts += thoughts.iter().find(|text| !text.is_empty()).map_or("", String::as_str);
            for (place, call) in message["tool_calls"].as_array().into_iter().flatten().enumerate() {
                let known = said.calls.entry(call["index"].as_u64().unwrap_or(place as u64)).or_default();
                known.0 += &text(&call["id"]);
                known.1 += &text(&call["function"]["name"]);
                known.2 += &text(&call["function"]["arguments"]);
            }
            said.finish = choice["finish_reason"].as_str().map(str::to_owned).or(said.finish.take());
        }
        let usage = &value["usage"];
        if usage.is_object() {
            let counted = [&usage["prompt_tokens"], &usage["completion_tokens"], &usage["total_tokens"]];
            self.usage = Some(json!([
                counted,
                usage["prompt_tokens_details"]["cached_tokens"],
                usage["completion_tokens_details"]["reasoning_tokens"],
            ]));
        }
    }
}
