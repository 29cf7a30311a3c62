//! What should be done: data that can be printed, compared and thrown away. Applying a plan is the only way anything is written.
//! Every action is keyed by what it is about, so that applying it twice ends like applying it once.

use std::borrow::Cow;

mod display;
mod note;
mod port;
mod release;
mod words;

pub use note::{Answer, Answered, Configured, Note, Offer, PolicyReport, ReleaseNotes, Since, Syncing};
pub use port::{Cargo, Lacking, Obstacle, Outcome, Pick, Port, Withdrawal};
pub use release::{Latest, Propose, Release, Stability, Visibility};

use super::event::Thread;
use super::facts::{IssueKind, OpenRequest};
use super::names::{BranchName, Moment, Number, Sha, TagName};
use super::protection::Guard;

/// The answer to one event. Without actions, `reason` says why there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub reason: String,
    pub actions: Vec<Action<Note>>,
    pub afterwards: Afterwards,
    /// What is to be decided next, as events of their own.
    pub follows: Vec<Follow>,
    /// Whether the reason is worth reading even where nothing is to be done.
    pub speaks: bool,
    pub stage: Stage,
    /// What is measured by it.
    pub measured: Vec<Measure>,
}

/// A measurement, for those who watch the process: a kind of time that something took.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    pub what: Span,
    pub seconds: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Span {
    /// From the merge of a change to the deployment that brought it to production.
    MergeToProduction,
    /// From the merge of a change to the release that has it.
    MergeToRelease,
    /// From the release to its deployment.
    ReleaseToProduction,
    /// From the merge of a change to the merge of its backport.
    Backport,
}

/// Whether all is decided that is to be done about an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Stage {
    Whole,
    /// What is said depends on what comes of this: see `decide::conclude`.
    First,
}

/// Something that Slipway decides without a delivery asking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Follow {
    /// Something around the change request has changed, so its verdicts may have.
    Reconsider(OpenRequest),
    /// The change request proposes another configuration, which is to be tried.
    Try(Number),
    /// Labels of the change request ask for it on other branches.
    Carry(Number),
    /// What the page of the release from this branch shows may have changed.
    Refresh(BranchName),
    /// At this moment something begins or ends.
    Wake(Moment),
}

/// In the order in which one outweighs the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Afterwards {
    Done,
    /// Something was refused that a person must put right, after which the same delivery may be sent again.
    AwaitPerson,
    /// The forge does not show yet what the event told: the same event is worth deciding again shortly.
    LookAgain,
}

impl Plan {
    pub fn nothing(reason: impl Into<String>) -> Self {
        Self {
            reason: reason.into(),
            actions: Vec::new(),
            afterwards: Afterwards::Done,
            follows: Vec::new(),
            speaks: false,
            stage: Stage::Whole,
            measured: Vec::new(),
        }
    }

    pub fn of(reason: impl Into<String>, actions: Vec<Action<Note>>) -> Self {
        Self { actions, ..Self::nothing(reason) }
    }

    /// Nothing is to be done, and the reason is told all the same.
    pub fn observed(reason: impl Into<String>) -> Self {
        Self { speaks: true, ..Self::nothing(reason) }
    }

    /// Both plans as one. What has nothing to do only speaks where the other has nothing to do either.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let reason = match (self.is_silent(), other.is_silent()) {
            (true, false) => other.reason,
            (false, true) => self.reason,
            _ => format!("{}; {}", self.reason, other.reason),
        };
        let actions = self.actions.into_iter().chain(other.actions).collect();
        let follows = self.follows.into_iter().chain(other.follows).collect();
        Self {
            reason,
            actions,
            afterwards: self.afterwards.max(other.afterwards),
            follows,
            speaks: self.speaks || other.speaks,
            stage: self.stage.max(other.stage),
            measured: self.measured.into_iter().chain(other.measured).collect(),
        }
    }

    fn is_silent(&self) -> bool {
        !self.speaks && self.actions.is_empty() && self.follows.is_empty()
    }

    #[must_use]
    pub fn followed_by(self, follows: Vec<Follow>) -> Self {
        Self { follows, ..self }
    }

    /// What is said of it is decided once it is done.
    #[must_use]
    pub fn to_conclude(self) -> Self {
        Self { stage: Stage::First, ..self }
    }

    #[must_use]
    pub fn then(self, afterwards: Afterwards) -> Self {
        Self { afterwards, ..self }
    }
}

