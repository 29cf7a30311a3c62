//! GitLab, with an access token: through the gitlab crate's endpoints and paging, on Slipway's own transport.
//! `client` sends, `read` asks, `write` applies.

mod client;
mod read;
mod write;

use tokio::sync::OnceCell;

use self::client::Client;
use super::{Applied, Forge, Lineage, Result, Transport};
use crate::domain::config::ConfigFile;
use crate::domain::event::Repository;
use crate::domain::facts::{ChangeRequest, Commit, MergedRequest};
use crate::domain::names::{Number, RepoPath, Sha, TagName, UserName};
use crate::domain::plan::Action;
use crate::settings::GitlabSettings;

/// The bot's account on one GitLab instance.
pub struct GitLab {
    client: Client,
    /// The bot's user name, once it was asked for.
    me: OnceCell<String>,
}

/// One project, with the token's rights.
pub struct GitlabProject<'a> {
    forge: &'a GitLab,
    path: &'a RepoPath,
}

impl GitLab {
    /// No call is made.
    pub fn connect(settings: &GitlabSettings, transport: &Transport) -> Self {
        Self { client: Client::new(settings, transport.clone()), me: OnceCell::new() }
    }

    pub fn project<'a>(&'a self, repository: &'a Repository) -> GitlabProject<'a> {
        GitlabProject { forge: self, path: &repository.path }
    }
}

impl Forge for GitlabProject<'_> {
    async fn me(&self) -> Result<UserName> {
        self.read_me().await
    }

    async fn config_file(&self) -> Result<Option<ConfigFile>> {
        self.read_config().await
    }

    async fn change_request(&self, number: Number) -> Result<Option<ChangeRequest>> {
        self.read_change_request(number).await
    }

    async fn tagged_commit(&self, tag: &TagName) -> Result<Option<Sha>> {
        self.read_tagged_commit(tag).await
    }

    async fn tags(&self, prefix: &str) -> Result<Vec<TagName>> {
        self.read_tags(prefix).await
    }

    async fn lineage(&self, anchor: &TagName, commit: &Sha, limit: usize) -> Result<Lineage> {
        self.read_lineage(anchor, commit, limit).await
    }

    async fn history(&self, commit: &Sha, limit: usize) -> Result<Option<Vec<Commit>>> {
        self.read_history(commit, limit).await
    }

    async fn merged_requests(&self, commit: &Sha) -> Result<Vec<MergedRequest>> {
        self.read_merged_requests(commit).await
    }

    async fn apply(&self, action: &Action<String>) -> Result<Applied> {
        match action {
            Action::Report(check) => self.report(check).await,
            Action::Comment { thread, key, presence, body } => self.comment(*thread, key, *presence, body).await,
            Action::React { thread, comment, reaction } => self.react(*thread, *comment, *reaction).await,
            Action::Publish(release) => self.publish(release).await,
            Action::DeleteBranch { branch, at } => self.delete_branch(branch, at).await,
        }
    }
}
