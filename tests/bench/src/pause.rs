//! Waiting until a moment, to the microsecond.

use std::time::Duration;

use tokio::task::yield_now;
use tokio::time::{Instant, sleep_until};

/// Tokio's timers count milliseconds and may be one late.
const COARSE: Duration = Duration::from_millis(2);

/// Sleeps while the moment is far, then asks the clock again and again and lets others run in between: the processor of
/// this program is its own, and a request that is sent a millisecond late would seem to have taken one longer.
pub async fn until(moment: Instant) {
    if let Some(early) = moment.checked_sub(COARSE)
        && early > Instant::now()
    {
        sleep_until(early).await;
    }
    loop {
        yield_now().await;
        if Instant::now() >= moment {
            return;
        }
    }
}
