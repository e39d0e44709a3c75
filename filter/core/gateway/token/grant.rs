//! The client credentials grant on the wire (<https://www.rfc-editor.org/rfc/rfc6749#section-4.4>).

use std::time::Duration;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::Deserialize;
use serde_json::Value;

use super::super::call::{Call, CallAnswer, PATIENCE};
use super::super::secret::Secret;
use crate::contract::token_cluster;
use crate::provider::{ClientIn, Issuer, query_value};

/// The longest answer of an issuer that is read, in bytes.
pub const LONGEST_ANSWER: usize = 64 * 1024;
/// How long a token is good for whose issuer does not say, and the longest that any is kept.
const LIVES: (Duration, Duration) = (Duration::from_secs(5 * 60), Duration::from_secs(24 * 60 * 60));
/// The longest token, in bytes.
const LONGEST: usize = 8 * 1024;

/// What an issuer says (<https://www.rfc-editor.org/rfc/rfc6749#section-5.1>).
#[derive(Deserialize)]
struct Granted {
    access_token: String,
    token_type: Option<String>,
    /// A number; from some issuers as a string.
    expires_in: Option<Value>,
}

/// What it says if it gives none (<https://www.rfc-editor.org/rfc/rfc6749#section-5.2>).
#[derive(Deserialize)]
struct Refused {
    error: String,
    error_description: Option<String>,
}

/// The request for a token of this issuer, by a client that has this secret.
pub(super) fn request(issuer: &Issuer, client_secret: &Secret) -> Call {
    let Issuer { endpoint, path, client_id, parameters, client_in, .. } = issuer;
    let client = [("client_id", client_id.as_str()), ("client_secret", client_secret.reveal())];
    let parameters = parameters.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let said = [("grant_type", "client_credentials")].into_iter().chain(parameters);
    let in_body = client.into_iter().filter(|_| *client_in == ClientIn::Body);
    let pair = |(name, value): (&str, &str)| format!("{}={}", query_value(name), query_value(value));
    let body = said.chain(in_body).map(pair).collect::<Vec<_>>().join("&");
    let mut headers = vec![
        (":method", "POST".to_owned()),
        (":path", path.clone()),
        (":authority", endpoint.authority()),
        (":scheme", endpoint.scheme().to_owned()),
        ("content-type", "application/x-www-form-urlencoded".to_owned()),
        ("content-length", body.len().to_string()),
        ("accept", "application/json".to_owned()),
    ];
    if *client_in == ClientIn::Header {
        let [id, secret] = client.map(|(_, value)| query_value(value));
        let both = BASE64_STANDARD.encode(format!("{id}:{secret}"));
        headers.push(("authorization", format!("Basic {both}")));
    }
    let cluster = token_cluster(&endpoint.host, endpoint.port);
    let headers = headers.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    Call { cluster, headers, body, timeout: PATIENCE }
}

/// The token of an answer, and how long it is good for.
///
/// # Errors
/// There is none in it: why not, in words that may hold anything the issuer says.
pub(super) fn read(answer: CallAnswer<'_>) -> Result<(Secret, Duration), String> {
    let Some(body) = answer.given(LONGEST_ANSWER)? else {
        let said = serde_json::from_slice::<Refused>(answer.body).ok();
        let said = said.map(|Refused { error, error_description }| match error_description {
            Some(description) => format!(": {error}: {description}"),
            None => format!(": {error}"),
        });
        return Err(format!("it answered with {}{}", answer.status, said.unwrap_or_default()));
    };
    // What serde would say of a field that is wrong could hold what stands in it.
    let granted: Granted =
        serde_json::from_slice(body).map_err(|_| "its answer is not the JSON of a token".to_owned())?;
    if !granted.token_type.is_none_or(|kind| kind.eq_ignore_ascii_case("bearer")) {
        return Err("its token is not of the type bearer".to_owned());
    }
    let token = granted.access_token;
    if token.len() > LONGEST || !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(format!("its token is longer than {LONGEST} bytes, or no header may hold it"));
    }
    let token = Secret::new(&token).ok_or("its token is empty")?;
    match life(granted.expires_in.as_ref()) {
        Some(life) if life.is_zero() => Err("its token is over already".to_owned()),
        Some(life) => Ok((token, life.min(LIVES.1))),
        None => Err("its `expires_in` is not a number of seconds".to_owned()),
    }
}

