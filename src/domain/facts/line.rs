//! What may be asked of a line of development, and what it is.

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::super::history::Window;
use super::super::names::{BranchName, Number, Sha, TagName, UserName};
use super::super::release;
use super::super::version::TagTemplate;
use super::State;

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
    /// Wanted of a tag that is to be released: what stands there already.
    pub standing: Option<StandingWanted>,
    /// How many commits are read at most.
    pub limit: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Newcomers {
    Wanted,
    Unneeded,
}

/// What a release of a tag may meet.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct StandingWanted {
    /// Titles of milestones, of which those that are open are wanted.
    pub milestones: BTreeSet<String>,
    pub refusal: RefusalWanted,
}

/// Whether it is wanted if a check of Slipway's refused the tag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RefusalWanted {
    Wanted,
    /// Only where it costs no call of its own.
    IfAtHand,
}

impl Wanted {
    /// Both questions about one ref as one.
    #[must_use]
    pub fn with(mut self, other: Self) -> Self {
        self.tags.extend(other.tags);
        self.files.extend(other.files);
        self.proposals.extend(other.proposals);
        self.paths = self.paths.min(other.paths);
        self.newcomers = self.newcomers.min(other.newcomers);
        self.standing = self.standing.or(other.standing);
        self.limit = self.limit.max(other.limit);
        self
    }

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
    /// Whose versions say what is released.
    pub lines: Lines,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lines {
    /// Those of the line itself.
    Own,
    /// Those of others as well, which are lower than `below` if it is given.
    All { below: Option<Version> },
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ref {
    Branch(BranchName),
    Tag(TagName),
    /// The base branch of a change request.
    BaseOf(Number),
    /// The branch whose release this issue of Slipway's tracks; of any other issue, this branch, else the default branch.
    TrackedBy(Number, Option<BranchName>),
    /// The branch of the one release that is on its way, where there is no other: only where it stands can be asked.
    Underway,
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
    /// What stands at the tag already, if that was asked.
    pub standing: Standing,
}

/// What is there of a tag's release.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Standing {
    pub release: ReleaseSeen,
    /// Slipway's check on the commit says anything but that all is well.
    pub is_refused: bool,
    /// The open ones of the milestones that were asked for.
    pub milestones: Vec<Milestone>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ReleaseSeen {
    /// There may be one.
    #[default]
    Unknown,
    Absent,
    WithoutNotes,
    WithNotes,
}

/// A milestone, with what the forge calls it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Milestone {
    pub id: u64,
    pub title: String,
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
    /// The commit that this one is made on, where it is known.
    pub onto: Option<Sha>,
    /// Where it landed, once it is merged.
    pub landed: Option<Sha>,
    /// The message of its tip, which says whether Slipway made it, and from what.
    pub message: String,
}
