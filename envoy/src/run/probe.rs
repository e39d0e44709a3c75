//! An Envoy that lives for as long as it takes to look whether providers can be reached as the gateway will reach them.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ferro::contract::UNREACHABLE;
use ferro::gateway::USER_AGENT;
use tokio::io::{AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::time::{sleep, timeout};

use super::folder::PrivateFolder;
use super::http::{self, Head};
use super::locate::Envoy;
use super::process::{EnvoyProcess, Settings};
use crate::render::{DETAILS, HOST, Question, REASON, Rendered};

/// What became of the question whether somebody can be reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reached {
    /// It answered, whatever it said.
    Answered {
        /// Where.
        address: String,
    },
    /// There was a connection, TLS included, and no answer for a while.
    Silent {
        /// Where.
        address: String,
    },
    /// Envoy knows no address of it.
    Nowhere,
    /// There was no connection, or it ended.
    Failed {
        /// Where.
        address: String,
        /// Why, in Envoy's words; empty where it knows none.
        why: String,
    },
}

/// How long Envoy may take to start. It waits for DNS as the gateway does.
const LONGEST_START: Duration = Duration::from_secs(20);
/// How long an answer of its own may take: longer than all that it waits for.
const LONGEST: Duration = Duration::from_secs(20);

/// Asks each question, all at once. The answers are in the questions' order, `None` where Envoy gave none.
///
/// # Errors
/// Envoy does not start: in words for the operator.
pub async fn ask(
    envoy: &Envoy,
    rendered: &Rendered,
    questions: &[Question],
) -> Result<Vec<Option<Reached>>, String> {
    let folder = PrivateFolder::new()?;
    let socket =
        folder.socket("probe.sock").ok_or("the path of the temporary files is too long for a socket")?;
    let configuration = folder.write("probe.json", &rendered.probe(questions, &socket).to_string())?;
    let mut process = EnvoyProcess::start(&Settings {
        program: &envoy.program,
        configuration: &configuration,
        log_level: "critical",
        concurrency: Some(1),
        secrets: &BTreeMap::new(),
    })?;
    tokio::select! {
        words = process.ended() => return Err(words),
        started = timeout(LONGEST_START, listens(&socket)) => started.map_err(|_| "Envoy does not start")?,
    }
    let asked: Vec<_> = (0..questions.len()).map(|place| tokio::spawn(one(socket.clone(), place))).collect();
    let mut answers = Vec::new();
    for answer in asked {
        answers.push(answer.await.ok().flatten());
    }
    process.stop().await?;
    Ok(answers)
}

async fn listens(socket: &Path) {
    while UnixStream::connect(socket).await.is_err() {
        sleep(Duration::from_millis(50)).await;
    }
}

async fn one(socket: PathBuf, place: usize) -> Option<Reached> {
    let answer = timeout(LONGEST, head(&socket, place)).await;
    answer.ok()?.ok().map(|head| reached(&head))
}

async fn head(socket: &Path, place: usize) -> io::Result<Head> {
    let mut connection = BufReader::new(UnixStream::connect(socket).await?);
    let question = format!("HEAD /{place} HTTP/1.1\r\nhost: ferro\r\nuser-agent: {USER_AGENT}\r\n\r\n");
    connection.write_all(question.as_bytes()).await?;
    http::head(&mut connection).await?.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
}

fn reached(head: &Head) -> Reached {
    let said = |name| head.value(name).unwrap_or_default();
    let (address, details) = (said(HOST).to_owned(), said(DETAILS));
    let is_nowhere = address.starts_with(UNREACHABLE);
    match details {
        "via_upstream" => Reached::Answered { address },
        "response_timeout" if !is_nowhere => Reached::Silent { address },
        _ if is_nowhere || details == "no_healthy_upstream" => Reached::Nowhere,
        _ => {
            // Envoy writes no space into what it tells.
            let reason = if said(REASON).is_empty() { details } else { said(REASON) };
            Reached::Failed { address, why: reason.replace('_', " ") }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_envoy_says_is_understood() {
        let of = |host: &str, reason: &str, details: &str| {
            let headers = [(HOST, host), (REASON, reason), (DETAILS, details)];
            let headers = headers.map(|(name, value)| (name.to_owned(), value.to_owned()));
            reached(&Head { start: String::new(), headers: headers.into() })
        };
        let address = || "1.2.3.4:443".to_owned();
        assert_eq!(of("1.2.3.4:443", "", "via_upstream"), Reached::Answered { address: address() });
        assert_eq!(of("1.2.3.4:443", "", "response_timeout"), Reached::Silent { address: address() });
        assert_eq!(of("255.255.255.255:1", "delayed_connect_error:_13", "x{y}"), Reached::Nowhere);
        assert_eq!(of("", "", "no_healthy_upstream"), Reached::Nowhere);
        let why = "Connection refused".to_owned();
        assert_eq!(of("1.2.3.4:443", "Connection_refused", "x"), Reached::Failed { address: address(), why });
    }
}
