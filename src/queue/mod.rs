//! Where accepted deliveries wait for their turn, and what is asked of whoever works on them.
//! `lanes` keeps them in memory. Nothing in here knows HTTP, a forge or what working on a delivery means.

mod ids;
pub mod lanes;
mod schedule;

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use crate::domain::event::Delivery;

/// Takes deliveries in and sees to it that each is worked on, in order within its repository.
pub trait Queue: Send + Sync + 'static {
    /// Returns as soon as the delivery is safe with the queue, long before it is worked on.
    fn accept(&self, delivery: Delivery) -> impl Future<Output = Result<Receipt, Full>> + Send;

    /// Whether there is room for one more delivery, for the readiness probe.
    fn has_room(&self) -> bool;
}

/// What became of an accepted delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Receipt {
    Queued,
    /// Queued in place of an older re-evaluation of the same change request.
    Coalesced,
    /// The same id waits, runs or is done already.
    Duplicate,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the queue takes no more deliveries for now: deliver this one again later")]
pub struct Full;

/// What is done with each delivery.
pub trait Work: Send + Sync + 'static {
    /// `attempt` counts from 1. Whatever is done has to bear being done twice: a delivery may come again at any time.
    fn handle(&self, delivery: &Delivery, attempt: u32) -> impl Future<Output = Outcome> + Send;
}

impl<W: Work> Work for Arc<W> {
    async fn handle(&self, delivery: &Delivery, attempt: u32) -> Outcome {
        self.as_ref().handle(delivery, attempt).await
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// Done, and it led to more that is to be worked on: each at once, or after a while.
    Led {
        to: Vec<(Duration, Delivery)>,
    },
    /// A person has to act on the decision. The id is forgotten, so that delivering it again runs it again.
    Refused,
    /// Try this delivery again after a while; its repository waits for it, the others do not.
    Again {
        after: Duration,
        why: String,
    },
    Failed {
        why: String,
    },
}
