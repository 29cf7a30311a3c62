//! What can be asked about a repository beside its change requests and lines: Slipway's own issues, what a push changed, what a tag is.

use std::collections::BTreeSet;

use super::{ChangeRequest, Merging};
use crate::domain::config::ConfigFile;
use crate::domain::names::{BranchName, Moment, Number, Sha, UserName};

/// A configuration that a change request proposes, and open change requests to try it on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    pub file: ConfigFile,
    /// With how each would land, where a rule asks for that; at most [`Trial::MOST`].
    pub requests: Vec<(ChangeRequest, Option<Merging>)>,
}

impl Trial {
    pub const MOST: usize = 20;
}

/// What an issue of Slipway's own is about. Each kind has a name, which stands in the mark of its issues and is their label as well.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum IssueKind {
    /// An open one is a freeze; closing it is the thaw.
    Freeze,
    /// Something happened that the policy does not allow.
    Incident,
    /// What the policy would have refused.
    Observed,
    /// The forge's own settings are not what they are to be.
    Drift,
    /// A release on its way: of a line that was cut, of a hotfix, of a rollback.
    Release,
    /// What is to be learned from a release that was rolled back.
    PostMortem,
    /// A release train that has not left yet.
    Announcement,
}

impl IssueKind {
    const ALL: [Self; 7] = [Self::Freeze, Self::Incident, Self::Observed, Self::Drift, Self::Release, Self::PostMortem, Self::Announcement];

    /// What an issue may be about that has these labels, or had them, and this text. Whoever may triage can take a label off.
    pub fn named<'a>(labels: impl IntoIterator<Item = &'a str>, text: &'a str) -> BTreeSet<Self> {
        let find = |name: &str| Self::ALL.into_iter().find(|kind| kind.label() == name);
        let marked = text.trim_start().strip_prefix("<!-- ").and_then(|mark| mark.split(' ').next());
        labels.into_iter().chain(marked).filter_map(find).collect()
    }

    pub fn label(self) -> &'static str {
        match self {
            Self::Freeze => "slipway:freeze",
            Self::Incident => "slipway:incident",
            Self::Observed => "slipway:observed",
            Self::Drift => "slipway:drift",
            Self::Release => "slipway:release",
            Self::PostMortem => "slipway:post-mortem",
            Self::Announcement => "slipway:train",
        }
    }
}

/// An issue that Slipway opened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnIssue {
    pub number: Number,
    /// What it is about, among its kind.
    pub key: String,
    pub title: String,
    pub condition: Condition,
    pub opened_at: Moment,
    /// Its text as it is now, without Slipway's mark.
    pub body: String,
    /// What Slipway noted in it for itself; `None` where somebody has changed that.
    pub data: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Condition {
    Open,
    Closed,
}

/// What a push to a branch changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pushed {
    pub course: Course,
    /// What the branch has now and had not before, along first parents, newest first, up to a limit.
    pub landed: Vec<LandedCommit>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Course {
    Forward,
    /// Commits that the branch had are gone from it: how many, where the forge says so.
    Rewritten {
        lost: Option<u64>,
    },
}

/// A commit on a branch, and the merged change requests that brought it there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LandedCommit {
    pub sha: Sha,
    /// The first line of its message.
    pub subject: String,
    /// Who made it, where the forge knows.
    pub author: Option<UserName>,
    /// The merged change requests that the forge associates with it, with their bases. It may take the forge a while to say so.
    pub requests: Vec<(Number, BranchName)>,
}

/// A tag as it is now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagFacts {
    /// The commit that it stands for.
    pub commit: Sha,
    pub form: TagForm,
    /// The branches, of those that were asked about, that have the commit.
    pub branches: Vec<BranchName>,
}

/// Each is also what those before it are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TagForm {
    /// A name for a commit.
    Lightweight,
    /// An object of its own, with a message and a tagger.
    Annotated,
    /// One whose signature the forge has verified.
    Signed,
}

/// Where people and calendars read when releases leave: whole addresses, or paths where nobody said under which address this process is
/// reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CalendarAddress {
    pub page: String,
    pub feed: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_issue_is_about_what_its_labels_or_its_mark_name() {
        let freeze = BTreeSet::from([IssueKind::Freeze]);
        assert_eq!(IssueKind::named(["bug", "slipway:freeze"], "text"), freeze);
        assert_eq!(IssueKind::named([], "<!-- slipway:freeze issue-3:1 x y -->\ntext"), freeze);
        assert_eq!(IssueKind::named(["bug"], "text\n<!-- slipway:freeze x -->"), BTreeSet::new());
    }
}
