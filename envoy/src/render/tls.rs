//! TLS, towards clients and towards providers: which authorities are trusted, what is asked for, what is shown.

use std::path::{Path, PathBuf};

use ferro::config::{ListenTls, Pair, ProviderTls};
use ferro::provider::Endpoint;
use serde_json::{Map, Value, json};

use super::{Surroundings, path, typed};
use crate::load::Loaded;

/// A certificate and its key, under names of ours: in a folder that Envoy watches they are renewed by renaming.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shown {
    /// Where the certificate is.
    pub certificate: PathBuf,
    /// Where its key is.
    pub key: PathBuf,
}

impl Shown {
    /// Of a pair that the configuration names.
    pub fn of(pair: &Pair, loaded: &Loaded) -> Self {
        Self { certificate: loaded.file(&pair.certificate), key: loaded.file(&pair.key) }
    }

    /// What it is called, the same for the same files.
    fn name(&self) -> String {
        use std::hash::{BuildHasher, BuildHasherDefault, DefaultHasher};
        let hash = BuildHasherDefault::<DefaultHasher>::default().hash_one((&self.certificate, &self.key));
        format!("tls-{hash:016x}")
    }

    /// The names of three files in the watched folder: one that says where the others are, the certificate's, the key's.
    pub fn files(&self) -> [String; 3] {
        let name = self.name();
        [format!("{name}.json"), format!("{name}.crt"), format!("{name}.key")]
    }

    /// What the first of them holds.
    pub fn secret(&self, folder: &Path) -> Value {
        let [_, certificate, key] = self.files().map(|name| file(&folder.join(name)));
        let secret = json!({
            "name": self.name(),
            "tls_certificate": {
                "certificate_chain": certificate,
                "private_key": key,
                "watched_directory": { "path": path(folder) },
            },
        });
        json!({ "resources": [typed("envoy.extensions.transport_sockets.tls.v3.Secret", secret)] })
    }

    /// As a TLS context has it: in the watched folder, or where it is and as it is when Envoy starts.
    fn context(&self, surroundings: &Surroundings) -> (&'static str, Value) {
        let Some(folder) = &surroundings.watched else {
            let pair =
                json!({ "certificate_chain": file(&self.certificate), "private_key": file(&self.key) });
            return ("tls_certificates", json!([pair]));
        };
        let [secret, ..] = self.files();
        let source = super::bootstrap::source(&folder.join(secret));
        ("tls_certificate_sds_secret_configs", json!([{ "name": self.name(), "sds_config": source }]))
    }
}

/// The pairs that a configuration names.
pub fn shown(loaded: &Loaded) -> Vec<Shown> {
    let ours = loaded.config.listen.iter().filter_map(|place| Some(&place.tls.as_ref()?.pair));
    let others = loaded.config.providers.iter().filter_map(|provider| provider.tls.pair.as_ref());
    ours.chain(others).map(|pair| Shown::of(pair, loaded)).collect()
}

/// What clients meet: HTTP/2 for who offers it.
pub fn downstream(tls: &ListenTls, loaded: &Loaded, surroundings: &Surroundings) -> Value {
    let mut common = Map::new();
    common.insert("alpn_protocols".to_owned(), json!(["h2", "http/1.1"]));
    let (kind, pair) = Shown::of(&tls.pair, loaded).context(surroundings);
    common.insert(kind.to_owned(), pair);
    if let Some(authorities) = &tls.client_ca {
        let trusted = json!({ "trusted_ca": file(&loaded.file(authorities)) });
        common.insert("validation_context".to_owned(), trusted);
    }
    let required = tls.client_ca.is_some() && !tls.without_certificate;
    let context = json!({ "common_tls_context": common, "require_client_certificate": required });
    socket("DownstreamTlsContext", context)
}

/// What a provider meets. Checks the chain and the name: without a check of the name, any certificate of the same
/// authorities would do.
pub fn upstream(
    endpoint: &Endpoint,
    tls: &ProviderTls,
    loaded: &Loaded,
    surroundings: &Surroundings,
) -> Value {
    let authorities = tls.ca.as_ref().map(|name| loaded.file(name));
    let mut trusted = json!({ "trusted_ca": file(authorities.as_ref().unwrap_or(&surroundings.trusted_ca)) });
    // An address is not a server name (RFC 6066); it is checked against the certificate's addresses.
    let name = tls.server_name.as_deref().or_else(|| (!endpoint.is_address()).then_some(&*endpoint.host));
    if let (None, Some(trusted)) = (name, trusted.as_object_mut()) {
        let address = json!([{ "san_type": "IP_ADDRESS", "matcher": { "exact": endpoint.host } }]);
        trusted.insert("match_typed_subject_alt_names".to_owned(), address);
    }
    let mut common = Map::from_iter([("validation_context".to_owned(), trusted)]);
    if let Some(pair) = &tls.pair {
        let (kind, pair) = Shown::of(pair, loaded).context(surroundings);
        common.insert(kind.to_owned(), pair);
    }
    let mut context = json!({ "common_tls_context": common });
    if let (Some(name), Some(context)) = (name, context.as_object_mut()) {
        context.insert("sni".to_owned(), name.into());
        context.insert("auto_sni_san_validation".to_owned(), true.into());
    }
    socket("UpstreamTlsContext", context)
}

fn file(name: &Path) -> Value {
    json!({ "filename": path(name) })
}

fn socket(kind: &str, context: Value) -> Value {
    json!({
        "name": "envoy.transport_sockets.tls",
        "typed_config": typed(&format!("envoy.extensions.transport_sockets.tls.v3.{kind}"), context),
    })
}
