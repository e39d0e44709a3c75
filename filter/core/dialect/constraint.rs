//! What a vendor's own rules refuse though OpenAI's take it, and what becomes of a request that breaks them.
//!
//! Each format that providers speak has one table, in its folder; `docs/translation.md` shows them all. A row stands for
//! code elsewhere in that folder: the golden case that it names shows that code at work. A rule that needs a number, a
//! set of characters or a list of words has it in the row's module, where that code reads it.

/// One rule of a vendor's.
#[derive(Clone, Copy, Debug)]
pub struct Constraint {
    /// What it concerns, as OpenAI's format names it: `tools[].function.name`.
    pub part: &'static str,
    /// Which models it holds for, in words; empty for all.
    pub models: &'static str,
    /// What the vendor demands.
    pub rule: &'static str,
    /// The vendor's page that says so, or the words of its error and when they were seen.
    pub source: &'static str,
    /// What becomes of what breaks it.
    pub then: Then,
    /// A golden case that shows it: a folder below `tests/golden/request/openai`; or a script below `tests/exchange`.
    pub case: &'static str,
}

/// What becomes of a part of a request that breaks a vendor's rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    /// It is written so that the vendor takes it, as these words say, and means the same; the way back undoes it.
    Reshaped(&'static str),
    /// It is written as far as the vendor takes it, as these words say; what is lost of it is reported.
    Reported(&'static str),
    /// This target cannot be asked: the route's next, or a refusal that names the part.
    Refused,
}

/// The rules of every format that has any.
pub const CONSTRAINTS: &[(&str, &[Constraint])] = &[
    ("anthropic", super::anthropic::CONSTRAINTS),
    ("gemini", super::gemini::CONSTRAINTS),
    ("cohere", super::cohere::CONSTRAINTS),
    ("replicate", super::replicate::CONSTRAINTS),
    ("ollama", super::ollama::CONSTRAINTS),
    ("openai", super::openai::CONSTRAINTS),
];