fn life(expires_in: Option<&Value>) -> Option<Duration> {
    let seconds = match expires_in {
        None | Some(Value::Null) => return Some(LIVES.0),
        Some(Value::String(text)) => text.trim().parse().ok()?,
        Some(value) => value.as_f64()?,
    };
    // What no duration holds is longer than any token is kept, or shorter than nothing.
    let over = || if seconds > 0.0 { LIVES.1 } else { Duration::ZERO };
    (!seconds.is_nan()).then(|| Duration::try_from_secs_f64(seconds).unwrap_or_else(|_| over()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::provider::Endpoint;

    fn asked(client_in: ClientIn) -> Call {
        let issuer = Issuer {
            endpoint: Endpoint::parse("https://login.example.com/t/token", "").unwrap(),
            path: "/t/token/".to_owned(),
            client_id: "the:id".to_owned(),
            client_secret: "SECRET".to_owned(),
            parameters: vec![("scope".to_owned(), "a b/.default".to_owned())],
            client_in,
        };
        request(&issuer, &Secret::new("client's secret/+:&").unwrap())
    }

    #[test]
    fn a_request_says_who_asks() {
        let Call { cluster, headers, body, .. } = asked(ClientIn::Header);
        let header = |wanted: &str| headers.iter().find(|(name, _)| *name == wanted).unwrap().1.as_str();
        assert_eq!(cluster, "token/login.example.com:443");
        assert_eq!((header(":path"), header(":authority")), ("/t/token/", "login.example.com"));
        assert_eq!(body, "grant_type=client_credentials&scope=a%20b%2F.default");
        assert_eq!(header("content-length"), body.len().to_string());
        let basic = BASE64_STANDARD.decode(header("authorization").strip_prefix("Basic ").unwrap()).unwrap();
        assert_eq!(String::from_utf8(basic).unwrap(), "the%3Aid:client%27s%20secret%2F%2B%3A%26");
        let Call { headers, body, .. } = asked(ClientIn::Body);
        assert!(!headers.iter().any(|(name, _)| *name == "authorization"));
        assert!(
            body.ends_with("&client_id=the%3Aid&client_secret=client%27s%20secret%2F%2B%3A%26"),
            "{body}"
        );
    }

    #[test]
    fn only_a_token_is_taken_for_one() {
        let one = |body: Value| read(CallAnswer { status: 200, body: body.to_string().as_bytes() });
        for (expires_in, want) in [
            (json!(3599), 3599),
            (json!("3599"), 3599),
            (json!(null), 300),
            (json!(1e30), 24 * 60 * 60),
            (json!(0.5), 0),
        ] {
            let (token, life) = one(json!({"access_token": "t", "expires_in": expires_in})).unwrap();
            assert_eq!((token.reveal(), life.as_secs()), ("t", want));
        }
        for (answer, want) in [
            (json!({"access_token": ""}), "empty"),
            (json!({"access_token": "a b"}), "no header may hold it"),
            (json!({"access_token": "a\n"}), "no header may hold it"),
            (json!({"access_token": "x".repeat(LONGEST + 1)}), "longer than"),
            (json!({"access_token": "t", "token_type": "mac"}), "not of the type bearer"),
            (json!({"access_token": "t", "expires_in": 0}), "over already"),
            (json!({"access_token": "t", "expires_in": -1e300}), "over already"),
            (json!({"access_token": "t", "expires_in": "soon"}), "not a number"),
            (json!({"access_token": "t", "expires_in": "NaN"}), "not a number"),
            (json!({"access_token": 7}), "not the JSON of a token"),
            (json!({"token": "t"}), "not the JSON of a token"),
            (json!("sk-1"), "not the JSON of a token"),
        ] {
            let why = one(answer.clone()).unwrap_err();
            assert!(why.contains(want) && !why.contains("sk-1"), "{answer}: {why}");
        }
        let long = vec![b' '; LONGEST_ANSWER + 1];
        assert!(read(CallAnswer { status: 200, body: &long }).unwrap_err().contains("too long"));
        let refused = br#"{"error": "invalid_client", "error_description": "no such client"}"#;
        let why = read(CallAnswer { status: 401, body: refused }).unwrap_err();
        assert_eq!(why, "it answered with 401: invalid_client: no such client");
        assert_eq!(read(CallAnswer { status: 302, body: b"<html>" }).unwrap_err(), "it answered with 302");
    }
}
