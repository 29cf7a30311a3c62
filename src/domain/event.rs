//! What happened, in words that both forges share. `ingest` makes these from payloads; `decide` reads them.
//! An event says *that* something happened; what is true now is read from the forge, since deliveries come late, twice and out of order.

use std::collections::BTreeSet;
use std::fmt;

use super::facts::{DeployResult, IssueKind};
use super::names::{BranchName, Moment, Number, RepoPath, Sha, TagName, UserName};
use super::release;

/// Which of the two forges a repository lives on. Only `forge::Forges` chooses an adapter by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ForgeKind {
    GitHub,
    GitLab,
}

/// One delivery, verified and understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The forge's own name for it, the same when it is delivered again.
    pub id: String,
    pub repository: Repository,
    /// Who caused it.
    pub actor: Actor,
    pub event: Event,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Repository {
    pub forge: ForgeKind,
    /// The forge's number for the repository, which survives renaming.
    pub id: u64,
    pub path: RepoPath,
    pub default_branch: Option<BranchName>,
    /// Whose permission the bot acts under: on GitHub the App's installation; GitLab has one token and leaves it out.
    pub tenant: Option<u64>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Actor {
    pub name: UserName,
    pub nature: Nature,
}

/// Who the actor is. GitLab's payloads do not tell bots from people: there everybody is a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nature {
    Person,
    Bot,
    /// Known only where it matters: see `decide::matters_whose`.
    Slipway,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    ChangeRequest {
        number: Number,
        change: Change,
        /// The head commit when this happened.
        head: Sha,
        /// The head branch, in whichever repository it is, and the base; `None` where the delivery leaves it out, or tells a name
        /// that git does not allow.
        branch: Option<BranchName>,
        base: Option<BranchName>,
        /// Its labels, and those that were just taken off it; none where Slipway asks about it itself.
        labels: BTreeSet<String>,
        /// When the change request was last touched, to tell a late delivery from a forge that lags behind.
        at: Moment,
    },
    /// A merge queue asks about a change request, on a commit that it has made for it.
    Queued {
        number: Number,
        head: Sha,
        name: String,
    },
    /// Something became of an issue.
    Issue {
        number: Number,
        change: IssueChange,
        /// Which of Slipway's own issues it may be, by its labels, those that were just taken off it, and its text.
        kinds: BTreeSet<IssueKind>,
        /// Its labels, and those that were just taken off it.
        labels: BTreeSet<String>,
        /// Its text before and after it was edited, where that is what happened.
        text: Option<Edit>,
    },
    /// A change request proposes another configuration.
    Proposed {
        number: Number,
    },
    /// Labels ask for a change request on other branches.
    Wanted {
        number: Number,
    },
    /// A milestone was closed. GitLab does not say by whom.
    MilestoneClosed {
        title: String,
    },
    /// Somebody has changed what the forge itself protects.
    ProtectionChanged,
    /// A moment has come at which Slipway wanted to look again.
    Woken,
    /// A new comment on a change request or an issue. Edited and deleted comments are no events: they never command.
    Comment {
        thread: Thread,
        id: u64,
        body: String,
    },
    /// Somebody edited a comment that may be Slipway's own.
    CommentEdited {
        thread: Thread,
        id: u64,
        text: Edit,
    },
    /// Checks of others have ended on a commit.
    Checked {
        /// The branch that they were run for, where the delivery says so.
        branch: Option<BranchName>,
        head: Sha,
    },
    /// A deployment has come to an end.
    Deployed {
        environment: String,
        head: Sha,
        result: DeployResult,
    },
    /// The page of the release from this branch may be out of date.
    Refreshed {
        branch: BranchName,
    },
    Push {
        branch: BranchName,
        before: Sha,
        after: Sha,
        /// What was pushed, where the delivery holds all of it: forges leave out commits of large pushes.
        commits: Option<Vec<Pushed>>,
    },
    BranchCreated {
        branch: BranchName,
        at: Sha,
    },
    BranchDeleted {
        branch: BranchName,
        was: Sha,
    },
    /// `commit` is the commit that the tag stands for, not the tag object.
    TagCreated {
        tag: TagName,
        commit: Sha,
    },
    TagMoved {
        tag: TagName,
        before: Sha,
        after: Sha,
    },
    TagDeleted {
        tag: TagName,
        was: Sha,
    },
}

