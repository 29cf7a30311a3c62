//! Deployments: what CI or somebody by hand puts where, as the forge is told of it.

use anyhow::Context as _;
use jiff::Timestamp;

use super::{
    happening::What,
    world::{Kind, Repository, World},
};

/// How far a deployment is, in no forge's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeployState {
    Running,
    Success,
    Failure,
    /// Called off, which GitHub does not know.
    Canceled,
    /// Followed by another one on the same environment, which GitLab does not say.
    Inactive,
}

impl DeployState {
    const fn is_over(self) -> bool {
        !matches!(self, Self::Running)
    }
}

#[derive(Clone, Debug)]
pub struct Deployment {
    pub id: u64,
    /// Counted in the repository.
    pub number: u64,
    pub environment: String,
    pub sha: String,
    /// The branch, tag or sha that was asked for.
    pub reference: String,
    pub author: String,
    pub created_at: Timestamp,
    /// How it went so far, oldest first; never empty.
    pub steps: Vec<Step>,
}

#[derive(Clone, Debug)]
pub struct Step {
    pub id: u64,
    pub state: DeployState,
    pub author: String,
    pub at: Timestamp,
}

impl Deployment {
    pub fn state(&self) -> DeployState {
        self.steps.last().map_or(DeployState::Running, |step| step.state)
    }

    pub fn updated_at(&self) -> Timestamp {
        self.steps.last().map_or(self.created_at, |step| step.at)
    }
}

/// Where something is put: an environment, and a branch, tag or sha.
pub type Target<'a> = (&'a str, &'a str);

impl Repository {
    pub fn deployment(&self, id: u64) -> Option<&Deployment> {
        self.deployments.iter().find(|deployment| deployment.id == id)
    }
}

impl World {
    /// Deploys a commit, or moves on the deployment of it that is under way there. Gives its id.
    pub fn deploy(&mut self, repository: u64, by: &str, (environment, at): Target, state: DeployState) -> anyhow::Result<u64> {
        self.meet(by);
        let it = self.repository(repository)?;
        let wrong = if it.kind == Kind::GitHub { DeployState::Canceled } else { DeployState::Inactive };
        anyhow::ensure!(state != wrong, "{} knows no deployment that is {state:?}", it.kind);
        let sha = it.git.resolve(at).with_context(|| format!("there is no commit {at}"))?;
        let (id, step, now) = (self.next_id(), self.next_id(), self.tick());
        let deployments = &mut self.repository_mut(repository)?.deployments;
        let is_it = |own: &&mut Deployment| own.environment == environment && own.sha == sha && !own.state().is_over();
        let under_way = deployments.iter_mut().rev().find(is_it);
        let step = Step { id: step, state, author: by.to_owned(), at: now };
        let (id, is_new) = if let Some(deployment) = under_way {
            deployment.steps.push(step);
            (deployment.id, false)
        } else {
            let number = deployments.iter().map(|own| own.number).max().unwrap_or(0) + 1;
            let (environment, reference, author) = (environment.to_owned(), at.to_owned(), by.to_owned());
            deployments.push(Deployment { id, number, environment, sha, reference, author, created_at: now, steps: vec![step] });
            (id, true)
        };
        if state == DeployState::Success {
            self.outdate(repository, id, environment)?;
        }
        if is_new {
            self.tell(repository, by, What::DeploymentCreated(id))?;
        }
        self.tell(repository, by, What::Deployed(id))?;
        Ok(id)
    }

    /// GitHub calls those that are followed by another one inactive, and tells nobody.
    fn outdate(&mut self, repository: u64, by: u64, environment: &str) -> anyhow::Result<()> {
        let (id, now) = (self.next_id(), self.now());
        let it = self.repository_mut(repository)?;
        if it.kind == Kind::GitLab {
            return Ok(());
        }
        let is_former = |own: &&mut Deployment| own.environment == environment && own.id != by && own.state() == DeployState::Success;
        for former in it.deployments.iter_mut().filter(is_former) {
            former.steps.push(Step { id, state: DeployState::Inactive, author: former.author.clone(), at: now });
        }
        Ok(())
    }
}
