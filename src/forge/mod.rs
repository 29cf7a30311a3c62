//! The port to a forge: many reads and one write. A `Forge` value means one repository for the length of one event, so no
//! method takes a repository. What differs between forges stays in `github/` and `gitlab/`; `http` is what they share.

pub mod error;
pub mod gather;
pub mod github;
pub mod gitlab;
mod http;
mod texts;

use std::fmt;
use std::future::Future;

pub use self::error::ForgeError;
pub use self::http::Transport;
use crate::domain::config::ConfigFile;
use crate::domain::facts::{ChangeRequest, Commit, MergedRequest};
use crate::domain::names::{Number, Sha, TagName, UserName};
use crate::domain::plan::Action;

pub type Result<T, E = ForgeError> = std::result::Result<T, E>;

/// One repository on one forge, with the rights of the bot.
pub trait Forge: Send + Sync {
    /// The bot's own name, as its comments show it.
    fn me(&self) -> impl Future<Output = Result<UserName>> + Send;

    /// The policy file of the default branch.
    fn config_file(&self) -> impl Future<Output = Result<Option<ConfigFile>>> + Send;

    fn change_request(&self, number: Number) -> impl Future<Output = Result<Option<ChangeRequest>>> + Send;

    /// The commit that a tag stands for.
    fn tagged_commit(&self, tag: &TagName) -> impl Future<Output = Result<Option<Sha>>> + Send;

    /// The names of the tags that start with `prefix`, in any order.
    fn tags(&self, prefix: &str) -> impl Future<Output = Result<Vec<TagName>>> + Send;

    /// What was added between an earlier tag and a commit, oldest first.
    fn lineage(&self, anchor: &TagName, commit: &Sha, limit: usize) -> impl Future<Output = Result<Lineage>> + Send;

    /// Everything up to a commit, oldest first; `None` if that is more than `limit` commits.
    fn history(&self, commit: &Sha, limit: usize) -> impl Future<Output = Result<Option<Vec<Commit>>>> + Send;

    /// The merged change requests that brought a commit in.
    fn merged_requests(&self, commit: &Sha) -> impl Future<Output = Result<Vec<MergedRequest>>> + Send;

    /// The only write. Applying an action twice ends like applying it once.
    fn apply(&self, action: &Action<String>) -> impl Future<Output = Result<Applied>> + Send;
}

/// How a commit relates to an earlier tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Lineage {
    /// The tag is an ancestor, and these commits came since.
    Descends(Vec<Commit>),
    /// The tag is an ancestor, but too far away.
    TooLong,
    /// The tag stands on another line of development.
    Elsewhere,
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
