//! Merges a merge request as it is at one commit, in the way that the project has for all. What GitLab requires is never gone around.

use serde::Serialize;

use super::GitlabProject;
use super::client::Call;
use super::requests::MergeRequest;
use crate::domain::facts::State;
use crate::domain::names::{Number, Sha};
use crate::domain::plan::Outcome;
use crate::forge::{Applied, ForgeError, Result};

/// `PUT /projects/:id/merge_requests/:merge_request_iid/merge`. Whether it is squashed is left to the project and the request.
#[derive(Serialize)]
struct Accepted<'a> {
    sha: &'a str,
}

impl GitlabProject<'_> {
    pub(super) async fn merge(&self, number: Number, head: &Sha) -> Result<Applied> {
        if is_merged(self.request(number).await?.as_ref()) {
            return Ok(Applied::Unchanged);
        }
        let call = Call::put(self.at(&format!("/merge_requests/{number}/merge")), &Accepted { sha: head.as_str() });
        let answer = self.tell(call).await;
        self.requests.lock().await.remove(&number.0);
        let message = match answer {
            Err(
                ForgeError::Rejected { status: 405 | 406 | 409 | 422, message, .. } | ForgeError::Denied { status: 401 | 403, message, .. },
            ) => message,
            Err(ForgeError::NotFound { .. }) => "it is gone".to_owned(),
            answer => return answer.map(|()| Applied::Changed),
        };
        // GitLab says little of why; what it says of the request itself is more, and it may have been merged meanwhile.
        let request = self.request(number).await?;
        if !is_merged(request.as_ref()) {
            let why = request.and_then(|request| why(&request)).unwrap_or(message);
            self.note(Outcome::Unmerged { number, why });
        }
        Ok(Applied::Unchanged)
    }
}

fn is_merged(request: Option<&MergeRequest>) -> bool {
    request.is_some_and(|request| request.state() == State::Merged)
}

/// The words for <https://docs.gitlab.com/api/merge_requests/#merge-status>; `None` where that tells nothing.
fn why(request: &MergeRequest) -> Option<String> {
    let told = match request.detailed_merge_status.as_deref()? {
        "mergeable" | "checking" | "unchecked" | "preparing" | "approvals_syncing" => return None,
        "ci_must_pass" => "its pipeline must succeed first",
        "ci_still_running" => "its pipeline has not finished",
        "commits_status" => "there is nothing in it to merge",
        "conflict" => "it conflicts with its base",
        "discussions_not_resolved" => "threads in it are not resolved",
        "draft_status" => "it is a draft",
        "merge_request_blocked" | "blocked_status" => "another merge request blocks it",
        "need_rebase" => "it must be rebased first",
        "not_approved" => "approvals are missing",
        "not_open" => "it is not open any more",
        "requested_changes" => "a reviewer has requested changes",
        "security_policy_violations" => "a security policy does not allow it",
        "status_checks_must_pass" => "status checks must pass first",
        other => return Some(format!("GitLab gives {other} as the reason")),
    };
    Some(told.to_owned())
}
