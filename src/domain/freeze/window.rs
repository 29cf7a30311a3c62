//! Windows: freezes that were planned, for once or again and again.

use super::{Interval, Recurrence, Scope, Wrong, Zone};
use crate::domain::names::Moment;

/// A planned freeze.
#[derive(Debug, Clone)]
pub struct Window {
    pub reason: String,
    pub scope: Scope,
    pub when: When,
    /// The zone in which it was written, and in which people are told of it.
    pub zone: Zone,
}

#[derive(Debug, Clone)]
pub enum When {
    Once(Interval),
    Recurring(Box<Recurrence>),
}

impl When {
    /// # Errors
    /// One of the times is none, or the end does not come after the beginning.
    pub fn once(from: &str, until: &str, zone: &Zone) -> Result<Self, Wrong> {
        let interval = Interval { since: zone.moment("from", from)?, until: zone.moment("until", until)? };
        if interval.since >= interval.until {
            let message = format!("a freeze from {from} until {until} is over when it begins");
            return Err(Wrong::new("until", message, "Let `until` be later than `from`."));
        }
        Ok(Self::Once(interval))
    }
}

impl Window {
    /// The unbroken stretch in which a moment is, if it is in one.
    pub fn around(&self, at: Moment) -> Option<Interval> {
        match &self.when {
            When::Once(interval) => Some(*interval).filter(|interval| interval.holds(at)),
            When::Recurring(recurrence) => recurrence.around(at),
        }
    }

    /// The next moment at which it begins or ends.
    pub fn next_change(&self, after: Moment) -> Option<Moment> {
        match &self.when {
            When::Once(interval) => interval.next_change(after),
            When::Recurring(recurrence) => match recurrence.around(after) {
                Some(interval) => Some(interval.until),
                None => recurrence.begins_after(after),
            },
        }
    }
}
