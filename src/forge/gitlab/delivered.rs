//! What was delivered from a GitLab project, and when: deployments with what they brought, merged requests, releases.
//! Must not know what is measured by them.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;
use serde::Deserialize;
use tokio::try_join;

use super::client::Call;
use super::line::WireCommit;
use super::read::unreadable;
use super::requests::MergeRequest;
use super::{GitlabProject, together};
use crate::domain::facts::{Delivered, DeliveredWanted, DeployResult, Deployment, Landing, Released};
use crate::domain::names::{BranchName, Moment, Number, Sha, TagName};
use crate::forge::error::absent;
use crate::forge::{ForgeError, Result};

/// Commits of one deployment, merged requests and releases that are read at most.
const BROUGHT: usize = 500;
const MERGED: usize = 500;
const RELEASES: usize = 100;
/// What lies between two commits never changes, so it is asked for once; beyond this many pairs it is asked for again.
const PAIRS_KNOWN: usize = 1000;

/// The commits that the second of two has and the first has not, by project.
pub type RangesKnown = HashMap<(u64, Sha, Sha), Vec<Sha>>;

/// `GET /projects/:id/deployments`
#[derive(Deserialize)]
struct WireDeployment {
    id: u64,
    sha: String,
    status: String,
    created_at: Timestamp,
    updated_at: Option<Timestamp>,
    environment: Option<Environment>,
    /// The job that deployed; of one that was reported from elsewhere there is none.
    deployable: Option<Job>,
}

#[derive(Deserialize)]
struct Environment {
    name: String,
}

#[derive(Deserialize)]
struct Job {
    finished_at: Option<Timestamp>,
}

/// `GET /projects/:id/releases`
#[derive(Deserialize)]
struct WireRelease {
    tag_name: String,
    released_at: Option<Timestamp>,
    #[serde(default)]
    upcoming_release: bool,
    /// Left out where the token may not see the code.
    commit: Option<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    id: String,
}

impl WireDeployment {
    /// `None`: it was called off, or waits for somebody and has not begun.
    fn result(&self) -> Option<DeployResult> {
        match self.status.as_str() {
            "success" => Some(DeployResult::Succeeded),
            "failed" => Some(DeployResult::Failed),
            "created" | "running" => Some(DeployResult::Running),
            _ => None,
        }
    }

    fn at(&self, result: DeployResult) -> Moment {
        let ended = self.deployable.as_ref().and_then(|job| job.finished_at).or(self.updated_at);
        let at = if result == DeployResult::Running { self.created_at } else { ended.unwrap_or(self.created_at) };
        Moment(at.as_second())
    }
}

