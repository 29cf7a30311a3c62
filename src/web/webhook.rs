//! A delivery from its first header to its answer: verify, parse, queue, in this order and never another.
//! Knows neither forge: what differs between them is given to it.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use futures::FutureExt;
use http::HeaderMap;

use super::answer::{Answer, Tally};
use super::body::Budget;
use crate::domain::event::ForgeKind;
use crate::ingest::Parsed;
use crate::ingest::signature::{Check, Forged};
use crate::metrics;
use crate::queue::{Full, Queue, Receipt};

type Begin = Box<dyn Fn(&HeaderMap) -> Result<Check, Forged> + Send + Sync>;
type Parse = fn(&HeaderMap, &[u8]) -> Parsed;

/// How one forge proves who it is, and how its deliveries are understood.
pub(super) struct Dialect {
    pub forge: ForgeKind,
    pub begin: Begin,
    pub parse: Parse,
}

/// Where one forge's deliveries arrive.
pub(super) struct Hook<Q> {
    dialect: Dialect,
    queue: Arc<Q>,
    budget: Arc<Budget>,
    tally: Tally,
}

impl<Q: Queue> Hook<Q> {
    pub fn new(dialect: Dialect, queue: Arc<Q>, budget: Arc<Budget>) -> Self {
        let tally = Tally::new(dialect.forge);
        Self { dialect, queue, budget, tally }
    }

    async fn judge(&self, headers: &HeaderMap, body: Body) -> Result<Answer, Answer> {
        let mut check = (self.dialect.begin)(headers)?;
        let body = self.budget.read(body, &mut check).await?;
        check.finish()?;
        let parsed = (self.dialect.parse)(headers, &body.bytes);
        drop(body);
        let delivery = match parsed {
            Parsed::Accepted(delivery) => *delivery,
            Parsed::Ignored { reason } => return Ok(Answer::Ignored { reason }),
            Parsed::Malformed { problem } => return Err(Answer::Malformed { problem }),
        };
        let id = delivery.id.clone();
        Ok(match self.queue.accept(delivery).await? {
            Receipt::Queued => Answer::Queued { delivery: id },
            Receipt::Coalesced => Answer::Coalesced { delivery: id },
            Receipt::Duplicate => Answer::Duplicate,
        })
    }
}

pub(super) async fn receive<Q: Queue>(State(hook): State<Arc<Hook<Q>>>, request: Request) -> Answer {
    let (head, body) = request.into_parts();
    // Caught here rather than in a layer around all routes, which would put every answer's body in a box.
    let judged = AssertUnwindSafe(hook.judge(&head.headers, body)).catch_unwind().await;
    let answer = match judged {
        Ok(judged) => judged.unwrap_or_else(|refusal| refusal),
        Err(panic) => Answer::Panicked { why: metrics::count_panic(&*panic) },
    };
    hook.tally.count(&answer);
    answer.log(hook.dialect.forge);
    answer
}

impl From<Forged> for Answer {
    fn from(forged: Forged) -> Self {
        Self::Forged { reason: forged.reason }
    }
}

impl From<Full> for Answer {
    fn from(_: Full) -> Self {
        Self::Full
    }
}
