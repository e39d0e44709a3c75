//! From a method and a path to the surface that is asked for.

use super::{Body, Surface};
use crate::dialect::Format;
use crate::hub::escaped;

/// A surface that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SurfaceMatch<'a> {
    /// Which.
    pub surface: &'static Surface,
    /// What follows the surface's own path, where that takes more.
    pub rest: &'a str,
}

/// Why nothing is found.
#[derive(Debug, PartialEq, Eq)]
pub enum Unfound {
    /// There is no such path.
    Path,
    /// There is, but not by this method.
    Method {
        /// The methods that there are.
        allowed: Vec<&'static str>,
        /// What clients speak at the path.
        format: &'static Format,
    },
}

/// Finds what is asked for among `surfaces`. Query and trailing slashes are tolerated.
///
/// # Errors
/// No such path, or not with this method.
pub fn find<'a>(
    surfaces: &'static [Surface],
    method: &str,
    path: &'a str,
) -> Result<SurfaceMatch<'a>, Unfound> {
    let path = path.split(['?', '#']).next().unwrap_or_default().trim_end_matches('/');
    let mut allowed: Vec<&'static str> = Vec::new();
    let mut spoken = None;
    let mut exact = surfaces.iter().filter_map(|surface| Some((surface, rest(surface.path, path)?)));
    let found = exact.find_map(|(surface, rest)| {
        // What has a place of its own is not whatever else there is.
        let is_rest = matches!(surface.body, Body::Any) && surface.path.ends_with('*');
        if is_rest && !allowed.is_empty() {
            return None;
        }
        if surface.methods.contains(&method) {
            return Some(SurfaceMatch { surface, rest });
        }
        spoken.get_or_insert(surface.format);
        allowed.extend(surface.methods.iter().filter(|method| !allowed.contains(method)).collect::<Vec<_>>());
        None
    });
    found.ok_or_else(|| spoken.map_or(Unfound::Path, |format| Unfound::Method { allowed, format }))
}

/// What of `path` follows `base`; `None` if it stands elsewhere.
pub fn below<'a>(base: &str, path: &'a str) -> Option<&'a str> {
    let rest = path.strip_prefix(base)?;
    (base.is_empty() || rest.is_empty() || rest.starts_with(['/', '?', '#'])).then_some(rest)
}

/// Whether a path is one of those that only administrators have anything to do with, whatever is there.
pub fn is_for_admins(path: &str) -> bool {
    path.starts_with("/admin")
}

/// What of `path` follows a surface's own; `None` if it is another's.
fn rest<'a>(own: &str, path: &'a str) -> Option<&'a str> {
    match own.strip_suffix('*') {
        Some(own) => path.strip_prefix(own),
        None => (own == path).then_some(""),
    }
}

/// Whether what follows a surface's own path leads nowhere else, whoever reads it: servers differ in which escapes they
/// undo, and how often, some take `;` or `\` for the end of a segment, and some fold dots and slashes that are not ASCII.
pub fn is_confined(rest: &str) -> bool {
    let is_plain = |segment: &str| {
        let meant = decoded(segment);
        let hides = |c: char| !matches!(c, ' '..='~') || matches!(c, '/' | '\\' | ';' | '%' | '?' | '#');
        !matches!(meant.trim(), "" | "." | "..")
            && !meant.contains(hides)
            && segment.bytes().all(|byte| (b'!'..=b'~').contains(&byte))
    };
    rest.is_empty() || rest.split('/').all(is_plain)
}

/// Where a client goes that a provider redirects: to the same place below our own root, if it is below the provider's;
/// as the provider says it, if it is at the provider at all; `None` if it is elsewhere. `origin` is the provider's scheme
/// and authority, `root` the path of its API, `base` what stands before our paths.
pub fn redirected(location: &str, origin: &str, root: &str, base: &str) -> Option<String> {
    let is_plain = location.bytes().all(|byte| (b'!'..=b'~').contains(&byte) && byte != b'\\');
    let has_scheme = location.split(['/', '?', '#']).next().is_some_and(|first| first.contains(':'));
    let path = match location.strip_prefix(origin) {
        Some(path) if path.is_empty() || path.starts_with(['/', '?', '#']) => path,
        _ if has_scheme || location.starts_with("//") => return None,
        _ => location,
    };
    let (before, after) = path.split_at(path.find(['?', '#']).unwrap_or(path.len()));
    if !is_plain || !is_confined(before.strip_prefix('/').unwrap_or(before).trim_end_matches('/')) {
        return None;
    }
    match before.strip_prefix(root).filter(|rest| rest.starts_with('/')) {
        Some(rest) => Some(format!("{base}/v1{rest}{after}")),
        None => Some(location.to_owned()),
    }
}

