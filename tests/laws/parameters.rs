//! What a client may ask of a chat, for those who see what becomes of it.

/// A conversation in which every parameter has something to do.
pub const BASE: &str = r#"{
    "model":"m",
    "messages":[{"role":"user","content":"hi"}],
    "tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{}}}}]
}"#;

/// OpenAI's parameters beside `model` and `messages`, each with a value that is not its default:
/// <https://platform.openai.com/docs/api-reference/chat/create>. Then those of others that the hub models.
pub const PARAMETERS: &[(&str, &str)] = &[
    ("audio", r#"{"voice":"alloy","format":"mp3"}"#),
    ("frequency_penalty", "0.5"),
    ("function_call", r#""none""#),
    ("functions", r#"[{"name":"g"}]"#),
    ("logit_bias", r#"{"50256":-100}"#),
    ("logprobs", "true"),
    ("max_completion_tokens", "77"),
    ("max_tokens", "77"),
    ("metadata", r#"{"a":"b"}"#),
    ("modalities", r#"["text","audio"]"#),
    ("n", "3"),
    ("parallel_tool_calls", "false"),
    ("prediction", r#"{"type":"content","content":"x"}"#),
    ("presence_penalty", "0.5"),
    ("prompt_cache_key", r#""k""#),
    ("prompt_cache_retention", r#""24h""#),
    ("reasoning_effort", r#""high""#),
    ("response_format", r#"{"type":"json_object"}"#),
    ("safety_identifier", r#""s""#),
    ("seed", "7"),
    ("service_tier", r#""flex""#),
    ("stop", r#"["END"]"#),
    ("store", "true"),
    ("stream", "true"),
    ("temperature", "0.25"),
    ("tool_choice", r#""required""#),
    ("tools", r#"[{"type":"function","function":{"name":"other"}}]"#),
    ("top_p", "0.5"),
    ("user", r#""u""#),
    ("verbosity", r#""low""#),
    ("web_search_options", "{}"),
    ("top_k", "5"),
    ("thinking", r#"{"type":"enabled","budget_tokens":2048}"#),
    ("nobody_knows_it", "1"),
];
