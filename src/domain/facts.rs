//! What must be known before something can be decided, and the answers. An event, a rule or a command declares its `Need`s;
//! `forge::gather` reads exactly those; reading a fact that was not declared is a bug, and a test runs every entry to find it.

use std::collections::BTreeSet;

use semver::Version;

use super::names::{BranchName, Moment, Number, RepoPath, Sha, TagName, UserName};

/// A question to the forge, in the domain's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Who am I here?
    Me,
    /// What is this change request now?
    ChangeRequest(Number),
    /// What does this version tag release?
    Release { tag: TagName, prefix: String, version: Version },
}

pub type Needs = BTreeSet<Need>;

/// An answer, if the question was asked.
#[derive(Debug, Clone, Default)]
pub enum Asked<T> {
    #[default]
    Never,
    Answered(T),
}

impl<T> Asked<T> {
    /// # Panics
    /// When nobody declared the need. It is the one panic that the domain allows itself; it is contained and reported with the delivery.
    #[expect(clippy::panic, reason = "a fact that nobody declared is a bug in a rule or command, which its own test finds")]
    pub fn read(&self) -> &T {
        match self {
            Self::Answered(answer) => answer,
            Self::Never => panic!("a fact was read that had not been declared as a need"),
        }
    }
}

/// The answers to one event's needs.
#[derive(Debug, Clone, Default)]
pub struct Facts {
    pub me: Asked<UserName>,
    /// `None`: the forge has no such change request (any more).
    pub change_request: Asked<Option<ChangeRequest>>,
    /// `None`: the forge has no such tag (any more).
    pub release: Asked<Option<ReleaseRange>>,
}

/// A change request as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRequest {
    pub number: Number,
    pub title: String,
    pub state: State,
    pub head: Head,
    pub base: BranchName,
    pub updated_at: Moment,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Open,
    Closed,
    Merged,
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

/// What a version tag releases.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseRange {
    /// The commit that the tag stands for now.
    pub commit: Sha,
    pub history: History,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum History {
    /// Everything since the nearest earlier version that is an ancestor.
    Since { anchor: TagName, landed: Vec<Landed> },
    /// The first release of a young repository: everything.
    FromTheStart { landed: Vec<Landed> },
    /// There is no earlier version to count from, or it is too far away: more than `limit` commits.
    TooLong { limit: usize },
}

/// A commit of a release, and the merged change requests that brought it in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Landed {
    pub commit: Commit,
    pub through: Vec<MergedRequest>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    pub sha: Sha,
    pub message: String,
    /// A merge commit says what its branch's commits have said already.
    pub merge: MergeOrNot,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MergeOrNot {
    Merge,
    Plain,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MergedRequest {
    pub number: Number,
    /// How the forge's people write it, `#12` or `!12`, which the forge turns into a link.
    pub label: String,
}
