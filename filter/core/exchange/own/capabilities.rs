//! What each provider can do: `/v1/capabilities`, surface by surface and parameter by parameter.
//!
//! Nothing of it is written down anywhere: every parameter is tried, by writing a small request that has it for the
//! provider, as an attempt would.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use serde_json::value::{RawValue, to_raw_value};

use super::{Ask, json};
use crate::dialect::{ClientFormat, Quirks};
use crate::exchange::failure::Failure;
use crate::exchange::reply::Reply;
use crate::gateway::Provider;
use crate::hub::Dropped;
use crate::hub::json::Document;
use crate::provider::{CHAT, Operation};
use crate::surface::{Answer, Body, SURFACES, Surface};

/// What becomes of something on its way to a provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Fate {
    /// It passes as the client wrote it.
    Forward,
    /// It is written otherwise.
    Translate,
    /// The provider has nothing of the kind: it is left out and named, or refused.
    Unsupported,
}

#[derive(Serialize)]
struct List {
    object: &'static str,
    data: Vec<Option<Box<RawValue>>>,
}

#[derive(Serialize)]
struct Capabilities<'a> {
    id: &'a str,
    object: &'static str,
    kind: &'a str,
    surfaces: BTreeMap<&'static str, Served>,
}

#[derive(Serialize)]
struct Served {
    how: Fate,
    format: Option<&'static str>,
    parameters: BTreeMap<&'static str, Fate>,
}

/// What is tried on a surface: a body without its last brace, and members that may go on in it, each by its name.
struct Trial {
    surface: &'static str,
    body: &'static str,
    parameters: &'static [(&'static str, &'static str)],
}

