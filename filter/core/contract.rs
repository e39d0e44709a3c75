//! The names that the filter and its Envoy configuration must agree on. Only these two sides know them.

/// `root_id` of the instance in the listener's filter chain.
pub const GATEWAY_ROOT: &str = "ferro.gateway";

/// `root_id` of the instance that every attempt passes, whichever provider it asks. There is one for all of them: each
/// instance more costs Envoy another reading of the whole module when it starts.
pub const PROVIDER_ROOT: &str = "ferro.provider";

/// What the gateway position is configured with: the file's JSON, and before it why the gateway is not ready, if who runs
/// it knows a reason that the filter cannot see.
pub fn configuration(json: &str, unready: Option<&str>) -> String {
    match unready {
        Some(reason) => [UNREADY, &reason.replace('\n', " "), "\n", json].concat(),
        None => json.to_owned(),
    }
}

/// Takes a [`configuration`] apart: why the gateway is not ready, and the file's JSON.
pub fn configured(text: &str) -> (Option<&str>, &str) {
    match text.strip_prefix(UNREADY).and_then(|rest| rest.split_once('\n')) {
        Some((reason, json)) => (Some(reason), json),
        None => (None, text),
    }
}

/// No JSON begins like this.
const UNREADY: &str = "unready: ";

/// `vm_id` of both, which share one VM a worker.
pub const VM: &str = "ferro";

/// Filter state that names the cluster of the next attempt. Envoy prefixes what a module writes with `wasm.`.
pub const TARGET_STATE: &str = "ferro.target";

/// Filter state that names the Envoy route of the request: one of [`route_key`]'s.
pub const ROUTE_STATE: &str = "ferro.route";

/// Filter state that names the request's plan in the VM.
pub const PLAN_STATE: &str = "ferro.plan";

/// Response header with which the filter tells Envoy to try again (`retriable_headers`). Never leaves the gateway.
pub const RETRY_HEADER: &str = "x-ferro-retry";

/// Response header with which the filter tells Envoy how many seconds to wait before it asks the same target again
/// (`rate_limited_retry_back_off.reset_headers`). Never leaves the gateway.
pub const AFTER_HEADER: &str = "x-ferro-after";

/// What [`ROUTE_STATE`] says for a request of this route. A route's timeouts differ for streams and whole answers,
/// and Envoy has them on the route, so each has two.
pub fn route_key(route: &str, stream: bool) -> String {
    match stream {
        true => route.to_owned(),
        false => format!("{route}/whole"),
    }
}

/// The Envoy route of requests whose body passes unread: nobody is asked twice, so nothing of it is kept. No route of a
/// file is called so, since their names hold no slash.
pub const PASSING_ROUTE: &str = "/passing";

/// Metadata of a provider's cluster: the one key below this name is the cluster's [`place`], and its value is empty, so
/// that Envoy can say whether it is there without handing anything over.
pub const PLACE_METADATA: &str = "ferro";

/// A cluster, and the host behind it.
pub fn place(cluster: &str, scheme: &str, authority: &str) -> String {
    [cluster, " ", scheme, "://", authority].concat()
}

/// The second host of each provider's cluster, to which no connection can be made: whoever Envoy tries to reach there has
/// a name that it knows no address of.
///
/// A cluster without a host makes the router answer at once, without a retry. When the provider's name can't be
/// resolved, the connection to this host fails at once instead, and the request moves on. The system refuses TCP to the
/// broadcast address by itself, so nobody can listen there and be sent prompts and credentials, as somebody could on
/// any address of a machine; nor does anything leave it.
pub const UNREACHABLE: &str = "255.255.255.255";

/// Metadata of a listener that has a base path: what stands before every path there, below the name of
/// [`PLACE_METADATA`].
pub const BASE_METADATA: &str = "base";

/// Where Envoy makes an attempt.
pub trait Place {
    /// Whether it is in this cluster, with this host behind it. A file's edit may give a cluster's name to another host
    /// while requests are under way, whose credentials are not for that.
    fn is(&self, cluster: &str, scheme: &str, authority: &str) -> bool;

    /// Whether the connection to it was there before the attempt: its other side may just have closed it.
    fn is_kept(&self) -> bool;

    /// A header of the request as it is there: as the client sent it, or as an attempt before left it, but for what Envoy
    /// itself has written since.
    fn header(&self, _name: &str) -> Option<Vec<u8>> {
        None
    }
}

/// A place in words, on a new connection: what [`place`] says, or a cluster alone, where the host behind it cannot change.
impl<T: AsRef<str> + ?Sized> Place for T {
    fn is(&self, cluster: &str, scheme: &str, authority: &str) -> bool {
        let host = |rest: &str| {
            let host = rest.strip_prefix(' ')?.strip_prefix(scheme)?.strip_prefix("://")?;
            Some(host == authority)
        };
        self.as_ref().strip_prefix(cluster).is_some_and(|rest| rest.is_empty() || host(rest) == Some(true))
    }

