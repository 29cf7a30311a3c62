//! One binary of integration tests: everything here goes through signed HTTP, the real adapters and the sandbox's real repositories.

mod idempotence;
mod journeys;
mod support;
