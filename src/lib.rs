//! Slipway.

pub mod bot;
pub mod cli;
pub mod domain;
pub mod engine;
pub mod forge;
pub mod ingest;
pub mod metrics;
pub mod queue;
pub mod render;
#[cfg(feature = "sandbox")]
pub mod sandbox;
pub mod settings;
pub mod web;

#[cfg(test)]
mod test_log;
