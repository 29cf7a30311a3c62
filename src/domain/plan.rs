//! What should be done: data that can be printed, compared and thrown away. Applying a plan is the only way anything is written.
//! Every action is keyed by what it is about, so that applying it twice ends like applying it once.

use std::collections::BTreeSet;
use std::fmt;

mod note;

pub use note::{Answer, Configured, Note, PolicyReport, ReleaseNotes, Since};

use super::event::Thread;
use super::facts::Proposal;
use super::names::{BranchName, Number, Sha, TagName};

/// The answer to one event. Without actions, `reason` says why there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub reason: String,
    pub actions: Vec<Action<Note>>,
    pub afterwards: Afterwards,
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
        Self { reason: reason.into(), actions: Vec::new(), afterwards: Afterwards::Done }
    }

    pub fn of(reason: impl Into<String>, actions: Vec<Action<Note>>) -> Self {
        Self { reason: reason.into(), actions, afterwards: Afterwards::Done }
    }

    /// Both plans as one. What has nothing to do only speaks where the other has nothing to do either.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let reason = match (self.actions.is_empty(), other.actions.is_empty()) {
            (true, false) => other.reason,
            (false, true) => self.reason,
            _ => format!("{}; {}", self.reason, other.reason),
        };
        let actions = self.actions.into_iter().chain(other.actions).collect();
        Self { reason, actions, afterwards: self.afterwards.max(other.afterwards) }
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
    /// A reaction to somebody's comment; there is one of a kind.
    React { thread: Thread, comment: u64, reaction: Reaction },
    /// A release; there is one for a tag. Notes that somebody has written or edited stay.
    Publish(Release<N>),
    /// Opens the release change request of a branch, or brings it up to date; there is one for a branch.
    Propose(Box<Propose<N>>),
    /// Closes a release change request that has nothing to release any more, and says so in its description.
    Withdraw { number: Number, body: N },
    /// Makes a tag; one that stands for this commit already is left alone, one that stands for another is a conflict.
    Tag { tag: TagName, at: Sha },
    /// Closes the milestone that has one of these titles, if it is open.
    CloseMilestone { titles: Vec<String> },
    /// Replaces the description of a change request of Slipway's own.
    Describe { number: Number, body: N },
    /// Deletes a branch, if it still is where it was when this was decided.
    DeleteBranch { branch: BranchName, at: Sha },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check<N> {
    pub name: CheckName,
    pub sha: Sha,
    /// The branch or tag for which the commit is looked at: where a forge keeps results by ref, it need not guess which.
    pub ref_name: String,
    pub conclusion: Conclusion,
    pub presence: Presence,
    /// One line of at most 140 characters that holds no user's text.
    pub title: String,
    pub summary: N,
}

/// One check a concern.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckName {
    Policy,
    Release,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    Success,
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

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release<N> {
    pub tag: TagName,
    /// The title people see: the version.
    pub title: String,
    pub stability: Stability,
    pub latest: Latest,
    pub visibility: Visibility,
    /// Where all that is in it can be seen, for notes that are too long for the forge.
    pub everything: Option<String>,
    pub notes: N,
}

/// What a release change request is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Propose<N> {
    pub branch: BranchName,
    pub base: BranchName,
    /// The commit of the base that the one commit of the branch is made on.
    pub onto: Sha,
    /// The title, which is the commit's subject as well; it holds no user's text.
    pub title: String,
    /// Component (empty: all) and version of each release in it.
    pub releases: Vec<(String, String)>,
    pub body: N,
    /// The files as they are to be: path and text.
    pub files: Vec<(String, N)>,
    /// Those of them that are there already, at `onto`.
    pub existing: BTreeSet<String>,
    /// The change request as it was seen, open, if there is one.
    pub seen: Option<Proposal>,
}

/// A draft is for maintainers only, until one of them publishes it. GitLab has none, and publishes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Visibility {
    Published,
    Draft,
}

/// Whether people are to take the release for the newest: a maintenance release is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Latest {
    Yes,
    No,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stability {
    Stable,
    Prerelease,
}

/// What a comment of Slipway's is about. The forge's adapter hides it in the comment to find it again, among its own comments only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CommentKey {
    Policy,
    /// What merging the change request would release.
    Preview,
    /// Why a release change request is not kept up to date.
    Held,
    /// The reply to the comment with this id.
    Reply(u64),
    Released(TagName),
}

