//! What CI does, and who deploys what: neither the forge nor the bot.

use anyhow::Context as _;

use super::RepoHandle;
use crate::sandbox::{
    ci::CiState,
    deploying::{DeployState, Target},
    world::Kind,
};

impl RepoHandle {
    /// Has CI report the state of a commit, in the forge's own words for it.
    pub fn report(&self, sha: &str, name: &str, state: &str) -> anyhow::Result<()> {
        let author = if self.kind == Kind::GitHub { "github-actions" } else { "ci" };
        self.act(|world| world.report(self.id, author, (sha, name, state)))
    }

    /// Has a job report on a commit: a check run of a workflow on GitHub, a status on GitLab. One that is under way goes on.
    pub fn ci(&self, sha: &str, name: &str, state: CiState) -> anyhow::Result<()> {
        self.act(|world| world.run_job(self.id, (sha, name), state))
    }

    /// Has GitLab run a pipeline for the commit that a branch or tag points to, or moves it on; gives its id.
    pub fn pipeline(&self, reference: &str, state: CiState) -> anyhow::Result<u64> {
        let sha = self.look(|repository| repository.git.resolve(reference));
        let sha = sha.with_context(|| format!("there is no {reference}"))?;
        anyhow::ensure!(self.kind == Kind::GitLab, "GitHub has no pipelines");
        self.act(|world| world.run_pipeline(self.id, (&sha, reference), state))
    }

    /// Has CI deploy a branch, tag or sha to an environment. A deployment of it that is under way there goes on; gives its id.
    pub fn deploy(&self, environment: &str, at: &str, state: DeployState) -> anyhow::Result<u64> {
        let by = if self.kind == Kind::GitHub { "github-actions[bot]" } else { "ci" };
        self.deploy_by(by, (environment, at), state)
    }

    /// The same, by somebody who does it by hand.
    pub fn deploy_by(&self, by: &str, to: Target, state: DeployState) -> anyhow::Result<u64> {
        self.act(|world| world.deploy(self.id, by, to, state))
    }
}
