//! Slipway.

pub mod domain;
