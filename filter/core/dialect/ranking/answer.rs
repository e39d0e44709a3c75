//! What a client gets: <https://docs.cohere.com/reference/rerank>.

use std::borrow::Cow;

use serde_json::value::RawValue;

use super::request::{Documents, MOST_DOCUMENTS};
use crate::dialect::object::{Object, literal};
use crate::dialect::{Arrival, TaskAnswer};
use crate::hub::json::{Few, Number, Str};
use crate::hub::{Malformed, Told, Usage};

/// What a vendor has answered.
#[derive(Debug, Default)]
pub struct Ranked<'a> {
    /// The answer's id, if the vendor gives one.
    pub id: Option<Str<'a>>,
    /// The documents with their scores.
    pub scored: Vec<Scored<'a>>,
    /// How many tokens were read, if the vendor counts them.
    pub tokens: Option<Number<'a>>,
}

/// A document and its score.
#[derive(Clone, Debug)]
pub struct Scored<'a> {
    /// Which document.
    index: usize,
    /// The score: as a number, and as it is written.
    score: (f64, Cow<'a, str>),
}

impl<'a> Scored<'a> {
    /// A score as the vendor has written it.
    ///
    /// # Errors
    /// One of both is missing, or no number.
    pub fn of(index: Option<u64>, score: Option<Number<'a>>) -> Result<Self, Malformed> {
        let index = index.and_then(|index| usize::try_from(index).ok());
        let score = score.and_then(|score| Some((score.as_f64()?, Cow::Borrowed(score.digits()))));
        let score = score.filter(|(score, _)| score.is_finite());
        let (index, score) =
            index.zip(score).ok_or_else(|| Malformed("a result without index or score".to_owned()))?;
        Ok(Self { index, score })
    }

    /// What a logit says: scores of others are between 0 and 1, and so is this.
    ///
    /// # Errors
    /// As above.
    pub fn of_logit(index: Option<u64>, logit: Option<Number<'a>>) -> Result<Self, Malformed> {
        let Self { index, score: (logit, _) } = Self::of(index, logit)?;
        let score = 1.0 / (1.0 + (-logit).exp());
        // It is finite, and so it is JSON.
        let written = serde_json::to_string(&score).unwrap_or_default();
        Ok(Self { index, score: (score, written.into()) })
    }
}

impl Ranked<'_> {
    /// The answer: the highest score first, no more results than the client wants.
    ///
    /// # Errors
    /// A result is of no document, or of one that has a result.
    pub fn write(mut self, arrival: &Arrival<'_>) -> Result<TaskAnswer, Malformed> {
        let memo = arrival.memo;
        let number = |name: &str| memo.noted(name).and_then(|number| number.parse::<usize>().ok());
        let count = number("count").unwrap_or(MOST_DOCUMENTS);
        let mut seen = vec![false; count.min(MOST_DOCUMENTS)];
        for Scored { index, .. } in &self.scored {
            match seen.get_mut(*index) {
                Some(seen) if !*seen => *seen = true,
                _ => return Err(Malformed(format!("two results of document {index}, or no such document"))),
            }
        }
        let by_score = |a: &Scored<'_>, b: &Scored<'_>| b.score.0.total_cmp(&a.score.0);
        self.scored.sort_by(|a, b| by_score(a, b).then(a.index.cmp(&b.index)));
        self.scored.truncate(number("top_n").unwrap_or(usize::MAX));
        // They are the client's own, which were read before.
        let documents = memo.noted("documents").and_then(|text| serde_json::from_str(text).ok());
        let Few(documents): Documents<&RawValue> = documents.unwrap_or_default();
        let results = self.scored.iter().map(|Scored { index, score }| {
            let result = Object::new(64).raw("index", &index.to_string()).raw("relevance_score", &score.1);
            let document = documents.get(*index).map(|document| whole(document));
            result.raw_if("document", document.as_deref()).close()
        });
        let made = format!("rerank-{:016x}", arrival.stamp.seed);
        let id = self.id.as_deref().filter(|id| !id.is_empty()).unwrap_or(&made);
        let body = Object::new(256).text("id", id).list("results", results);
        let tokens = self.tokens.and_then(Number::as_u64);
        let counted = tokens.map(|tokens| {
            let tokens = Object::new(32).raw("input_tokens", &tokens.to_string()).close();
            Object::new(64).raw("tokens", &tokens).close()
        });
        let body = body.raw_if("meta", counted.as_deref()).close();
        let usage = tokens.map(|prompt| Usage { prompt, ..Usage::default() });
        Ok(TaskAnswer::json(body.into_bytes(), Told { usage, finish: None }))
    }
}

/// A document as it comes back: an object, whatever it was.
fn whole(document: &RawValue) -> Cow<'_, str> {
    match document.get().starts_with('{') {
        true => document.get().into(),
        false => format!("{{{}:{}}}", literal("text"), document.get()).into(),
    }
}
