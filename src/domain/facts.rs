//! What must be known before something can be decided, and the answers. An event, a rule or a command declares its `Need`s;
//! `forge::gather` reads exactly those; reading a fact that was not declared is a bug, and a test runs every entry to find it.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::history::Window;
use super::names::{BranchName, Moment, Number, RepoPath, Sha, TagName, UserName};
use super::release;
use super::version::TagTemplate;

/// A question to the forge, in the domain's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Who am I here?
    Me,
    /// What is this change request now?
    ChangeRequest(Number),
    /// What has happened on this line of development?
    Line(Wanted),
    /// How would this change request land?
    Merging(Number),
    /// What may this person do?
    Role(UserName),
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
    /// `None`: the forge has no such branch or tag (any more).
    pub line: Asked<Option<Line>>,
    /// `None`: the forge has no such change request (any more).
    pub merging: Asked<Option<Merging>>,
    pub role: Asked<Role>,
}

/// A change request as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeRequest {
    pub number: Number,
    pub title: String,
    /// The description.
    pub body: String,
    pub author: UserName,
    pub state: State,
    pub head: Head,
    pub base: BranchName,
    /// Where it landed, once it is merged: the merge or squash commit, or its last commit where there is neither.
    pub landed: Option<Sha>,
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

/// What is asked about a line of development.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Wanted {
    pub at: Ref,
    /// What the names of version tags start with; each prefix is looked for on its own.
    pub tags: BTreeSet<TagsWanted>,
    /// Files whose text is wanted, as it is at the ref.
    pub files: BTreeSet<String>,
    /// The components whose newest release change request into the branch is wanted, whatever became of it; `None`: the one for all.
    pub proposals: BTreeSet<Option<String>>,
    /// Whether the paths that each commit touches are wanted.
    pub paths: Paths,
    /// Whether it is wanted who had nothing merged here before what came since the first of the tags.
    pub newcomers: Newcomers,
    /// How many commits are read at most.
    pub limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Newcomers {
    Wanted,
    Unneeded,
}

impl Wanted {
    /// The head branches of the release change requests that are wanted.
    pub fn branches(&self) -> Vec<BranchName> {
        let Ref::Branch(base) = &self.at else { return Vec::new() };
        self.proposals.iter().filter_map(|component| release::branch(base, component.as_deref())).collect()
    }
}

/// The versions to count from: those of `template` that are lower than `below`, if it is given.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TagsWanted {
    pub template: TagTemplate,
    pub below: Option<Version>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ref {
    Branch(BranchName),
    Tag(TagName),
    /// The base branch of a change request.
    BaseOf(Number),
    Default,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Paths {
    Wanted,
    Unneeded,
}

/// A line of development as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The branch, or the tag for which it was read.
    pub name: String,
    pub window: Window,
    pub links: Links,
    /// The files that were asked for and that are there.
    pub files: BTreeMap<String, String>,
    /// The change requests that were asked for and that are there, by their head branch.
    pub proposals: BTreeMap<BranchName, Proposal>,
    /// Those who had nothing merged here before, if that was asked.
    pub newcomers: Vec<String>,
}

/// Where people look things up on the forge: what stands before a SHA, a number, or `a...b`.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Links {
    /// What people write before a change request's number: `#` or `!`.
    pub sigil: String,
    pub commit: String,
    pub request: String,
    pub issue: String,
    pub compare: String,
}

/// A release change request, as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    pub number: Number,
    pub state: State,
    pub author: UserName,
    pub title: String,
    pub body: String,
    pub base: BranchName,
    /// The commit that its branch is at.
    pub tip: Sha,
    /// Where it landed, once it is merged.
    pub landed: Option<Sha>,
    /// That commit's message, which says whether Slipway made it, and from what.
    pub message: String,
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
