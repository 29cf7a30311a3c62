//! Slipway: a stateless release bot for GitHub and GitLab.
//!
//! A delivery becomes an event; the event says what it needs to know; the facts are fetched; a pure function turns them into a
//! plan; the plan is put in words and applied, or only shown.
//!
//! ```text
//! bytes ─ingest─▶ Event ─needs─▶ Needs ─gather─▶ Facts ─decide─▶ Plan ─render─▶ Plan ─apply─▶ forge
//! ```
//!
//! Read on in this order: [`engine`] is the product on one screen; [`domain`] decides, and never waits; [`forge`] reads and
//! writes; [`ingest`] understands what forges send; [`render`] finds the words. Around it: [`web`] takes deliveries in,
//! [`queue`] keeps them in order, [`bot`] puts all of it together, [`cli`] starts it with [`settings`]. Beside it, [`local`] asks
//! the same domain about a clone on this machine.

pub mod bot;
pub mod calendars;
pub mod cli;
pub mod clock;
pub mod domain;
pub mod engine;
pub mod forge;
pub mod ingest;
pub mod local;
pub mod metrics;
pub mod queue;
pub mod render;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod settings;
pub mod web;

#[cfg(test)]
mod test_log;
