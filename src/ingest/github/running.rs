//! What GitHub tells of checks and deployments.

use serde::Deserialize;

use super::super::Text;
use super::{Payload, Unusable, ignored, named, required};
use crate::domain::event::Event;
use crate::domain::facts::DeployResult;
use crate::domain::names::{BranchName, Sha};

/// What the names of Slipway's own statuses start with.
const OWN: &str = "slipway/";

/// What one App reports of a commit.
#[derive(Deserialize)]
pub(super) struct Suite<'a> {
    #[serde(borrow)]
    head_branch: Option<Text<'a>>,
    head_sha: Text<'a>,
    app: Option<App>,
}

#[derive(Deserialize)]
struct App {
    id: Option<u64>,
}

#[derive(Deserialize)]
pub(super) struct Deployment<'a> {
    #[serde(borrow)]
    sha: Text<'a>,
    environment: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct DeploymentStatus<'a> {
    #[serde(borrow)]
    state: Text<'a>,
    environment: Option<Text<'a>>,
}

#[derive(Deserialize)]
pub(super) struct Branch<'a> {
    #[serde(borrow)]
    name: Text<'a>,
    commit: Tip<'a>,
}

#[derive(Deserialize)]
struct Tip<'a> {
    #[serde(borrow)]
    sha: Text<'a>,
}

/// Checks of an App on a commit. Those of the App that the hook is of are Slipway's own.
pub(super) fn check_suite(payload: &Payload) -> Result<Event, Unusable> {
    match payload.action()? {
        "completed" => {}
        other => return ignored(format!("nothing asks about check_suite {other:?}")),
    }
    let suite = required("check_suite", payload.check_suite.as_ref())?;
    if payload.app.is_some() && suite.app.as_ref().and_then(|app| app.id) == payload.app {
        return ignored("the checks are Slipway's own");
    }
    let branch = suite.head_branch.as_deref().and_then(|name| BranchName::parse(name).ok());
    Ok(Event::Checked { branch, head: named("check_suite.head_sha", Sha::parse(&suite.head_sha))? })
}

/// A commit status names all branches that have the commit; it is about one only if that alone has it as its head.
pub(super) fn status(payload: &Payload) -> Result<Event, Unusable> {
    if required("state", payload.state.as_deref())? == "pending" {
        return ignored("the status is pending");
    }
    if payload.context.as_deref().is_some_and(|context| context.starts_with(OWN)) {
        return ignored("the status is Slipway's own");
    }
    let sha = required("sha", payload.sha.as_deref())?;
    let mut heads = payload.branches.iter().flatten().filter(|branch| &*branch.commit.sha == sha);
    let branch = heads.next().filter(|_| heads.next().is_none()).and_then(|branch| BranchName::parse(&branch.name).ok());
    Ok(Event::Checked { branch, head: named("sha", Sha::parse(sha))? })
}

/// What was deployed before becomes inactive, which says nothing about how it went.
pub(super) fn deployment_status(payload: &Payload) -> Result<Event, Unusable> {
    let status = required("deployment_status", payload.deployment_status.as_ref())?;
    let result = match &*status.state {
        "success" => DeployResult::Succeeded,
        "failure" | "error" => DeployResult::Failed,
        other => return ignored(format!("nothing asks about a deployment that is {other:?}")),
    };
    let deployment = required("deployment", payload.deployment.as_ref())?;
    let environment = status.environment.as_deref().or(deployment.environment.as_deref());
    let environment = required("deployment.environment", environment)?.to_owned();
    Ok(Event::Deployed { environment, head: named("deployment.sha", Sha::parse(&deployment.sha))?, result })
}
