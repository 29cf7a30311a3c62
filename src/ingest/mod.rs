//! From a delivery's headers and raw bytes to an event: `signature` proves who sent it.

pub mod signature;
