//! One binary of integration tests: everything here goes through signed HTTP, the real adapters and the sandbox's real repositories.

#![expect(clippy::unwrap_used, reason = "an unwrap that fails is a failed test, also in what tests share")]

mod adapters_github;
mod adapters_gitlab;
mod audit;
mod branches;
mod calls;
mod carrying;
mod coverage;
mod crashes;
mod faults;
mod freezes;
mod idempotence;
mod journeys;
mod merging;
mod offline;
mod page_calls;
mod permissions;
mod policies;
mod previews;
mod protection;
mod readiness;
mod reception;
mod releases;
mod running;
mod security;
mod servers;
mod support;
mod tidy;
mod trains;
mod traps;
