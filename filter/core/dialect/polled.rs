//! The half of a format whose vendors may answer before they are done: with a job, which is asked for until it is over.
//!
//! Who asks, how often and for how long is none of a format's business ([`crate::exchange`] has that): a format says how
//! far a job has come, and where below the vendor's root it is asked for. Where that is comes of the job's id alone:
//! URLs that an answer names are not followed, since a credential would follow them.

use std::time::Duration;

use crate::hub::{Malformed, ProviderError};

/// A format whose answers may have to be asked for again.
pub trait Polled: Sync {
    /// Headers of a request that is answered within this time or not at all: how long the vendor may wait for the end of
    /// the job before it answers, and when it is to give the job up.
    fn headers(&self, time: Duration) -> Vec<(&'static str, String)>;

    /// Reads how far a job has come, of the answer to the request or to a question about it.
    ///
    /// # Errors
    /// The body is not what the format promises.
    fn stage(&self, body: &[u8]) -> Result<Stage, Malformed>;
}

/// How far a job has come.
#[derive(Debug, PartialEq, Eq)]
pub enum Stage {
    /// It is over: whoever reads answers of the format reads this one.
    Done,
    /// It is over, and has failed.
    Failed(Box<ProviderError>),
    /// It is not over, and is to be asked for again.
    Running(Job),
}

/// Where a job is asked for, below the vendor's root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The path that `GET` asks how far it has come.
    pub path: String,
    /// The path to which `POST` ends it, if there is one.
    pub cancel: Option<String>,
}

/// A job's id, if it can be a segment of a path as it is: letters, digits, `-` and `_`.
pub fn job_id(text: &str) -> Option<&str> {
    const LONGEST: usize = 128;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    Some(text).filter(|text| (1..=LONGEST).contains(&text.len()) && text.bytes().all(is_plain))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_nowhere_else() {
        for id in ["gm3qorzdhgbfurvjtvhg6dckhu", "a-b_C1"] {
            assert_eq!(job_id(id), Some(id));
        }
        for id in ["", ".", "..", "a/b", "a?b", "a%2fb", "a#b", "é", "a b", &"a".repeat(129)] {
            assert_eq!(job_id(id), None, "{id}");
        }
    }
}
