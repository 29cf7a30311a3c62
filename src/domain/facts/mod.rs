//! What must be known before something can be decided, and the answers. An event, a rule or a command declares its `Need`s;
//! `forge::gather` reads exactly those; reading a fact that was not declared is a bug, and a test runs every entry to find it.

mod line;
mod progress;
mod repository;
mod request;
mod running;

use std::collections::{BTreeMap, BTreeSet};

use super::config::Grant;
use super::event::Thread;
use super::names::{BranchName, Moment, Number, Sha, TagName, UserName};
use super::plan::Outcome;
use super::protection::{Guard, Protection};

pub use line::{
    Line, Lines, Links, Milestone, Newcomers, Paths, Proposal, Ref, RefusalWanted, ReleaseSeen, Standing, StandingWanted, TagsWanted,
    Wanted,
};
pub use progress::{
    Blocker, Delivered, DeliveredWanted, DeployResult, Deployment, Landing, OwnComment, Progress, ProgressWanted, Released, Subject,
};
pub use repository::{CalendarAddress, Condition, Course, IssueKind, LandedCommit, OwnIssue, Pushed, TagFacts, TagForm, Trial};
pub use request::{
    Approval, ChangeRequest, Commit, Detail, Details, FileChange, Head, Known, Listed, MergeMethod, Merging, OpenRequest, Origin, Override,
    Owed, Readiness, State, Unmerged,
};
pub use running::{Asker, Between, CheckState, Checked, Depth, Holders, Role, Source, Target, Trunk};

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
    /// Where does this release stand?
    Progress(ProgressWanted),
    /// What was delivered, and when?
    /// To environments of these names, in so many days, and by so many deployments at most?
    Delivered { environments: BTreeSet<String>, days: u32, most: usize },
    /// What does this file of the default branch say?
    File(String),
    /// Where is the calendar of this repository?
    Calendar,
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
    pub roles: BTreeMap<UserName, Asked<Role>>,
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
    /// `None`: there is no version before.
    pub between: Asked<Option<Between>>,
    /// By what was asked for. `None`: the forge has no such branch or change request (any more).
    pub progress: BTreeMap<Subject, Asked<Option<Progress>>>,
    pub delivered: Asked<Delivered>,
    /// By path. `None`: there is none.
    pub files: BTreeMap<String, Asked<Option<String>>>,
    /// `None`: this process has nothing to make an address with.
    pub calendar: Asked<Option<CalendarAddress>>,
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

    /// What somebody may do here.
    ///
    /// # Panics
    /// When nobody declared the need, as `Asked::read`.
    pub fn role(&self, user: &UserName) -> Role {
        *self.roles.get(user).unwrap_or(&Asked::Never).read()
    }

    /// Where a release stands.
    ///
    /// # Panics
    /// When nobody declared the need, as `Asked::read`.
    pub fn progress(&self, of: &Subject) -> Option<&Progress> {
        self.progress.get(of).unwrap_or(&Asked::Never).read().as_ref()
    }

    /// The text of a file of the default branch.
    ///
    /// # Panics
    /// When nobody declared the need, as `Asked::read`.
    pub fn file(&self, path: &str) -> Option<&str> {
        self.files.get(path).unwrap_or(&Asked::Never).read().as_deref()
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
