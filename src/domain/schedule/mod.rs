//! When releases leave by themselves, who is in charge of each, and the calendar that shows it. Nothing here asks a clock.

mod dates;
mod timing;

pub use dates::{Date, Line, Step, Timetable, dates, in_charge, manager, on_duty, rows, timetable};
pub use timing::{LATE, Schedule, is_due};
