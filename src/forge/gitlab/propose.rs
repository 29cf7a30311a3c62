//! Release merge requests on GitLab: made, kept up to date, described and closed. A request that was read is not written again
//! unless something differs. Must not know what a release is made of.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::GitlabProject;
use super::client::Call;
use super::requests::MergeRequest;
use super::write::described;
use crate::domain::facts::State;
use crate::domain::names::{BranchName, Number};
use crate::domain::plan::{Outcome, Propose};
use crate::forge::texts::{commit_message, is_made_from, same};
use crate::forge::{Applied, ForgeError, Result};

/// GitLab's limit for a title, in characters.
const TITLE: usize = 255;

/// `POST /projects/:id/repository/commits`
#[derive(Serialize)]
struct CommitBody<'a> {
    branch: &'a str,
    start_sha: &'a str,
    /// Whatever the branch held before, it holds this one commit afterwards.
    force: bool,
    commit_message: String,
    actions: Vec<FileAction<'a>>,
}

#[derive(Serialize)]
struct FileAction<'a> {
    action: &'static str,
    file_path: &'a str,
    content: &'a str,
}

/// `POST /projects/:id/merge_requests`. GitLab makes a label that is not there yet.
#[derive(Serialize)]
struct RequestBody<'a> {
    source_branch: &'a str,
    target_branch: &'a str,
    title: &'a str,
    description: &'a str,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    labels: &'a BTreeSet<String>,
}

/// What a merge request says when it is opened.
pub struct Said<'a> {
    pub title: &'a str,
    pub body: &'a str,
    pub labels: &'a BTreeSet<String>,
}

/// A merge request from a branch: opened now, or found open.
pub enum Opened {
    Now(Number),
    Before(Box<MergeRequest>),
}

#[derive(Deserialize)]
struct Numbered {
    iid: u64,
}

/// `PUT /projects/:id/merge_requests/:merge_request_iid`
#[derive(Serialize, Default, PartialEq)]
struct Edit<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    title: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    state_event: Option<&'static str>,
}

impl GitlabProject<'_> {
    pub(super) async fn propose(&self, propose: &Propose<String>) -> Result<Applied> {
        let body = described(&propose.body);
        let Some(seen) = propose.seen.as_ref().filter(|seen| seen.state == State::Open) else {
            self.push(propose).await?;
            return self.open(propose, &body).await;
        };
        let is_current = is_made_from(propose, &seen.message);
        if !is_current {
            self.push(propose).await?;
        }
        let edited = self.edit(seen.number, differences((&seen.title, &seen.body), (&propose.title, &body))).await?;
        self.note(Outcome::Request { branch: propose.branch.clone(), number: seen.number });
        Ok(if is_current { edited } else { Applied::Changed })
    }

    /// GitLab makes a file or changes one, but will not be left the choice.
    async fn push(&self, propose: &Propose<String>) -> Result<()> {
        let actions = propose.files.iter().map(|(path, text)| {
            let action = if propose.existing.contains(path) { "update" } else { "create" };
            FileAction { action, file_path: path, content: text }
        });
        let body = CommitBody {
            branch: propose.branch.as_str(),
            start_sha: propose.onto.as_str(),
            force: true,
            commit_message: commit_message(propose),
            actions: actions.collect(),
        };
        self.tell(Call::post(self.at("/repository/commits"), &body)).await
    }

    /// Where one is open already, it is brought up to date.
    async fn open(&self, propose: &Propose<String>, body: &str) -> Result<Applied> {
        let said = Said { title: &propose.title, body, labels: &BTreeSet::new() };
        let (number, applied) = match self.open_request(&propose.branch, &propose.base, said).await? {
            Opened::Now(number) => (number, Applied::Created),
            Opened::Before(there) => {
                let (number, text) = (Number(there.iid), there.description.as_deref().unwrap_or_default());
                self.edit(number, differences((&there.title, text), (&propose.title, body))).await?;
                (number, Applied::Changed)
            }
        };
        self.note(Outcome::Request { branch: propose.branch.clone(), number });
        Ok(applied)
    }

    /// Where one is open already, an answer was lost, or somebody was faster.
    pub(super) async fn open_request(&self, branch: &BranchName, base: &BranchName, said: Said<'_>) -> Result<Opened> {
        let title: String = said.title.chars().take(TITLE).collect();
        let (source_branch, target_branch) = (branch.as_str(), base.as_str());
        let request = RequestBody { source_branch, target_branch, title: &title, description: said.body, labels: said.labels };
        match self.ask::<Numbered>(Call::post(self.at("/merge_requests"), &request)).await {
            Err(error) if error.is_rejection(409, "") => {
                let there = self.open_from(branch, base).await?;
                there.map(|there| Opened::Before(Box::new(there))).ok_or(passing(error))
            }
            answer => answer.map(|made| Opened::Now(Number(made.iid))),
        }
    }

    /// The merge request that is open from a branch of the project itself into another.
    pub(super) async fn open_from(&self, branch: &BranchName, base: &BranchName) -> Result<Option<MergeRequest>> {
        let is_it =
            |request: &MergeRequest| request.state() == State::Open && request.target_branch == base.as_str() && request.is_from(branch);
        Ok(self.requests_from(branch).await?.into_iter().find(is_it))
    }

    pub(super) async fn withdraw(&self, number: Number, body: &str) -> Result<Applied> {
        self.bring_up(number, body, Some("close")).await
    }

    pub(super) async fn describe(&self, number: Number, body: &str) -> Result<Applied> {
        self.bring_up(number, body, None).await
    }

    /// A request that is merged needs no closing; one that is gone needs nothing.
    async fn bring_up(&self, number: Number, body: &str, event: Option<&'static str>) -> Result<Applied> {
        let body = described(body);
        let Some(request) = self.request(number).await?.filter(|request| event.is_none() || request.state() != State::Merged) else {
            return Ok(Applied::Unchanged);
        };
        let text = request.description.as_deref().unwrap_or_default();
        let edit = differences((&request.title, text), (&request.title, &body));
        self.edit(number, Edit { state_event: event.filter(|_| request.state() == State::Open), ..edit }).await
    }

    async fn edit(&self, number: Number, edit: Edit<'_>) -> Result<Applied> {
        if edit == Edit::default() {
            return Ok(Applied::Unchanged);
        }
        let call = Call::put(self.at(&format!("/merge_requests/{number}")), &edit);
        self.requests.lock().await.remove(&number.0);
        self.tell(call).await.map_err(passing).map(|()| Applied::Changed)
    }
}

/// What of title and text is to be written.
fn differences<'a>(old: (&str, &str), (title, text): (&'a str, &'a str)) -> Edit<'a> {
    let (title, text) = ((old.0 != title).then_some(title), (!same(old.1, text)).then_some(text));
    Edit { title, description: text, state_event: None }
}

/// A conflict with what somebody else does at the same time: the delivery is worth deciding again.
pub fn passing(error: ForgeError) -> ForgeError {
    match error {
        ForgeError::Rejected { call, status: 409, message } => ForgeError::Unavailable { call, why: message },
        error => error,
    }
}
