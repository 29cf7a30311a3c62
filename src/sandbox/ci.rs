//! Continuous integration, which is neither the forge nor the bot: it reports on commits and, on GitLab, runs pipelines.

use anyhow::Context as _;
use jiff::Timestamp;

use super::{
    github::current,
    gitlab,
    happening::{CheckAction, What},
    world::{Check, Kind, Reporter, Status, World},
};

/// How far a job is, in no forge's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CiState {
    Pending,
    Running,
    Success,
    Failure,
    Canceled,
    Skipped,
}

impl CiState {
    const fn is_over(self) -> bool {
        !matches!(self, Self::Pending | Self::Running)
    }

    /// GitHub's status and conclusion of a check run.
    const fn of_check(self) -> (&'static str, Option<&'static str>) {
        match self {
            Self::Pending => ("queued", None),
            Self::Running => ("in_progress", None),
            Self::Success => ("completed", Some("success")),
            Self::Failure => ("completed", Some("failure")),
            Self::Canceled => ("completed", Some("cancelled")),
            Self::Skipped => ("completed", Some("skipped")),
        }
    }

    /// GitLab's word for a job or a pipeline.
    pub const fn of_pipeline(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Success => "success",
            Self::Failure => "failed",
            Self::Canceled => "canceled",
            Self::Skipped => "skipped",
        }
    }
}

/// A pipeline of GitLab. Statuses of the same commit and reference become jobs of it.
#[derive(Clone, Debug)]
pub struct Pipeline {
    pub id: u64,
    pub sha: String,
    /// The name of a branch or a tag.
    pub reference: String,
    pub state: CiState,
    pub author: String,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Who runs GitHub's workflows.
const ACTIONS: &str = "github-actions[bot]";

impl World {
    /// Puts a status on a commit, as CI does, in the forge's own words for its state.
    pub fn report(&mut self, repository: u64, author: &str, (sha, name, state): (&str, &str, &str)) -> anyhow::Result<()> {
        self.meet(author);
        let (id, now) = (self.next_id(), self.tick());
        let it = self.repository_mut(repository)?;
        let reference = it.git.branches_with(sha)?.into_iter().next();
        let status = Status {
            id,
            sha: sha.to_owned(),
            name: name.to_owned(),
            state: state.to_owned(),
            description: None,
            target_url: None,
            reference,
            author: author.to_owned(),
            created_at: now,
            updated_at: now,
        };
        self.post(repository, status).map(drop)
    }

    /// Has a job of CI report on a commit: a check run of GitHub's workflows, or a status on GitLab. A job that is under way goes
    /// on, one that has ended is run again.
    pub fn run_job(&mut self, repository: u64, (sha, name): (&str, &str), state: CiState) -> anyhow::Result<()> {
        let it = self.repository(repository)?;
        it.git.commit(sha)?;
        match it.kind {
            Kind::GitHub => self.run_check(repository, (sha, name), state),
            Kind::GitLab => self.run_status(repository, (sha, name), state),
        }
    }

    fn run_check(&mut self, repository: u64, (sha, name): (&str, &str), state: CiState) -> anyhow::Result<()> {
        self.meet(ACTIONS);
        let (id, now) = (self.next_id(), self.tick());
        let (status, conclusion) = state.of_check();
        let checks = &mut self.repository_mut(repository)?.checks;
        let is_it = |check: &&mut Check| check.reporter == Reporter::Actions && check.sha == sha && check.name == name;
        let under_way = checks.iter_mut().rev().find(is_it).filter(|check| check.conclusion.is_none());
        let (id, is_new) = if let Some(check) = under_way {
            (check.status, check.conclusion) = (status.to_owned(), conclusion.map(str::to_owned));
            check.completed_at = state.is_over().then_some(now);
            (check.id, false)
        } else {
            checks.push(job(id, (sha, name), state, now));
            (id, true)
        };
        if is_new {
            self.tell(repository, ACTIONS, What::Check(id, CheckAction::Created))?;
        }
        if state.is_over() { self.end_check(repository, ACTIONS, id) } else { Ok(()) }
    }

