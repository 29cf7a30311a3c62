//! The queue in memory: tasks that take deliveries from the schedule, at most so many at once, and none while there is nothing to do.
//! One repository's trouble stays in its lane: a panic is contained, and waiting for another attempt takes nobody's place.

#[cfg(test)]
mod tests;

use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::FutureExt;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument;

use super::schedule::{End, Item, LaneKey, Schedule};
use super::{Full, Outcome, Queue, Receipt, Work};
use crate::domain::event::Delivery;
use crate::metrics;

/// How often a delivery is tried in all.
const ATTEMPTS: u32 = 10;

/// A good limit for the weight of all deliveries that wait or run, in bytes.
pub const BYTES: usize = 64 << 20;

/// How much is worked on and kept at once.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Deliveries that run at the same time, each of another repository.
    pub concurrency: usize,
    /// Deliveries that wait or run.
    pub deliveries: usize,
    /// What they weigh together in bytes: about a kilobyte each, and the text of comments.
    pub bytes: usize,
}

/// What the deadline cut off.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Left {
    /// Deliveries that never started or waited for another attempt: id, repository and event.
    pub waiting: Vec<String>,
    /// How many were still being worked on.
    pub running: usize,
}

pub struct Lanes<W>(Arc<Inner<W>>);

struct Inner<W> {
    work: W,
    /// Never held across an await.
    schedule: Mutex<Schedule>,
    emptied: Notify,
    waiting: ::metrics::Gauge,
}

impl<W: Work> Lanes<W> {
    pub fn new(work: W, limits: Limits) -> Self {
        let schedule = Mutex::new(Schedule::new(limits));
        Self(Arc::new(Inner { work, schedule, emptied: Notify::new(), waiting: metrics::waiting() }))
    }

    /// Takes no more deliveries, works on until all are done or the deadline has passed, and says what was left then.
    pub async fn drain(&self, deadline: Instant) -> Left {
        self.0.schedule().close();
        match timeout_at(deadline, self.idle()).await {
            Ok(()) => Left::default(),
            Err(_) => self.0.schedule().abandon(),
        }
    }

    /// Waits until nothing waits or runs. One caller at a time.
    pub async fn idle(&self) {
        while !self.0.schedule().is_empty() {
            self.0.emptied.notified().await;
        }
    }
}

impl<W: Work> Queue for Lanes<W> {
    async fn accept(&self, delivery: Delivery) -> Result<Receipt, Full> {
        let (receipt, next) = self.0.change(|schedule| schedule.push(delivery));
        self.0.start(next);
        receipt
    }

    fn has_room(&self) -> bool {
        self.0.schedule().has_room()
    }
}

impl<W: Work> Inner<W> {
    fn schedule(&self) -> MutexGuard<'_, Schedule> {
        self.schedule.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes the schedule and takes what may start now, in one step, so that no delivery is left without a task.
    fn change<T>(&self, change: impl FnOnce(&mut Schedule) -> T) -> (T, Option<Item>) {
        let mut schedule = self.schedule();
        let changed = change(&mut schedule);
        let next = schedule.next();
        self.waiting.set(u32::try_from(schedule.waiting()).unwrap_or(u32::MAX));
        if schedule.is_empty() {
            self.emptied.notify_one();
        }
        (changed, next)
    }

    fn start(self: &Arc<Self>, item: Option<Item>) {
        if let Some(item) = item {
            tokio::spawn(self.clone().work_from(item));
        }
    }

    /// Works on one delivery after the other for as long as there is one whose turn it is.
    async fn work_from(self: Arc<Self>, first: Item) {
        let mut next = Some(first);
        while let Some(item) = next {
            let Delivery { id, repository, event, .. } = &item.delivery;
            // At the level of errors, so that it names the delivery in every line, whatever is filtered out.
            let span = tracing::error_span!("delivery", delivery = %id, forge = %repository.forge, repository = %repository.path, %event);
            let end = self.run(&item).instrument(span).await;
            let lane = item.lane();
            ((), next) = self.change(|schedule| schedule.end(item, end));
            if let End::Parked { after } = end {
                self.resume_later(lane, after);
            }
        }
    }

    async fn run(self: &Arc<Self>, item: &Item) -> End {
        let started = Instant::now();
        // Inside the block, so that a panic before the first await is caught as well.
        let work = async { self.work.handle(&item.delivery, item.attempt).await };
        let result = AssertUnwindSafe(work).catch_unwind().await;
        let took = started.elapsed();
        let (end, outcome, why) = match result {
            Ok(Outcome::Done) => (End::Done, "done", None),
            Ok(Outcome::Led { to }) => {
                self.take_later(to);
                (End::Done, "done", None)
            }
            Ok(Outcome::Refused) => (End::Dropped, "refused", None),
            Ok(Outcome::Again { after, why }) if item.attempt < ATTEMPTS => (End::Parked { after }, "again", Some(why)),
            Ok(Outcome::Again { why, .. }) => (End::Dropped, "failed", Some(format!("gave up after {ATTEMPTS} attempts: {why}"))),
            Ok(Outcome::Failed { why }) => (End::Dropped, "failed", Some(why)),
            Err(panic) => (End::Dropped, "panicked", Some(metrics::count_panic(&*panic))),
        };
        metrics::record_seconds(item.delivery.repository.forge, outcome, took);
        let (why, attempt, milliseconds) = (why.as_deref(), item.attempt, took.as_millis());
        match outcome {
            "failed" | "panicked" => tracing::error!(outcome, why, attempt, milliseconds, "a delivery was not handled"),
            // What was done is told by whoever did it.
            "done" => tracing::debug!(attempt, milliseconds, "a delivery was handled"),
            _ => tracing::info!(outcome, why, attempt, milliseconds, "a delivery was handled"),
        }
        end
    }

    /// Queues what a delivery led to. Where there is no room it is lost with a word in the log: whatever changes next leads to it again.
    fn take_later(self: &Arc<Self>, deliveries: Vec<(Duration, Delivery)>) {
        for (after, delivery) in deliveries {
            let planned = !after.is_zero() && self.schedule().plan(&delivery);
            let inner = self.clone();
            let take = move || {
                let (id, event) = (delivery.id.clone(), delivery.event.to_string());
                let (receipt, next) = inner.change(|schedule| schedule.push(delivery));
                inner.start(next);
                if receipt.is_err() {
                    tracing::warn!(id, event, "there was no room for what a delivery led to");
                }
            };
            if after.is_zero() {
                take();
            } else if planned {
                tokio::spawn(async move {
                    sleep(after).await;
                    take();
                });
            }
        }
    }

    fn resume_later(self: &Arc<Self>, lane: LaneKey, after: Duration) {
        let inner = self.clone();
        tokio::spawn(async move {
            sleep(after).await;
            let ((), next) = inner.change(|schedule| schedule.resume(lane));
            inner.start(next);
        });
    }
}
