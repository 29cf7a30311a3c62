//! What others have reported on a commit of GitLab: its pipeline, and the statuses from elsewhere. Slipway's own statuses are jobs of a
//! pipeline too, so what it comes to is counted without them. Must not know which checks are asked for.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::GitlabProject;
use super::statuses::Status;
use crate::domain::facts::CheckState;
use crate::domain::names::{BranchName, Sha};
use crate::forge::Result;

/// What the check is called that all jobs of CI are together.
pub const PIPELINE: &str = "pipeline";

/// A commit's newest pipeline, as the commit or the merge request has it.
#[derive(Deserialize, Clone, PartialEq, Eq)]
pub struct LastPipeline {
    pub id: u64,
    pub status: String,
    pub source: Option<String>,
    #[serde(rename = "ref")]
    pub name: Option<String>,
}

impl LastPipeline {
    /// It is made of reported statuses alone.
    fn is_reported(&self) -> bool {
        self.source.as_deref() == Some("external")
    }
}

impl GitlabProject<'_> {
    /// The checks on a commit, which is the head of the branch. `last` is its newest pipeline: without one nothing is reported.
    pub(super) async fn checks(&self, (sha, branch): (&Sha, &str), last: Option<&LastPipeline>) -> Result<BTreeMap<String, CheckState>> {
        let Some(last) = last else { return Ok(BTreeMap::new()) };
        let (own, mut others) = self.all_statuses(sha.as_str(), branch).await?;
        // A pipeline of a merge request, and what ran before the branch was made, goes by another name.
        // Slipway's own statuses may hide the latter, which a branch that was just cut has from the trunk.
        let trunk = self.repository.default_branch.as_ref().filter(|_| last.is_reported() && others.is_empty());
        let elsewhere =
            last.name.as_deref().filter(|name| *name != branch).or(trunk.map(BranchName::as_str).filter(|name| *name != branch));
        if let Some(name) = elsewhere.filter(|_| last.is_reported() || state(&last.status) != CheckState::Green) {
            others.extend(self.all_statuses(sha.as_str(), name).await?.1);
        }
        Ok(told(last, &own, others))
    }
}

/// Of each name the newest counts. What is no job of CI is a check of its own.
fn told(last: &LastPipeline, own: &[Status], others: Vec<Status>) -> BTreeMap<String, CheckState> {
    let mut newest: BTreeMap<String, Status> = BTreeMap::new();
    for status in others {
        if newest.get(&status.name).is_none_or(|known| known.id < status.id) {
            newest.insert(status.name.clone(), status);
        }
    }
    let (jobs, reported): (Vec<_>, Vec<_>) = newest.into_values().partition(Status::is_job);
    let jobs = jobs.iter().map(Status::verdict).max();
    let whole = state(&last.status);
    // Where its jobs cannot be told from what else is reported, all of it counts.
    let of_last = || reported.iter().filter(|status| status.pipeline_id == Some(last.id)).map(Status::verdict).max();
    let is_held = own.iter().any(|status| status.pipeline_id == Some(last.id) && state(&status.state) != CheckState::Green);
    let pipeline = match jobs {
        _ if last.is_reported() => jobs,
        _ if whole == CheckState::Green => Some(whole),
        Some(jobs) if is_held => Some(jobs),
        None if is_held => of_last().or(Some(whole)),
        _ => Some(whole),
    };
    let pipeline = pipeline.map(|state| (PIPELINE.to_owned(), state));
    reported.iter().map(|status| (status.name.clone(), status.verdict())).chain(pipeline).collect()
}

impl Status {
    pub fn verdict(&self) -> CheckState {
        match state(&self.state) {
            CheckState::Red if self.allow_failure => CheckState::Green,
            state => state,
        }
    }

    /// A job's address ends with its number.
    fn is_job(&self) -> bool {
        let is_its = |address: &str| ["/-/jobs/", "/builds/"].iter().any(|part| address.ends_with(&format!("{part}{}", self.id)));
        self.target_url.as_deref().is_some_and(is_its)
    }
}

/// The states of pipelines and of statuses are called the same. What waits for a person to start it has passed as far as it goes.
pub fn state(text: &str) -> CheckState {
    match text {
        "success" | "skipped" | "manual" => CheckState::Green,
        "failed" | "canceled" => CheckState::Red,
        _ => CheckState::Pending,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{from_value, json};

    use super::*;

    fn last(status: &str, source: &str) -> LastPipeline {
        from_value(json!({"id": 9, "status": status, "source": source, "ref": "main"})).unwrap()
    }

    fn status(id: u64, name: &str, state: &str) -> Status {
        from_value(json!({"id": id, "name": name, "status": state, "pipeline_id": 9})).unwrap()
    }

    fn job(id: u64, name: &str, state: &str) -> Status {
        Status { target_url: Some(format!("https://gitlab.test/acme/app/-/jobs/{id}")), ..status(id, name, state) }
    }

    fn read(last: &LastPipeline, own: &[Status], others: Vec<Status>) -> String {
        let told = told(last, own, others).into_iter().map(|(name, state)| format!("{name} {state:?}"));
        told.collect::<Vec<_>>().join(", ")
    }

    #[test]
    fn slipways_own_status_does_not_hold_up_the_pipeline() {
        let own = [status(3, "slipway/readiness", "canceled")];
        let jobs = vec![job(1, "test", "success"), job(2, "lint", "success")];
        assert_eq!(read(&last("canceled", "push"), &own, jobs), "pipeline Green");
        let jobs = vec![job(1, "test", "success"), job(2, "lint", "created")];
        assert_eq!(read(&last("running", "push"), &own, jobs), "pipeline Pending");
        assert_eq!(read(&last("failed", "push"), &own, vec![job(1, "test", "failed")]), "pipeline Red");
    }

    #[test]
    fn a_pipeline_that_failed_without_a_job_has_failed() {
        assert_eq!(read(&last("failed", "push"), &[], Vec::new()), "pipeline Red");
        assert_eq!(read(&last("canceled", "push"), &[status(3, "slipway/readiness", "canceled")], Vec::new()), "pipeline Red");
    }

    #[test]
    fn what_is_reported_from_elsewhere_is_a_check_of_its_own() {
        let reported = || vec![status(2, "jenkins", "pending"), status(1, "jenkins", "failed")];
        assert_eq!(read(&last("success", "push"), &[], reported()), "jenkins Pending, pipeline Green");
        assert_eq!(read(&last("running", "external"), &[], reported()), "jenkins Pending");
        assert_eq!(read(&last("canceled", "external"), &[status(3, "slipway/readiness", "canceled")], Vec::new()), "");
    }

    #[test]
    fn a_job_that_may_fail_and_one_that_was_run_again_do_not_count() {
        let own = [status(9, "slipway/readiness", "failed")];
        let may_fail = Status { allow_failure: true, ..job(3, "lint", "failed") };
        let jobs = vec![job(1, "test", "failed"), may_fail, job(2, "test", "success")];
        assert_eq!(read(&last("failed", "push"), &own, jobs), "pipeline Green");
    }
}
