//! What can be asked when a release is run: what a branch may be cut from, what is to be carried elsewhere, who asks.

use std::collections::{BTreeMap, BTreeSet};

use super::{ChangeRequest, State};
use crate::domain::config::Grant;
use crate::domain::names::{BranchName, Number, Sha, UserName};
use crate::domain::plan::Pick;

/// How much is to be known of a branch that others are made from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Nothing of its own: only which branches there are of the names.
    Names,
    /// Its newest commit that is green, with what is newer; where that is the very newest, nothing else.
    Green,
    /// Its newest commits, without their checks.
    Commits,
    /// Its newest commits with their checks.
    Checks,
}

impl Depth {
    /// What is enough for both.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        match (self.min(other), self.max(other)) {
            (Self::Green, Self::Commits) => Self::Checks,
            (_, deeper) => deeper,
        }
    }
}

/// The newest commits of a branch, and what their checks say; and the branches of some names.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Trunk {
    /// Newest first, along first parents; as many, and with as much of their checks, as was asked for.
    pub commits: Vec<Checked>,
    /// What the forge itself requires before something is merged into the branch, where it can be seen.
    pub required: BTreeSet<String>,
    /// The branches whose names match what was asked for, and where they are.
    pub branches: BTreeMap<BranchName, Sha>,
}

/// A commit with the checks that others have reported on it; Slipway's own are left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    pub sha: Sha,
    /// By name. On GitLab there is one: its newest pipeline, called `pipeline`.
    pub checks: BTreeMap<String, CheckState>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckState {
    /// Also what was skipped or is neutral.
    Green,
    Pending,
    Red,
}

/// A change request that is to be carried to other branches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Source {
    /// Without details.
    pub request: ChangeRequest,
    /// What there is to pick once it is merged, oldest first; empty before. By the way it was merged: the squash commit, the commits that a
    /// rebase made, the commits of its own behind a merge commit, or, where there are merges among these, the merge commit itself.
    pub picks: Vec<Pick>,
    /// What Slipway noted in its comment about backports; `None`: there is none, or somebody else has changed it.
    pub noted: Option<String>,
    /// Of each branch that was asked for, is noted, or has a label: what is there.
    pub targets: BTreeMap<BranchName, Target>,
}

/// How far a change request has come on another branch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Target {
    /// The newest change request from the branch `backport/<number>-to-<branch>` of the repository itself, whoever opened it.
    pub request: Option<(Number, State)>,
}

/// Somebody who asks for something. What is not needed to know which lists of grants they have one of is left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asker {
    pub role: Role,
    /// Of the teams that were asked about, those that they belong to.
    pub teams: BTreeSet<String>,
    /// Whether the change request that they ask on is theirs.
    pub is_author: bool,
    /// Some of those who have a role that they lack, with the role that each has.
    pub holders: Vec<(UserName, Role)>,
}

/// Whether somebody who has no grant of a list needs to know who has one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holders {
    Unneeded,
    Wanted,
}

impl Asker {
    /// Somebody of whom nothing but the role is known.
    pub fn of(role: Role) -> Self {
        Self { role, teams: BTreeSet::new(), is_author: false, holders: Vec::new() }
    }

    /// Whether they have what this grant asks for. Who is on duty is no fact about them: that follows from the configuration and the time.
    pub fn has(&self, grant: &Grant) -> bool {
        match grant {
            Grant::Anyone => true,
            Grant::Author => self.is_author,
            Grant::Team(team) => self.teams.contains(team),
            Grant::ReleaseManager => false,
            Grant::Write | Grant::Maintain | Grant::Admin => grant.role().is_some_and(|role| self.role >= role),
        }
    }
}

/// What lies between two commits.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Between {
    /// The paths that differ, up to a limit.
    pub files: BTreeSet<String>,
    /// Whether there are more than were read.
    pub cut: bool,
}

/// What somebody may do in the repository; each may do what those before it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    None,
    Read,
    Triage,
    Write,
    Maintain,
    Admin,
}
