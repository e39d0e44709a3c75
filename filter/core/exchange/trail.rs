//! What ties a request to what others know of it: the client's own id of it, and its trace.

use super::headers::{HeaderBlock, Headers};
use crate::contract::Place;
use crate::gateway::Provider;

/// The client's header for its id of a request, and of an answer for the one it was given: OpenAI's, and Envoy's.
pub(super) const CLIENT_ID: &str = "x-request-id";

/// Where a provider's own id of a request goes when the client has one.
pub(super) const PROVIDER_ID: &str = "x-ferro-upstream-request-id";

/// The client's headers of a trace: which span it is in, and what others noted of it (<https://www.w3.org/TR/trace-context/>).
const PARENT: &str = "traceparent";
const STATE: &str = "tracestate";

/// The trail of one request; empty mostly.
#[derive(Clone, Debug, Default)]
pub(super) struct Trail {
    /// The client's id of the request, which its answer has, too.
    pub request_id: Option<String>,
    /// The trace that it belongs to, in hexadecimal digits.
    pub trace: Option<String>,
}

impl Trail {
    /// What a client's headers say. What is not fit to be told back, or is no trace, is not there.
    pub fn of(headers: Headers<'_>) -> Self {
        const LONGEST: usize = 256;
        let fits = |id: &&str| {
            (1..=LONGEST).contains(&id.len()) && id.bytes().all(|byte| matches!(byte, b' '..=b'~'))
        };
        Self {
            request_id: headers.text(CLIENT_ID).filter(fits).map(str::to_owned),
            trace: headers.text(PARENT).and_then(trace),
        }
    }
}

/// The headers of an attempt at `place`, in the trace as Envoy goes on with it: where it traces, its own span is the parent
/// of what `provider` does, if that is told of traces at all. Where it does not, nothing there is other than the client said.
pub(super) fn continued(
    headers: HeaderBlock,
    provider: &Provider,
    place: &(impl Place + ?Sized),
) -> HeaderBlock {
    let is_told = |name| provider.forwards().any(|listed| listed == name);
    let Some(parent) = Some(PARENT).filter(|name| is_told(*name)).and_then(|name| place.header(name)) else {
        return headers;
    };
    let is_said = || headers.iter().any(|(name, value)| name == PARENT.as_bytes() && value == parent);
    // Envoy writes one of this length; several of a client's, joined, are none of Envoy's.
    const LENGTH: usize = 55;
    let is_one = std::str::from_utf8(&parent).is_ok_and(|it| it.len() == LENGTH && trace(it).is_some());
    if !is_one || is_said() {
        return headers;
    }
    let state = Some(STATE).filter(|name| is_told(*name)).and_then(|name| place.header(name));
    let is_old = |name: &[u8]| name == PARENT.as_bytes() || (state.is_some() && name == STATE.as_bytes());
    let mut continued: HeaderBlock = headers.iter().filter(|(name, _)| !is_old(name)).collect();
    continued.push(PARENT, &parent);
    continued.extend(state.iter().map(|state| (STATE, state)));
    continued
}

/// The trace's id of a `traceparent`: version, trace, parent and flags (<https://www.w3.org/TR/trace-context/#traceparent-header>).
fn trace(parent: &str) -> Option<String> {
    let id = parent.split('-').nth(1)?;
    let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_one = id.len() == 32 && id.bytes().all(hex) && id.bytes().any(|byte| byte != b'0');
    is_one.then(|| id.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::gateway::Gateway;

    /// Where Envoy has written these headers.
    struct Written(&'static [(&'static str, &'static str)]);

    impl Place for Written {
        fn is(&self, _: &str, _: &str, _: &str) -> bool {
            true
        }

        fn is_kept(&self) -> bool {
            false
        }

        fn header(&self, name: &str) -> Option<Vec<u8>> {
            self.0.iter().find(|(known, _)| *known == name).map(|(_, value)| value.as_bytes().to_vec())
        }
    }

    #[test]
    fn where_envoy_traces_its_span_is_the_parent() {
        const SAID: &str = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        const OWN: &str = "00-0af7651916cd43dd8448eb211c80319c-00f067aa0ba902b7-01";
        let config = serde_json::json!({"providers": {
            "told": {"kind": "openai-compatible", "endpoint": "http://a"},
            "parent": {"kind": "openai", "endpoint": "http://a", "forwards": ["traceparent"]},
            "none": {"kind": "openai", "endpoint": "http://a"},
        }});
        let gateway = Gateway::build(&Config::parse(&config).unwrap(), |_| None, 1);
        let of = |name: &str, client: &[(&str, &str)], place: &'static [(&'static str, &'static str)]| {
            let provider = gateway.provider(name).unwrap();
            let headers: HeaderBlock = client.iter().copied().collect();
            let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
            let mut told: Vec<_> = continued(headers, provider, &Written(place))
                .iter()
                .map(|(name, value)| format!("{}={}", text(name), text(value)))
                .collect();
            told.sort();
            told.join(" ")
        };
        let client = [("accept", "x"), (PARENT, SAID), (STATE, "a=b")];
        let said = format!("accept=x {PARENT}={SAID} {STATE}=a=b");
        assert_eq!(of("told", &client, &[]), said);
        assert_eq!(
            of("told", &client, &[(PARENT, SAID), (STATE, "c=d")]),
            said,
            "nobody has gone on with it"
        );
        assert_eq!(of("told", &client, &[(PARENT, "no trace")]), said);
        assert_eq!(of("told", &client, &[(PARENT, OWN)]), format!("accept=x {PARENT}={OWN} {STATE}=a=b"));
        let all = of("told", &client, &[(PARENT, OWN), (STATE, "c=d")]);
        assert_eq!(all, format!("accept=x {PARENT}={OWN} {STATE}=c=d"));
        assert_eq!(of("told", &[], &[(PARENT, OWN)]), format!("{PARENT}={OWN}"), "a trace that begins here");
        assert_eq!(
            of("parent", &client[..2], &[(PARENT, OWN), (STATE, "c=d")]),
            format!("accept=x {PARENT}={OWN}")
        );
        assert_eq!(of("none", &client[..1], &[(PARENT, OWN), (STATE, "c=d")]), "accept=x");
    }

    #[test]
    fn what_is_no_trail_leaves_none() {
        let of = |name: &str, value: &[u8]| Trail::of(Headers(&[(name.as_bytes(), value)]));
        let id = |value: &[u8]| of(CLIENT_ID, value).request_id;
        assert_eq!(id(b"req 1").as_deref(), Some("req 1"));
        for value in [&b""[..], b"a\tb", b"\xff", &[b'a'; 257]] {
            assert_eq!(id(value), None, "{value:?}");
        }
        let trace = |value: &str| of("traceparent", value.as_bytes()).trace;
        let known = "0af7651916cd43dd8448eb211c80319c";
        assert_eq!(trace(&format!("00-{known}-b7ad6b7169203331-01")).as_deref(), Some(known));
        for value in ["", "00", "00-0af7-b7ad6b7169203331-01", &format!("00-{}-b7-01", "0".repeat(32))] {
            assert_eq!(trace(value), None, "{value}");
        }
    }
}
