//! Pages of `docs/` that are made of the code's own tables. `UPDATE_DOCS=1 cargo test --test tidy` writes them.

use ferro::config::Logging;
use ferro::exchange::{FIELDS, METRICS, Measure};

use super::sources::{files, root};

/// `docs/log.md` is made of the fields of the access log.
pub fn log() {
    let mut page = String::from(
        "# The access log\n\nOne line of JSON a request, on standard output; health probes are left out. What is not \
         known of a request is `null`.\n`log.requests` says how much: `none`, `metadata` (the default), or `full`, \
         which adds bodies, 64 KiB of each; those of `/admin` are never logged.\n\n| field | what it says | from |\n|---|---|---|\n",
    );
    for field in FIELDS {
        let from = if field.log == Logging::Full { "`full`" } else { "`metadata`" };
        page.push_str(&format!("| `{}` | {} | {from} |\n", field.name, field.doc));
    }
    check("docs/log.md", &page);
}

/// `docs/metrics.md` is made of the filter's metrics.
pub fn metrics() {
    let mut page = String::from(
        "# Metrics\n\nThe filter's own, beside Envoy's, at `/stats/prometheus` of Envoy's admin interface \
         (`admin: ADDRESS`).\n\n| metric | kind | what it says | labels |\n|---|---|---|---|\n",
    );
    for metric in METRICS {
        let kind = match metric.measure {
            Measure::Exchanges(_) => "counter",
            Measure::Level(_) => "gauge",
        };
        let tags: Vec<_> = metric.tags.iter().map(|tag| format!("`{}`: {}", tag.name, tag.doc)).collect();
        let row = format!("| `{}` | {kind} | {} | {} |", metric.prometheus(), metric.doc, tags.join("; "));
        page.push_str(&row.replace("|  |", "| |"));
        page.push('\n');
    }
    check("docs/metrics.md", &page);
}

/// A field or a metric is one row: whoever else needs it reads the table.
pub fn rows() {
    let sources = ["filter", "envoy/src"].into_iter().flat_map(|folder| files(folder, "rs"));
    let mut named = Vec::new();
    for source in sources.filter(|source| !source.is_test()) {
        let code = source.code().join("\n");
        let names = ["\"ferro.log.", "FILTER_STATE(", "wasmcustom"];
        named.extend(
            names.into_iter().filter(|name| code.contains(name)).map(|name| (name, source.path.clone())),
        );
        let metrics = METRICS.iter().filter(|metric| code.contains(&format!("\"{}\"", metric.name)));
        named.extend(metrics.map(|metric| (metric.name, source.path.clone())));
    }
    named.sort();
    let mut want: Vec<_> = [
        ("\"ferro.log.", "filter/core/contract.rs"),
        ("FILTER_STATE(", "envoy/src/render/access_log.rs"),
        ("wasmcustom", "filter/core/exchange/metric.rs"),
    ]
    .map(|(name, file)| (name, file.to_owned()))
    .into_iter()
    .chain(METRICS.iter().map(|metric| (metric.name, "filter/core/exchange/metric.rs".to_owned())))
    .collect();
    want.sort();
    assert_eq!(named, want);
}

fn check(path: &str, want: &str) {
    let file = root().join(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, want).unwrap();
    }
    let have = std::fs::read_to_string(&file).unwrap_or_default();
    assert!(have == want, "{path} is stale; UPDATE_DOCS=1 cargo test --test tidy writes it");
}
