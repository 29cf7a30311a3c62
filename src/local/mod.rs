//! Slipway without a forge: what a local clone would release next, and what it would have released before. The same pure core
//! decides as for a forge; this reads git objects, as few as that takes, and writes nothing.

mod backtest;
mod clone;
mod error;
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
pub use preview::{Question, preview};
pub use range::ROOT;
pub use report::Report;
pub use text::{markdown, past, plain, summary};

/// Is told how many commits have been read.
pub type Progress<'a> = &'a mut dyn FnMut(usize);
