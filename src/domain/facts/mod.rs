//! What must be known before something can be decided, and the answers. An event, a rule or a command declares its `Need`s;
//! `forge::gather` reads exactly those; reading a fact that was not declared is a bug, and a test runs every entry to find it.

mod repository;
mod request;
mod running;

use std::collections::{BTreeMap, BTreeSet};

use semver::Version;

use super::config::Grant;
use super::event::Thread;
use super::history::Window;
use super::names::{BranchName, Moment, Number, Sha, TagName, UserName};
use super::plan::Outcome;
use super::protection::{Guard, Protection};
use super::release;
use super::version::TagTemplate;

pub use repository::{Condition, Course, IssueKind, LandedCommit, OwnIssue, Pushed, TagFacts, TagForm, Trial};
pub use request::{
    Approval, ChangeRequest, Commit, Detail, Details, FileChange, Head, Known, Listed, OpenRequest, Origin, Override, Owed, Readiness,
    State, Unmerged,
};
pub use running::{Asker, Between, CheckState, Checked, Depth, Holders, Source, Target, Trunk};

/// A question to the forge, in the domain's words.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Need {
    /// Who am I here?
    Me,
    /// What is this change request now?
    ChangeRequest(Number, Details),
    /// What has happened on this line of development?
    Line(Wanted),
    /// How would this change request land?
    Merging(Number),
    /// What may this person do?
    Role(UserName),
    /// Which change requests are open, into this branch or into any?
    Open(Option<BranchName>),
    /// Which configuration does this change request propose, and what are the others that it would judge? These details are asked about
    /// them, and those that it asks for itself.
    Trial(Number, Details),
    /// Which of Slipway's own issues of this kind are there?
    Issues(IssueKind),
    /// How far is Slipway's reply to this comment?
    Replied(Thread, u64),
    /// What did this push change?
    Pushed { branch: BranchName, before: Sha, after: Sha },
    /// Was a change request merged from this branch as it was at this commit?
    Merged { branch: BranchName, at: Sha },
    /// What is this tag, and which branches of these names have its commit?
    Tag(TagName, BTreeSet<String>),
    /// What does the forge itself protect, of all this?
    Protection(Vec<Guard>),
    /// What may a branch be cut from: the newest commits of this branch, as far as the depth says, and the branches of these names, as a
    /// pattern of `*` and `**`?
    Trunk(BranchName, String, Depth),
    /// What of this change request is where? By these branches, and by its labels, of which this is the template, with `{branch}` in it;
    /// empty: its labels mean nothing.
    Source(Number, String, BTreeSet<BranchName>),
    /// What of this has somebody who asks in this thread? Of each list, one grant is enough.
    Asker { user: UserName, thread: Thread, lists: BTreeMap<BTreeSet<Grant>, Holders> },
    /// Which issue of Slipway's tracks the release of this branch, and if one does, what is labelled for the branch by this template?
    Lacking(BranchName, String),
    /// The line of a tag, and which files have changed since the version before it?
    Between(Wanted),
}

pub type Needs = BTreeSet<Need>;

/// An answer, if the question was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
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
    /// When this is decided.
    pub now: Moment,
    /// What people write here before a change request's number: `#` or `!`.
    pub sigil: &'static str,
    /// Whether the forge is asked again if it does not show everything yet.
    pub look: Look,
    pub me: Asked<UserName>,
    /// `None`: the forge has no such change request (any more).
    pub change_request: Asked<Option<ChangeRequest>>,
    /// By what was asked for. `None`: the forge has no such branch or tag (any more).
    pub lines: BTreeMap<Ref, Asked<Option<Line>>>,
    /// `None`: the forge has no such change request (any more).
    pub merging: Asked<Option<Merging>>,
    pub role: Asked<Role>,
    pub open: Asked<Vec<OpenRequest>>,
    /// `None`: the change request has no configuration.
    pub trial: Asked<Option<Trial>>,
    pub issues: BTreeMap<IssueKind, Asked<Vec<OwnIssue>>>,
    pub replied: Asked<Reply>,
    pub pushed: Asked<Pushed>,
    pub merged: Asked<bool>,
    /// `None`: the forge has no such tag (any more).
    pub tag: Asked<Option<TagFacts>>,
    pub protection: Asked<Protection>,
    /// By the branch and the names that were asked for. `None`: the forge has no such branch (any more).
    pub trunks: BTreeMap<(BranchName, String), Asked<Option<Trunk>>>,
    /// By number. `None`: the forge has no such change request (any more).
    pub sources: BTreeMap<Number, Asked<Option<Source>>>,
    pub asker: Asked<Asker>,
    /// `None`: no issue tracks the branch.
    pub lacking: Asked<Option<(Number, Vec<Owed>)>>,
    /// `None`: there is no version before.
    pub between: Asked<Option<Between>>,
    /// What came of the plan's first part, when the second is decided.
    pub outcomes: Vec<Outcome>,
}

impl Facts {
    /// Slipway's own issues of a kind.
    ///
    /// # Panics
    /// When nobody declared the need, as `Asked::read`.
    pub fn issues(&self, kind: IssueKind) -> &[OwnIssue] {
        self.issues.get(&kind).unwrap_or(&Asked::Never).read()
    }

    /// A branch with its checks, and the branches of some names.
    ///
    /// # Panics
    /// When nobody declared the need, as `Asked::read`.
    pub fn trunk(&self, branch: &BranchName, names: &str) -> Option<&Trunk> {
        self.trunks.get(&(branch.clone(), names.to_owned())).unwrap_or(&Asked::Never).read().as_ref()
    }

    /// A change request that is to be carried elsewhere.
    ///
    /// # Panics
    /// When nobody declared the need, as `Asked::read`.
    pub fn source(&self, number: Number) -> Option<&Source> {
        self.sources.get(&number).unwrap_or(&Asked::Never).read().as_ref()
    }

    /// A line as it is now, by the ref under which it was declared as a need.
    ///
    /// # Panics
    /// When nobody declared the need, as `Asked::read`.
    pub fn line(&self, at: &Ref) -> Option<&Line> {
        self.lines.get(at).unwrap_or(&Asked::Never).read().as_ref()
    }
}

/// How far the reply to a comment is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    None,
    /// What the comment asks for was begun; this was noted of it.
    Begun(String),
    Done,
}

/// Forges show some things a while after they have happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// There will be more: what is missing may still come.
    More,
    /// What is missing now is taken to be missing.
    #[default]
    Last,
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
