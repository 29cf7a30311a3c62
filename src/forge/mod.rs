//! The port to a forge: many reads and one write. A `Forge` value means one repository for the length of one event, so no
//! method takes a repository. What differs between forges stays in `github/` and `gitlab/`; `http` is what they share.

pub mod error;
pub mod gather;
pub mod github;
pub mod gitlab;
mod http;
mod texts;

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;

pub use self::error::ForgeError;
pub use self::http::Transport;
use crate::domain::config::ConfigFile;
use crate::domain::facts::{ChangeRequest, Line, Merging, Role, Wanted};
use crate::domain::history::Tagged;
use crate::domain::names::{Number, UserName};
use crate::domain::plan::Action;

pub type Result<T, E = ForgeError> = std::result::Result<T, E>;

/// One repository on one forge, with the rights of the bot.
pub trait Forge: Send + Sync {
    /// The bot's own name, as its comments show it.
    fn me(&self) -> impl Future<Output = Result<UserName>> + Send;

    /// The policy file of the default branch.
    fn config_file(&self) -> impl Future<Output = Result<Option<ConfigFile>>> + Send;

    fn change_request(&self, number: Number) -> impl Future<Output = Result<Option<ChangeRequest>>> + Send;

    /// A line of development: its newest commits (some hundred), and everything else that is wanted, in as few calls as the
    /// forge allows. `None`: there is no such branch or tag.
    fn line(&self, wanted: &Wanted) -> impl Future<Output = Result<Option<Line>>> + Send;

    /// Reads the window of a line further back, by some hundred commits.
    fn older(&self, wanted: &Wanted, line: &mut Line) -> impl Future<Output = Result<()>> + Send;

    /// Reads exactly what came since a tag into the window of a line, however it is interwoven, up to the wanted limit.
    fn since(&self, wanted: &Wanted, line: &mut Line, tag: &Tagged) -> impl Future<Output = Result<()>> + Send;

    /// How a change request would land. `None`: there is no such change request.
    fn merging(&self, number: Number) -> impl Future<Output = Result<Option<Merging>>> + Send;

    /// What somebody may do here.
    fn role(&self, user: &UserName) -> impl Future<Output = Result<Role>> + Send;

    /// Those of the authors who had no change request merged here before these: one look-up for all of them where the forge can,
    /// else one each.
    fn newcomers(&self, authors: &BTreeMap<String, Vec<Number>>) -> impl Future<Output = Result<Vec<String>>> + Send;

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
