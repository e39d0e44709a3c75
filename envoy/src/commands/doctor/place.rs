//! Where a provider is, or the issuer of its tokens, and in words for the operator whether it can be reached there. Where a
//! variable says where it is, no message does.

use std::time::Duration;

use ferro::config::{ProviderConfig, ProviderTls};
use ferro::contract::token_cluster;
use tokio::net::{TcpStream, lookup_host};
use tokio::time::timeout;

use crate::load::Loaded;
use crate::render::{Hop, Question};
use crate::run::probe::Reached;

/// A host that the gateway connects to.
#[derive(Debug)]
pub struct Place<'a> {
    /// What the check is called.
    pub label: String,
    cluster: String,
    hop: Hop<'a>,
    /// What is shown in its stead, where a variable says where it is.
    hidden: Option<String>,
    /// Where the file says what TLS is there, if it can.
    own: Option<(String, &'a ProviderTls)>,
}

/// How long a name, or a connection, may take.
const LONGEST: Duration = Duration::from_secs(5);

impl<'a> Place<'a> {
    /// All places of a configuration, in its order.
    pub fn all(loaded: &'a Loaded) -> Vec<Self> {
        loaded.config.providers.iter().flat_map(|provider| Self::of(provider, loaded)).collect()
    }

    fn of(provider: &'a ProviderConfig, loaded: &'a Loaded) -> impl Iterator<Item = Self> {
        let config = &loaded.config;
        let hosts = provider.clusters().into_iter().enumerate().map(move |(at, (cluster, endpoint))| {
            let shown = match at {
                0 => loaded.endpoint(provider),
                _ => "another host of it".to_owned(),
            };
            let hidden = loaded.hides(provider).then_some(shown);
            Self {
                label: if hidden.is_some() { &provider.name } else { cluster }.to_owned(),
                cluster: cluster.to_owned(),
                hop: Hop::to(endpoint, provider, config),
                hidden,
                own: Some((format!("providers.{}.tls", provider.name), &provider.tls)),
            }
        });
        let issuer = provider.issuer.iter().map(move |issuer| Self {
            label: format!("{}, tokens", provider.name),
            cluster: token_cluster(&issuer.endpoint.host, issuer.endpoint.port),
            hop: Hop::to(&issuer.endpoint, provider, config),
            hidden: loaded.hides_issuer(provider).then(|| "its issuer".to_owned()),
            own: None,
        });
        hosts.chain(issuer)
    }

    /// What Envoy is asked of it. Nothing where that would take a proxy's password along.
    pub fn question(&self) -> Option<Question> {
        let wants_password = self.hop.proxy.is_some_and(|proxy| proxy.authorization.is_some());
        (!wants_password)
            .then(|| Question { cluster: self.cluster.clone(), authority: self.hop.endpoint.authority() })
    }

    /// Where it was found, as far as Envoy says, or this program can.
    ///
    /// # Errors
    /// What is wrong, and what to do.
    pub async fn found(&self, reached: Option<Reached>) -> Result<String, String> {
        let checked = if self.hop.endpoint.tls { ", its certificate is in order" } else { "" };
        match reached {
            None => self.look().await,
            Some(Reached::Answered { address }) => Ok(format!("{}{checked}", self.at(&address))),
            Some(Reached::Silent { address }) => {
                Ok(format!("{}{checked}; it has not answered a request for its root", self.at(&address)))
            }
            Some(Reached::Nowhere) => {
                let found = self.look().await?;
                Err(format!(
                    "Envoy finds no address of it, though this machine does ({found}). Envoy asks the name servers of \
                     /etc/resolv.conf, and knows /etc/hosts"
                ))
            }
            Some(Reached::Failed { address, why }) => {
                if self.hop.proxy.is_some() {
                    self.look().await?;
                }
                Err(self.why(&address, &why).await)
            }
        }
    }

    /// Without Envoy: its name, or its proxy's, has an address that can be connected to.
    async fn look(&self) -> Result<String, String> {
        let (host, port) = self.hop.first();
        let reached = reach(host, port).await;
        match &self.hidden {
            None => reached.map(|address| self.at(&address)),
            Some(shown) => reached.map(|_| shown.clone()).map_err(|_| unreachable(shown)),
        }
    }

    fn at(&self, address: &str) -> String {
        let endpoint = self.hop.endpoint;
        match (&self.hidden, self.hop.proxy) {
            (Some(shown), _) => shown.clone(),
            (None, Some(proxy)) if address.starts_with("envoy") => {
                format!("{endpoint} through the proxy at {}:{}", proxy.host, proxy.port)
            }
            (None, Some(_)) => format!("{endpoint} through the proxy at {address}"),
            (None, None) => format!("{endpoint} at {address}"),
        }
    }

    /// What Envoy's words mean for the operator.
    async fn why(&self, address: &str, why: &str) -> String {
        let subject = match (&self.hidden, self.hop.proxy) {
            (Some(shown), _) => shown.clone(),
            (None, Some(proxy)) => {
                format!("{} through the proxy at {}:{}", self.hop.endpoint.host, proxy.host, proxy.port)
            }
            (None, None) => format!("{} ({address})", self.hop.endpoint.host),
        };
        let words = match self.of_certificate(why) {
            Some(words) => words,
            None if self.hidden.is_some() => return unreachable(&subject),
            None => match self.of_connection(why) {
                Ok(words) => words,
                // Only Envoy's own patience has ended: what is the matter shows when it is tried again.
                Err(TooLong) => match self.look().await {
                    Ok(_) => "it takes the connection and begins no TLS. Is it http:// in place of https://, or another port?"
                        .to_owned(),
                    Err(problem) => return problem,
                },
            },
        };
        format!("{subject}: {words}")
    }

