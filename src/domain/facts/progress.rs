//! What can be asked about a release that is on its way, and about what became of those before.

use std::collections::{BTreeMap, BTreeSet};

use super::running::CheckState;
use super::{Owed, Ref};
use crate::domain::names::{BranchName, Moment, Number, Sha, TagName};

/// A question about where a release stands.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProgressWanted {
    pub of: Subject,
    /// The label of what must be closed before; empty: nothing is asked about it.
    pub blocker: String,
    /// The label that carries a change to the branch, with `{branch}` in it; empty: nothing is asked about it.
    pub backport: String,
}

/// What is to be released.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// A branch, by itself or by the issue that tracks it: only `Ref::Branch`, `Ref::TrackedBy` and `Ref::Underway`.
    Line(Ref),
    /// What this change request brings.
    Request(Number),
}

/// Where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// The branch, or the head branch of the change request.
    pub branch: BranchName,
    /// Its head, and what others have reported on that; Slipway's own checks are left out. By name; on GitLab there is one, its newest
    /// pipeline, called `pipeline`, and one a status of somebody else.
    pub head: Sha,
    pub checks: BTreeMap<String, CheckState>,
    /// What the forge itself requires, where it can be seen.
    pub required: BTreeSet<String>,
    /// The open issues and change requests with the label, oldest first, up to a limit.
    pub blockers: Vec<Blocker>,
    /// What is labelled for the branch, whether it is there or not; nothing for a change request.
    pub owed: Vec<Owed>,
    /// What Slipway's comment with the checklist of the change request says; nothing for a branch.
    pub comment: Option<OwnComment>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blocker {
    /// As people write it, such as `#12` or `!12`.
    pub label: String,
    pub title: String,
    /// The title of its milestone.
    pub milestone: Option<String>,
}

/// A comment of Slipway's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnComment {
    pub id: u64,
    /// Without Slipway's mark.
    pub body: String,
    /// What Slipway noted in it for itself; `None` where somebody has changed that.
    pub data: Option<String>,
}

/// A question about what was delivered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeliveredWanted {
    /// The names of the environments that count.
    pub environments: BTreeSet<String>,
    pub since: Moment,
    /// How many deployments are looked at, the newest; those that succeeded with what they brought.
    pub most: usize,
}

/// What was delivered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Delivered {
    /// The oldest first.
    pub deployments: Vec<Deployment>,
    /// The change requests that were merged since, the oldest first, up to a limit.
    pub merged: Vec<Landing>,
    /// The releases since, the oldest first; drafts are left out.
    pub releases: Vec<Released>,
    /// Whether the forge had more than was read.
    pub cut: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deployment {
    pub environment: String,
    pub sha: Sha,
    pub result: DeployResult,
    /// When it ended; of one that still runs, when it began.
    pub at: Moment,
    /// The commits that it has and the successful one before it on this environment has not, up to a limit; nothing for the first.
    pub brought: Vec<Sha>,
    /// Whether it lacks commits that the one before it has: it went back.
    pub went_back: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeployResult {
    Running,
    Succeeded,
    Failed,
}

/// A merged change request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landing {
    pub number: Number,
    pub merged_at: Moment,
    /// What it left on its base: the merge or squash commit, or the last of a rebase.
    pub commit: Sha,
    pub base: BranchName,
    /// The branch that it was merged from.
    pub head: Option<BranchName>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Released {
    pub tag: TagName,
    pub commit: Sha,
    pub at: Moment,
}
