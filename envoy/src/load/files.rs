//! The files that a configuration names: where they are, and whether they are what they should be.

use std::path::Path;

use ferro::config::{Access, Config, JwksSource, Pair};

use super::pem;

/// A file of the configuration.
struct Named<'a> {
    /// The key that names it.
    path: String,
    name: &'a str,
}

/// What is wrong with a file.
pub(super) struct Fault {
    /// The key that names it.
    pub path: String,
    /// In words that do not repeat its name, which may come of a variable.
    pub message: String,
    pub weight: Weight,
}

/// How bad it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Weight {
    /// It is not there, or not to be read; on the machine that runs the gateway, it may be.
    Absent,
    /// It can only be wrong.
    Wrong,
    /// Clients or providers will refuse it.
    Doubtful,
}

/// What is wrong with the files of a configuration.
pub(super) fn faults(config: &Config, json: &serde_json::Value, folder: &Path) -> Vec<Fault> {
    let mut faults = Vec::new();
    let is_list = json.get("listen").is_some_and(serde_json::Value::is_array);
    for (index, place) in config.listen.iter().enumerate() {
        let Some(tls) = &place.tls else { continue };
        let key = if is_list { format!("listen[{index}].tls") } else { "listen.tls".to_owned() };
        check_pair(&key, &tls.pair, folder, &mut faults);
        check_authorities(&key, "client_ca", tls.client_ca.as_deref(), folder, &mut faults);
    }
    check_keys(config, json, folder, &mut faults);
    for provider in &config.providers {
        let key = format!("providers.{}.tls", provider.name);
        if let Some(pair) = &provider.tls.pair {
            check_pair(&key, pair, folder, &mut faults);
        }
        check_authorities(&key, "ca", provider.tls.ca.as_deref(), folder, &mut faults);
    }
    faults
}

/// Whether a certificate and a key can be read and belong together. While they are renewed they may not.
pub fn belong_together(certificate: &Path, key: &Path) -> bool {
    let read = |path| text(path).ok();
    let both = read(certificate).zip(read(key));
    both.is_some_and(|(certificate, key)| {
        let both = pem::certificates(&certificate).ok().zip(pem::key(&key).ok());
        both.is_some_and(|(all, key)| all.first().is_some_and(|first| !key.is_of_another(first)))
    })
}

/// Files of public keys that tokens are signed with.
fn check_keys(config: &Config, json: &serde_json::Value, folder: &Path, faults: &mut Vec<Fault>) {
    let Access::Keyed(access) = &config.access else { return };
    let is_list = json.pointer("/access/jwt").is_some_and(serde_json::Value::is_array);
    for (index, jwt) in access.jwt.iter().enumerate() {
        let JwksSource::File(name) = &jwt.jwks else { continue };
        let place = if is_list { format!("[{index}]") } else { String::new() };
        let named = Named { path: format!("access.jwt{place}.jwks.file"), name };
        let keys = |text: &str| match serde_json::from_str::<serde_json::Value>(text) {
            Ok(keys) if keys.get("keys").is_some_and(serde_json::Value::is_array) => Ok(()),
            _ => Err("this file holds no set of keys: expected JSON with a list `keys`".to_owned()),
        };
        named.read(folder, keys, faults);
    }
}

fn check_pair(key: &str, pair: &Pair, folder: &Path, faults: &mut Vec<Fault>) {
    let at = |name: &str| format!("{key}.{name}");
    let certificate = Named { path: at("certificate"), name: &pair.certificate };
    let private = Named { path: at("key"), name: &pair.key };
    let certificates = certificate.read(folder, pem::certificates, faults);
    let key = private.read(folder, pem::key, faults);
    let first = certificates.as_ref().and_then(|all| all.first());
    if let (Some(first), Some(key)) = (first, key)
        && key.is_of_another(first)
    {
        private.fault("this private key is not that of the certificate".to_owned(), Weight::Wrong, faults);
    }
    check_ends(&certificate, &certificates.unwrap_or_default(), faults);
}

fn check_authorities(key: &str, name: &str, file: Option<&str>, folder: &Path, faults: &mut Vec<Fault>) {
    let Some(file) = file else { return };
    let named = Named { path: format!("{key}.{name}"), name: file };
    named.read(folder, pem::certificates, faults);
}

/// Only the first is the holder's own; who looks at the others has them itself.
fn check_ends(named: &Named<'_>, certificates: &[pem::Certificate], faults: &mut Vec<Fault>) {
    if let Some(first) = certificates.first().filter(|first| first.ends < now()) {
        let day: Vec<_> = [0..4, 4..6, 6..8].into_iter().filter_map(|part| first.ends.get(part)).collect();
        named.fault(format!("this certificate ended on {}", day.join("-")), Weight::Doubtful, faults);
    }
}

/// This moment as certificates write it.
#[expect(clippy::disallowed_types, reason = "certificates end by the machine's clock")]
fn now() -> String {
    const MONTHS: &str = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec";
    // Sun, 06 Nov 1994 08:49:37 GMT
    let text = httpdate::fmt_http_date(std::time::SystemTime::now());
    let parts: Vec<_> = text.split(' ').collect();
    let [_, day, month, year, time, _] = parts.as_slice() else { return String::new() };
    let month = MONTHS.split(' ').position(|name| name == *month).unwrap_or_default().saturating_add(1);
    format!("{year}{month:02}{day}{}Z", time.replace(':', ""))
}

impl Named<'_> {
    fn read<T>(
        &self,
        folder: &Path,
        parse: impl FnOnce(&str) -> Result<T, String>,
        faults: &mut Vec<Fault>,
    ) -> Option<T> {
        let text = match text(&folder.join(self.name)) {
            Ok(text) => text,
            Err(error) => {
                let hint = match Path::new(self.name).is_relative() {
                    true => "; files are named from the folder of this one",
                    false => "",
                };
                self.fault(format!("this file cannot be read: {error}{hint}"), Weight::Absent, faults);
                return None;
            }
        };
        parse(&text).map_err(|message| self.fault(message, Weight::Wrong, faults)).ok()
    }

    fn fault(&self, message: String, weight: Weight, faults: &mut Vec<Fault>) {
        faults.push(Fault { path: self.path.clone(), message, weight });
    }
}

fn text(path: &Path) -> std::io::Result<String> {
    super::read(path).map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
}
