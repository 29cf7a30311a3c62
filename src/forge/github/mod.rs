//! GitHub, as an App: through octocrab, on Slipway's own transport, with Slipway's own token cache.
//! `client` sends, `graphql` asks for much at once, `tokens` authenticates; `read`, `config`, `request`, `line`, `progress`, `delivered` and
//! what they name ask; `write`, `own_issues`, `propose`, `publish`, `port` and `withdraw` apply. `said` remembers what need not be asked
//! again.

mod backports;
mod carried;
mod client;
mod config;
mod conflict;
mod delivered;
mod details;
mod elsewhere;
mod graphql;
mod ground;
mod history;
mod line;
mod merge;
mod merged;
mod merging;
mod open;
mod own_issues;
mod paths;
mod people;
mod pick;
mod port;
mod progress;
mod propose;
mod protection;
mod publish;
mod pushed;
mod read;
mod request;
mod rulesets;
mod running;
mod said;
mod source;
mod standing;
mod texts;
mod tokens;
mod trunk;
mod unmerged;
mod upstream;
mod withdraw;
mod write;

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use octocrab::Octocrab;
use octocrab::models::AppId;
use octocrab::service::middleware::base_uri::BaseUriLayer;
use octocrab::{AuthState, auth::AppAuth, jsonwebtoken::EncodingKey};
use tokio::sync::OnceCell;

use self::client::Wire;
use self::delivered::RangesKnown;
use self::running::Ran;
use self::said::Said;
use self::tokens::Tokens;
use super::Transport;
use super::seal::Seal;
use crate::domain::event::Repository;
use crate::domain::facts::Ref;
use crate::domain::names::RepoPath;
use crate::settings::GithubSettings;

/// The App's account, connected to one GitHub.
pub struct GitHub {
    /// Signs each call with a fresh JSON Web Token.
    app: Octocrab,
    /// Whose checks are Slipway's own.
    app_id: u64,
    tokens: Tokens,
    seal: Seal,
    /// `slipway[bot]`, once it was asked for.
    me: OnceCell<String>,
    ranges: Mutex<RangesKnown>,
}

/// One repository, seen with an installation's rights.
pub struct GithubRepository<'a> {
    forge: &'a GitHub,
    path: &'a RepoPath,
    id: u64,
    installation: Option<u64>,
    /// What GraphQL calls the repository, once it was told.
    node: OnceCell<String>,
    /// Where the history of a line goes on that was read in part.
    cursors: Mutex<BTreeMap<Ref, String>>,
    said: Said,
    ran: Mutex<Ran>,
    /// Held while Slipway's own issues are read, which several things about one event may ask for at a time.
    reading: tokio::sync::Mutex<()>,
}

/// Why the settings do not make a client.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    #[error("SLIPWAY_GITHUB_PRIVATE_KEY is not an RSA key in PEM form; generate one on the App's settings page and give it as it is")]
    Key,
    #[error("SLIPWAY_GITHUB_PRIVATE_KEY cannot sign; the key must have at least 2048 bits")]
    WeakKey,
    #[error("SLIPWAY_GITHUB_URL is not a URL that can be called")]
    Url,
}

impl GitHub {
    /// Must be called within a tokio runtime: octocrab starts a task for its buffer. No call is made.
    ///
    /// # Errors
    /// When the key cannot sign or the URL cannot be called.
    pub fn connect(settings: &GithubSettings, transport: &Transport) -> Result<Self, ConnectError> {
        let key = EncodingKey::from_rsa_pem(settings.private_key.reveal().as_bytes()).map_err(|_| ConnectError::Key)?;
        let app_id = AppId(settings.app_id);
        // Loaded only: a trial signature would wait some 30 ms for the randomness that blinds it, before the first answer.
        aws_lc_rs::rsa::KeyPair::from_der(key.inner()).map_err(|_| ConnectError::WeakKey)?;
        let base = settings.url.as_str().trim_end_matches('/').parse().map_err(|_| ConnectError::Url)?;
        let app = octocrab::OctocrabBuilder::new_empty()
            .with_service(Wire(transport.clone()))
            .with_layer(&BaseUriLayer::new(base))
            .with_auth(AuthState::App(AppAuth { app_id, key }))
            .build()
            .unwrap_or_else(|never| match never {});
        let seal = Seal::new(&settings.webhook_secrets);
        Ok(Self { app, app_id: settings.app_id, tokens: Tokens::default(), seal, me: OnceCell::new(), ranges: Mutex::default() })
    }

    fn ranges(&self) -> MutexGuard<'_, RangesKnown> {
        self.ranges.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn repository<'a>(&'a self, repository: &'a Repository) -> GithubRepository<'a> {
        GithubRepository {
            forge: self,
            path: &repository.path,
            id: repository.id,
            installation: repository.tenant,
            node: OnceCell::new(),
            cursors: Mutex::default(),
            said: Said::default(),
            ran: Mutex::default(),
            reading: tokio::sync::Mutex::default(),
        }
    }
}

impl GithubRepository<'_> {
    fn ran(&self) -> MutexGuard<'_, Ran> {
        self.ran.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn remember(&self, at: &Ref, cursor: Option<String>) {
        let mut cursors = self.cursors.lock().unwrap_or_else(PoisonError::into_inner);
        cursors.extend(cursor.map(|cursor| (at.clone(), cursor)));
    }

    /// Without one, the history is read from its start.
    fn cursor(&self, at: &Ref) -> Option<String> {
        self.cursors.lock().unwrap_or_else(PoisonError::into_inner).get(at).cloned()
    }
}
