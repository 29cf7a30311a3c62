//! Commits carried to another branch on GitLab, which picks and reverts by itself: a branch is made, the commits are put on it one by one,
//! and a merge request is opened from it. The branch is the memory of an attempt that was cut off. Must not know what is said of it.

use serde::Serialize;

use super::GitlabProject;
use super::client::{Call, encode};
use super::ported::{Ahead, Whose, count_done};
use super::propose::{Opened, Said};
use super::read::User;
use super::write::described;
use crate::domain::facts::State;
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::plan::{Cargo, Obstacle, Outcome, Pick, Port};
use crate::forge::error::absent;
use crate::forge::texts::picked;
use crate::forge::{Applied, ForgeError, Result};

/// Landings that are taken back at most, at a call each.
const LANDINGS: usize = 50;

/// `POST /projects/:id/repository/branches`
#[derive(Serialize)]
struct BranchBody<'a> {
    branch: &'a str,
    r#ref: &'a str,
}

/// `POST /projects/:id/repository/commits/:sha/cherry_pick`, and `…/revert`, which takes no message. Without one GitLab writes its own,
/// with `(cherry picked from commit …)`.
#[derive(Serialize)]
struct StepBody<'a> {
    branch: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// One commit to put on the branch: to pick it, or to take it back.
#[derive(Clone, Copy)]
struct Step<'a> {
    at: &'a Sha,
    pick: Option<&'a Pick>,
}

/// Whether the branch is there.
enum Made {
    Now,
    Before,
    NoBase,
}

/// Where an attempt begins.
enum Beginning {
    /// So many of the steps are done already, of which this says whose they are.
    After(usize, Whose),
    /// There is a merge request, which stays as people have left it.
    There(Number),
    Stopped(Obstacle),
}

/// What came of a step.
enum Stepped {
    Done,
    /// There was nothing to change.
    Empty,
    Conflict,
}