    /// Tells that a check run has ended, and its suite where it was the last to run.
    pub fn end_check(&mut self, repository: u64, actor: &str, id: u64) -> anyhow::Result<()> {
        self.tell(repository, actor, What::Check(id, CheckAction::Completed))?;
        let it = self.repository(repository)?;
        let check = it.check(id).context("no such check")?;
        let is_over = current(it, check).iter().all(|run| run.conclusion.is_some());
        if is_over { self.tell(repository, actor, What::SuiteEnded(id)) } else { Ok(()) }
    }

    /// Puts a status on a commit, or changes the one of this id, and tells of it: GitHub of each status, GitLab where the pipeline that
    /// it is a job of comes to another state.
    pub fn post(&mut self, repository: u64, status: Status) -> anyhow::Result<Status> {
        let (kind, author) = (self.repository(repository)?.kind, status.author.clone());
        let place = (status.sha.clone(), status.reference.clone().unwrap_or_default());
        let before = gitlab::pipeline_state(self, repository, &place);
        let statuses = &mut self.repository_mut(repository)?.statuses;
        match statuses.iter_mut().find(|own| own.id == status.id) {
            Some(own) => own.clone_from(&status),
            None => statuses.push(status.clone()),
        }
        match kind {
            Kind::GitHub => self.tell(repository, &author, What::Status(status.clone()))?,
            Kind::GitLab if gitlab::pipeline_state(self, repository, &place) == before => {}
            Kind::GitLab => self.tell(repository, &author, What::Jobs(place.0, place.1))?,
        }
        Ok(status)
    }

    fn run_status(&mut self, repository: u64, (sha, name): (&str, &str), state: CiState) -> anyhow::Result<()> {
        let now = self.tick();
        let newest = self.repository(repository)?.statuses.iter().rev().find(|status| status.sha == sha && status.name == name);
        let under_way = newest.filter(|status| ["pending", "running"].contains(&status.state.as_str()));
        let Some(status) = under_way else {
            return self.report(repository, "ci", (sha, name, state.of_pipeline()));
        };
        let status = Status { state: state.of_pipeline().to_owned(), updated_at: now, ..status.clone() };
        self.post(repository, status).map(drop)
    }

    /// Has GitLab run a pipeline for a commit on a branch or tag, or moves on the one that is under way there. Gives its id.
    pub fn run_pipeline(&mut self, project: u64, (sha, reference): (&str, &str), state: CiState) -> anyhow::Result<u64> {
        let (author, id, now) = ("ci", self.next_id(), self.tick());
        self.meet(author);
        let pipelines = &mut self.repository_mut(project)?.pipelines;
        let newest = pipelines.iter_mut().rev().find(|pipeline| pipeline.sha == sha && pipeline.reference == reference);
        let pipeline = if let Some(pipeline) = newest.filter(|pipeline| !pipeline.state.is_over()) {
            (pipeline.state, pipeline.updated_at) = (state, now);
            pipeline.clone()
        } else {
            let (sha, reference) = (sha.to_owned(), reference.to_owned());
            let new = Pipeline { id, sha, reference, state, author: author.to_owned(), created_at: now, updated_at: now };
            pipelines.push(new.clone());
            new
        };
        let id = pipeline.id;
        self.tell(project, author, What::Pipeline(pipeline))?;
        Ok(id)
    }
}

/// A check run of a workflow.
fn job(id: u64, (sha, name): (&str, &str), state: CiState, now: Timestamp) -> Check {
    let (status, conclusion) = state.of_check();
    Check {
        id,
        reporter: Reporter::Actions,
        sha: sha.to_owned(),
        name: name.to_owned(),
        status: status.to_owned(),
        conclusion: conclusion.map(str::to_owned),
        title: None,
        summary: None,
        text: None,
        annotations: Vec::new(),
        external_id: None,
        details_url: None,
        started_at: now,
        completed_at: state.is_over().then_some(now),
    }
}
