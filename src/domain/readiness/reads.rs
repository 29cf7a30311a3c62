//! How much is read for a page: what an event cannot change is not asked for again, but remembered from the last time.

use super::Book;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reads {
    /// Also what is in it: its head may have moved.
    Whole,
    /// What it contains is remembered.
    Standing,
    /// What it contains and owes is remembered.
    Blockers,
    /// What it contains and owes, and what holds it up, is remembered.
    Checks,
}

/// Under these names the book keeps what was found last.
pub const BLOCKERS: &str = "blockers";
pub const BACKPORTS: &str = "backports";

impl Reads {
    /// Whether it is asked what holds the release up.
    pub fn has_blockers(self) -> bool {
        self != Self::Checks
    }

    /// Whether it is asked what is labelled for the branch.
    pub fn has_owed(self) -> bool {
        matches!(self, Self::Whole | Self::Standing)
    }

    /// Whether there is something to be remembered that the book does not have.
    pub fn forgets(self, book: &Book) -> bool {
        !self.has_blockers() && book.knows(BLOCKERS).is_none() || !self.has_owed() && book.knows(BACKPORTS).is_none()
    }
}