/// One thing to bring about, in the domain's words. `N` is the text in it: a `Note` when decided, words when rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action<N> {
    /// A check on a commit; there is one of a name on a commit.
    Report(Check<N>),
    /// A comment of Slipway's own; there is one of a key in a thread, edited in place.
    Comment { thread: Thread, key: CommentKey, presence: Presence, body: N },
    /// A comment that Slipway notes something in for itself, as `data`; the adapter sees to it that nobody else can change that unseen.
    Remember { thread: Thread, key: CommentKey, data: String, body: N },
    /// A reaction to somebody's comment; there is one of a kind.
    React { thread: Thread, comment: u64, reaction: Reaction },
    /// A release; there is one for a tag. Notes that somebody has written or edited stay.
    Publish(Release<N>),
    /// Opens the release change request of a branch, or brings it up to date; there is one for a branch.
    Propose(Box<Propose<N>>),
    /// Closes a release change request that has nothing to release any more, and says so in its description.
    Withdraw { number: Number, body: N },
    /// Merges a change request of Slipway's own, as it is at this commit and in a way that the repository allows; one that is merged already is
    /// as it should be. What stands in the way is told by the outcome, and never forced.
    Merge { number: Number, head: Sha },
    /// Makes a tag; one that stands for this commit already is left alone, one that stands for another is a conflict.
    Tag { tag: TagName, at: Sha },
    /// Closes a milestone, which is called this on the forge; one that is closed already stays so.
    CloseMilestone { id: u64, title: String },
    /// Replaces the description of a change request of Slipway's own.
    Describe { number: Number, body: N },
    /// An issue of Slipway's own; there is one of a key among its kind.
    Issue(Issue<N>),
    /// Makes a branch; one that is there stays where it is.
    MakeBranch { branch: BranchName, at: Sha },
    /// Makes a label of the repository; one that is there stays as it is.
    MakeLabel { name: String, about: &'static str },
    /// Puts a label on a change request, or takes it off.
    Label { number: Number, label: String, course: LabelCourse },
    /// Opens a change request that carries commits to a branch, or takes them back; there is one for a head branch.
    Port(Box<Port<N>>),
    /// Marks a release as withdrawn; the tag stays.
    WithdrawRelease(Withdrawal<N>),
    /// Deletes a branch, if it still is where it was when this was decided.
    DeleteBranch { branch: BranchName, at: Sha },
    /// Makes the forge protect these branches or tags as the guard says; what others have protected stays.
    Protect(Box<Guard>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check<N> {
    pub name: CheckName,
    pub sha: Sha,
    /// The branch or tag for which the commit is looked at: where a forge keeps results by ref, it need not guess which.
    pub ref_name: String,
    pub conclusion: Conclusion,
    pub presence: Presence,
    /// One line of at most 140 characters, which is plain text everywhere; only those of overrides and freezes hold a user's.
    pub title: String,
    pub summary: N,
    /// Remarks on lines of files. GitLab has no place for them: there the summary says the same in a comment.
    pub annotations: Vec<Annotation>,
}

/// A remark on a line of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Annotation {
    pub path: String,
    /// Both count from one.
    pub line: usize,
    pub column: usize,
    pub message: String,
}

/// An issue that Slipway keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue<N> {
    pub kind: IssueKind,
    /// What it is about, among its kind: letters, digits and `-:/.`.
    pub key: String,
    /// Plain text.
    pub title: String,
    pub course: IssueCourse,
    /// What is to be read out of it again. The adapter sees to it that nobody else can change that unseen.
    pub data: Option<String>,
    /// The text that `body` was made from, where people write in it too: where it is another one by now, nothing is written, and the event is
    /// decided again.
    pub seen: Option<String>,
    pub body: N,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LabelCourse {
    Put,
    TakeOff,
}

/// What becomes of an issue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueCourse {
    /// It is there, open, pinned where the forge can, and says what it is to say.
    Stand,
    /// It is opened once; whatever people make of it stays.
    Report,
    /// It is opened once; as long as it is open it says what it is to say. What people wrote there is part of that text.
    Keep,
    /// It is closed, if there is one, and says what it is to say.
    Close,
}

/// One check a concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckName {
    Policy,
    Freeze,
    /// Whether the change request leaves the configuration readable.
    Config,
    Release,
    /// Whether a release may be made of the commit.
    Readiness,
    /// That a rule's verdict was set aside on the commit. It is itself the record of that: nobody but Slipway can write it.
    Override(&'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    Success,
    /// Something is to be said that keeps nothing from being merged. GitLab knows no such state; there it is a success.
    Neutral,
    Failure,
    Pending,
}

/// Whether to make it when it is not there: good news does not need a first comment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Presence {
    Create,
    OnlyIfPresent,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reaction {
    /// Seen.
    Eyes,
    /// Done.
    ThumbsUp,
    /// Refused, or not understood.
    ThumbsDown,
}

/// What a comment of Slipway's is about. The forge's adapter hides it in the comment to find it again, among its own comments only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommentKey {
    Policy,
    /// What merging the change request would release.
    Preview,
    /// What the configuration of the change request is worth.
    Config,
    /// Why a release change request is not kept up to date.
    Held,
    /// Why the issue of a freeze is open, or closed, again.
    Freeze,
    /// The reply to the comment with this id.
    Reply(u64),
    Released(TagName),
    /// What becomes of the change request on other branches.
    Backports,
    /// The checklist of a change request.
    Checklist,
    /// Whose edit of a checklist was undone.
    Undone,
    /// That a release is withdrawn, for those whose change is in it.
    Withdrawn(TagName),
}

impl CheckName {
    pub fn text(self) -> Cow<'static, str> {
        match self {
            Self::Policy => "slipway/policy".into(),
            Self::Freeze => "slipway/freeze".into(),
            Self::Config => "slipway/config".into(),
            Self::Release => "slipway/release".into(),
            Self::Readiness => "slipway/readiness".into(),
            Self::Override(rule) => format!("slipway/override/{rule}").into(),
        }
    }
}
