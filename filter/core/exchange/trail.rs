//! What ties a request to what others know of it: the client's own id of it, and its trace.

use super::headers::Headers;

/// The client's header for its id of a request, and of an answer for the one it was given: OpenAI's, and Envoy's.
pub(super) const CLIENT_ID: &str = "x-request-id";

/// Where a provider's own id of a request goes when the client has one.
pub(super) const PROVIDER_ID: &str = "x-ferro-upstream-request-id";

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
            trace: headers.text("traceparent").and_then(trace),
        }
    }
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
