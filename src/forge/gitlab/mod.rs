//! GitLab, with an access token: through the gitlab crate's endpoints and paging, on Slipway's own transport.
//! `client` sends, `read` asks, `write` applies.

mod client;
mod read;
mod write;

use tokio::sync::OnceCell;

use self::client::Client;
use super::Transport;
use crate::domain::event::Repository;
use crate::domain::names::RepoPath;
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
