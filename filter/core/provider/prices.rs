//! What vendors take for their models.

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
    /// The built-in price of a vendor's model.
    pub fn find(_kind: &str, _model: &str) -> Option<Self> {
        None
    }
}

/// Whether what is said of the model `name` holds for `model`: the same one, or a dated snapshot of it
/// (`gpt-4o-2024-08-06`, `claude-sonnet-4-5-20250929`). `gpt-4o-mini` is another model than `gpt-4o`.
pub fn covers(name: &str, model: &str) -> bool {
    const SHORTEST_DATE: usize = 6;
    let is_date = |text: &str| {
        text.len() >= SHORTEST_DATE && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-')
    };
    model
        .strip_prefix(name)
        .is_some_and(|rest| rest.is_empty() || rest.strip_prefix('-').is_some_and(is_date))
}
