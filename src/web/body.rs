//! Request bodies, read whole within limits of size, of time, and of memory for all of them together.
//! Must not know what a body means; each chunk is shown to the check as it arrives, so that no large body is hashed in one go.

use std::time::Duration;

use axum::body::{Body, HttpBody};
use http_body_util::BodyExt;
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

use super::answer::Answer;
use crate::ingest::signature::Check;

/// The longest body in bytes: GitHub caps payloads at 25 MB.
/// <https://docs.github.com/en/webhooks/webhook-events-and-payloads#payload-cap>
pub const LIMIT: u32 = 25 << 20;

/// How long a request waits for memory, and how long its body may take; GitHub gives up after ten seconds in any case.
const WAIT: Duration = Duration::from_secs(5);
const READ: Duration = Duration::from_secs(10);

const TOO_LARGE: Answer = Answer::TooLarge { limit: LIMIT as usize };

/// The longest body in bytes that is small. Ordinary deliveries are 8 to 30 KB; only long pushes and descriptions come near.
const SMALL: u32 = 256 << 10;

/// The memory that all bodies may take together. A request reserves its share before it reads. Small bodies have a quarter to
/// themselves: anybody may announce a few large ones, and the many small ones must not wait for those.
pub(super) struct Budget {
    small: Pool,
    large: Pool,
}

struct Pool {
    bytes: usize,
    free: Semaphore,
}

/// A body and the memory reserved for it, given back together.
pub(super) struct Received<'a> {
    pub bytes: Vec<u8>,
    _reserved: SemaphorePermit<'a>,
}

impl Budget {
    /// At least as much as one body of the greatest length, and a small one beside it.
    pub fn new(bytes: usize) -> Self {
        let small = bytes / 4;
        Self { small: Pool::new(small.max(SMALL as usize)), large: Pool::new((bytes - small).max(LIMIT as usize)) }
    }

    pub fn in_flight(&self) -> usize {
        self.small.in_flight() + self.large.in_flight()
    }

    pub async fn read(&self, body: Body, check: &mut Check) -> Result<Received<'_>, Answer> {
        let length = match body.size_hint().exact().map(u32::try_from) {
            Some(Ok(length)) if length <= LIMIT => Some(length),
            Some(_) => return Err(TOO_LARGE),
            None => None,
        };
        let reserved = self.reserve(length.unwrap_or(LIMIT)).await?;
        let mut bytes = Vec::with_capacity(length.unwrap_or_default() as usize);
        match timeout(READ, collect(body, &mut bytes, check)).await {
            Ok(collected) => collected.map(|()| Received { bytes, _reserved: reserved }),
            Err(_) => Err(Answer::Slow),
        }
    }

    async fn reserve(&self, length: u32) -> Result<SemaphorePermit<'_>, Answer> {
        let pool = if length <= SMALL { &self.small } else { &self.large };
        match timeout(WAIT, pool.free.acquire_many(length)).await {
            Ok(Ok(reserved)) => Ok(reserved),
            _ => Err(Answer::Busy),
        }
    }
}

impl Pool {
    fn new(bytes: usize) -> Self {
        let bytes = bytes.min(Semaphore::MAX_PERMITS);
        Self { bytes, free: Semaphore::new(bytes) }
    }

    fn in_flight(&self) -> usize {
        self.bytes - self.free.available_permits()
    }
}

async fn collect(mut body: Body, bytes: &mut Vec<u8>, check: &mut Check) -> Result<(), Answer> {
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| Answer::Malformed { problem: format!("the body broke off: {error}") })?;
        let Ok(chunk) = frame.into_data() else { continue };
        if bytes.len() + chunk.len() > LIMIT as usize {
            return Err(TOO_LARGE);
        }
        check.update(&chunk);
        bytes.extend_from_slice(&chunk);
    }
    Ok(())
}
