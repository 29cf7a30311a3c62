//! GitLab, with an access token: through the gitlab crate's endpoints and paging, on Slipway's own transport.
//! `client` sends; `read`, `line`, `requests`, `files`, `merging` and `people` ask; `write`, `propose` and `release` apply.
//! `closing` and `messages` know how GitLab reads and writes texts.

mod client;
mod closing;
mod files;
mod line;
mod merging;
mod messages;
mod people;
mod propose;
mod read;
mod release;
mod requests;
mod write;

use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::{Mutex, OnceCell};

use self::client::Client;
use self::files::PathsKnown;
use self::requests::Listed;
use super::{Result, Transport};
use crate::domain::event::Repository;
use crate::settings::GitlabSettings;

/// How many calls are under way at once for what has no list.
const AT_ONCE: usize = 4;

/// The answers to calls, in their order.
fn together<T, F: Future<Output = Result<T>>>(calls: impl IntoIterator<Item = F>) -> impl Future<Output = Result<Vec<T>>> {
    stream::iter(calls.into_iter().collect::<Vec<_>>()).buffered(AT_ONCE).try_collect()
}

/// The bot's account on one GitLab instance.
pub struct GitLab {
    client: Client,
    /// The bot's user name, once it was asked for.
    me: OnceCell<String>,
    paths: Mutex<PathsKnown>,
}

/// One project, with the token's rights.
pub struct GitlabProject<'a> {
    forge: &'a GitLab,
    repository: &'a Repository,
    read: Mutex<Read>,
}

/// What this event has read of a line, beside what is in its window.
#[derive(Default)]
struct Read {
    /// Pages of commits.
    pages: usize,
    requests: Listed,
}

impl GitLab {
    /// No call is made.
    pub fn connect(settings: &GitlabSettings, transport: &Transport) -> Self {
        Self { client: Client::new(settings, transport.clone()), me: OnceCell::new(), paths: Mutex::default() }
    }

    pub fn project<'a>(&'a self, repository: &'a Repository) -> GitlabProject<'a> {
        GitlabProject { forge: self, repository, read: Mutex::default() }
    }
}
