//! How much one VM may hold.
//!
//! A VM's memory ends at one gibibyte in Envoy, and an allocation that fails ends the VM with every request on its
//! worker. So what would go beyond half of it is refused while there is room to say so: bodies when they come, answers
//! that are held, events that do not end. The other half is for what a single request needs at a time while it is read
//! and written, and for what the allocator cannot use.

use super::Services;

/// The most bytes that are held.
const BUDGET: usize = 512 << 20;

/// Half of them.
pub(super) const HALF: usize = BUDGET / 2;

/// Whether so many bytes more may be held.
pub(super) fn has_room(services: &dyn Services, more: usize) -> bool {
    services.held().saturating_add(more) <= BUDGET
}
