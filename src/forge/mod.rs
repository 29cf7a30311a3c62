//! The port to a forge: many reads and one write. A `Forge` value means one repository for the length of one event, so no
//! method takes a repository. What differs between forges stays in `github/` and `gitlab/`; `http` is what they share.

pub mod address;
pub mod error;
pub mod gather;
pub mod github;
pub mod gitlab;
mod http;
mod seal;
mod texts;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;

pub use self::error::ForgeError;
pub use self::http::Transport;
use crate::domain::config::{ConfigFile, ConfigFiles};
use crate::domain::event::Thread;
use crate::domain::facts::{
    Between, ChangeRequest, Delivered, DeliveredWanted, Depth, Details, IssueKind, Line, Merging, OpenRequest, Owed, OwnIssue, Progress,
    ProgressWanted, Pushed, Reply, Role, Source, TagFacts, Trunk, Wanted,
};
use crate::domain::history::{Elsewhere, Tagged};
use crate::domain::names::{BranchName, Number, Sha, TagName, UserName};
use crate::domain::plan::{Action, Outcome};
use crate::domain::protection::{Guard, Protection};

pub type Result<T, E = ForgeError> = std::result::Result<T, E>;

/// One repository on one forge, with the rights of the bot.
pub trait Forge: Send + Sync {
    /// What people write before a change request's number.
    fn sigil(&self) -> &'static str;

    /// The bot's own name, as its comments show it.
    fn me(&self) -> impl Future<Output = Result<UserName>> + Send;

    /// The policy file of the default branch, and the organisation's.
    fn config_files(&self) -> impl Future<Output = Result<ConfigFiles>> + Send;

    /// A change request with those of its details that are asked for, as many as the forge gives in one answer.
    fn change_request(&self, number: Number, details: &Details) -> impl Future<Output = Result<Option<ChangeRequest>>> + Send;

    /// The configuration at the head of a change request.
    fn proposed_config(&self, number: Number) -> impl Future<Output = Result<Option<ConfigFile>>> + Send;

    /// The open change requests, into this base or into any, the oldest first.
    fn open_requests(&self, base: Option<&BranchName>) -> impl Future<Output = Result<Vec<OpenRequest>>> + Send;

    /// Slipway's own issues of a kind: those that are open, and the newest that are closed.
    fn own_issues(&self, kind: IssueKind) -> impl Future<Output = Result<Vec<OwnIssue>>> + Send;

    /// Whether a reply of Slipway's own to this comment is there.
    fn replied(&self, thread: Thread, comment: u64) -> impl Future<Output = Result<Reply>> + Send;

    /// What a push to a branch changed.
    fn pushed(&self, branch: &BranchName, before: &Sha, after: &Sha) -> impl Future<Output = Result<Pushed>> + Send;

    /// Whether a change request was merged from this branch of the repository, as it was at this commit.
    fn merged(&self, branch: &BranchName, at: &Sha) -> impl Future<Output = Result<bool>> + Send;

    /// A tag, and which of the branches of these names (as patterns of `*` and `**`) have its commit.
    fn tag(&self, tag: &TagName, branches: &BTreeSet<String>) -> impl Future<Output = Result<Option<TagFacts>>> + Send;

    /// A line of development: its newest commits (some hundred), and everything else that is wanted, in as few calls as the
    /// forge allows. `None`: there is no such branch or tag.
    fn line(&self, wanted: &Wanted) -> impl Future<Output = Result<Option<Line>>> + Send;

    /// Reads the window of a line further back, by some hundred commits.
    fn older(&self, wanted: &Wanted, line: &mut Line) -> impl Future<Output = Result<()>> + Send;

    /// Reads exactly what came since a tag into the window of a line, however it is interwoven, up to the wanted limit.
    fn since(&self, wanted: &Wanted, line: &mut Line, tag: &Tagged) -> impl Future<Output = Result<()>> + Send;

    /// What a version tag of another line has and the line of this head has not, up to so many commits.
    fn elsewhere(&self, tag: &Tagged, head: &Sha, limit: usize) -> impl Future<Output = Result<Elsewhere>> + Send;

    /// How a change request would land. `None`: there is no such change request.
    fn merging(&self, number: Number) -> impl Future<Output = Result<Option<Merging>>> + Send;

    /// What somebody may do here.
    fn role(&self, user: &UserName) -> impl Future<Output = Result<Role>> + Send;

    /// Those of the authors who had no change request merged here before these: one look-up for all of them where the forge can,
    /// else one each.
    fn newcomers(&self, authors: &BTreeMap<String, Vec<Number>>) -> impl Future<Output = Result<Vec<String>>> + Send;

    /// What protects the branches and tags of these guards here, as far as Slipway put it there.
    fn protection(&self, guards: &[Guard]) -> impl Future<Output = Result<Protection>> + Send;

    /// The newest commits of a branch, some dozens at most, and the branches whose names match a pattern. `None`: there is no such branch,
    /// if anything of it was asked for.
    fn trunk(&self, branch: &BranchName, names: &str, depth: Depth) -> impl Future<Output = Result<Option<Trunk>>> + Send;

    /// What of a change request is where: on these branches, those of its labels by their template, and those that are noted.
    fn source(&self, number: Number, label: &str, targets: &BTreeSet<BranchName>) -> impl Future<Output = Result<Option<Source>>> + Send;

    /// The merged change requests that carry the label for a branch, by its template, and which of them the branch has.
    fn owed(&self, branch: &BranchName, label: &str) -> impl Future<Output = Result<Vec<Owed>>> + Send;

    /// The members of a team (`owner/team` on GitHub, a group's path on GitLab), none where it cannot be seen.
    fn team(&self, team: &str) -> impl Future<Output = Result<BTreeSet<UserName>>> + Send;

    /// Some of the people who have at least this role here, with the role that each has; none where they cannot be seen.
    fn holders(&self, role: Role) -> impl Future<Output = Result<Vec<(UserName, Role)>>> + Send;

    /// What lies between two commits.
    fn between(&self, since: &Sha, until: &Sha) -> impl Future<Output = Result<Between>> + Send;

    /// Where a release stands: `Subject::Line` is of a branch here, never of an issue.
    fn progress(&self, wanted: &ProgressWanted) -> impl Future<Output = Result<Option<Progress>>> + Send;

    /// What was delivered, and when.
    fn delivered(&self, wanted: &DeliveredWanted) -> impl Future<Output = Result<Delivered>> + Send;

    /// The text of a file of the default branch; `None`: there is none, or it is no text.
    fn file(&self, path: &str) -> impl Future<Output = Result<Option<String>>> + Send;

    /// What came of the actions that were applied so far, of those where nobody could know before.
    fn outcomes(&self) -> Vec<Outcome>;

    /// The only write. Applying an action twice ends like applying it once.
    fn apply(&self, action: &Action<String>) -> impl Future<Output = Result<Applied>> + Send;
}

/// What applying an action did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    Created,
    Changed,
    Deleted,
    /// It was so already, or there was nothing to bring up to date.
    Unchanged,
}

impl fmt::Display for Applied {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Created => "created",
            Self::Changed => "changed",
            Self::Deleted => "deleted",
            Self::Unchanged => "unchanged",
        })
    }
}
