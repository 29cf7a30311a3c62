//! A change request as it is now, and what can be asked about it beside: each detail is read only where a rule declared it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Asked, Role};
use crate::domain::names::{BranchName, Moment, Number, RepoPath, Sha, UserName};

/// Something about a change request that costs more than reading it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// The verdicts that were set aside on its head commit.
    Overrides,
    /// Its commits, oldest first.
    Commits,
    /// The files that it changes.
    Files,
    /// Which version of the configuration its head has.
    Config,
    /// Who approves of it.
    Approvals,
    /// How many commits its base has that it lacks.
    Behind,
    /// The messages that merging would leave on the base; answered as `Facts::merging`.
    Merging,
    /// Who set this label, if it is set.
    Setter(String),
    /// Who belongs to this team: `owner/team` on GitHub, a group's path on GitLab.
    Team(String),
    /// Which of its commits, or of those that they say they were picked from, a branch has.
    Upstream(BranchName),
    /// What one branch has and another lacks.
    Unmerged { from: BranchName, to: BranchName },
    /// The merged change requests that carry the label, and of these the ones that its base has. The label's `{branch}` stands for
    /// the base.
    Backports { label: String },
}

pub type Details = BTreeSet<Detail>;

/// A change request as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRequest {
    pub number: Number,
    pub title: String,
    /// The description.
    pub body: String,
    pub author: UserName,
    pub state: State,
    pub readiness: Readiness,
    pub head: Head,
    pub base: BranchName,
    pub labels: BTreeSet<String>,
    /// Where it landed, once it is merged: the merge or squash commit, or its last commit where there is neither.
    pub landed: Option<Sha>,
    pub created_at: Moment,
    pub updated_at: Moment,
    pub details: Known,
}

/// The details that were asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Known {
    /// By the rule's name.
    pub overrides: Asked<BTreeMap<String, Override>>,
    pub commits: Asked<Listed<Commit>>,
    pub files: Asked<Listed<FileChange>>,
    /// The blob's SHA; `None`: the head has no configuration.
    pub config: Asked<Option<String>>,
    pub approvals: Asked<Vec<Approval>>,
    pub behind: Asked<u64>,
    /// By label: who set it, and what they may do here. Labels that are not set are not among them.
    pub setters: Asked<BTreeMap<String, (UserName, Role)>>,
    /// The members of each team. A team that cannot be seen has none.
    pub teams: Asked<BTreeMap<String, BTreeSet<UserName>>>,
    /// By branch: those of the commits, and of those that they were picked from, that it has.
    pub upstream: Asked<BTreeMap<BranchName, BTreeSet<Sha>>>,
    /// By the branch that has something and the one that lacks it. Where nothing is lacking, or a branch is gone, they are not among
    /// them.
    pub unmerged: Asked<BTreeMap<(BranchName, BranchName), Unmerged>>,
    /// By the label as it is configured, with `{branch}` in it.
    pub backports: Asked<BTreeMap<String, Vec<Owed>>>,
}

/// A list that is read up to a limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T> {
    pub items: Vec<T>,
    /// Whether there are more than were read.
    pub cut: bool,
}

/// A verdict that somebody with the right to set it aside did set aside, for one commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    pub by: UserName,
    pub reason: String,
}

/// A commit of a change request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub sha: Sha,
    pub message: String,
    /// How many; more than one makes a merge commit.
    pub parents: usize,
    /// As git has them; anybody can write anything there.
    pub author_name: String,
    pub author_email: String,
}

/// A file that a change request changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileChange {
    pub path: String,
    /// The path before, where it was renamed and the forge says so.
    pub previous: Option<String>,
    /// Lines.
    pub added: u64,
    pub removed: u64,
}

/// Somebody approves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Approval {
    pub by: UserName,
    /// The head commit that was approved, where the forge says so: GitLab does not.
    pub on: Option<Sha>,
}

/// Commits that a branch has and another lacks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unmerged {
    /// All of them, also those that came with a merge.
    pub commits: u64,
    /// When the oldest of those was committed that lie on the branch's own line, from its tip along first parents: of what was merged
    /// with a merge commit, when it was merged, however old it is.
    pub oldest: Moment,
}

/// A merged change request that is to be backported to a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Owed {
    pub number: Number,
    pub title: String,
    /// Whether the branch has it.
    pub there: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Closed,
    Merged,
}

/// Whether its author takes it to be finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Readiness {
    Ready,
    Draft,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    pub branch: BranchName,
    pub sha: Sha,
    pub origin: Origin,
}

/// Whose branch the head is: a fork may call its branches whatever it likes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    SameRepository,
    Fork(RepoPath),
    /// The fork was deleted, so nobody can say.
    Gone,
}

/// An open change request, as a list of them shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OpenRequest {
    pub number: Number,
    pub head: Sha,
    pub branch: BranchName,
    pub base: BranchName,
    pub updated_at: Moment,
}

/// How a change request would land, as the repository's settings have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Merging {
    /// The methods that are allowed, the likeliest first, with the messages that each would leave on the base, oldest first.
    pub methods: Vec<(MergeMethod, Vec<String>)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeMethod {
    /// A merge commit, with the branch's commits behind it.
    Merge,
    Squash,
    /// The branch's commits, one after the other.
    Rebase,
}
