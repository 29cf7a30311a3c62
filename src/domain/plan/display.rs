//! A plan in a few words: what logs, dry runs, the demo and the tests print.

use std::fmt;

use super::{
    Action, Afterwards, Cargo, CheckName, CommentKey, Conclusion, Follow, IssueCourse, LabelCourse, Plan, Port, Presence, Reaction,
    Stability,
};

/// One line an action, for logs, dry runs, the demo and the tests. It holds no text that a person wrote, and no secrets.
impl<N> fmt::Display for Action<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Report(check) => {
                let verb = if check.presence == Presence::Create { "report" } else { "correct" };
                let (name, sha) = (check.name.text(), check.sha.short());
                match check.name {
                    CheckName::Override(_) => write!(f, "{verb} {name} on {sha}"),
                    CheckName::Freeze => write!(f, "{verb} {name} {} on {sha}", check.conclusion),
                    _ => write!(f, "{verb} {name} {} on {sha}: {}", check.conclusion, check.title),
                }
            }
            Self::Comment { thread, key, presence: Presence::Create, .. } | Self::Remember { thread, key, .. } => {
                write!(f, "comment on {thread} about {key}")
            }
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
            Self::Merge { number, head } => write!(f, "merge change request {number} at {}", head.short()),
            Self::Tag { tag, at } => write!(f, "tag {} as {tag}", at.short()),
            Self::CloseMilestone { id, .. } => write!(f, "close milestone {id}"),
            Self::Issue(issue) => {
                let verb = match issue.course {
                    IssueCourse::Stand => "keep",
                    IssueCourse::Report => "open",
                    IssueCourse::Keep => "keep the text of",
                    IssueCourse::Close => "close",
                };
                write!(f, "{verb} the issue {} {}", issue.kind.label(), issue.key)
            }
            Self::MakeBranch { branch, at } => write!(f, "make branch {branch} at {}", at.short()),
            Self::MakeLabel { name, .. } => write!(f, "make the label {name}"),
            Self::Label { number, label, course: LabelCourse::Put } => write!(f, "label change request {number} {label}"),
            Self::Label { number, label, course: LabelCourse::TakeOff } => write!(f, "take {label} off change request {number}"),
            Self::Port(port) => {
                let Port { cargo, onto, branch, .. } = port.as_ref();
                match cargo {
                    Cargo::Picked(picks) => {
                        let picks: Vec<_> = picks.iter().map(|pick| pick.sha.short()).collect();
                        write!(f, "pick {} onto {onto} as {branch}", picks.join(", "))
                    }
                    Cargo::Reverted { since, until, .. } => {
                        write!(f, "take {}..{} back on {onto} as {branch}", since.short(), until.short())
                    }
                }
            }
            Self::WithdrawRelease(withdrawal) => write!(f, "withdraw release {}", withdrawal.tag),
            Self::DeleteBranch { branch, at } => write!(f, "delete branch {branch} if it is still at {}", at.short()),
            Self::Protect(guard) => write!(f, "protect {guard}"),
        }
    }
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.reason)?;
        self.actions.iter().try_for_each(|action| write!(f, "\n- {action}"))?;
        self.follows.iter().try_for_each(|follow| write!(f, "\n- {follow}"))?;
        match self.afterwards {
            Afterwards::Done => Ok(()),
            Afterwards::LookAgain => f.write_str("\n- look again shortly"),
            Afterwards::AwaitPerson => f.write_str("\n- wait for somebody to put it right"),
        }
    }
}

impl fmt::Display for Follow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reconsider(request) => write!(f, "judge change request {} again", request.number),
            Self::Try(number) => write!(f, "try the configuration of change request {number}"),
            Self::Carry(number) => write!(f, "see where else change request {number} is wanted"),
            Self::Refresh(branch) => write!(f, "bring the page of {branch} up to date"),
            Self::Wake(at) => write!(f, "look again at {}", at.0),
        }
    }
}

impl fmt::Display for CommentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Policy => f.write_str("policy"),
            Self::Preview => f.write_str("preview"),
            Self::Config => f.write_str("config"),
            Self::Held => f.write_str("held"),
            Self::Freeze => f.write_str("freeze"),
            Self::Reply(comment) => write!(f, "reply:{comment}"),
            Self::Released(tag) => write!(f, "released:{tag}"),
            Self::Backports => f.write_str("backports"),
            Self::Checklist => f.write_str("checklist"),
            Self::Undone => f.write_str("undone"),
            Self::Withdrawn(tag) => write!(f, "withdrawn:{tag}"),
        }
    }
}

impl fmt::Display for Conclusion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Success => "success",
            Self::Neutral => "neutral",
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