/// The value of a parameter of the path's query.
pub fn parameter(path: &str, name: &str) -> Option<String> {
    let query = path.split('#').next()?.split_once('?')?.1;
    let mut pairs = query.split('&').filter_map(|pair| pair.split_once('='));
    pairs.find(|(known, _)| plain(known) == name).map(|(_, value)| plain(value))
}

/// A query, question mark included, without the parameter `name`.
pub fn without_parameter(query: &str, name: &str) -> String {
    let Some(pairs) = query.strip_prefix('?') else { return query.to_owned() };
    let is_other = |pair: &&str| plain(pair.split('=').next().unwrap_or_default()) != name;
    let left = pairs.split('&').filter(is_other).collect::<Vec<_>>().join("&");
    if left.is_empty() { left } else { format!("?{left}") }
}

/// A query, question mark included, in which the parameter `name` has this value wherever it is given: who reads a
/// query may take the first or the last.
pub fn replaced(query: &str, name: &str, value: &str) -> String {
    let Some(pairs) = query.strip_prefix('?') else { return query.to_owned() };
    let pair = |pair: &str| match pair.split_once('=') {
        Some((known, given)) if plain(known) == name && plain(given) != value => {
            format!("{name}={}", escaped(value, is_unreserved))
        }
        _ => pair.to_owned(),
    };
    format!("?{}", pairs.split('&').map(pair).collect::<Vec<_>>().join("&"))
}

/// Whether a byte can neither end a value nor mean anything in it (RFC 3986, 2.3).
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

/// A name or a value of a query, as it is meant.
fn plain(text: &str) -> String {
    decoded(&text.replace('+', " "))
}

