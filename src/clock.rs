//! What time it is for the bot: the machine's, unless a story is told faster than it happens.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

/// Runs with the machine's clock, ahead of it by so many seconds; copies run together.
#[derive(Debug, Clone, Default)]
pub struct Clock(Arc<AtomicI64>);

impl Clock {
    /// Seconds since 1970, in UTC.
    pub fn now(&self) -> i64 {
        jiff::Timestamp::now().as_second().saturating_add(self.0.load(Ordering::Relaxed))
    }

    /// Lets so many seconds pass.
    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::Relaxed);
    }
}
