//! Whether a release may be made: what people tick, what Slipway finds out, who said go on which commit, and the page that shows it. The page
//! of a release is the issue that tracks it; of a change request, a comment on it.

pub mod assess;
pub mod book;
mod change;
pub mod checklist;
pub mod edits;
pub mod inside;
pub mod item;
pub mod keep;
pub mod page;
pub mod parts;
pub mod reads;
pub mod undo;
mod update;
pub mod verdict;
pub mod watch;

pub use book::{Book, Decision, Deed};
pub use item::{Contents, Item, ItemState, Kind};
pub use page::Page;
