//! Release merge requests on GitLab: made, kept up to date, described and closed. A request that was read is not written again
//! unless something differs. Must not know what a release is made of.

use serde::Serialize;

use super::GitlabProject;
use super::client::Call;
use super::requests::MergeRequest;
use super::write::described;
use crate::domain::facts::State;
use crate::domain::names::Number;
use crate::domain::plan::Propose;
use crate::forge::texts::{commit_message, is_made_from, same};
use crate::forge::{Applied, ForgeError, Result};

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

/// `POST /projects/:id/merge_requests`
#[derive(Serialize)]
struct RequestBody<'a> {
    source_branch: &'a str,
    target_branch: &'a str,
    title: &'a str,
    description: &'a str,
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

    /// Where one is open already, an answer was lost, or somebody was faster: that one is brought up to date.
    async fn open(&self, propose: &Propose<String>, body: &str) -> Result<Applied> {
        let (source_branch, target_branch) = (propose.branch.as_str(), propose.base.as_str());
        let request = RequestBody { source_branch, target_branch, title: &propose.title, description: body };
        let refusal = match self.tell(Call::post(self.at("/merge_requests"), &request)).await {
            Err(error) if error.is_rejection(409, "") => error,
            answer => return answer.map(|()| Applied::Created),
        };
        let requests = self.requests_from(&propose.branch).await?;
        let is_same = |request: &&MergeRequest| request.state() == State::Open && request.target_branch == target_branch;
        match requests.iter().filter(|request| request.source_project_id == Some(request.target_project_id)).find(is_same) {
            Some(there) => {
                let text = there.description.as_deref().unwrap_or_default();
                self.edit(Number(there.iid), differences((&there.title, text), (&propose.title, body))).await?;
                Ok(Applied::Changed)
            }
            None => Err(passing(refusal)),
        }
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