impl GitlabProject<'_> {
    pub(super) async fn read_delivered(&self, wanted: &DeliveredWanted) -> Result<Delivered> {
        let deployments = together(wanted.environments.iter().map(|environment| self.deployments(environment, wanted)));
        let (deployments, merged, releases) = try_join!(deployments, self.landings(wanted.since), self.released(wanted.since))?;
        let (mut all, mut cut) = (Vec::new(), merged.1 || releases.1);
        for (deployments, is_cut) in deployments {
            all.extend(deployments);
            cut |= is_cut;
        }
        all.sort_by_key(|(_, deployment)| deployment.at);
        let surplus = all.len().saturating_sub(wanted.most);
        let kept: Vec<_> = all.into_iter().skip(surplus).collect();
        let deployments = self.with_ranges(kept).await?;
        Ok(Delivered { deployments, merged: merged.0, releases: releases.0, cut: cut || surplus > 0 })
    }

    /// The newest of one environment, each with the successful one before it, oldest first; and whether there are more.
    async fn deployments(&self, environment: &str, wanted: &DeliveredWanted) -> Result<(Vec<(Option<Sha>, Deployment)>, bool)> {
        let call = Call::get(self.at("/deployments")).with("environment", environment);
        // One more, so that the oldest has one before it.
        let call = call.with("order_by", "created_at").with("sort", "desc");
        let mut found = match self.ask_some::<WireDeployment>(call, wanted.most + 1).await {
            // Where deployments are switched off, or not for Slipway to see, there are none.
            Err(ForgeError::NotFound { .. } | ForgeError::Denied { status: 403, .. }) => Vec::new(),
            found => found?,
        };
        found.retain(|found| found.environment.as_ref().is_none_or(|named| named.name == environment));
        let is_whole = found.len() <= wanted.most || found.last().is_some_and(|oldest| oldest.created_at.as_second() < wanted.since.0);
        found.sort_by_key(|found| (found.created_at, found.id));
        let mut before: Option<Sha> = None;
        let mut told = Vec::new();
        for found in &found {
            let Some(result) = found.result() else { continue };
            let sha = Sha::parse(&found.sha).map_err(unreadable("deployment"))?;
            let (environment, at) = (environment.to_owned(), found.at(result));
            let deployment = Deployment { environment, sha: sha.clone(), result, at, brought: Vec::new(), went_back: false };
            let is_good = result == DeployResult::Succeeded;
            told.push((before.clone().filter(|_| is_good), deployment));
            before = if is_good { Some(sha) } else { before };
        }
        told.retain(|(_, deployment)| deployment.at >= wanted.since);
        Ok((told, !is_whole))
    }

    async fn with_ranges(&self, deployments: Vec<(Option<Sha>, Deployment)>) -> Result<Vec<Deployment>> {
        let told = deployments.into_iter().map(|(before, mut deployment)| async move {
            let Some(before) = before.filter(|before| *before != deployment.sha) else { return Ok(deployment) };
            if let Some(brought) = self.range(&before, &deployment.sha).await? {
                deployment.went_back = brought.is_empty();
                deployment.brought = brought;
            }
            Ok(deployment)
        });
        together(told).await
    }

    /// `GET /projects/:id/repository/commits`, which takes a range; `None` where one of the commits is gone.
    async fn range(&self, from: &Sha, to: &Sha) -> Result<Option<Vec<Sha>>> {
        let key = (self.repository.id, from.clone(), to.clone());
        if let Some(known) = self.forge.ranges.lock().await.get(&key) {
            return Ok(Some(known.clone()));
        }
        let call = Call::get(self.at("/repository/commits")).with("ref_name", format!("{from}..{to}"));
        let Some(commits) = absent(self.ask_some::<WireCommit>(call, BROUGHT).await)? else { return Ok(None) };
        let brought: Vec<Sha> = commits.iter().map(|commit| Sha::parse(&commit.id).map_err(unreadable("commit"))).collect::<Result<_>>()?;
        let mut known = self.forge.ranges.lock().await;
        if known.len() >= PAIRS_KNOWN {
            known.clear();
        }
        known.insert(key, brought.clone());
        Ok(Some(brought))
    }

    /// `GET /projects/:id/merge_requests`: merging touches a request, so those that were merged since are among those touched since.
    async fn landings(&self, since: Moment) -> Result<(Vec<Landing>, bool)> {
        let call = self.requests().with("state", "merged").with("order_by", "updated_at").with("sort", "desc");
        let call = Timestamp::from_second(since.0).into_iter().fold(call, |call, since| call.with("updated_after", since.to_string()));
        let found: Vec<MergeRequest> = self.ask_some(call, MERGED).await?;
        let cut = found.len() == MERGED;
        let mut landings = BTreeMap::new();
        for request in &found {
            let (Some(at), Some(commit)) = (request.merged_at, request.landed()) else { continue };
            let merged_at = Moment(at.as_second());
            if merged_at < since {
                continue;
            }
            let invalid = unreadable("merge request");
            let landing = Landing {
                number: Number(request.iid),
                merged_at,
                commit: Sha::parse(commit).map_err(&invalid)?,
                base: BranchName::parse(&request.target_branch).map_err(&invalid)?,
                head: BranchName::parse(&request.source_branch).ok(),
            };
            landings.insert((merged_at, request.iid), landing);
        }
        Ok((landings.into_values().collect(), cut))
    }

    /// GitLab knows no pre-releases, and neither drafts: what is a pre-release its tag tells. One of a later date is upcoming.
    async fn released(&self, since: Moment) -> Result<(Vec<Released>, bool)> {
        let call = Call::get(self.at("/releases")).with("order_by", "released_at").with("sort", "desc");
        let found: Vec<WireRelease> = match self.ask_some(call, RELEASES).await {
            Err(ForgeError::NotFound { .. } | ForgeError::Denied { status: 403, .. }) => Vec::new(),
            found => found?,
        };
        let cut = found.len() == RELEASES && found.last().and_then(|oldest| oldest.released_at).is_some_and(|at| at.as_second() >= since.0);
        let told = |release: &WireRelease| {
            let at = Moment(release.released_at?.as_second());
            let commit = Sha::parse(&release.commit.as_ref()?.id).ok()?;
            let tag = TagName::parse(&release.tag_name).ok()?;
            (at >= since && !release.upcoming_release).then_some(Released { tag, commit, at })
        };
        let mut releases: Vec<Released> = found.iter().filter_map(told).collect();
        releases.sort_by_key(|release| release.at);
        Ok((releases, cut))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deployment_ended_when_its_job_did() {
        let text = r#"{"id": 1, "sha": "x", "status": "success", "created_at": "2026-01-01T00:00:00Z",
            "updated_at": "2026-01-01T00:02:00Z", "deployable": {"finished_at": "2026-01-01T00:01:00Z"}}"#;
        let found: WireDeployment = serde_json::from_str(text).unwrap();
        let begun = Timestamp::from_second(found.at(DeployResult::Running).0).unwrap();
        assert_eq!(found.at(DeployResult::Succeeded).0 - begun.as_second(), 60);
        assert_eq!(found.result(), Some(DeployResult::Succeeded));
    }
}
