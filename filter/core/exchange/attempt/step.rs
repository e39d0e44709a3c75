//! What is to be done with a piece of an answer, and how the host does it.
//!
//! Bytes of an answer's body that are held have one owner. What was only counted stays in the host's buffer, and is
//! read there once it is needed; what was rewritten is kept by the attempt, and the host's buffer is empty meanwhile.

use std::rc::Rc;

use super::super::headers::HeaderBlock;

/// What to do with a piece of an answer.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Step {
    /// The cluster that the next attempt is to ask. It is named before anything else happens: a mark in the headers
    /// makes Envoy ask it.
    pub next: Option<Rc<str>>,
    /// All headers of the answer, which leaves now.
    pub headers: Option<HeaderBlock>,
    /// What replaces everything that the host holds of the body.
    pub body: Option<Vec<u8>>,
    /// What becomes of the body then.
    pub flow: Flow,
}

/// What becomes of what the host holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Flow {
    /// It leaves.
    #[default]
    Go,
    /// It stays.
    Hold,
    /// The answer cannot be completed: its transport breaks, so that nobody takes it for whole.
    Cut,
}

/// What the host holds of an answer's body.
pub trait Held {
    /// How many bytes there are.
    fn length(&self) -> usize;
    /// How many of them, the last ones, have just come.
    fn fresh(&self) -> usize;
    /// Those from this one on; `None` if the host cannot give them.
    fn read(&self, from: usize) -> Option<Vec<u8>>;
}

/// Where a step is carried out.
pub trait Carrier {
    /// Why something could not be done.
    type Failed;

    /// Names the cluster of the next attempt.
    ///
    /// # Errors
    /// It was not done.
    fn name_next(&mut self, cluster: &Rc<str>) -> Result<(), Self::Failed>;
    /// Replaces all headers of the answer.
    ///
    /// # Errors
    /// It was not done.
    fn write_headers(&mut self, headers: &HeaderBlock) -> Result<(), Self::Failed>;
    /// Replaces what is held of the body.
    ///
    /// # Errors
    /// It was not done.
    fn write_body(&mut self, bytes: &[u8]) -> Result<(), Self::Failed>;
}

impl Step {
    /// Everything held leaves.
    pub fn go() -> Self {
        Self::default()
    }

    /// Everything stays held.
    pub fn hold() -> Self {
        Self { flow: Flow::Hold, ..Self::default() }
    }

    /// The transport breaks.
    pub fn cut() -> Self {
        Self { flow: Flow::Cut, ..Self::default() }
    }

    /// These bytes leave in place of what is held.
    pub fn replace(body: Vec<u8>) -> Self {
        Self { body: Some(body), ..Self::default() }
    }

    /// What has come is kept by the attempt: the host holds nothing.
    pub fn keep() -> Self {
        Self { body: Some(Vec::new()), flow: Flow::Hold, ..Self::default() }
    }

    /// Carries the step out, of which the host holds `held` bytes of body, and says what becomes of the body: all that
    /// is left to do is to go on, to wait, or to break the transport.
    ///
    /// # Errors
    /// Something could not be done. What was said is not done by halves: the transport is to be broken.
    pub fn carry_out<C: Carrier>(self, held: usize, carrier: &mut C) -> Result<Flow, C::Failed> {
        let Self { next, headers, body, flow } = self;
        if let Some(cluster) = next {
            carrier.name_next(&cluster)?;
        }
        if let Some(headers) = headers {
            carrier.write_headers(&headers)?;
        }
        if let Some(body) = body.filter(|body| held > 0 || !body.is_empty()) {
            carrier.write_body(&body)?;
        }
        Ok(flow)
    }
}