/// <https://platform.openai.com/docs/api-reference>; of a ranking <https://docs.cohere.com/reference/rerank>.
const TRIALS: &[Trial] = &[
    Trial {
        surface: CHAT,
        body: r#"{"model":"m","messages":[{"role":"user","content":"Hi"}]"#,
        parameters: &[
            ("frequency_penalty", r#""frequency_penalty":0.5"#),
            ("logit_bias", r#""logit_bias":{"1":1}"#),
            ("logprobs", r#""logprobs":true"#),
            ("max_completion_tokens", r#""max_completion_tokens":100"#),
            ("max_tokens", r#""max_tokens":100"#),
            ("metadata", r#""metadata":{"a":"b"}"#),
            ("modalities", r#""modalities":["text","audio"]"#),
            ("n", r#""n":2"#),
            (
                "parallel_tool_calls",
                concat!(
                    r#""parallel_tool_calls":false,"#,
                    r#""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#
                ),
            ),
            ("prediction", r#""prediction":{"type":"content","content":"Hi"}"#),
            ("presence_penalty", r#""presence_penalty":0.5"#),
            ("prompt_cache_key", r#""prompt_cache_key":"a""#),
            ("reasoning_effort", r#""reasoning_effort":"low""#),
            (
                "response_format",
                r#""response_format":{"type":"json_schema","json_schema":{"name":"a","schema":{"type":"object"}}}"#,
            ),
            ("safety_identifier", r#""safety_identifier":"a""#),
            ("seed", r#""seed":7"#),
            ("service_tier", r#""service_tier":"auto""#),
            ("stop", r#""stop":["a"]"#),
            ("store", r#""store":true"#),
            ("stream", r#""stream":true"#),
            ("stream_options", r#""stream":true,"stream_options":{"include_usage":true}"#),
            ("temperature", r#""temperature":0.5"#),
            (
                "tool_choice",
                concat!(
                    r#""tool_choice":"required","#,
                    r#""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#
                ),
            ),
            (
                "tools",
                r#""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#,
            ),
            ("top_logprobs", r#""logprobs":true,"top_logprobs":2"#),
            ("top_p", r#""top_p":0.5"#),
            ("user", r#""user":"a""#),
            ("verbosity", r#""verbosity":"low""#),
            ("web_search_options", r#""web_search_options":{}"#),
        ],
    },
    Trial {
        surface: "completions",
        body: r#"{"model":"m","prompt":"Hi""#,
        parameters: &[
            ("best_of", r#""best_of":2"#),
            ("echo", r#""echo":true"#),
            ("frequency_penalty", r#""frequency_penalty":0.5"#),
            ("logit_bias", r#""logit_bias":{"1":1}"#),
            ("logprobs", r#""logprobs":2"#),
            ("max_tokens", r#""max_tokens":100"#),
            ("n", r#""n":2"#),
            ("presence_penalty", r#""presence_penalty":0.5"#),
            ("seed", r#""seed":7"#),
            ("stop", r#""stop":["a"]"#),
            ("stream", r#""stream":true"#),
            ("suffix", r#""suffix":"a""#),
            ("temperature", r#""temperature":0.5"#),
            ("top_p", r#""top_p":0.5"#),
            ("user", r#""user":"a""#),
        ],
    },
    Trial {
        surface: "embeddings",
        body: r#"{"model":"m","input":"Hi""#,
        parameters: &[
            ("dimensions", r#""dimensions":256"#),
            ("encoding_format", r#""encoding_format":"base64""#),
            ("user", r#""user":"a""#),
        ],
    },
    Trial {
        surface: "images",
        body: r#"{"model":"m","prompt":"Hi""#,
        parameters: &[
            ("background", r#""background":"transparent""#),
            ("moderation", r#""moderation":"low""#),
            ("n", r#""n":2"#),
            ("output_compression", r#""output_compression":50"#),
            ("output_format", r#""output_format":"png""#),
            ("quality", r#""quality":"high""#),
            ("response_format", r#""response_format":"b64_json""#),
            ("size", r#""size":"1024x1024""#),
            ("style", r#""style":"vivid""#),
            ("user", r#""user":"a""#),
        ],
    },
    Trial {
        surface: "speech",
        body: r#"{"model":"m","input":"Hi","voice":"alloy""#,
        parameters: &[
            ("instructions", r#""instructions":"calmly""#),
            ("response_format", r#""response_format":"wav""#),
            ("speed", r#""speed":1.5"#),
            ("stream_format", r#""stream_format":"sse""#),
        ],
    },
    Trial { surface: "moderations", body: r#"{"model":"m","input":"Hi""#, parameters: &[] },
    Trial {
        surface: "rerank",
        body: r#"{"model":"m","query":"Hi","documents":["a","b"]"#,
        parameters: &[
            ("max_tokens_per_doc", r#""max_tokens_per_doc":100"#),
            ("return_documents", r#""return_documents":true"#),
            ("top_n", r#""top_n":1"#),
        ],
    },
];

/// The answer. What it says of a provider is found out once for a configuration.
#[expect(clippy::unnecessary_wraps, reason = "an answer like the others")]
pub(super) fn all(ask: &Ask<'_>) -> Result<Reply, Failure> {
    let may_reach =
        |provider: &Provider| ask.caller.is_none_or(|caller| caller.role.may_reach(&provider.name));
    let providers = ask.gateway.providers.iter().filter(|provider| may_reach(provider));
    let of = |provider: &'_ Rc<Provider>| provider.capabilities.get_or_init(|| of_provider(provider)).clone();
    let data = providers.map(of).collect();
    Ok(json(200, &List { object: "list", data }))
}

fn of_provider(provider: &Provider) -> Option<Box<RawValue>> {
    let model = provider.listed.first().map_or("m", String::as_str);
    // Of one word the first counts: it is inserted last.
    let served = SURFACES.iter().rev().filter(|surface| surface.is_served_by_providers());
    let surfaces = served.map(|surface| (surface.word, of_surface(provider, surface, model))).collect();
    let of = Capabilities { id: &provider.name, object: "provider", kind: &provider.kind, surfaces };
    to_raw_value(&of).ok()
}

fn of_surface(provider: &Provider, surface: &'static Surface, model: &str) -> Served {
    let own = provider.operation(surface.word);
    let chat = || provider.operation(CHAT).filter(|_| surface.answer == Answer::Chat);
    // Whoever speaks the format has it at the format's own place.
    let usual =
        || provider.operations.first().filter(|first| surface.is_usual() && first.format == surface.format);
    let Some(operation) = own.or_else(chat).or_else(usual) else {
        let how = if surface.is_of_any_format() { Fate::Forward } else { Fate::Unsupported };
        return Served { how, format: None, parameters: BTreeMap::new() };
    };
    let client = surface.format.of_clients();
    let writer = client.and_then(|client| Writer::new(client, operation, surface, provider));
    let how = match &writer {
        _ if operation.format == surface.format => Fate::Forward,
        Some(_) => Fate::Translate,
        None => Fate::Unsupported,
    };
    let trial = TRIALS.iter().find(|trial| trial.surface == surface.word && surface.body == Body::Json);
    let parameters = writer.zip(trial).map(|(writer, trial)| {
        let fate = |(name, members): &(&'static str, &str)| {
            (*name, writer.fate(name, &format!("{},{members}}}", trial.body), model))
        };
        trial.parameters.iter().map(fate).collect()
    });
    Served { how, format: Some(operation.format.name), parameters: parameters.unwrap_or_default() }
}

/// How requests are written for an operation.
struct Writer<'a> {
    client: ClientFormat,
    operation: &'a Operation,
    surface: &'static Surface,
    quirks: Option<&'a Quirks>,
}

impl<'a> Writer<'a> {
    /// `None` where the operation's format and the client's have nothing in common.
    fn new(
        client: ClientFormat,
        operation: &'a Operation,
        surface: &'static Surface,
        provider: &'a Provider,
    ) -> Option<Self> {
        let format = operation.format;
        let is_written = match surface.answer {
            Answer::Chat => format.translator(client.format).is_some(),
            _ => format.task(surface.word).is_some(),
        };
        let quirks = match operation.surface == CHAT {
            true => provider.quirks.as_deref(),
            false => operation.quirks.as_deref(),
        };
        (is_written || format == client.format).then_some(Self { client, operation, surface, quirks })
    }

    /// What becomes of a parameter that this body has.
    fn fate(&self, name: &str, body: &str, model: &str) -> Fate {
        let quirks = self.quirks;
        let clamps = |quirks: &&Quirks| quirks.clamp.iter().any(|(known, _)| known == name);
        if quirks.is_some_and(|quirks| quirks.drop.iter().any(|known| known == name)) {
            return Fate::Unsupported;
        }
        if self.operation.format == self.client.format {
            let differs = quirks.is_some_and(|quirks| quirks.concerns(name) || clamps(&quirks));
            return if differs { Fate::Translate } else { Fate::Forward };
        }
        match self.dropped(&Document::new(body), model) {
            Some(dropped) if !dropped.iter().any(|known| is_of(known, name)) => Fate::Translate,
            _ => Fate::Unsupported,
        }
    }

    /// What of a body is left out; `None` if it cannot be written at all.
    fn dropped(&self, body: &Document, model: &str) -> Option<Vec<String>> {
        let mut dropped = Dropped::default();
        match self.surface.answer {
            Answer::Chat => {
                let provider = self.operation.format.translator(self.client.format)?;
                let chat = self.client.chat.read_request(body).ok()?;
                provider.write_request(&chat, model, &mut dropped).ok()?;
                chat.unsaid.iter().for_each(|param| dropped.add(param.clone()));
            }
            _ => {
                let task = self.operation.format.task(self.surface.word)?;
                task.provider.write_request(body, model, &mut dropped).ok()?;
            }
        }
        Some(dropped.names(|param| self.client.chat.spell(param)))
    }
}

/// Whether what was dropped is this parameter, or in it.
fn is_of(dropped: &str, name: &str) -> bool {
    dropped.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
}
