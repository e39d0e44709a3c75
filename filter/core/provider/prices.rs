//! What vendors take for their models.
//!
//! The built-in table is a convenience with a date, not a bill: the operator's `prices` come first. It was made in
//! November 2026 from copies and transcriptions of the vendors' pages, whose dates stand at each vendor; the pages were
//! not open when it was made. It has the standard price of text for short prompts: no batch, priority or regional
//! price, no surcharge for long prompts, for audio or for writing to a cache.

/// The price of a model, in US dollars per million tokens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Price {
    /// For input.
    pub input: f64,
    /// For output, reasoning included.
    pub output: f64,
    /// For input that the provider had in its cache; `None` where it costs the same.
    pub cached_input: Option<f64>,
}

impl Price {
    /// The built-in price of a vendor's model: of the longest name that covers it.
    pub fn find(kind: &str, model: &str) -> Option<Self> {
        let covering = PRICES.iter().filter(|(vendor, name, _)| *vendor == kind && covers(name, model));
        covering.max_by_key(|(_, name, _)| name.len()).map(|(_, _, price)| *price)
    }
}

/// Whether what is said of the model `name` holds for `model`: the same one, or a dated snapshot of it
/// (`gpt-4o-2024-08-06`, `claude-sonnet-4-5-20250929`). `gpt-4o-mini` is another model than `gpt-4o`.
pub fn covers(name: &str, model: &str) -> bool {
    let is_date = |text: &str| {
        text.len() >= SHORTEST_DATE && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    model
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(is_date))
}

/// The names that cover a model, the longest first.
pub fn covering(model: &str) -> impl Iterator<Item = &str> {
    let of_dates = |c: char| c.is_ascii_digit() || c == '-';
    let shortest = model.trim_end_matches(of_dates).len();
    let ends = model.rmatch_indices('-').map(|(end, _)| end).take_while(move |end| *end >= shortest);
    let names =
        ends.filter(|end| end.saturating_add(SHORTEST_DATE) < model.len()).filter_map(|end| model.get(..end));
    std::iter::once(model).chain(names)
}

/// The shortest text that is taken for a date, in bytes.
const SHORTEST_DATE: usize = 6;

const fn price(input: f64, output: f64, cached_input: f64) -> Price {
    Price { input, output, cached_input: Some(cached_input) }
}