impl GitlabProject<'_> {
    pub(super) async fn port(&self, port: &Port<String>) -> Result<Applied> {
        let branch = &port.branch;
        let (outcome, applied) = match self.carry(port).await? {
            Ok((number, applied)) => (Outcome::Request { branch: branch.clone(), number }, applied),
            Err(by) => (Outcome::Stopped { branch: branch.clone(), by }, Applied::Unchanged),
        };
        self.note(outcome);
        Ok(applied)
    }

    async fn carry(&self, port: &Port<String>) -> Result<Result<(Number, Applied), Obstacle>> {
        if let Cargo::Reverted { landings, .. } = &port.cargo
            && landings.len() > LANDINGS
        {
            return Ok(Err(Obstacle::TooMany(landings.len())));
        }
        let (done, whose) = match self.begin(port).await? {
            Beginning::There(number) => return Ok(Ok((number, Applied::Unchanged))),
            Beginning::Stopped(obstacle) => return Ok(Err(obstacle)),
            Beginning::After(done, whose) => (done, whose),
        };
        let mut holds = done > 0;
        for step in steps(&port.cargo).into_iter().skip(done) {
            match self.step(step, &port.branch).await? {
                Stepped::Done => holds = true,
                Stepped::Empty => {}
                Stepped::Conflict => {
                    let conflict = self.explain(step.at, port).await?;
                    self.clear(&port.branch, whose).await?;
                    return Ok(Err(conflict));
                }
            }
        }
        if !holds {
            self.clear(&port.branch, whose).await?;
            return Ok(Err(Obstacle::Empty));
        }
        let body = described(&port.body);
        let said = Said { title: &port.title, body: &body, labels: &port.labels };
        Ok(Ok(match self.open_request(&port.branch, &port.onto, said).await? {
            Opened::Now(number) => (number, Applied::Created),
            Opened::Before(there) => (Number(there.iid), Applied::Unchanged),
        }))
    }

    /// Making the branch is what shows whether somebody was here before.
    async fn begin(&self, port: &Port<String>) -> Result<Beginning> {
        if matches!(port.cargo, Cargo::Reverted { .. })
            && let Some(number) = self.taken_back_by(port).await?
        {
            return Ok(Beginning::There(number));
        }
        match self.make_port_branch(port).await? {
            Made::Now => return Ok(Beginning::After(0, Whose::Slipways)),
            Made::NoBase => return Ok(Beginning::Stopped(Obstacle::NoBase)),
            Made::Before => {}
        }
        if let Some(open) = self.open_from(&port.branch, &port.onto).await? {
            return Ok(Beginning::There(Number(open.iid)));
        }
        let [onto, branch] = [&port.onto, &port.branch].map(|branch| format!("refs/heads/{branch}"));
        let Some(there) = self.compare(&onto, &branch).await? else { return Ok(Beginning::Stopped(Obstacle::NoBase)) };
        let whose = self.whose(&there.commits).await?;
        match count_done(&port.cargo, &there.commits) {
            Some(done) => Ok(Beginning::After(done, whose)),
            None if matches!(port.cargo, Cargo::Reverted { .. }) && whose == Whose::Slipways => self.begin_anew(port).await,
            None => Ok(Beginning::Stopped(Obstacle::Taken)),
        }
    }

    /// Whoever closed what takes a range back decided to roll forward; whoever merged it has gone back.
    async fn taken_back_by(&self, port: &Port<String>) -> Result<Option<Number>> {
        let mut found = self.requests_from(&port.branch).await?;
        found.retain(|request| request.target_branch == port.onto.as_str() && request.is_from(&port.branch));
        let open = found.iter().find(|request| request.state() == State::Open);
        Ok(open.or(found.first()).map(|request| Number(request.iid)))
    }

    /// Which landings are taken back already cannot be read from the commits that do it.
    async fn begin_anew(&self, port: &Port<String>) -> Result<Beginning> {
        self.clear(&port.branch, Whose::Slipways).await?;
        match self.make_port_branch(port).await? {
            Made::Now => Ok(Beginning::After(0, Whose::Slipways)),
            Made::NoBase => Ok(Beginning::Stopped(Obstacle::NoBase)),
            Made::Before => {
                let why = "somebody else makes that branch at the same time".to_owned();
                Err(ForgeError::Unavailable { call: format!("POST branch {}", port.branch), why })
            }
        }
    }

    async fn make_port_branch(&self, port: &Port<String>) -> Result<Made> {
        let body = BranchBody { branch: port.branch.as_str(), r#ref: &format!("refs/heads/{}", port.onto) };
        match self.tell(Call::post(self.at("/repository/branches"), &body)).await {
            Ok(()) => Ok(Made::Now),
            Err(error) if error.is_rejection(400, "Branch already exists") => Ok(Made::Before),
            Err(error) if error.is_rejection(400, "nvalid reference name") => Ok(Made::NoBase),
            Err(error) => Err(protected(error, &port.branch)),
        }
    }

    async fn step(&self, step: Step<'_>, branch: &BranchName) -> Result<Stepped> {
        let (verb, message) = match step.pick {
            Some(pick) => ("cherry_pick", pick.message.as_deref().map(|message| picked(message, &pick.sha))),
            None => ("revert", None),
        };
        let path = self.at(&format!("/repository/commits/{}/{verb}", step.at));
        match self.tell(Call::post(path, &StepBody { branch: branch.as_str(), message })).await {
            Ok(()) => Ok(Stepped::Done),
            Err(error) if error.is_rejection(400, "[empty]") => Ok(Stepped::Empty),
            Err(error) if error.is_rejection(400, "[conflict]") => Ok(Stepped::Conflict),
            Err(error) => Err(protected(error, branch)),
        }
    }

    /// Takes the branch of an attempt away again. What is on somebody else's stays.
    async fn clear(&self, branch: &BranchName, whose: Whose) -> Result<()> {
        if whose == Whose::Slipways {
            let path = self.at(&format!("/repository/branches/{}", encode(branch.as_str())));
            absent(self.tell(Call::delete(path)).await)?;
        }
        Ok(())
    }

    /// A branch without commits of its own is nobody's, and nothing is lost with it.
    async fn whose(&self, ahead: &[Ahead]) -> Result<Whose> {
        if ahead.is_empty() {
            return Ok(Whose::Slipways);
        }
        let me: User = self.ask(Call::get("user".to_owned())).await?;
        let name = me.name.unwrap_or(me.username);
        let is_own = |commit: &Ahead| commit.committer_name.as_deref() == Some(&name);
        Ok(if ahead.iter().all(is_own) { Whose::Slipways } else { Whose::Others })
    }
}

/// What is to be put on the branch, in its order.
fn steps(cargo: &Cargo) -> Vec<Step<'_>> {
    match cargo {
        Cargo::Picked(picks) => picks.iter().map(|pick| Step { at: &pick.sha, pick: Some(pick) }).collect(),
        Cargo::Reverted { landings, .. } => landings.iter().map(|at| Step { at, pick: None }).collect(),
    }
}

/// A refusal because of a rule about the branch's name says what to do about it.
fn protected(error: ForgeError, branch: &BranchName) -> ForgeError {
    match error {
        ForgeError::Rejected { call, status, message } | ForgeError::Denied { call, status, message }
            if message.contains("not allowed to") =>
        {
            let message = format!("{message}: the branch {branch} is protected, so its rule must let Slipway's account create it and push");
            ForgeError::Denied { call, status, message }
        }
        error => error,
    }
}
