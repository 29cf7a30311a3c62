//! The pure half: what happened, what is known, what should be done. No I/O, no clock, no randomness, nothing asynchronous;
//! time, identity and permissions arrive as facts. Start at `decide.rs`.

pub mod event;
pub mod names;
