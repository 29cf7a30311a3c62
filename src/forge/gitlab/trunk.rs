//! What a branch may be cut from on GitLab: its newest commits with their pipelines, and the branches of some names.
//! Must not know which commit is good enough.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Deserialize;
use tokio::try_join;

use super::GitlabProject;
use super::checks::{PIPELINE, state};
use super::client::Call;
use super::line::WireCommit;
use super::read::unreadable;
use super::statuses::Status;
use crate::domain::config::Pattern;
use crate::domain::facts::{CheckState, Checked, Depth, Trunk};
use crate::domain::names::{BranchName, Sha};
use crate::forge::error::absent;
use crate::forge::{ForgeError, Result};

/// Commits and pipelines that are read of a branch: the newest.
const COMMITS: usize = 30;
const PIPELINES: usize = 50;
/// Branches that are read at most.
const BRANCHES: usize = 1000;
/// Commits whose statuses are looked at one by one at most.
const LOOKS: usize = 5;

#[derive(Deserialize)]
struct Pipeline {
    sha: String,
    status: String,
    source: Option<String>,
}

/// The pipeline of a commit that counts, by its SHA.
type Pipelines = HashMap<String, Pipeline>;

#[derive(Deserialize)]
struct Branch {
    name: String,
    commit: Option<Tip>,
}

#[derive(Deserialize)]
struct Tip {
    id: String,
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
    pub(super) async fn read_trunk(&self, branch: &BranchName, names: &str, depth: Depth) -> Result<Option<Trunk>> {
        let (commits, branches) = match depth {
            Depth::Names => return Ok(Some(Trunk { branches: self.branches(names).await?, ..Trunk::default() })),
            Depth::Green => {
                let (pipelines, (tip, branches)) = try_join!(self.pipelines(branch), self.tip_and_branches(branch, names))?;
                (self.green(branch, tip, &pipelines).await?, branches)
            }
            Depth::Commits => {
                let (commits, branches) = try_join!(self.first_parents(branch), self.branches(names))?;
                (commits.into_iter().map(|sha| Checked { sha, checks: BTreeMap::new() }).collect(), branches)
            }
            Depth::Checks => {
                let (commits, pipelines, branches) = try_join!(self.first_parents(branch), self.pipelines(branch), self.branches(names))?;
                (self.judged(branch, commits, &pipelines, None).await?, branches)
            }
        };
        Ok((!commits.is_empty()).then_some(Trunk { commits, required: BTreeSet::new(), branches }))
    }

    /// The commits down to the newest that is green, and perhaps further: where that is the tip, or where nothing is reported on the branch, the
    /// tip alone.
    async fn green(&self, branch: &BranchName, tip: Option<Sha>, pipelines: &Pipelines) -> Result<Vec<Checked>> {
        let mut known = Vec::new();
        if let Some(tip) = tip {
            known = self.judged(branch, vec![tip], pipelines, None).await?;
            if pipelines.is_empty() || known.iter().any(|tip| tip.checks.get(PIPELINE) == Some(&CheckState::Green)) {
                return Ok(known);
            }
        }
        self.judged(branch, self.first_parents(branch).await?, pipelines, known.pop()).await
    }

    /// Commits with what their pipelines come to; of one that may be known already.
    async fn judged(&self, branch: &BranchName, commits: Vec<Sha>, pipelines: &Pipelines, known: Option<Checked>) -> Result<Vec<Checked>> {
        let mut checked = Vec::new();
        let mut looks = LOOKS;
        for sha in commits {
            if let Some(known) = known.as_ref().filter(|known| known.sha == sha) {
                checked.push(known.clone());
                continue;
            }
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
        Ok(checked)
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
    async fn pipelines(&self, branch: &BranchName) -> Result<Pipelines> {
        let call = Call::get(self.at("/pipelines")).with("ref", branch.as_str()).with("order_by", "id").with("sort", "desc");
        // Where pipelines are switched off, or not for Slipway to see, there are none.
        let pipelines: Vec<Pipeline> = match self.ask_some(call, PIPELINES).await {
            Err(ForgeError::NotFound { .. } | ForgeError::Denied { status: 403, .. }) => Vec::new(),
            found => found?,
        };
        let mut newest = Pipelines::new();
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
        let (_, others) = self.all_statuses(sha.as_str(), branch.as_str()).await?;
        Ok(others.iter().map(Status::verdict).max())
    }

    /// `GET /projects/:id/repository/branches`, whose `search` takes the start of a name.
    async fn branches(&self, names: &str) -> Result<BTreeMap<BranchName, Sha>> {
        let Some(pattern) = pattern(names) else { return Ok(BTreeMap::new()) };
        let mut call = Call::get(self.at("/repository/branches"));
        if let Some(start) = start(names) {
            call = call.with("search", format!("^{start}"));
        }
        let found = self.ask_some(call, BRANCHES).await?;
        Ok(placed(found).filter(|(name, _)| pattern.matches(name.as_str())).collect())
    }

    /// `GET /projects/:id/repository/branches`, whose `regex` (of RE2) takes a branch together with those of some names; where the tip is, if
    /// there is such a branch among those that are read.
    async fn tip_and_branches(&self, branch: &BranchName, names: &str) -> Result<(Option<Sha>, BTreeMap<BranchName, Sha>)> {
        let pattern = pattern(names);
        let own = format!("^{}$", regex::escape(branch.as_str()));
        let wanted = match (&pattern, start(names)) {
            (Some(_), Some(start)) => Some(format!("{own}|^{}", regex::escape(start))),
            (Some(_), None) => None,
            (None, _) => Some(own),
        };
        let call = Call::get(self.at("/repository/branches"));
        let found = self.ask_some(wanted.into_iter().fold(call, |call, wanted| call.with("regex", wanted)), BRANCHES).await?;
        let mut branches: BTreeMap<_, _> = placed(found).collect();
        let tip = branches.get(branch).cloned();
        branches.retain(|name, _| pattern.as_ref().is_some_and(|pattern| pattern.matches(name.as_str())));
        Ok((tip, branches))
    }
}

fn pattern(names: &str) -> Option<Pattern> {
    Pattern::try_from(names.to_owned()).ok().filter(|_| !names.is_empty())
}

/// What all names of a pattern start with.
fn start(names: &str) -> Option<&str> {
    names.split(['*', '?', '[', '{', '\\']).next().filter(|start| !start.is_empty())
}

fn placed(branches: Vec<Branch>) -> impl Iterator<Item = (BranchName, Sha)> {
    branches.into_iter().filter_map(|branch| Some((BranchName::parse(&branch.name).ok()?, Sha::parse(&branch.commit?.id).ok()?)))
}
