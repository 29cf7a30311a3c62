//! What Slipway carries from one branch to another, and what came of it. Whether a pick conflicts shows only when it is tried; so what is
//! to be said of it is decided afterwards, from the same facts and the outcome.

use std::collections::BTreeSet;

use crate::domain::facts::IssueKind;
use crate::domain::names::{BranchName, Number, Sha, TagName};

/// A change request of Slipway's own that carries commits to a branch, or takes a range of them back there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port<N> {
    pub cargo: Cargo,
    /// The branch that is to get it.
    pub onto: BranchName,
    /// The head branch. There is one open change request from it; a branch that is there without one is Slipway's own of an attempt that
    /// was cut off, if what is on it is what would be put there.
    pub branch: BranchName,
    /// One line; it may hold text of a user.
    pub title: String,
    pub body: N,
    pub labels: BTreeSet<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cargo {
    /// These commits are picked, oldest first. Author, date, sign-offs and trailers stay; `(cherry picked from commit …)` is added.
    Picked(Vec<Pick>),
    /// What came after `since`, up to `until`, is taken back.
    Reverted {
        since: Sha,
        until: Sha,
        /// The commits between them along first parents, newest first: what is reverted one by one where a forge knows no other way.
        landings: Vec<Sha>,
    },
}

/// A commit to pick; a merge with all that it brought to its first parent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pick {
    pub sha: Sha,
    /// In place of the commit's own message, such as that of a merge.
    pub message: Option<String>,
}

/// What came of an action, where nobody could know before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Slipway's own issue has this number.
    Issue { kind: IssueKind, key: String, number: Number },
    /// The open change request from this branch has this number.
    Request { branch: BranchName, number: Number },
    /// Nothing was opened from this branch.
    Stopped { branch: BranchName, by: Obstacle },
    /// The change request was not merged: why, as the forge says it.
    Unmerged { number: Number, why: String },
    /// The release was there, and is withdrawn; `false`: the tag has none.
    Withdrawn { tag: TagName, found: bool },
}

impl Outcome {
    /// Why this change request was not merged, if that is what came.
    pub fn unmerged(&self, of: Number) -> Option<&str> {
        match self {
            Self::Unmerged { number, why } if *number == of => Some(why),
            _ => None,
        }
    }
}

/// Why nothing was carried.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// The branch has all of it already.
    Empty,
    Conflict {
        /// The commit that does not fit; of a range, its end.
        at: Sha,
        /// Where it may be, as far as the forge lets that be told.
        files: Vec<String>,
        /// Commits that touch these files, that the commit stands on, and that the branch lacks; the oldest first.
        lacking: Vec<Lacking>,
    },
    /// These workflow files are part of it, and Slipway may not write any.
    Workflows(Vec<String>),
    /// It is made of so many landings, and the forge takes back one at a time.
    TooMany(usize),
    /// The branch that is to get it is not there.
    NoBase,
    /// A branch of that name is there that is none of Slipway's, without a change request.
    Taken,
}

/// A commit that a branch lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lacking {
    pub sha: Sha,
    /// The first line of its message.
    pub subject: String,
}

/// A release that is to be told to be withdrawn. Its tag never moves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal<N> {
    pub tag: TagName,
    /// What stands above its notes from then on; it stands there once.
    pub banner: N,
    /// The release that becomes the latest again, where the forge can be told.
    pub latest: Option<TagName>,
}
