//! What happened, in no forge's words. Each dialect's `hooks::payload` turns a happening into the webhook that its
//! forge sends for it, or into none. What is deleted or was different before travels in the happening itself.

use serde_json::Value;

use super::{
    ci::Pipeline,
    merging::queue::{Gone, Group},
    milestones::Milestone,
    protection::rulesets::{Ruleset, Terms},
    reviewing::{Review, Stage},
    topic::{Comment, TopicKey},
    world::{Release, Status},
};

/// Something that somebody did.
#[derive(Clone, Debug)]
pub struct Happening {
    pub repository: u64,
    /// The login of whoever did it.
    pub actor: String,
    pub what: What,
}

#[derive(Clone, Debug)]
pub enum What {
    /// A branch or tag now points elsewhere, is new (`before` is None) or gone (`after` is None).
    Pushed(Push),
    /// A branch or tag is new. The push that made it is a happening of its own.
    ReferenceCreated(String),
    /// A branch or tag is gone, likewise.
    ReferenceDeleted(String),
    /// Something about an issue or a change request changed.
    Topic(TopicKey, TopicAction),
    Comment(TopicKey, Comment, CommentAction),
    /// Something about the review of a change request of this number.
    Review(u64, Review, ReviewAction),
    Release(Release, ReleaseAction),
    Milestone(Milestone, MilestoneAction),
    Ruleset(Ruleset, RulesetAction),
    /// About a change request in the queue, by its number.
    Queue(u64, QueueAction),
    /// A pipeline of GitLab began or went on.
    Pipeline(Pipeline),
    /// The check run of this id was created or completed.
    Check(u64, CheckAction),
    /// All check runs of the suite with this check run have ended (GitHub).
    SuiteEnded(u64),
    /// Somebody reported on a commit (GitHub).
    Status(Status),
    /// The pipeline of a commit on a reference came to another state by statuses that were posted (GitLab).
    Jobs(String, String),
    /// The deployment of this id was made known.
    DeploymentCreated(u64),
    /// The deployment of this id came to another state.
    Deployed(u64),
    /// The App was installed, or the hook was set up.
    Installed,
    Pinged,
}

#[derive(Clone, Debug)]
pub struct Push {
    /// `refs/heads/…` or `refs/tags/…`
    pub reference: String,
    /// What it pointed to: for an annotated tag, the tag object.
    pub before: Option<String>,
    pub after: Option<String>,
    pub forced: bool,
}

#[derive(Clone, Debug)]
pub enum TopicAction {
    Opened,
    Edited(Edited),
    /// The head branch of a request moved.
    Synchronized {
        before: String,
        after: String,
    },
    Labeled(String),
    Unlabeled(String),
    /// GitLab tells all changes of labels at once; these were there before.
    Relabeled(Vec<String>),
    Milestoned(u64),
    Demilestoned(u64),
    /// GitLab tells both at once; this was its milestone before.
    Remilestoned(Option<u64>),
    Staged(Stage),
    Pinned,
    Unpinned,
    Closed,
    Merged,
    Reopened,
}

/// The former values of what was edited.
#[derive(Clone, Debug, Default)]
pub struct Edited {
    pub title: Option<String>,
    /// The outer option says whether the body was edited.
    pub body: Option<Option<String>>,
    pub base: Option<FormerBase>,
}

impl Edited {
    pub fn is_empty(&self) -> bool {
        self.title.is_none() && self.body.is_none() && self.base.is_none()
    }
}

#[derive(Clone, Debug)]
pub struct FormerBase {
    pub branch: String,
    pub sha: String,
}

#[derive(Clone, Debug)]
pub enum CommentAction {
    Created,
    /// Holds the former text.
    Edited(String),
    Deleted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReviewAction {
    Submitted,
    Dismissed,
}

#[derive(Clone, Debug)]
pub enum ReleaseAction {
    Created,
    Published,
    /// It counts as a full release from now on (GitHub).
    Released,
    /// It was published as a pre-release (GitHub).
    Prereleased,
    /// Holds what it was before.
    Edited(Box<Release>),
    Deleted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MilestoneAction {
    Created,
    Closed,
    Reopened,
}

#[derive(Clone, Debug)]
pub enum RulesetAction {
    Created,
    /// Holds what it said before.
    Edited(Box<Terms>),
    Deleted,
}

#[derive(Clone, Debug)]
pub enum QueueAction {
    Enqueued,
    /// Its merge commit is there to be tested.
    Built(Group, PipelineState),
    Left(Gone),
    Destroyed(Group, Gone),
}

/// How far the pipeline of a merge train is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PipelineState {
    Pending,
    Success,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckAction {
    Created,
    Completed,
}

/// A webhook in a forge's own words, before it is signed.
#[derive(Clone, Debug)]
pub struct Payload {
    /// The value of the event header: `pull_request`, `Merge Request Hook`.
    pub event: &'static str,
    pub body: Value,
    /// For people: `pull_request opened acme/app#1`.
    pub summary: String,
}
