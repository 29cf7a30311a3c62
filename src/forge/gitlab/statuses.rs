//! Commit statuses on GitLab: what Slipway has said of a commit, and whose verdicts it set aside there.
//! Each report reads what is there and writes only a difference, so that it can be made again.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::GitlabProject;
use super::client::Call;
use super::read::User;
use super::requests::{HeadPipeline, MergeRequest};
use crate::domain::facts::Override;
use crate::domain::names::{Number, Sha, UserName};
use crate::domain::plan::{Check, CheckName, Conclusion, Presence};
use crate::forge::{Applied, Result};

/// GitLab's limit, in characters.
const LONGEST: usize = 255;
/// Statuses of one commit that are read at most, those of everybody.
const STATUSES: usize = 1000;

/// A job, or what somebody reported from elsewhere.
#[derive(Deserialize, Clone)]
pub struct Status {
    pub id: u64,
    pub name: String,
    #[serde(rename = "status")]
    pub state: String,
    pub description: Option<String>,
    pub author: Option<User>,
    #[serde(default)]
    pub allow_failure: bool,
    pub pipeline_id: Option<u64>,
    pub target_url: Option<String>,
}

/// `POST /projects/:id/statuses/:sha`
#[derive(Serialize)]
struct StatusBody<'a> {
    state: &'a str,
    r#ref: &'a str,
    name: &'a str,
    description: &'a str,
}

impl GitlabProject<'_> {
    /// Remembers that there is nothing of Slipway's to be found about a request, where the request itself says so. What runs for the
    /// branches of forks it does not tell.
    pub(super) async fn note_silence(&self, request: &MergeRequest, sha: &str) {
        let mut seen = self.seen.lock().await;
        if request.head_pipeline == HeadPipeline::None && request.source_project_id == Some(request.target_project_id) {
            seen.statuses.entry((sha.to_owned(), request.source_branch.clone())).or_default();
        }
        if request.user_notes_count == Some(0) {
            seen.notes.entry(super::write::request_notes(Number(request.iid))).or_default();
        }
    }

    /// The bot's own statuses, the latest of each name: `GET /projects/:id/repository/commits/:sha/statuses`, once an event.
    async fn own_statuses(&self, sha: &str, name: &str) -> Result<Vec<Status>> {
        let key = (sha.to_owned(), name.to_owned());
        if let Some(known) = self.seen.lock().await.statuses.get(&key) {
            return Ok(known.clone());
        }
        self.all_statuses(sha, name).await.map(|(own, _)| own)
    }

    /// What is the bot's own, and what is not: the bot may also have started the pipeline whose jobs are listed.
    pub(super) async fn all_statuses(&self, sha: &str, name: &str) -> Result<(Vec<Status>, Vec<Status>)> {
        let me = self.my_name().await?;
        let call = Call::get(self.at(&format!("/repository/commits/{sha}/statuses"))).with("ref", name);
        let statuses: Vec<Status> = self.ask_some(call, STATUSES).await?;
        let (own, others): (Vec<_>, Vec<_>) = statuses.into_iter().partition(|status| status.is_by(me));
        self.seen.lock().await.statuses.insert((sha.to_owned(), name.to_owned()), own.clone());
        Ok((own, others))
    }

    /// What the bot's own status of a name is, if there is one.
    pub(super) async fn own_state(&self, name: CheckName, (ref_name, at): (&str, &Sha)) -> Result<Option<String>> {
        let name = name.text();
        let known = self.own_statuses(at.as_str(), ref_name).await?;
        Ok(known.into_iter().find(|status| status.name == name).map(|status| status.state))
    }

    /// By rule.
    pub(super) async fn read_overrides(&self, request: &MergeRequest, sha: &str) -> Result<BTreeMap<String, Override>> {
        let statuses = self.own_statuses(sha, &request.source_branch).await?;
        Ok(statuses.iter().filter(|status| status.state == "success").filter_map(overridden).collect())
    }

    /// A commit status has one line: the check's title. The explanation is in the comment.
    pub(super) async fn report(&self, check: &Check<String>) -> Result<Applied> {
        let name = check.name.text();
        let known = self.own_statuses(check.sha.as_str(), &check.ref_name).await?;
        let existing = known.iter().find(|status| status.name == name);
        let state = state_of(check);
        let description: String = check.title.chars().take(LONGEST).collect();
        let applied = match existing {
            Some(status) if status.state == state && status.description.as_deref() == Some(&description) => {
                return Ok(Applied::Unchanged);
            }
            Some(_) => Applied::Changed,
            None if check.presence == Presence::OnlyIfPresent => return Ok(Applied::Unchanged),
            None => Applied::Created,
        };
        let body = StatusBody { state, r#ref: &check.ref_name, name: &name, description: &description };
        match self.ask::<Status>(Call::post(self.at(&format!("/statuses/{}", check.sha)), &body)).await {
            // Somebody else's worker was faster: the status is what it should be.
            Err(error) if error.is_rejection(400, "Cannot transition status") => return Ok(Applied::Unchanged),
            Err(error) => return Err(error),
            Ok(written) => {
                let mut seen = self.seen.lock().await;
                let own = seen.statuses.entry((check.sha.to_string(), check.ref_name.clone())).or_default();
                own.retain(|status| status.name != written.name);
                own.push(written);
            }
        }
        Ok(applied)
    }
}

impl Status {
    /// Whether it is one that Slipway, called so here, has reported.
    pub fn is_by(&self, me: &str) -> bool {
        self.name.starts_with("slipway/") && self.author.as_ref().is_some_and(|author| author.username == me)
    }
}

/// A status is a job of the pipeline of its commit, which does not end while one is pending: then no delivery would tell that the others have
/// ended, which is what readiness waits for. So that is canceled until it can be told.
fn state_of(check: &Check<String>) -> &'static str {
    match (check.conclusion, check.name) {
        (Conclusion::Success | Conclusion::Neutral, _) => "success",
        (Conclusion::Failure, _) => "failed",
        (Conclusion::Pending, CheckName::Readiness) => "canceled",
        (Conclusion::Pending, _) => "pending",
    }
}

/// The rule whose verdict a status sets aside: `dana: why`.
fn overridden(status: &Status) -> Option<(String, Override)> {
    let rule = status.name.strip_prefix(&*CheckName::Override("").text())?;
    let (by, reason) = status.description.as_deref()?.split_once(": ")?;
    Some((rule.to_owned(), Override { by: UserName::parse(by).ok()?, reason: reason.to_owned() }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(name: &str, description: &str) -> Option<(String, Override)> {
        let description = Some(description.to_owned());
        let (name, state) = (name.to_owned(), "success".to_owned());
        let (pipeline_id, target_url) = (None, None);
        overridden(&Status { id: 1, name, state, description, author: None, allow_failure: false, pipeline_id, target_url })
    }

    #[test]
    fn an_override_is_a_status_that_says_whose_it_is_and_why() {
        let (rule, by) = read("slipway/override/size", "dana: it is: generated").unwrap();
        assert_eq!((rule.as_str(), by.by.as_str(), by.reason.as_str()), ("size", "dana", "it is: generated"));
        assert_eq!(read("slipway/policy", "dana: why"), None);
        assert_eq!(read("slipway/override/size", "no user: why"), None);
    }
}
