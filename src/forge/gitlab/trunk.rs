//! What a branch may be cut from on GitLab: its newest commits with their pipelines, and the branches of some names.
//! Must not know which commit is good enough.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use tokio::try_join;

use super::GitlabProject;
use super::client::Call;
use super::line::WireCommit;
use super::read::{User, unreadable};
use crate::domain::config::Pattern;
use crate::domain::facts::{CheckState, Checked, Trunk};
use crate::domain::names::{BranchName, Sha};
use crate::forge::error::absent;
use crate::forge::{ForgeError, Result};

/// Commits and pipelines that are read of a branch: the newest.
const COMMITS: usize = 30;
const PIPELINES: usize = 50;
/// Branches that are read at most.
const BRANCHES: usize = 1000;
/// Commits whose statuses are looked at one by one at most, and statuses of each.
const LOOKS: usize = 5;
const STATUSES: usize = 1000;

/// What the one check of a commit is called here.
const PIPELINE: &str = "pipeline";

#[derive(Deserialize)]
struct Pipeline {
    sha: String,
    status: String,
    source: Option<String>,
}

#[derive(Deserialize)]
struct Branch {
    name: String,
    commit: Option<Tip>,
}

#[derive(Deserialize)]
struct Tip {
    id: String,
}

/// A job, or what somebody reported from elsewhere.
#[derive(Deserialize)]
struct Status {
    #[serde(rename = "status")]
    state: String,
    #[serde(default)]
    allow_failure: bool,
    author: Option<User>,
}

impl Pipeline {
    /// It is made of reported statuses alone, which may all be Slipway's own.
    fn is_reported(&self) -> bool {
        self.source.as_deref() == Some("external")
    }

    /// A child's verdict is in its parent's, and one that was skipped has none.
    fn has_verdict(&self) -> bool {
        self.source.as_deref() != Some("parent_pipeline") && self.status != "skipped"
    }
}

impl GitlabProject<'_> {
    pub(super) async fn read_trunk(&self, branch: &BranchName, names: &str) -> Result<Option<Trunk>> {
        let (commits, pipelines, branches) = try_join!(self.first_parents(branch), self.pipelines(branch), self.branches(names))?;
        if commits.is_empty() {
            return Ok(None);
        }
        let mut checked = Vec::new();
        let mut looks = LOOKS;
        for sha in commits {
            let state = match pipelines.get(sha.as_str()) {
                Some(pipeline) => self.verdict(pipeline, (branch, &sha), &mut looks).await?,
                None => None,
            };
            if state == Some(CheckState::Green) {
                // What is asked for is the newest that is good, so what is older needs no closer look.
                looks = 0;
            }
            let checks = state.map(|state| BTreeMap::from([(PIPELINE.to_owned(), state)])).unwrap_or_default();
            checked.push(Checked { sha, checks });
        }
        Ok(Some(Trunk { commits: checked, required: BTreeSet::new(), branches }))
    }

    /// What a pipeline comes to without Slipway's own statuses, as far as there are looks left to find out.
    async fn verdict(&self, pipeline: &Pipeline, (branch, sha): (&BranchName, &Sha), looks: &mut usize) -> Result<Option<CheckState>> {
        let told = state(&pipeline.status);
        let is_clear = !pipeline.is_reported() && told != CheckState::Red;
        if is_clear || *looks == 0 {
            return Ok(Some(told));
        }
        *looks -= 1;
        let others = self.others_state(branch, sha).await?;
        Ok(if pipeline.is_reported() { others } else { others.or(Some(told)) })
    }

    /// `GET /projects/:id/repository/commits`; nothing where there is no such branch.
    async fn first_parents(&self, branch: &BranchName) -> Result<Vec<Sha>> {
        let call = Call::get(self.at("/repository/commits")).with("ref_name", format!("refs/heads/{branch}"));
        let commits = absent(self.ask_some::<WireCommit>(call.with("first_parent", "true"), COMMITS).await)?.unwrap_or_default();
        commits.iter().map(|commit| Sha::parse(&commit.id).map_err(unreadable("commit"))).collect()
    }

    /// `GET /projects/:id/pipelines`: of each commit the newest, before any that is made of reported statuses.
    async fn pipelines(&self, branch: &BranchName) -> Result<HashMap<String, Pipeline>> {
        let call = Call::get(self.at("/pipelines")).with("ref", branch.as_str()).with("order_by", "id").with("sort", "desc");
        // Where pipelines are switched off, or not for Slipway to see, there are none.
        let pipelines: Vec<Pipeline> = match self.ask_some(call, PIPELINES).await {
            Err(ForgeError::NotFound { .. } | ForgeError::Denied { status: 403, .. }) => Vec::new(),
            found => found?,
        };
        let mut newest: HashMap<String, Pipeline> = HashMap::new();
        for pipeline in pipelines.into_iter().filter(Pipeline::has_verdict) {
            let known = newest.get(&pipeline.sha);
            if known.is_none_or(|known| known.is_reported() && !pipeline.is_reported()) {
                newest.insert(pipeline.sha.clone(), pipeline);
            }
        }
        Ok(newest)
    }

    /// What all statuses of a commit come to that are not Slipway's own: `GET /projects/:id/repository/commits/:sha/statuses`, the latest
    /// of each name. `None`: there are no others.
    async fn others_state(&self, branch: &BranchName, sha: &Sha) -> Result<Option<CheckState>> {
        let me = self.my_name().await?;
        let call = Call::get(self.at(&format!("/repository/commits/{sha}/statuses"))).with("ref", branch.as_str());
        let statuses: Vec<Status> = self.ask_some(call, STATUSES).await?;
        let others = statuses.iter().filter(|status| status.author.as_ref().is_none_or(|author| author.username != me));
        Ok(others.map(Status::state).max())
    }

    /// `GET /projects/:id/repository/branches`, whose `search` takes the start of a name.
    async fn branches(&self, names: &str) -> Result<BTreeMap<BranchName, Sha>> {
        let Some(pattern) = Pattern::try_from(names.to_owned()).ok().filter(|_| !names.is_empty()) else { return Ok(BTreeMap::new()) };
        let mut call = Call::get(self.at("/repository/branches"));
        let start = names.split(['*', '?', '[', '{', '\\']).next().unwrap_or_default();
        if !start.is_empty() {
            call = call.with("search", format!("^{start}"));
        }
        let found: Vec<Branch> = self.ask_some(call, BRANCHES).await?;
        let matching = found.into_iter().filter(|branch| pattern.matches(&branch.name));
        let placed = |branch: Branch| {
            let name = BranchName::parse(&branch.name).ok()?;
            Some((name, Sha::parse(&branch.commit?.id).ok()?))
        };
        Ok(matching.filter_map(placed).collect())
    }
}

impl Status {
    fn state(&self) -> CheckState {
        match state(&self.state) {
            CheckState::Red if self.allow_failure => CheckState::Green,
            state => state,
        }
    }
}

/// The states of pipelines and of statuses are called the same. What waits for a person to start it has passed as far as it goes.
fn state(text: &str) -> CheckState {
    match text {
        "success" | "skipped" | "manual" => CheckState::Green,
        "failed" | "canceled" => CheckState::Red,
        _ => CheckState::Pending,
    }
}