    /// What is wrong with a certificate, its or ours.
    fn of_certificate(&self, why: &str) -> Option<String> {
        let says = |any: &[&str]| any.iter().any(|words| why.contains(words));
        Some(match () {
            () if says(&["SAN matcher"]) => self.other_name(why),
            () if says(&["certificate has expired"]) => {
                "its certificate has expired. Who runs it has to renew it; or is this machine's clock wrong?"
                    .to_owned()
            }
            () if says(&["certificate is not yet valid"]) => {
                "its certificate is not valid yet. Is this machine's clock right?".to_owned()
            }
            () if says(&[
                "issuer certificate",
                "self signed",
                "self-signed",
                "verify the first certificate",
            ]) =>
            {
                self.unknown_authority()
            }
            () if says(&["CERTIFICATE VERIFY FAILED"]) => {
                format!("its certificate will not do: {}", inner(why))
            }
            () if says(&["WRONG VERSION NUMBER", "HTTP REQUEST"]) => {
                "it does not speak TLS. Is it http:// in place of https://, or another port?".to_owned()
            }
            () if says(&[
                "HANDSHAKE FAILURE",
                "CERTIFICATE REQUIRED",
                "ALERT BAD CERTIFICATE",
                "ALERT UNKNOWN CA",
            ]) =>
            {
                self.wants_certificate()
            }
            () => return None,
        })
    }

    /// Why there is no connection, or why it ended.
    fn of_connection(&self, why: &str) -> Result<String, TooLong> {
        const CLOSED: &[&str] = &["Connection reset by peer", "{remote connection failure}"];
        let says = |any: &[&str]| any.iter().any(|words| why.contains(words));
        Ok(match (self.hop.proxy, self.hop.endpoint.tls) {
            (Some(_), _) if says(CLOSED) || !says(&["TLS error"]) => {
                "the proxy opens no way to it. Does it want a password (`proxy.authorization`), and may it connect there?"
                    .to_owned()
            }
            _ if says(&["Connection refused"]) => {
                "Connection refused. Is it running, and may this machine connect to it?".to_owned()
            }
            _ if says(&["timeout"]) => return Err(TooLong),
            (_, true) if says(CLOSED) => {
                format!("it ends the connection while TLS is agreed. {}", self.may_want_certificate())
            }
            (_, false) => {
                format!("it does not speak HTTP ({}). Is it https:// in place of http://, or another port?", inner(why))
            }
            (_, true) => format!("{}. Is it the right host and port?", inner(why)),
        })
    }

    fn other_name(&self, why: &str) -> String {
        let names = why.split_once("SANs are [").and_then(|(_, names)| names.split_once(']'));
        let names = names.map(|(names, _)| names).filter(|_| self.hidden.is_none()).unwrap_or("others");
        let way_out =
            self.key("server_name").map(|key| format!(" If it is the right one, name it in `{key}`."));
        format!("its certificate is not for this name, but for: {names}.{}", way_out.unwrap_or_default())
    }

    fn unknown_authority(&self) -> String {
        let named = self.own.as_ref().is_some_and(|(_, own)| own.ca.is_some());
        match (self.key("ca"), named) {
            (Some(key), true) => {
                format!("its certificate is not by an authority of `{key}`. Is it the right file?")
            }
            (Some(key), false) => format!(
                "its certificate is by an authority that is not trusted here. If it is the right one, name the file of its \
                 certificate: `{key}`, or SSL_CERT_FILE for all providers."
            ),
            (None, _) => {
                "its certificate is by an authority that is not trusted here. SSL_CERT_FILE names others."
                    .to_owned()
            }
        }
    }

    fn wants_certificate(&self) -> String {
        let shown = self.own.as_ref().filter(|(_, own)| own.pair.is_some());
        match shown.and_then(|_| self.key("certificate")) {
            Some(key) => format!("it does not take the certificate that it is shown: `{key}`"),
            None => format!("it refuses to speak TLS. {}", self.may_want_certificate()),
        }
    }

    fn may_want_certificate(&self) -> String {
        match self.key("certificate") {
            Some(key) => format!("It may want to be shown a certificate: `{key}` and `key`."),
            None => "Is it the right host and port?".to_owned(),
        }
    }

    /// A key of the file that says what TLS is there.
    fn key(&self, name: &str) -> Option<String> {
        self.own.as_ref().map(|(tls, _)| format!("{tls}.{name}"))
    }
}

/// Envoy waited for as long as it waits.
struct TooLong;

/// The words of TLS's that say something.
fn inner(why: &str) -> &str {
    let said = why.split_once("OPENSSL internal:").map_or(why, |(_, said)| said);
    said.trim_end_matches(":TLS error end")
}

fn unreachable(shown: &str) -> String {
    format!("{shown} cannot be reached: check the variable, DNS, and whether it is running")
}

/// Resolves a name and connects; sends nothing.
async fn reach(host: &str, port: u16) -> Result<String, String> {
    let addresses = timeout(LONGEST, lookup_host((host, port))).await;
    let address = match addresses {
        Ok(Ok(mut addresses)) => addresses.next(),
        Ok(Err(error)) => return Err(format!("{host} has no address: {error}. Check the name, and DNS.")),
        Err(_) => return Err(format!("DNS does not answer for {host}")),
    };
    let address = address.ok_or_else(|| format!("{host} has no address"))?;
    match timeout(LONGEST, TcpStream::connect(address)).await {
        Ok(Ok(_)) => Ok(address.to_string()),
        Ok(Err(error)) => {
            Err(format!("{host} ({address}): {error}. Is it running, and may this machine connect to it?"))
        }
        Err(_) => Err(format!("{host} ({address}) does not answer: does a firewall or proxy stand between?")),
    }
}
