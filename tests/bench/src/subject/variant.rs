//! Ferro with what can be switched on, one row each, and the `gateway.yaml` of it.

use std::env;
use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;

use ferro::access::{Claims, IssuedKey, KeyId, Narrowing, Signer, SigningKey};
use serde_json::json;

use super::KEY;
use crate::Outcome;

/// Ferro as it is measured.
#[derive(Debug)]
pub struct Variant {
    /// Its name in the tables.
    pub name: &'static str,
    /// The keys of `gateway.yaml` that it has beside its address, providers and routes.
    keys: &'static str,
}

/// The variant that has everything off.
pub const OFF: &str = "ferro";

/// The first has everything off; what the others cost is told against it. Something that is switched on gets a row.
pub const VARIANTS: &[Variant] = &[
    Variant { name: OFF, keys: "log: {requests: none}" },
    Variant { name: "ferro, logging", keys: "log: {requests: metadata}" },
    Variant {
        name: "ferro, keys",
        keys: "log: {requests: none}\naccess: {signing_key: \"${FERRO_BENCH_KEY}\", roles: {r: {}}}",
    },
    // Limits that nobody reaches.
    Variant {
        name: "ferro, limits",
        keys: "log: {requests: none}\naccess: {signing_key: \"${FERRO_BENCH_KEY}\", roles: {r: {\
               requests_per_minute: 1000000000, tokens_per_minute: 1000000000000, concurrent_requests: 1000000, \
               budget: {usd: 1000000000, per: month}}}}",
    },
];

/// The role that callers have, where it matters who calls.
const ROLE: &str = "r";

impl Variant {
    /// The headers by which a caller says who it is, where that matters.
    pub fn headers(&self) -> Vec<(String, String)> {
        if !self.keys.contains("signing_key") {
            return Vec::new();
        }
        let key = SigningKey::of_secret(KEY.1).ok().and_then(|key| {
            let signer = Signer { id: "k1".to_owned(), key, verify_only: false };
            let claims = Claims {
                id: KeyId::new(1_790_000_000_000, [1; 10]),
                expires: u64::from(u32::MAX),
                signer: signer.id.clone(),
                role: ROLE.to_owned(),
                label: None,
                narrowing: Narrowing::default(),
            };
            IssuedKey::write(&claims, &signer).ok()
        });
        key.into_iter().map(|key| ("authorization".to_owned(), format!("Bearer {key}"))).collect()
    }

    /// `gateway.yaml`: one route to a provider that speaks as the client does, one to a provider that doesn't.
    fn gateway(&self, address: SocketAddr, upstream: SocketAddr) -> String {
        let provider = |kind: &str| json!({ "kind": kind, "endpoint": format!("http://{upstream}"), "api_key": format!("${{{}}}", KEY.0) });
        let route = |name: &str, model: &str| json!({ "name": name, "match": { "models": [name] }, "targets": [{ "provider": name, "model": model }] });
        let providers = json!({ "same": provider("openai"), "other": provider("anthropic") });
        let routes = json!([route("same", "gpt-4o"), route("other", "claude-sonnet-4-5")]);
        // JSON is YAML.
        format!(
            "listen: \"{address}\"\nadmin: false\nproviders: {providers}\nroutes: {routes}\n{}\n",
            self.keys
        )
    }

    /// Lets `ferro render` write Envoy's configuration; with another build of the filter than its own, if asked.
    pub fn render(
        &self,
        file: &Path,
        address: SocketAddr,
        upstream: SocketAddr,
        filter: Option<&Path>,
    ) -> Outcome<()> {
        let written = file.with_extension("yaml");
        fs::write(&written, self.gateway(address, upstream))?;
        let ferro = ferro();
        let mut command = Command::new(&ferro);
        command.arg("render").arg("-c").arg(&written).args(["--for", "envoy", "-o"]).arg(file);
        let named = env::var_os("FERRO_FILTER").filter(|named| !named.is_empty()).map(PathBuf::from);
        if let Some(filter) = filter.map(Path::to_owned).or(named) {
            let found = filter.canonicalize().map_err(|error| format!("{}: {error}", filter.display()))?;
            command.arg("--filter").arg(found);
        }
        let output = command
            .env(KEY.0, KEY.1)
            .output()
            .map_err(|error| format!("{}: {error}; `make build` builds it", ferro.display()))?;
        match output.status.success() {
            true => Ok(()),
            false => Err(format!("ferro render: {}", String::from_utf8_lossy(&output.stderr)).into()),
        }
    }
}

/// `$FERRO_BIN`, then what was built here.
pub fn ferro() -> PathBuf {
    let named = env::var_os("FERRO_BIN").filter(|named| !named.is_empty());
    named.unwrap_or_else(|| "target/release/ferro".into()).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variant_has_everything_off() {
        assert_eq!(VARIANTS[0].name, OFF);
        let address = SocketAddr::from(([127, 0, 0, 1], 80));
        let text = VARIANTS[0].gateway(address, address);
        assert!(text.contains("listen: \"127.0.0.1:80\"\n") && text.ends_with("requests: none}\n"), "{text}");
    }

    #[test]
    fn who_has_keys_asks_with_one() {
        for variant in VARIANTS {
            assert_eq!(!variant.headers().is_empty(), variant.keys.contains("access"), "{}", variant.name);
        }
    }

    #[test]
    fn names_are_told_apart() {
        for (place, variant) in VARIANTS.iter().enumerate() {
            assert!(VARIANTS[..place].iter().all(|other| other.name != variant.name), "{}", variant.name);
        }
    }
}
