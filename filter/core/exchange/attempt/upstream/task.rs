//! The upstream request of a task that the target's format says otherwise than its client.

use super::{BodyEdit, UpstreamRequest, add_wishes, check_dropped, headers, spelled};
use crate::dialect::Task;
use crate::exchange::candidate::Candidate;
use crate::exchange::plan::Plan;
use crate::exchange::queue::Queue;
use crate::hub::{Dropped, RequestError};
use crate::provider::Operation;

impl UpstreamRequest {
    /// Writes the request of a task.
    ///
    /// # Errors
    /// The target cannot express it: the field.
    pub(super) fn of_task(
        plan: &Plan,
        queue: &Queue,
        target: &Candidate,
        operation: &Operation,
        task: &Task,
    ) -> Result<Self, RequestError> {
        let path = operation.path.write(&target.model, false)?;
        let mut dropped = Dropped::default();
        let written = task.provider.write_request(queue.body.document(), &target.model, &mut dropped)?;
        let body = match target.spelling(plan) {
            Some(quirks) => spelled(written.body, operation, &quirks, &mut dropped)?,
            None => written.body,
        };
        check_dropped(plan, target, &dropped)?;
        let mut headers = headers(plan, queue, target, operation, path, task.provider.accepts(), body.len());
        add_wishes(&mut headers, plan, operation);
        if let Some((name, element)) = written.header {
            headers = headers.with_element(name, element);
        }
        let (format, memo) = (operation.format, written.memo);
        Ok(Self { headers, body: BodyEdit::Whole(body), dropped, format, memo, counts: false })
    }
}
