//! A breach of the policy that nothing kept from happening: what it was, by what it is found again, and what is remembered to undo it.

use std::fmt;

use crate::domain::facts::LandedCommit;
use crate::domain::names::{BranchName, Sha, TagName, UserName};

use super::repair;

/// What an issue tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Who did it, as the delivery has it.
    pub by: UserName,
    /// Those who may have a deleted branch restored, as in “for …”.
    pub who: String,
    pub happening: Happening,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    DirectPush {
        branch: BranchName,
        after: Sha,
        /// Those that no change request brought, newest first.
        commits: Vec<LandedCommit>,
    },
    ForcePush {
        branch: BranchName,
        before: Sha,
        after: Sha,
        /// How many commits are gone, where the forge says so.
        lost: Option<u64>,
        /// What stands there in their place, newest first.
        commits: Vec<LandedCommit>,
    },
    BranchDeleted {
        branch: BranchName,
        was: Sha,
        fate: Fate,
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
    /// A tag that there may not be, with the reasons, as sentences without their full stop.
    TagRefused {
        tag: TagName,
        commit: Sha,
        why: Vec<String>,
    },
}

/// What became of a deleted branch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Gone,
    Restored,
}

/// What an issue keeps for the one who asks to undo it. Its `Display` is what the issue holds, sealed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Memory {
    Branch {
        branch: BranchName,
        at: Sha,
    },
    History {
        branch: BranchName,
        before: Sha,
        after: Sha,
    },
    Tag {
        tag: TagName,
        at: Sha,
    },
    /// Nothing is gone.
    Nothing,
}

impl Happening {
    /// By what the issue is found again: letters, digits and `-:/.`. Undoing a force push, or a move, is the same pair of commits, so that
    /// it has the same key and is not told as another.
    pub fn key(&self) -> String {
        match self {
            Self::DirectPush { branch, after, .. } => format!("direct-push:{}:{after}", plain(branch.as_str())),
            Self::ForcePush { branch, before, after, .. } => format!("force-push:{}:{}", plain(branch.as_str()), pair(before, after)),
            Self::BranchDeleted { branch, was, .. } => format!("branch-deleted:{}:{was}", plain(branch.as_str())),
            Self::TagMoved { tag, before, after } => format!("tag-moved:{}:{}", plain(tag.as_str()), pair(before, after)),
            Self::TagDeleted { tag, was } => format!("tag-deleted:{}:{was}", plain(tag.as_str())),
            Self::TagRefused { tag, commit, .. } => format!("{}{commit}", refused(tag)),
        }
    }

    /// A line of plain text.
    pub fn title(&self) -> String {
        match self {
            Self::DirectPush { branch, after, .. } => format!("Push to {branch} without a change request, at {}", after.short()),
            Self::ForcePush { branch, after, .. } => format!("Force push to {branch}, at {}", after.short()),
            Self::BranchDeleted { branch, was, .. } => format!("Deletion of the branch {branch}, which was at {}", was.short()),
            Self::TagMoved { tag, after, .. } => format!("The tag {tag} was moved to {}", after.short()),
            Self::TagDeleted { tag, was } => format!("The tag {tag}, which was at {}, was deleted", was.short()),
            Self::TagRefused { tag, commit, .. } => format!("The tag {tag} at {} is not as tags are to be", commit.short()),
        }
    }

    pub fn memory(&self) -> Memory {
        match self.clone() {
            Self::BranchDeleted { branch, was, .. } => Memory::Branch { branch, at: was },
            Self::ForcePush { branch, before, after, .. } => Memory::History { branch, before, after },
            Self::TagMoved { tag, before: at, .. } | Self::TagDeleted { tag, was: at } => Memory::Tag { tag, at },
            Self::DirectPush { .. } | Self::TagRefused { .. } => Memory::Nothing,
        }
    }

    /// The commands that put it right, one a line of a shell.
    pub fn repair(&self) -> Vec<String> {
        match self {
            Self::DirectPush { branch, after, commits } => repair::revert(branch, after, commits),
            Self::TagRefused { tag, .. } => vec![repair::remove_tag(tag)],
            other => repair::restore(&other.memory()),
        }
    }
}

/// What the keys of the issues about a tag start with that there may not be.
pub fn refused(tag: &TagName) -> String {
    format!("tag:{}:", plain(tag.as_str()))
}

fn pair(one: &Sha, other: &Sha) -> String {
    format!("{}..{}", one.min(other), one.max(other))
}

/// A ref's name in letters, digits and `-/.`; whatever else stands in it is spelled by its number between colons, which no ref has.
pub fn plain(name: &str) -> String {
    let spell = |c: char| if c.is_ascii_alphanumeric() || "-/.".contains(c) { c.to_string() } else { format!(":{:x}:", u32::from(c)) };
    name.chars().map(spell).collect()
}

impl fmt::Display for Memory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Branch { branch, at } => write!(f, "branch {at} {branch}"),
            Self::History { branch, before, after } => write!(f, "history {before} {after} {branch}"),
            Self::Tag { tag, at } => write!(f, "tag {at} {tag}"),
            Self::Nothing => f.write_str("nothing"),
        }
    }
}

impl Memory {
    /// What an issue holds; `None` where it is nothing of the kind.
    pub fn read(data: &str) -> Option<Self> {
        let words: Vec<_> = data.split(' ').collect();
        let sha = |text: &str| Sha::parse(text).ok();
        Some(match *words.as_slice() {
            ["branch", at, branch] => Self::Branch { branch: BranchName::parse(branch).ok()?, at: sha(at)? },
            ["history", before, after, branch] => {
                Self::History { branch: BranchName::parse(branch).ok()?, before: sha(before)?, after: sha(after)? }
            }
            ["tag", at, tag] => Self::Tag { tag: TagName::parse(tag).ok()?, at: sha(at)? },
            ["nothing"] => Self::Nothing,
            _ => return None,
        })
    }
}
