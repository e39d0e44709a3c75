//! A prediction, as it is when it was made and whenever it is asked for:
//! <https://replicate.com/docs/reference/http#predictions.get>.

use serde_json::value::RawValue;

use crate::hub::json::{self, Few, Number, Str};
use crate::hub::{Malformed, Usage};
use crate::json_object;

json_object! {
    /// A prediction. What it was asked, which it repeats, and its log are nobody's.
    pub struct Prediction<'a> {
        id: Str<'a>,
        status: Str<'a>,
        output: &'a RawValue,
        error: &'a RawValue,
        metrics: Metrics<'a>,
        ..
    }
}

json_object! {
    /// What it took. Only models of language count tokens.
    pub struct Metrics<'a> {
        input as "input_token_count": Number<'a>,
        output as "output_token_count": Number<'a>,
        ..
    }
}

/// The most pieces of an output. A model of language gives one for each token.
const MOST_PIECES: usize = 400_000;

impl<'a> Prediction<'a> {
    /// Reads one.
    ///
    /// # Errors
    /// It is none.
    pub fn read(body: &'a str) -> Result<Self, Malformed> {
        json::read(body)
    }

    /// The texts that it gave: one, or a list of them.
    ///
    /// # Errors
    /// It gave something else.
    pub fn texts(&self) -> Result<Vec<Str<'a>>, Malformed> {
        let Some(raw) = self.output else { return Ok(Vec::new()) };
        let output = raw.get();
        let texts = match output.starts_with('[') {
            true => serde_json::from_str::<Few<Str<'a>, MOST_PIECES>>(output).map(|few| few.0),
            false => serde_json::from_str::<Str<'a>>(output).map(|text| vec![text]),
        };
        texts.map_err(|_| {
            Malformed("the output of its model is neither a text nor a list of texts".to_owned())
        })
    }

    /// Its tokens, where they were counted.
    pub fn usage(&self) -> Option<Usage> {
        let metrics = self.metrics.as_ref()?;
        let [input, output] =
            [metrics.input, metrics.output].map(|count| count.and_then(|count| count.as_u64()));
        (input.is_some() || output.is_some()).then(|| Usage {
            prompt: input.unwrap_or_default(),
            completion: output.unwrap_or_default(),
            ..Usage::default()
        })
    }
}
