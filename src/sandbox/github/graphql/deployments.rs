//! The part of the graph that is deployments, and the lists of releases and milestones that go with them.

use serde_json::{Value, json};

use super::{
    conversations::any_of,
    execution::Asked,
    objects::{Found, Object, Page, Resolved, Sight},
    proposals::{actor, actor_value},
};
use crate::sandbox::{
    deploying::{DeployState, Deployment, Step},
    github::{deployments::state, json::node},
    milestones::Milestone,
    world::{Release, Repository},
};

/// Whether an order asks for the newest or highest first.
fn is_falling(asked: &Asked) -> bool {
    asked.argument("orderBy").and_then(|order| order.get("direction")).is_some_and(|direction| direction == "DESC")
}

/// Those of a repository, the oldest first unless `orderBy` says otherwise.
pub fn deployments<'a>(sight: &Sight<'a>, repository: &'a Repository, asked: &Asked) -> Resolved<'a> {
    let wanted = asked.argument("environments").filter(|wanted| !wanted.as_array().is_some_and(Vec::is_empty));
    let is_wanted = |deployment: &&Deployment| any_of(wanted, |name| deployment.environment == name);
    let mut found: Vec<&Deployment> = repository.deployments.iter().filter(is_wanted).collect();
    if is_falling(asked) {
        found.reverse();
    }
    Page::of(sight, asked, "DeploymentConnection", found, |deployment| Object::Deployment(repository, deployment))
}

pub fn of_deployment<'a>(sight: &Sight<'a>, repository: &'a Repository, deployment: &Deployment, asked: &Asked) -> Resolved<'a> {
    let value: Value = match asked.name {
        "id" => node("DE", deployment.id).into(),
        "databaseId" => deployment.id.into(),
        "commitOid" => deployment.sha.as_str().into(),
        "createdAt" => deployment.created_at.to_string().into(),
        "updatedAt" => deployment.updated_at().to_string().into(),
        "environment" | "latestEnvironment" | "originalEnvironment" => deployment.environment.as_str().into(),
        "task" => "deploy".into(),
        "description" => Value::Null,
        // One that succeeded and is followed by no other is the active one.
        "state" if deployment.state() == DeployState::Success => "ACTIVE".into(),
        "state" => state(deployment.state()).to_uppercase().into(),
        "creator" => return Ok(Found::Object(actor(sight, &deployment.author))),
        "commit" => {
            let commit = repository.git.commit(&deployment.sha).ok();
            return Ok(Found::maybe(commit.map(|commit| Object::Commit(repository, Box::new(commit)))));
        }
        "ref" => {
            let branch = repository.git.reference(&format!("refs/heads/{}", deployment.reference));
            let found = branch.or_else(|| repository.git.reference(&format!("refs/tags/{}", deployment.reference)));
            return Ok(Found::maybe(found.map(|reference| Object::Reference(repository, reference))));
        }
        "latestStatus" => return Ok(Found::maybe(deployment.steps.last().map(|step| Object::Plain(step_value(sight, deployment, step))))),
        // The schema does not say in which order; REST has the newest first.
        _ => {
            let steps = deployment.steps.iter().rev().collect();
            return Page::of(sight, asked, "DeploymentStatusConnection", steps, |step| Object::Plain(step_value(sight, deployment, step)));
        }
    };
    Ok(value.into())
}

fn step_value(sight: &Sight, deployment: &Deployment, step: &Step) -> Value {
    json!({
        "__typename": "DeploymentStatus",
        "id": node("DES", step.id),
        "state": state(step.state).to_uppercase(),
        "environment": deployment.environment,
        "description": "",
        "createdAt": step.at.to_string(),
        "updatedAt": step.at.to_string(),
        "creator": actor_value(sight, &step.author),
    })
}

/// The releases of a repository, drafts too, the oldest first unless `orderBy` says otherwise.
pub fn releases<'a>(sight: &Sight<'a>, repository: &'a Repository, asked: &Asked) -> Resolved<'a> {
    let mut found: Vec<&Release> = repository.releases.iter().collect();
    match asked.argument("orderBy").and_then(|order| order.get("field")).and_then(Value::as_str) {
        Some("NAME") => found.sort_by(|one, other| one.name.cmp(&other.name)),
        _ => found.sort_by_key(|release| release.created_at),
    }
    if is_falling(asked) {
        found.reverse();
    }
    Page::of(sight, asked, "ReleaseConnection", found, |release| Object::Release(repository, release))
}

pub fn milestones<'a>(sight: &Sight<'a>, repository: &'a Repository, asked: &Asked) -> Resolved<'a> {
    let is_wanted = |milestone: &&Milestone| any_of(asked.argument("states"), |wanted| wanted == state_of(milestone));
    Page::of(sight, asked, "MilestoneConnection", repository.milestones.iter().filter(is_wanted).collect(), |milestone| {
        Object::Plain(milestone_value(milestone))
    })
}

fn state_of(milestone: &Milestone) -> &'static str {
    if milestone.is_open() { "OPEN" } else { "CLOSED" }
}

pub fn milestone_value(milestone: &Milestone) -> Value {
    let (id, number, title) = (node("MI", milestone.id), milestone.number, &milestone.title);
    json!({"__typename": "Milestone", "id": id, "number": number, "state": state_of(milestone), "title": title})
}