/// Without percent-encoding: clients escape the slashes of an id. What is not a valid escape stays.
pub fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let escaped =
            (*byte == b'%').then(|| after.split_at_checked(2)).flatten().and_then(|(digits, after)| {
                let value = u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()?;
                Some((value, after))
            });
        let (value, after) = escaped.unwrap_or((*byte, after));
        bytes.push(value);
        rest = after;
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::super::{SURFACES, by_word};
    use super::*;

    #[test]
    fn paths_and_methods() {
        let find = |method, path| find(SURFACES, method, path).map(|asked| (asked.surface.word, asked.rest));
        let not_by = |word: &str, allowed: &[&'static str]| Unfound::Method {
            allowed: allowed.to_vec(),
            format: by_word(word).unwrap().format,
        };
        assert_eq!(find("POST", "/v1/chat/completions/?a=b"), Ok(("chat", "")));
        assert_eq!(find("GET", "/v1/models"), Ok(("models", "")));
        assert_eq!(find("GET", "/v1/models/"), Ok(("models", "")));
        assert_eq!(find("HEAD", "/v1/models/meta%2Fllama/3%"), Ok(("model", "meta%2Fllama/3%")));
        assert_eq!(find("GET", "/v1/chat/completions"), Err(not_by("chat", &["POST"])));
        assert_eq!(find("DELETE", "/healthz"), Err(not_by("health", &["GET", "HEAD"])));
        assert_eq!(find("GET", "/v1/nothing"), Ok(("other", "nothing")));
        assert_eq!(find("DELETE", "/v1/files/file-1/"), Ok(("files", "file-1")));
        assert_eq!(find("POST", "/v1/responses"), Ok(("responses", "")));
        assert_eq!(find("POST", "/v1/responses/resp_1/cancel"), Ok(("responses", "resp_1/cancel")));
        assert_eq!(find("DELETE", "/v1/models/ft:m"), Err(not_by("model", &["GET", "HEAD"])));
        assert_eq!(find("GET", "/v2/nothing"), Err(Unfound::Path));
        assert_eq!(find("OPTIONS", "*"), Err(Unfound::Path));
    }

    #[test]
    fn what_stands_below_a_base() {
        assert_eq!(below("", "/v1/models"), Some("/v1/models"));
        for (path, want) in [
            ("/llm/v1/models?a", Some("/v1/models?a")),
            ("/llm", Some("")),
            ("/llm?a", Some("?a")),
            ("/llmv1/models", None),
            ("/v1/models", None),
            ("/LLM/v1/models", None),
            ("//llm/v1/models", None),
            ("*", None),
        ] {
            assert_eq!(below("/llm", path), want, "{path}");
        }
    }

    #[test]
    fn what_stays_below_a_path() {
        for rest in [
            "",
            "file-1",
            "file-1/content",
            "jobs/ftjob-a_b.c~1/events",
            "ft%3Agpt-4o:org::id",
            "a@b",
            "..a",
            "%20a",
        ] {
            assert!(is_confined(rest), "{rest}");
        }
        for rest in [
            "..",
            ".",
            "a/../b",
            "a/./b",
            "a//b",
            "/a",
            "a/",
            "%2e%2e",
            ".%2E",
            "%2e",
            "a%2fb",
            "a%5Cb",
            "a\\b",
            "a;b",
            "..;/b",
            "a%3bb",
            "%252e%252e",
            "a%00b",
            "a%0d%0ab",
            "a%25b",
            "a%",
            "a%zz",
            "a%3fb",
            "a%23b",
            " ",
            "%20",
            "%2e%2e%20",
            "a b",
            "\u{e9}",
            "%c0%ae%c0%ae",
            "%ff",
            "a\u{0}b",
            "\u{2024}\u{2024}",
            "%ef%bc%8e%ef%bc%8e",
            "%c3%a9",
            "%09..",
        ] {
            assert!(!is_confined(rest), "{rest:?}");
        }
    }

    #[test]
    fn redirects_stay_at_the_provider() {
        let to = |location| redirected(location, "https://api.example.com", "/v1", "/llm");
        for (location, want) in [
            ("/v1/files/b/content?x=1", Some("/llm/v1/files/b/content?x=1")),
            ("https://api.example.com/v1/files/b", Some("/llm/v1/files/b")),
            ("https://api.example.com/other", Some("https://api.example.com/other")),
            ("https://api.example.com", Some("https://api.example.com")),
            ("files/b", Some("files/b")),
            ("?page=2", Some("?page=2")),
            ("https://api.example.com.evil.example/v1/a", None),
            ("https://api.example.com@evil.example/v1/a", None),
            ("https://api.example.com:8443/v1/a", None),
            ("http://api.example.com/v1/a", None),
            ("//evil.example/v1/a", None),
            ("/\\evil.example", None),
            ("javascript:alert(1)", None),
            ("/v1/../admin", None),
            ("/v1/a%2f..%2fb", None),
            ("/v1/a\r\nset-cookie: x", None),
        ] {
            assert_eq!(to(location).as_deref(), want, "{location}");
        }
    }

    #[test]
    fn escapes_and_parameters() {
        assert_eq!(decoded("meta%2Fllama/3%"), "meta/llama/3%");
        assert_eq!(
            parameter("/v1/realtime?a=b&model=gpt%2D4o+x#model=y", "model").as_deref(),
            Some("gpt-4o x")
        );
        assert_eq!(parameter("/v1/realtime", "model"), None);
        assert_eq!(replaced("?a=b&model=m&c", "model", "a/b&c=d"), "?a=b&model=a%2Fb%26c%3Dd&c");
        assert_eq!(replaced("", "model", "m"), "");
        // A name may be escaped, and given again.
        assert_eq!(parameter("/v1/realtime?mod%65l=a&model=b", "model").as_deref(), Some("a"));
        assert_eq!(replaced("?mod%65l=a%2Db&model=b", "model", "a-b"), "?mod%65l=a%2Db&model=a-b");
    }
}
