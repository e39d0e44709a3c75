//! Whom to ask next: of the targets that the strategy's order has left, the first that is well.
//!
//! A target that has its fill, rests or is broken is asked after all others, but it is asked: when nobody is well, the
//! least bad is tried.

use std::rc::Rc;

use super::Services;
use super::plan::Plan;
use super::upstream::UpstreamRequest;
use crate::routing::Standing;

impl Plan {
    /// Moves the cursor to the target that is to be asked next, and prepares its request. Gives its cluster; `None` if
    /// nobody is left who can express the request.
    pub(super) fn settle(&mut self, services: &dyn Services) -> Option<String> {
        for asked in self.targets.iter_mut().take(self.cursor) {
            asked.let_go(services);
        }
        while self.pick(services) {
            let target = self.targets.get(self.cursor)?;
            match UpstreamRequest::write(self, target) {
                Ok(request) => {
                    let cluster = target.cluster();
                    self.prepared = Some((self.cursor, request));
                    return Some(cluster);
                }
                Err(error) => {
                    self.refused.get_or_insert(error);
                    if let Some(target) = self.targets.get_mut(self.cursor) {
                        target.let_go(services);
                    }
                    self.cursor = self.cursor.saturating_add(1);
                }
            }
        }
        None
    }

    /// Brings the best of the targets that are left to the cursor, and claims it. False if none is left.
    fn pick(&mut self, services: &dyn Services) -> bool {
        let now = services.now();
        let route = Rc::clone(&self.route);
        let (cursor, mut place) = (self.cursor, 0..);
        self.targets.retain(|target| place.next() < Some(cursor) || !self.too_small.contains(&target.model));
        let mut best: Option<(Standing, usize)> = None;
        for (index, target) in self.targets.iter_mut().enumerate().skip(self.cursor) {
            let mut standing = target.standing(&route.breaker, services, now);
            if standing < Standing::Full {
                if target.claim(standing, &route.breaker, services, now) {
                    best = Some((standing, index));
                    break;
                }
                // Somebody was quicker.
                standing = target.standing(&route.breaker, services, now).max(Standing::Full);
            }
            if best.is_none_or(|(known, _)| standing < known) {
                best = Some((standing, index));
            }
        }
        let Some((standing, index)) = best else {
            self.cursor = self.targets.len();
            return false;
        };
        if let Some(left) = self.targets.get_mut(self.cursor..=index) {
            left.rotate_right(1);
        }
        if let Some(target) = self.targets.get_mut(self.cursor) {
            if standing >= Standing::Full {
                target.claim(standing, &route.breaker, services, now);
            }
            target.choose_credential(services, now);
        }
        true
    }
}
