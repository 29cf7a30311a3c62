//! Deployments and their statuses.

use serde_json::{Value, json};

use super::json::{html_url, node, repository_url, time, user};
use crate::sandbox::{
    deploying::{DeployState, Deployment, Step},
    world::{Repository, World},
};

/// The state of a deployment status.
pub const fn state(state: DeployState) -> &'static str {
    match state {
        DeployState::Running => "in_progress",
        DeployState::Success => "success",
        DeployState::Failure => "failure",
        DeployState::Canceled => "error",
        DeployState::Inactive => "inactive",
    }
}

pub fn deployment_json(world: &World, repository: &Repository, deployment: &Deployment) -> Value {
    let api = repository_url(world, repository);
    let url = format!("{api}/deployments/{}", deployment.id);
    json!({
        "id": deployment.id,
        "node_id": node("DE", deployment.id),
        "url": url,
        "statuses_url": format!("{url}/statuses"),
        "repository_url": api,
        "sha": deployment.sha,
        "ref": deployment.reference,
        "task": "deploy",
        "payload": {},
        "environment": deployment.environment,
        "original_environment": deployment.environment,
        "description": null,
        "creator": user(world, &deployment.author),
        "created_at": time(deployment.created_at),
        "updated_at": time(deployment.updated_at()),
        "transient_environment": false,
        "production_environment": false,
        "performed_via_github_app": null,
    })
}

pub fn step_json(world: &World, repository: &Repository, (deployment, step): (&Deployment, &Step)) -> Value {
    let api = repository_url(world, repository);
    let url = format!("{api}/deployments/{}", deployment.id);
    let log = format!("{}/actions/runs/{}", html_url(world, repository), deployment.id);
    json!({
        "id": step.id,
        "node_id": node("DES", step.id),
        "url": format!("{url}/statuses/{}", step.id),
        "deployment_url": url,
        "repository_url": api,
        "state": state(step.state),
        "description": "",
        "environment": deployment.environment,
        "environment_url": "",
        "target_url": log,
        "log_url": log,
        "creator": user(world, &step.author),
        "created_at": time(step.at),
        "updated_at": time(step.at),
        "performed_via_github_app": null,
    })
}