/// A commit as a push tells of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    pub message: String,
    /// The paths that it adds, changes or removes.
    pub files: Vec<String>,
}

/// A text that was edited. Where both are the same, the forge does not tell what it was before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    pub before: String,
    pub after: String,
}

/// Where a comment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Thread {
    ChangeRequest(Number),
    Issue(Number),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    Opened,
    Reopened,
    /// New commits on the head branch.
    Updated,
    /// Another base branch.
    Retargeted,
    /// Title or description.
    Edited,
    /// Labels, draft state, approvals: anything else that a rule may ask for.
    Labelled,
    Closed,
    Merged,
    /// Its title or description was edited after it was merged.
    Amended,
    /// Its labels were changed after it was merged.
    Relabelled,
    /// Nothing of its own: what it is judged by has changed.
    Reconsidered,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IssueChange {
    Closed,
    Reopened,
    /// Its text or labels.
    Edited,
}

impl Event {
    /// Two waiting events with the same key lead to the same evaluation, so only the later one is worth running.
    /// Comments, merges, tags and pushes have none: each of them asks for something of its own.
    pub fn reevaluates(&self) -> Option<Number> {
        use Change::{Edited, Labelled, Opened, Reconsidered, Reopened, Retargeted, Updated};
        match self {
            // An edit of a release change request is about its release as well, and one by Slipway about nothing.
            Self::ChangeRequest { branch: Some(branch), change: Edited | Reopened, .. } if release::is_own(branch) => None,
            Self::ChangeRequest { number, change: Opened | Reopened | Updated | Retargeted | Edited | Labelled | Reconsidered, .. } => {
                Some(*number)
            }
            _ => None,
        }
    }
}

impl fmt::Display for ForgeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::GitHub => "github",
            Self::GitLab => "gitlab",
        })
    }
}

impl fmt::Display for Thread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChangeRequest(number) => write!(f, "change request {number}"),
            Self::Issue(number) => write!(f, "issue {number}"),
        }
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Opened => "opened",
            Self::Reopened => "reopened",
            Self::Updated => "updated",
            Self::Retargeted => "retargeted",
            Self::Edited => "edited",
            Self::Labelled => "labelled",
            Self::Closed => "closed",
            Self::Merged => "merged",
            Self::Amended => "amended",
            Self::Relabelled => "labelled after its merge",
            Self::Reconsidered => "reconsidered",
        })
    }
}

impl fmt::Display for IssueChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Closed => "closed",
            Self::Reopened => "reopened",
            Self::Edited => "edited",
        })
    }
}

/// The event in a few words, without any text that a person wrote.
impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ChangeRequest { number, change, head, .. } => write!(f, "change request {number} {change} at {}", head.short()),
            Self::Queued { number, head, .. } => write!(f, "change request {number} queued as {}", head.short()),
            Self::Issue { number, change, .. } => write!(f, "issue {number} {change}"),
            Self::Proposed { number } => write!(f, "the configuration of change request {number}"),
            Self::Wanted { number } => write!(f, "where else change request {number} is wanted"),
            Self::MilestoneClosed { .. } => f.write_str("a milestone closed"),
            Self::ProtectionChanged => f.write_str("what the forge protects has changed"),
            Self::Woken => f.write_str("a moment that was waited for"),
            Self::Comment { thread, id, .. } => write!(f, "comment {id} on {thread}"),
            Self::CommentEdited { thread, id, .. } => write!(f, "comment {id} on {thread} edited"),
            Self::Checked { head, .. } => write!(f, "checks ended on {}", head.short()),
            Self::Deployed { head, .. } => write!(f, "deployment of {}", head.short()),
            Self::Refreshed { branch } => write!(f, "the page of the release from {branch}"),
            Self::Push { branch, after, .. } => write!(f, "push to {branch}, now {}", after.short()),
            Self::BranchCreated { branch, at } => write!(f, "branch {branch} created at {}", at.short()),
            Self::BranchDeleted { branch, was } => write!(f, "branch {branch} deleted, was {}", was.short()),
            Self::TagCreated { tag, commit } => write!(f, "tag {tag} created at {}", commit.short()),
            Self::TagMoved { tag, after, .. } => write!(f, "tag {tag} moved to {}", after.short()),
            Self::TagDeleted { tag, was } => write!(f, "tag {tag} deleted, was {}", was.short()),
        }
    }
}
