//! What can be asked about a repository beside its change requests and lines: Slipway's own issues, what a push changed, what a tag is.

use super::{ChangeRequest, Merging};
use crate::domain::config::ConfigFile;
use crate::domain::names::{BranchName, Moment, Number, Sha, UserName};

/// A configuration that a change request proposes, and open change requests to try it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    pub file: ConfigFile,
    /// With how each would land, where a rule asks for that; at most [`Trial::MOST`].
    pub requests: Vec<(ChangeRequest, Option<Merging>)>,
}

impl Trial {
    pub const MOST: usize = 20;
}

/// What an issue of Slipway's own is about. Each kind has a label, by which its issues are found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssueKind {
    /// An open one is a freeze; closing it is the thaw.
    Freeze,
    /// Something happened that the policy does not allow.
    Incident,
    /// What the policy would have refused.
    Observed,
    /// The forge's own settings are not what they are to be.
    Drift,
}

impl IssueKind {
    pub fn label(self) -> &'static str {
        match self {
            Self::Freeze => "slipway:freeze",
            Self::Incident => "slipway:incident",
            Self::Observed => "slipway:observed",
            Self::Drift => "slipway:drift",
        }
    }
}

/// An issue that Slipway opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnIssue {
    pub number: Number,
    /// What it is about, among its kind.
    pub key: String,
    pub title: String,
    pub condition: Condition,
    pub opened_at: Moment,
    /// What Slipway noted in it for itself; `None` where somebody has changed that.
    pub data: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Open,
    Closed,
}

/// What a push to a branch changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    pub course: Course,
    /// What the branch has now and had not before, along first parents, newest first, up to a limit.
    pub landed: Vec<LandedCommit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Course {
    Forward,
    /// Commits that the branch had are gone from it: how many, where the forge says so.
    Rewritten {
        lost: Option<u64>,
    },
}

/// A commit on a branch, and the merged change requests that brought it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandedCommit {
    pub sha: Sha,
    /// The first line of its message.
    pub subject: String,
    /// Who made it, where the forge knows.
    pub author: Option<UserName>,
    /// The merged change requests that the forge associates with it, with their bases. It may take the forge a while to say so.
    pub requests: Vec<(Number, BranchName)>,
}

/// A tag as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFacts {
    /// The commit that it stands for.
    pub commit: Sha,
    pub form: TagForm,
    /// The branches, of those that were asked about, that have the commit.
    pub branches: Vec<BranchName>,
}

/// Each is also what those before it are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagForm {
    /// A name for a commit.
    Lightweight,
    /// An object of its own, with a message and a tagger.
    Annotated,
    /// One whose signature the forge has verified.
    Signed,
}
