//! A release on its way: the issue that tracks it, and what is done to get it there.
//! `slipway:release` issues are keyed by what they track: the branch of a line (`release/1.4`, `hotfix/1.4.2`), or `rollback:v1.4.0`.

mod again;
mod announcement;
pub mod cut;
mod development;
pub mod green;
pub mod hotfix;
mod onward;
mod record;
mod told;
pub mod train;
mod underway;
mod upcoming;

pub use announcement::{Announcement, Fate};
pub use onward::released;
pub use record::Record;
pub use told::{Cause, Purpose, Standing, Tracking, Underway};
pub use underway::{Course, Refusal, Undertaking, named};