/// Kind, model, and its price; the vendors in the order of [`super::CATALOGUE`].
const PRICES: &[(&str, &str, Price)] = &[
    // https://developers.openai.com/api/docs/pricing: GPT-6 and 5.6 as of 2026-10-27, the older ones as of the spring
    // of 2026. For prompts of up to 272,000 tokens.
    ("openai", "gpt-6-astra", price(10.0, 50.0, 1.0)),
    ("openai", "gpt-6.1-sol", price(2.0, 10.0, 0.1)),
    ("openai", "gpt-6.1-terra", price(1.0, 5.0, 0.05)),
    ("openai", "gpt-6-sol", price(2.0, 10.0, 0.2)),
    ("openai", "gpt-6-luna", price(0.1, 0.5, 0.01)),
    ("openai", "gpt-5.6-terra", price(2.0, 12.0, 0.2)),
    ("openai", "gpt-5.6-luna", price(0.2, 1.2, 0.02)),
    ("openai", "gpt-5.5", price(5.0, 30.0, 0.5)),
    ("openai", "gpt-5.4", price(2.5, 15.0, 0.25)),
    ("openai", "gpt-5.4-mini", price(0.75, 4.5, 0.075)),
    ("openai", "gpt-5", price(1.25, 10.0, 0.125)),
    ("openai", "gpt-5-mini", price(0.25, 2.0, 0.025)),
    ("openai", "gpt-5-nano", price(0.05, 0.4, 0.005)),
    ("openai", "gpt-4.1", price(2.0, 8.0, 0.5)),
    ("openai", "gpt-4.1-mini", price(0.4, 1.6, 0.1)),
    ("openai", "gpt-4o", price(2.5, 10.0, 1.25)),
    ("openai", "gpt-4o-mini", price(0.15, 0.6, 0.075)),
    ("openai", "o3", price(2.0, 8.0, 0.5)),
    ("openai", "o4-mini", price(1.1, 4.4, 0.275)),
    // https://platform.claude.com/docs/en/about-claude/pricing, as of 2026-10-16. Haiku 5.5 for prompts of up to 100,000
    // tokens.
    ("anthropic", "claude-fable-5-1", price(10.0, 50.0, 0.25)),
    ("anthropic", "claude-opus-5-5", price(4.0, 20.0, 0.2)),
    ("anthropic", "claude-opus-5", price(5.0, 25.0, 0.5)),
    ("anthropic", "claude-opus-4-6", price(5.0, 25.0, 0.5)),
    ("anthropic", "claude-opus-4-5", price(5.0, 25.0, 0.5)),
    ("anthropic", "claude-opus-4-1", price(15.0, 75.0, 1.5)),
    ("anthropic", "claude-sonnet-5-5", price(2.0, 10.0, 0.1)),
    ("anthropic", "claude-sonnet-5", price(2.0, 10.0, 0.2)),
    ("anthropic", "claude-sonnet-4-6", price(3.0, 15.0, 0.3)),
    ("anthropic", "claude-sonnet-4-5", price(3.0, 15.0, 0.3)),
    ("anthropic", "claude-haiku-5-5", price(0.1, 0.5, 0.01)),
    ("anthropic", "claude-haiku-4-5", price(1.0, 5.0, 0.1)),
    // https://ai.google.dev/gemini-api/docs/pricing: 3.8 as of 2026-10-07, the others as of May to July of 2026. For
    // prompts of up to 200,000 tokens. From 2027 on, 3.8 Flash costs twice as much.
    ("gemini", "gemini-3.8-flash", price(0.75, 3.75, 0.075)),
    ("gemini", "gemini-3.5-flash", price(1.5, 9.0, 0.15)),
    ("gemini", "gemini-3.5-flash-lite", price(0.3, 2.5, 0.03)),
    ("gemini", "gemini-3.1-pro-preview", price(2.0, 12.0, 0.2)),
    ("gemini", "gemini-3.1-flash-lite", price(0.25, 1.5, 0.025)),
    ("gemini", "gemini-3-pro-preview", price(2.0, 12.0, 0.2)),
    ("gemini", "gemini-3-flash-preview", price(0.5, 3.0, 0.05)),
    ("gemini", "gemini-2.5-pro", price(1.25, 10.0, 0.125)),
    ("gemini", "gemini-2.5-flash", price(0.3, 2.5, 0.03)),
    ("gemini", "gemini-2.5-flash-lite", price(0.1, 0.4, 0.01)),
    // https://api-docs.deepseek.com/quick_start/pricing, as of 2026-10-27. Off-peak; it costs twice as much from 01:00 to
    // 04:00 and from 06:00 to 10:00 UTC on working days.
    ("deepseek", "deepseek-flash", price(0.15, 0.6, 0.003)),
    ("deepseek", "deepseek-v4-pro", price(0.66, 1.98, 0.022)),
    // https://platform.kimi.ai/docs/pricing: K3 as of 2026-07-18, K2.6 as of 2026-05.
    ("moonshot", "kimi-k3", price(3.0, 15.0, 0.3)),
    ("moonshot", "kimi-k2.6", price(0.95, 4.0, 0.16)),
    // https://docs.x.ai/developers/models: Grok as of August of 2026, Grok Build as of 2026-09-25. For prompts of up to
    // 200,000 tokens.
    ("xai", "grok-4.6", price(2.0, 6.0, 0.5)),
    ("xai", "grok-4.5", price(2.0, 6.0, 0.5)),
    ("xai", "grok-build-0.1", price(1.0, 2.0, 0.2)),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{Row, Vendors};
    use crate::routing::Glob;

    #[test]
    fn every_price_is_a_vendors_and_sane() {
        for (index, (kind, model, price)) in PRICES.iter().enumerate() {
            let row = Row::find(kind).unwrap_or_else(|| panic!("{kind} is no kind"));
            assert!(row.owns.iter().any(|glob| Glob::new(glob).matches(model)), "{model} is not {kind}'s");
            let others = PRICES.iter().take(index);
            assert!(others.into_iter().all(|other| (other.0, other.1) != (*kind, *model)), "{model} twice");
            let cached = price.cached_input.unwrap_or(price.input);
            assert!(0.0 < cached && cached <= price.input, "{model}: what is cached costs less");
            assert!(price.input < price.output, "{model}: output costs more than input");
            assert!(price.output <= 100.0, "{model}: for a million tokens, not a thousand");
        }
    }

    #[test]
    fn the_main_models_have_one() {
        for row in
            Vendors::BUILT_IN.rows().filter(|row| matches!(row.kind, "openai" | "anthropic" | "gemini"))
        {
            for model in row.models {
                assert!(Price::find(row.kind, model).is_some(), "{model}");
            }
        }
    }

    #[test]
    fn a_name_covers_its_dated_snapshots_and_no_other_model() {
        for (model, want) in [
            ("gpt-4o", true),
            ("gpt-4o-2024-08-06", true),
            ("gpt-4o-20240806", true),
            ("gpt-4o-240806", true),
            ("gpt-4o-mini", false),
            ("gpt-4o-2024", false),
            ("gpt-4o-2024-08-06-x", false),
            ("gpt-4o2024-08-06", false),
            ("gpt-4", false),
        ] {
            assert_eq!(covers("gpt-4o", model), want, "{model}");
            assert_eq!(covering(model).any(|name| name == "gpt-4o"), want, "{model}");
        }
        for model in ["", "-", "2024-08-06", "a-2024-08-06-2", "a--2024-08", "-123456", "ä-123456"] {
            let names: Vec<_> = (0..=model.len()).rev().filter_map(|end| model.get(..end)).collect();
            let want: Vec<_> = names.into_iter().filter(|name| covers(name, model)).collect();
            assert_eq!(covering(model).collect::<Vec<_>>(), want, "{model}");
        }
        assert_eq!(Price::find("openai", "gpt-4o-mini-2024-07-18"), Some(price(0.15, 0.6, 0.075)));
        assert_eq!(Price::find("anthropic", "claude-sonnet-4-5-20250929"), Some(price(3.0, 15.0, 0.3)));
        assert_eq!(Price::find("anthropic", "gpt-4o"), None);
    }
}
