//! Where a credential comes from that is fetched: a bearer token, by the client credentials grant of OAuth 2.0
//! (<https://www.rfc-editor.org/rfc/rfc6749#section-4.4>).

use super::Endpoint;

/// Who gives out a provider's tokens, and to whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Where it is.
    pub endpoint: Endpoint,
    /// The path that it is asked at, as it was written.
    pub path: String,
    /// Who we are to it.
    pub client_id: String,
    /// The environment variable that holds what proves it. Never the secret itself.
    pub client_secret: String,
    /// What is asked for beside the grant: `scope`, `audience`. Names and values.
    pub parameters: Vec<(String, String)>,
    /// Where the two stand that say who we are.
    pub client_in: ClientIn,
}

/// Where a request for a token says who asks (<https://www.rfc-editor.org/rfc/rfc6749#section-2.3.1>).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClientIn {
    /// In `authorization`, which every issuer must understand.
    Header,
    /// In the body, among the parameters.
    Body,
}
