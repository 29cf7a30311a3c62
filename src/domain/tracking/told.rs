//! What is said of a release that is on its way, before it is in words.

use crate::domain::names::{BranchName, Number, Sha, TagName, UserName};

/// What a branch is made for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Purpose {
    /// To release a version from.
    Line,
    /// To repair the version of this tag.
    Repair(TagName),
}

/// What the page of a release says of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tracking {
    pub purpose: Purpose,
    pub version: String,
    pub branch: BranchName,
    /// Where the branch was made.
    pub at: Sha,
    pub cause: Cause,
    /// The label that carries a change request to the branch, if there is one.
    pub label: Option<String>,
    /// The branch that repairs are carried to, if they are.
    pub forward: Vec<BranchName>,
}

/// What asked for a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    Person(UserName),
    Schedule,
    Milestone,
    Tag,
}

/// The answer to whoever asked for a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Underway {
    pub purpose: Purpose,
    pub version: String,
    pub branch: BranchName,
    pub standing: Standing,
    /// The issue that tracks it, as far as that is known.
    pub issue: Option<Number>,
    pub label: Option<String>,
    /// The next development version of the trunk, and the change request that brings it there, as people write it.
    pub development: Option<(String, Option<String>)>,
    /// The branch that repairs are carried to, if they are.
    pub forward: Vec<BranchName>,
    /// What could not be done along with it, a sentence each.
    pub remarks: Vec<String>,
}

/// Whether the branch is there because of what was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It was made here.
    Made(Sha),
    /// Something else has made it, where that is known.
    There(Option<Sha>),
}
