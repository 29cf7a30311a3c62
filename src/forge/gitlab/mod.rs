//! GitLab, with an access token: through the gitlab crate's endpoints and paging, on Slipway's own transport.
//! `client` sends; `read`, `config`, `details`, `upstream`, `backports`, `pushed`, `line`, `requests`, `files`, `standing`, `merging` and
//! `people` ask; `write`, `statuses`, `own_issues`, `propose` and `release` apply. Of running a release, `trunk`, `source` and `running`
//! ask, and `port`, `ported`, `labels` and `withdraw` apply. Of what a release waits for, `progress`, `checks` and `delivered` ask. `closing` and `messages` know how GitLab reads and writes texts.

mod backports;
mod checks;
mod client;
mod closing;
mod config;
mod delivered;
mod details;
mod files;
mod labels;
mod line;
mod merge;
mod merging;
mod messages;
mod own_issues;
mod people;
mod port;
mod ported;
mod progress;
mod propose;
mod protection;
mod pushed;
mod read;
mod release;
mod requests;
mod running;
mod source;
mod standing;
mod statuses;
mod trunk;
mod upstream;
mod withdraw;
mod write;

use std::collections::{BTreeMap, HashMap};
use std::sync::PoisonError;

use futures::{StreamExt, TryStreamExt, stream};
use tokio::sync::{Mutex, OnceCell};

use self::client::Client;
use self::config::Organisations;
use self::delivered::RangesKnown;
use self::files::PathsKnown;
use self::own_issues::WireIssue;
use self::requests::{Listed, MergeRequest};
use self::statuses::Status;
use self::write::Note;
use super::seal::Seal;
use super::{Result, Transport};
use crate::domain::event::Repository;
use crate::domain::facts::{IssueKind, Ref};
use crate::domain::plan::Outcome;
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
    ranges: Mutex<RangesKnown>,
    organisations: Mutex<Organisations>,
    seal: Seal,
}

/// One project, with the token's rights.
pub struct GitlabProject<'a> {
    forge: &'a GitLab,
    repository: &'a Repository,
    read: Mutex<BTreeMap<Ref, Read>>,
    seen: Mutex<Seen>,
    /// Held while issues are read, so that whoever else asks meanwhile waits for that answer.
    reading: Mutex<()>,
    /// The merge requests that were asked for one by one, by number.
    requests: Mutex<BTreeMap<u64, Option<MergeRequest>>>,
    came: std::sync::Mutex<Vec<Outcome>>,
}

/// What this event has seen of Slipway's own words, as its writes have left it: what is known need not be asked for before it is written.
#[derive(Default)]
struct Seen {
    /// By commit and ref.
    statuses: HashMap<(String, String), Vec<Status>>,
    /// By the path of the list that they are in.
    notes: HashMap<String, Vec<Note>>,
    issues: BTreeMap<IssueKind, Vec<WireIssue>>,
    /// Whether this event has made a branch: nothing that goes with it can be left of an attempt before.
    made_branch: bool,
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
        let client = Client::new(settings, transport.clone());
        let seal = Seal::new(settings.webhook_tokens.iter().chain(&settings.signing_tokens));
        Self { client, me: OnceCell::new(), paths: Mutex::default(), ranges: Mutex::default(), organisations: Mutex::default(), seal }
    }

    pub fn project<'a>(&'a self, repository: &'a Repository) -> GitlabProject<'a> {
        let (read, seen, requests, came) = Default::default();
        GitlabProject { forge: self, repository, read, seen, reading: Mutex::default(), requests, came }
    }
}

impl GitlabProject<'_> {
    /// Remembers what came of an action.
    fn note(&self, outcome: Outcome) {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).push(outcome);
    }

    pub(super) fn came(&self) -> Vec<Outcome> {
        self.came.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
