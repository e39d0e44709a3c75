//! How an answer leaves that the client gets: its headers, and what becomes of its body.

use super::answer::Answering;
use super::headers::{HeaderList, Headers};
use super::plan::{Outcome, Plan};
use super::{Release, Services};

/// Headers of a provider that are not for the client: the hop's own, those that speak of another host, and those that
/// name the operator's account.
const STRIPPED: &[&str] = &[
    "connection",
    "keep-alive",
    "proxy-authenticate",
    "set-cookie",
    "location",
    "alt-svc",
    "strict-transport-security",
    "openai-organization",
    "openai-project",
    "anthropic-organization-id",
];

/// How much of an answer changes when it leaves.
pub(super) enum Leaving {
    /// Not its body.
    AsItIs,
    /// Its body may, event by event.
    Stream,
    /// This is its body now.
    Whole(Vec<u8>),
}

impl Answering {
    /// An answer that the client gets, with its headers.
    pub(super) fn release(&self, plan: &mut Plan, leaving: Leaving, services: &dyn Services) -> Release {
        plan.outcome = Outcome::Given;
        plan.answered = true;
        if !matches!(leaving, Leaving::Whole(_)) {
            plan.silence.begin();
            if plan.wanted_stream {
                plan.begins(self.target, services);
            }
        }
        let mut headers: HeaderList = vec![(":status".to_owned(), self.status.to_string().into_bytes())];
        let replaced = match leaving {
            Leaving::AsItIs => &[][..],
            Leaving::Stream => &["content-length"][..],
            Leaving::Whole(_) => &["content-length", "content-encoding", "content-type"][..],
        };
        headers.extend(self.head.iter().filter(|(name, _)| !replaced.contains(&name.as_str())).cloned());
        let body = match leaving {
            Leaving::Whole(body) => {
                headers.push(("content-type".to_owned(), b"application/json".to_vec()));
                headers.push(("content-length".to_owned(), body.len().to_string().into_bytes()));
                Some(body)
            }
            Leaving::AsItIs => None,
            Leaving::Stream => {
                if !headers.iter().any(|(name, _)| name == "content-type") {
                    headers.push(("content-type".to_owned(), b"text/event-stream".to_vec()));
                }
                None
            }
        };
        headers.extend(plan.answer_headers(Some(self.target), &self.dropped));
        Release { headers, body, target: None, hold_body: false }
    }
}

/// A provider's headers, without those that are not for the client and without marks that only we may set.
pub(super) fn client_headers(headers: Headers<'_>) -> HeaderList {
    let ours = |name: &[u8]| name.starts_with(b"x-envoy-") || name.starts_with(b"x-ferro-");
    let hidden =
        |name: &[u8]| name.starts_with(b":") || STRIPPED.iter().any(|known| known.as_bytes() == name);
    let kept = headers.0.iter().filter(|(name, _)| !ours(name) && !hidden(name));
    kept.map(|(name, value)| (String::from_utf8_lossy(name).into_owned(), value.to_vec())).collect()
}
