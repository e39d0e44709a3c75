//! What servers say of whose fault an error is, whatever format they speak: a server of one format often stands before
//! one of another and passes its words on.

use crate::hub::{Fault, Faults};

/// All that are known.
pub const KNOWN: Faults = Faults {
    codes: &[
        // OpenAI's.
        ("context_length_exceeded", Fault::ContextLength),
        ("content_filter", Fault::ContentFilter),
        ("content_policy_violation", Fault::ContentFilter),
        // OpenAI's for a credential that is refused, whatever the status that vendors send with them.
        ("invalid_api_key", Fault::Credential),
        ("invalid_authentication", Fault::Credential),
        ("authentication_error", Fault::Credential),
        ("incorrect_api_key", Fault::Credential),
        ("account_deactivated", Fault::Credential),
        ("billing_not_active", Fault::Credential),
        // Azure's.
        ("ResponsibleAIPolicyViolation", Fault::ContentFilter),
    ],
    phrases: &[
        // vLLM's and Mistral's.
        ("maximum context length", Fault::ContextLength),
        // llama.cpp's.
        ("exceeds the available context size", Fault::ContextLength),
        // Ollama's.
        ("exceeded max context length", Fault::ContextLength),
        ("input length exceeds the context length", Fault::ContextLength),
        // TGI's.
        ("must be <= `max_input_length`", Fault::ContextLength),
        // Anthropic's.
        ("blocked by content filtering policy", Fault::ContentFilter),
        // Replicate's E005.
        ("flagged as sensitive", Fault::ContentFilter),
    ],
};
