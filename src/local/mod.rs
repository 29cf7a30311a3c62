//! Slipway without a forge: what a local clone would release next, what it would have released before, and
//! what its rules would have refused. The same pure core
//! decides as for a forge; this reads git objects, as few as that takes, and writes nothing.

mod backtest;
mod clone;
mod error;
mod policy;
mod preview;
mod range;
mod report;
mod setup;
mod tags;
mod text;
mod window;

pub use backtest::{Past, backtest};
pub use clone::LocalClone;
pub use error::{Error, Result};
pub use policy::{Line, Replay, Scope, Summary, refused, replay, replayed};
pub use preview::{Question, preview};
pub use range::ROOT;
pub use report::Report;
pub use text::{markdown, past, plain, summary};

/// Is told how many commits have been read.
pub type Progress<'a> = &'a mut dyn FnMut(usize);
