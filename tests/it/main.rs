//! One binary of integration tests: everything here goes through signed HTTP, the real adapters and the sandbox's real repositories.

#![expect(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "these are tests")]

mod journeys;
mod support;
