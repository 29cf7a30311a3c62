//! A release on its way: the issue that tracks it, and what is done to get it there.
//! `slipway:release` issues are keyed by what they track: the branch of a line (`release/1.4`, `hotfix/1.4.2`), or `rollback:v1.4.0`.

pub mod cut;
mod development;
mod green;
pub mod hotfix;
mod record;
mod told;
pub mod train;
mod underway;
mod upcoming;

pub use record::Record;
pub use told::{Cause, Purpose, Standing, Tracking, Underway};
pub use underway::{Course, Refusal, Undertaking};
