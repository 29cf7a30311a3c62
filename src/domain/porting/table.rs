//! How far a change request has come on other branches, and how what Slipway could not carry is carried by hand.

use crate::domain::audit::quoted;
use crate::domain::facts::Source;
use crate::domain::names::{BranchName, Number, UserName};
use crate::domain::plan::{Obstacle, Pick};

use super::branch;

/// How far it has come on a branch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Progress {
    /// It is picked once it is merged; who asked for it, where a command did.
    Pending(Option<UserName>),
    /// It is to be picked now.
    Due(Option<UserName>),
    Open(Number),
    Merged(Number),
    /// Somebody closed its change request.
    Closed(Number),
    Waived {
        by: UserName,
        reason: String,
    },
    Stopped(Obstacle),
    /// It has more commits than are picked.
    TooMany {
        commits: usize,
        most: usize,
    },
    /// The forge does not say which commits it brought.
    Unclear,
}

impl Progress {
    /// Whether a person has to do something about it.
    pub fn is_stuck(&self) -> bool {
        match self {
            Self::Stopped(obstacle) => *obstacle != Obstacle::Empty,
            Self::TooMany { .. } | Self::Unclear | Self::Closed(_) => true,
            _ => false,
        }
    }
}

/// The comment that tells it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub sigil: &'static str,
    pub rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub target: BranchName,
    pub progress: Progress,
    /// How a person does it, as lines of a shell, where Slipway cannot.
    pub commands: Vec<String>,
}

impl Row {
    pub fn new(source: &Source, target: BranchName, progress: Progress) -> Self {
        let by_hand = match &progress {
            Progress::Stopped(obstacle) => matches!(obstacle, Obstacle::Conflict { .. } | Obstacle::Workflows(_) | Obstacle::TooMany(_)),
            Progress::TooMany { .. } => true,
            _ => false,
        };
        let commands = if by_hand { commands(source, &target) } else { Vec::new() };
        Self { target, progress, commands }
    }
}

/// What picks it by hand, onto the branch by whose name Slipway finds it.
fn commands(source: &Source, target: &BranchName) -> Vec<String> {
    let Some(head) = branch(source.request.number, target) else { return Vec::new() };
    // What has a message of its own is a merge, of which the first parent is what it was merged into.
    let mainline = if source.picks.iter().any(|pick| pick.message.is_some()) { " -m 1" } else { "" };
    let shas: Vec<_> = source.picks.iter().map(|Pick { sha, .. }| sha.as_str()).collect();
    let head = quoted(head.as_str());
    vec![
        "git fetch origin".to_owned(),
        format!("git switch --create {head} {}", quoted(&format!("origin/{target}"))),
        format!("git cherry-pick -x{mainline} {}", shas.join(" ")),
        format!("git push --set-upstream origin {head}"),
    ]
}