impl CheckName {
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "slipway/policy",
            Self::Release => "slipway/release",
        }
    }
}

impl<N> Action<N> {
    /// The same action with its text put in words.
    ///
    /// # Errors
    /// Whatever `render` fails with.
    pub fn map<T, E>(self, render: impl Fn(N) -> Result<T, E>) -> Result<Action<T>, E> {
        Ok(match self {
            Self::Report(Check { name, sha, ref_name, conclusion, presence, title, summary }) => {
                Action::Report(Check { name, sha, ref_name, conclusion, presence, title, summary: render(summary)? })
            }
            Self::Comment { thread, key, presence, body } => Action::Comment { thread, key, presence, body: render(body)? },
            Self::React { thread, comment, reaction } => Action::React { thread, comment, reaction },
            Self::Publish(Release { tag, title, stability, latest, visibility, everything, notes }) => {
                Action::Publish(Release { tag, title, stability, latest, visibility, everything, notes: render(notes)? })
            }
            Self::Propose(propose) => {
                let Propose { branch, base, onto, title, releases, body, files, existing, seen } = *propose;
                let files = files.into_iter().map(|(path, text)| Ok((path, render(text)?))).collect::<Result<_, E>>()?;
                Action::Propose(Box::new(Propose { branch, base, onto, title, releases, body: render(body)?, files, existing, seen }))
            }
            Self::Withdraw { number, body } => Action::Withdraw { number, body: render(body)? },
            Self::Describe { number, body } => Action::Describe { number, body: render(body)? },
            Self::Tag { tag, at } => Action::Tag { tag, at },
            Self::CloseMilestone { titles } => Action::CloseMilestone { titles },
            Self::DeleteBranch { branch, at } => Action::DeleteBranch { branch, at },
        })
    }
}

/// One line an action, for logs, dry runs, the demo and the tests. It holds no text that a person wrote, and no secrets.
impl<N> fmt::Display for Action<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report(check) => {
                let verb = if check.presence == Presence::Create { "report" } else { "correct" };
                write!(f, "{verb} {} {} on {}: {}", check.name.as_str(), check.conclusion, check.sha.short(), check.title)
            }
            Self::Comment { thread, key, presence: Presence::Create, .. } => write!(f, "comment on {thread} about {key}"),
            Self::Comment { thread, key, presence: Presence::OnlyIfPresent, .. } => {
                write!(f, "bring the comment on {thread} about {key} up to date, if there is one")
            }
            Self::React { comment, reaction, .. } => write!(f, "react to comment {comment} with {reaction}"),
            Self::Publish(release) if release.stability == Stability::Prerelease => write!(f, "publish pre-release {}", release.tag),
            Self::Publish(release) => write!(f, "publish release {}", release.tag),
            Self::Propose(propose) => {
                let verb = if propose.seen.is_some() { "update" } else { "open" };
                write!(f, "{verb} the change request “{}” from {} on {}", propose.title, propose.branch, propose.onto.short())?;
                propose.files.iter().try_for_each(|(path, _)| write!(f, ", {path}"))
            }
            Self::Withdraw { number, .. } => write!(f, "close change request {number}, which has nothing to release any more"),
            Self::Describe { number, .. } => write!(f, "write the description of change request {number}"),
            Self::Tag { tag, at } => write!(f, "tag {} as {tag}", at.short()),
            Self::CloseMilestone { titles } => write!(f, "close the milestone {}", titles.join(" or ")),
            Self::DeleteBranch { branch, at } => write!(f, "delete branch {branch} if it is still at {}", at.short()),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        self.actions.iter().try_for_each(|action| write!(f, "\n- {action}"))?;
        match self.afterwards {
            Afterwards::Done => Ok(()),
            Afterwards::LookAgain => f.write_str("\n- look again shortly"),
            Afterwards::AwaitPerson => f.write_str("\n- wait for somebody to put it right"),
        }
    }
}

impl fmt::Display for CommentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy => f.write_str("policy"),
            Self::Preview => f.write_str("preview"),
            Self::Held => f.write_str("held"),
            Self::Reply(comment) => write!(f, "reply:{comment}"),
            Self::Released(tag) => write!(f, "released:{tag}"),
        }
    }
}

impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "success",
            Self::Failure => "failure",
            Self::Pending => "pending",
        })
    }
}

impl fmt::Display for Reaction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Eyes => "👀",
            Self::ThumbsUp => "👍",
            Self::ThumbsDown => "👎",
        })
    }
}