    fn is_kept(&self) -> bool {
        false
    }
}

/// The cluster that is asked for tokens at this host. No provider's own cluster has a slash in its name, and its further
/// ones have two.
pub fn token_cluster(host: &str, port: u16) -> String {
    format!("token/{host}:{port}")
}

/// The cluster that is asked for a provider's models at this host. It is not the provider's own: of that, an edit may give
/// the name to another host, and no filter of ours would notice on the way.
pub fn models_cluster(provider: &str, scheme: &str, host: &str, port: u16) -> String {
    format!("models/{provider}/{scheme}:{host}:{port}")
}

/// The cluster of the service that counts for several gateways. No provider's own cluster has a slash in its name.
pub fn store_cluster(host: &str, port: u16) -> String {
    format!("store/{host}:{port}")
}

/// Request header that carries what that service is asked: an object of protocol buffers (`google.protobuf.Value`) in
/// base64, which Envoy takes out and keeps as metadata, below this name: the only way in which a module writes some that
/// is not flat. Never leaves the gateway, and is never a client's.
pub const STORE_HEADER: &str = "x-ferro-store";

/// What that service counts.
pub const STORE_MEASURES: [&str; 3] = ["requests", "tokens", "money"];

/// How many accounts of a caller it counts for: the key's own and its role's.
pub const STORE_ACCOUNTS: usize = 2;

/// What the limit of an account is called: a member of what [`STORE_HEADER`] carries, and what [`store_state`] tells of.
pub fn store_limit(measure: &str, account: usize) -> String {
    format!("{measure}-{account}")
}

/// Filter state that says at the end of a request how much of a measure, or of a limit, it has taken.
pub fn store_state(taken: &str) -> String {
    format!("ferro.store.{taken}")
}

/// Headers of an answer by which Envoy says what that service has answered of a caller's limits: it says nothing where it
/// could not be asked. They never leave the gateway, since nobody would know what they are limits of.
pub const STORE_ANSWER: [&str; 3] = ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"];

/// The statuses with which Envoy refuses for that service: a rate is used up, or a budget; and it cannot be asked. Envoy
/// itself answers the last one for no other reason.
pub const STORE_RATE: u16 = 429;
/// See [`STORE_RATE`].
pub const STORE_BUDGET: u16 = 402;
/// See [`STORE_RATE`].
pub const STORE_LOST: u16 = 507;

/// The cluster that is asked what became of an answer which a provider at this host gave before it was done. It is apart
/// for the same reason.
pub fn jobs_cluster(provider: &str, scheme: &str, host: &str, port: u16) -> String {
    format!("jobs/{provider}/{scheme}:{host}:{port}")
}

/// The cluster that is asked for the public keys of who issues tokens.
pub fn keys_cluster(scheme: &str, host: &str, port: u16) -> String {
    format!("keys/{scheme}:{host}:{port}")
}

/// The cluster of the service that is asked whether a request may pass.
pub const AUTHORIZATION_CLUSTER: &str = "authorization/service";

/// Under which name Envoy keeps what a good token of the issuer at this place says: `payload_in_metadata`.
pub fn token_metadata(place: usize) -> String {
    format!("token-{place}")
}

/// Under which name it keeps why such a token is not good: `failed_status_in_metadata`.
pub fn flaw_metadata(place: usize) -> String {
    format!("flaw-{place}")
}

/// What it says there of a token whose time is over (`Status::JwtExpired` of
/// <https://github.com/google/jwt_verify_lib/blob/master/jwt_verify_lib/status.h>).
pub const EXPIRED: f64 = 3.0;

/// Filter state that carries this field of the access log.
pub fn log_state(field: &str) -> String {
    format!("ferro.log.{field}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_travels_before_the_file() {
        for reason in [None, Some("it is being stopped")] {
            assert_eq!(configured(&configuration("{\n}", reason)), (reason, "{\n}"));
        }
        assert_eq!(configured(&configuration("{}", Some("two\nlines"))), (Some("two lines"), "{}"));
    }

    #[test]
    fn a_place_is_known_again_and_no_other() {
        let known = |told: &str| told.is("a/b", "https", "h:8443");
        assert!(known(&place("a/b", "https", "h:8443")) && known("a/b"));
        for (cluster, scheme, authority) in [
            ("a", "https", "h:8443"),
            ("a/b", "http", "h:8443"),
            ("a/b", "https", "h"),
            ("a/b c", "https", "h:8443"),
        ] {
            assert!(!known(&place(cluster, scheme, authority)), "{cluster} {scheme} {authority}");
        }
        assert!(!known("") && !known("a/bc") && !known("a/b ") && !known("a/b https://h:84430"));
    }
}
