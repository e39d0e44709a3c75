//! `ferro demo`: the gateway on stand-ins of three providers, with keys that open nothing else.

use std::net::{Ipv4Addr, SocketAddr};

use super::{Outcome, refuse, run, warn};
use crate::load::{Environment, Purpose, check};
use crate::run::door::reachable;
use crate::terminal::{self, Colour, paint};
use ferro_stand_ins::{self as stand_ins, Kind};

/// Options of `ferro demo`.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Where clients connect
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    #[command(flatten)]
    serve: run::ServeOptions,
}

/// Runs until it is stopped.
pub async fn run(options: Options) -> Outcome {
    let mut endpoints = Vec::new();
    for (_, kind) in stand_ins::ALL {
        let any_port = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let stand_in = stand_ins::start(*kind, any_port).await;
        let stand_in = stand_in.map_err(|error| format!("cannot start a stand-in: {error}"))?;
        endpoints.push((*kind, stand_in.address));
    }
    let text = configuration(options.listen, &endpoints);
    let loaded = check(&text, Purpose::Run, &Environment::of_process(), "demo");
    let loaded = loaded.map_err(|problems| refuse(&problems))?;
    warn(&loaded.warnings);
    let introduce = || introduce(reachable(options.listen));
    run::serve(&loaded, None, &options.serve, introduce).await
}

/// The demo's `gateway.yaml`.
fn configuration(listen: SocketAddr, listening: &[(Kind, SocketAddr)]) -> String {
    let mut providers = String::new();
    for (name, kind) in stand_ins::ALL {
        for (_, address) in listening.iter().filter(|(known, _)| known == kind) {
            providers.push_str(&format!(
                "  {name}: {{endpoint: \"http://{address}\", api_key: {}}}\n",
                kind.key()
            ));
        }
    }
    // Whoever reaches a demo reaches stand-ins.
    let access = if listen.ip().is_loopback() { "" } else { "access: none\n" };
    format!(
        "listen: \"{listen}\"
{access}providers:
{providers}retry:
  backoff: {{base: 50ms, max: 1s}}
  per_try_timeout: 10s
defaults: {{files: openai, responses: openai}}
routes:
  - name: demo
    match: {{models: [\"demo-*\"]}}
    targets:
      - {{provider: openai}}
      - {{provider: anthropic, model: claude-sonnet-4-5}}
    retry: {{per_try_timeout: 1s}}
"
    )
}

fn introduce(address: SocketAddr) {
    let title = |text| paint(Colour::Bold, text);
    let ask = |model: &str, stream: bool| {
        let (option, stream) = if stream { (" -N", ", \"stream\": true") } else { ("", "") };
        format!(
            "  curl{option} http://{address}/v1/chat/completions -H 'content-type: application/json' \\\n    \
             -d '{{\"model\": \"{model}\"{stream}, \"messages\": [{{\"role\": \"user\", \"content\": \"Hello!\"}}]}}'"
        )
    };
    let lines = [
        format!("Ferro listens on http://{address}"),
        "Behind it are offline stand-ins of OpenAI, Anthropic and Gemini; no real provider is asked."
            .to_owned(),
        String::new(),
        title("One API, three providers: change the model's name"),
        ask("gpt-4o-mini", false),
        ask("claude-sonnet-4-5", true),
        ask("gemini-2.5-pro", false),
        String::new(),
        title("More than chats: embeddings, images, speech, moderations, completions, responses, files"),
        format!(
            "  curl http://{address}/v1/embeddings -H 'content-type: application/json' \\\n    \
             -d '{{\"model\": \"gemini-embedding-001\", \"input\": \"Hello!\", \"dimensions\": 4}}'"
        ),
        String::new(),
        title("Failover: OpenAI's stand-in fails, Anthropic's answers (-i shows x-ferro-attempts)"),
        ask("demo-503", false).replace("curl", "curl -i"),
        "  also: demo-429, demo-silent, demo-reset; demo-cut breaks off in mid-answer".to_owned(),
        String::new(),
        title("Without a way out: the failure itself, as OpenAI would say it"),
        ask("anthropic/demo-503", false),
        String::new(),
        "Ctrl-C stops it. Below: the access log.".to_owned(),
    ];
    terminal::print(&lines.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn its_configuration_is_right_and_its_keys_are_not_in_it() {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 9000));
        let listening: Vec<_> = stand_ins::ALL.iter().map(|(_, kind)| (*kind, address)).collect();
        for listen in [(Ipv4Addr::LOCALHOST, 9001), (Ipv4Addr::UNSPECIFIED, 8080)].map(SocketAddr::from) {
            let text = configuration(listen, &listening);
            let nothing = |_: &str| None;
            let loaded = check(&text, Purpose::Run, &Environment::new(&nothing), "demo").unwrap();
            assert_eq!(loaded.config.providers.len(), 3);
            assert_eq!(loaded.secrets.len(), 3);
            assert!(!loaded.json.to_string().contains(stand_ins::OPENAI_KEY));
            assert!(loaded.warnings.is_empty());
        }
    }
}
