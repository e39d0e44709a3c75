//! How far a prediction has come: <https://replicate.com/docs/topics/predictions/lifecycle>.
//!
//! It is made with `Prefer: wait=n`, which holds the answer back for up to a minute if the prediction takes as long, and
//! with `Cancel-After`, which ends it when nobody waits for it any more, whatever becomes of us:
//! <https://replicate.com/docs/reference/http#predictions.create>. What is not over then is asked for by its id.

use std::time::Duration;

use super::prediction::Prediction;
use super::{PATH, error};
use crate::dialect::polled::job_id;
use crate::dialect::{Job, Polled, Stage};
use crate::hub::Malformed;

/// For how long an answer may be held back, in seconds.
const WAITS: (u64, u64) = (1, 60);

/// The shortest life of a prediction, in seconds.
const SHORTEST_LIFE: u64 = 5;

/// Predictions as jobs.
#[derive(Debug)]
pub struct Jobs;

impl Polled for Jobs {
    fn headers(&self, time: Duration) -> Vec<(&'static str, String)> {
        let seconds = time.as_secs();
        // An answer that comes before the time is over has an id, by which the prediction can be ended.
        let wait = seconds.checked_div(2).unwrap_or_default().clamp(WAITS.0, WAITS.1);
        let life = seconds.saturating_add(1).max(SHORTEST_LIFE);
        vec![("prefer", format!("wait={wait}")), ("cancel-after", format!("{life}s"))]
    }

    fn stage(&self, body: &[u8]) -> Result<Stage, Malformed> {
        let text = std::str::from_utf8(body).map_err(|_| Malformed("it is not UTF-8".to_owned()))?;
        let prediction = Prediction::read(text)?;
        let status = prediction.status.as_deref().unwrap_or_default();
        match status {
            "succeeded" => Ok(Stage::Done),
            "failed" => Ok(Stage::Failed(Box::new(error::of_failed(&prediction)))),
            "canceled" | "aborted" => Ok(Stage::Failed(Box::new(error::of_ended(&prediction, status)))),
            "" => Err(Malformed("a prediction without `status`".to_owned())),
            // `starting`, `processing`, and what nobody knows yet: it lasts no longer than the attempt.
            _ => {
                let id = prediction.id.as_deref().and_then(job_id);
                let id =
                    id.ok_or_else(|| Malformed("a prediction without an `id` that is one".to_owned()))?;
                let path = [PATH, "/", id].concat();
                let cancel = Some([&path, "/cancel"].concat());
                Ok(Stage::Running(Job { path, cancel }))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hub::Fault;

    fn stage(body: &str) -> Result<Stage, Malformed> {
        Jobs.stage(body.as_bytes())
    }

    #[test]
    fn the_path_is_made_of_the_id_alone() {
        let body =
            r#"{"id":"p1","status":"starting","urls":{"get":"https://elsewhere.example/v1/predictions/p1"}}"#;
        let job =
            Job { path: "/predictions/p1".to_owned(), cancel: Some("/predictions/p1/cancel".to_owned()) };
        assert_eq!(stage(body), Ok(Stage::Running(job.clone())));
        assert_eq!(stage(r#"{"id":"p1","status":"queued"}"#), Ok(Stage::Running(job)));
        for body in [
            r#"{"id":"../account","status":"starting"}"#,
            r#"{"status":"processing"}"#,
            r#"{"id":"p1"}"#,
            r#"{"id":"p1","status":7}"#,
            "[]",
            "",
        ] {
            assert!(stage(body).is_err(), "{body}");
        }
    }

    #[test]
    fn an_end_is_one_with_or_without_an_output() {
        assert_eq!(stage(r#"{"status":"succeeded","output":null}"#), Ok(Stage::Done));
        for (body, want) in [
            (
                r#"{"status":"failed","error":"CUDA out of memory"}"#,
                (500, Fault::Provider, "CUDA out of memory"),
            ),
            (r#"{"status":"failed","error":null}"#, (500, Fault::Provider, "the prediction failed")),
            (r#"{"status":"failed","error":{"a":1}}"#, (500, Fault::Provider, r#"{"a":1}"#)),
            (r#"{"status":"canceled"}"#, (502, Fault::Provider, "the prediction was canceled")),
            (r#"{"status":"aborted","error":""}"#, (502, Fault::Provider, "the prediction was aborted")),
            (
                r#"{"status":"failed","error":"The input or output was flagged as sensitive. (E005)"}"#,
                (400, Fault::ContentFilter, "The input or output was flagged as sensitive. (E005)"),
            ),
        ] {
            let Ok(Stage::Failed(error)) = stage(body) else { panic!("{body}") };
            assert_eq!((error.status, error.fault, error.message.as_str()), want);
        }
    }

    #[test]
    fn a_prediction_lives_as_long_as_somebody_waits() {
        for (milliseconds, wait, life) in
            [(0, 1, 5), (2_500, 1, 5), (20_000, 10, 21), (120_000, 60, 121), (600_000, 60, 601)]
        {
            let want = [("prefer", format!("wait={wait}")), ("cancel-after", format!("{life}s"))];
            assert_eq!(Jobs.headers(Duration::from_millis(milliseconds)), want);
        }
    }
}
