//! What should be done: data that can be printed, compared and thrown away. Applying a plan is the only way anything is written.
//! Every action is keyed by what it is about, so that applying it twice ends like applying it once.

use std::fmt;

use super::changelog::Notes;
use super::config::{Problem, Source};
use super::event::Thread;
use super::names::{BranchName, Sha, TagName, UserName};
use super::rules::Verdict;

/// The answer to one event. Without actions, `reason` says why there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub reason: String,
    pub actions: Vec<Action<Note>>,
    pub afterwards: Afterwards,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Afterwards {
    Done,
    /// The forge does not show yet what the event told: the same event is worth deciding again shortly.
    LookAgain,
    /// Something was refused that a person must put right, after which the same delivery may be sent again.
    AwaitPerson,
}

impl Plan {
    pub fn nothing(reason: impl Into<String>) -> Self {
        Self { reason: reason.into(), actions: Vec::new(), afterwards: Afterwards::Done }
    }

    pub fn of(reason: impl Into<String>, actions: Vec<Action<Note>>) -> Self {
        Self { reason: reason.into(), actions, afterwards: Afterwards::Done }
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
    pub notes: N,
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
    /// The reply to the comment with this id.
    Reply(u64),
    Released(TagName),
}

/// Something to say, before it is put in words: one template each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    Policy(PolicyReport),
    /// A check that waits for the forge.
    NotYet,
    BrokenConfig(Problem),
    ReleaseNotes(ReleaseNotes),
    ReleaseRefused {
        tag: TagName,
        problem: Problem,
    },
    ReleaseRepaired {
        tag: TagName,
    },
    ReleasedIn {
        tag: TagName,
    },
    /// The answers to the commands of one comment, in their order.
    Reply(Vec<Answer>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyReport {
    pub head: Sha,
    pub source: Source,
    pub verdicts: Vec<Verdict>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReleaseNotes {
    pub since: Since,
    pub notes: Notes,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Since {
    Tag(TagName),
    TheStart,
    /// No earlier version within this many commits.
    TooFar(usize),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Help {
        me: UserName,
        configured: Configured,
    },
    Rechecked {
        head: Sha,
        broken: usize,
    },
    /// The command cannot be carried out: why, and what to do instead.
    Refused {
        verb: String,
        why: String,
        remedy: String,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Configured {
    Yes,
    /// There is no file yet: a starter is offered.
    No,
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
            Self::Publish(Release { tag, title, stability, notes }) => {
                Action::Publish(Release { tag, title, stability, notes: render(notes)? })
            }
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
