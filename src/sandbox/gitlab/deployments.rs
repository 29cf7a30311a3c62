//! Deployments to environments.

use serde_json::{Value, json};

use super::{
    answers::{allowed, asked_time, bad_request, list},
    hooks::Teller,
    json::{Presenter, time},
    projects::project,
};
use crate::sandbox::{
    api::{Call, Handled},
    deploying::{DeployState, Deployment},
    happening::Payload,
    world::World,
};

const fn status(state: DeployState) -> &'static str {
    match state {
        DeployState::Running => "running",
        DeployState::Success | DeployState::Inactive => "success",
        DeployState::Failure => "failed",
        DeployState::Canceled => "canceled",
    }
}

/// The name as it stands in addresses.
fn slug(environment: &str) -> String {
    environment.to_lowercase().chars().map(|letter| if letter.is_ascii_alphanumeric() { letter } else { '-' }).take(24).collect()
}

impl Presenter<'_> {
    /// `Deployment`. One that was made known by the API has no job.
    fn deployment(&self, deployment: &Deployment) -> Value {
        let name = &deployment.environment;
        let first = self.project.deployments.iter().find(|own| own.environment == *name).unwrap_or(deployment);
        let created = time(first.created_at);
        json!({
            "id": deployment.id,
            "iid": deployment.number,
            "ref": deployment.reference,
            "sha": deployment.sha,
            "created_at": time(deployment.created_at),
            "updated_at": time(deployment.updated_at()),
            "user": self.user(&deployment.author),
            "environment": {
                "id": first.id,
                "name": name,
                "slug": slug(name),
                "external_url": null,
                "created_at": created,
                "updated_at": created,
            },
            "deployable": null,
            "status": status(deployment.state()),
        })
    }
}

impl Teller<'_> {
    /// It has no field with the whole sha, which only the address of the commit says.
    pub fn deployed(&self, deployment: &Deployment) -> Option<Payload> {
        let (show, state) = (self.show, status(deployment.state()));
        let commit = show.project.git.commit(&deployment.sha).ok()?;
        let body = json!({
            "object_kind": "deployment",
            "status": state,
            "status_changed_at": deployment.updated_at().strftime("%Y-%m-%d %H:%M:%S +0000").to_string(),
            "deployment_id": deployment.id,
            "deployable_id": null,
            "deployable_url": null,
            "environment": deployment.environment,
            "environment_slug": slug(&deployment.environment),
            "environment_external_url": null,
            "project": show.hook_project(),
            "short_sha": deployment.sha.get(..8),
            "user": show.hook_user(&deployment.author),
            "user_url": format!("{}/{}", super::json::base(show.world), deployment.author),
            "commit_url": show.web_url(&format!("commit/{}", deployment.sha)),
            "commit_title": commit.subject(),
            "ref": deployment.reference,
        });
        let event = "Deployment Hook";
        Some(Payload { event, body, summary: format!("{event} {state} {} to {}", show.project.path, deployment.environment) })
    }
}

const ORDERS: [&str; 5] = ["id", "iid", "created_at", "updated_at", "finished_at"];

const STATUSES: [&str; 7] = ["created", "running", "success", "failed", "canceled", "skipped", "blocked"];

/// The oldest first, unless the client asks for another order.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let order = allowed(call, "order_by", &ORDERS)?.unwrap_or("id");
    let wanted = allowed(call, "status", &STATUSES)?;
    let [updated_after, updated_before] = [asked_time(call, "updated_after")?, asked_time(call, "updated_before")?];
    let [finished_after, finished_before] = [asked_time(call, "finished_after")?, asked_time(call, "finished_before")?];
    let (by_update, by_end) = (updated_after.is_some() || updated_before.is_some(), finished_after.is_some() || finished_before.is_some());
    if by_end != (order == "finished_at") {
        return Err(bad_request("400 Bad request - `finished_at` filter and `finished_at` sorting must be paired"));
    }
    if by_end && wanted != Some("success") {
        return Err(bad_request("400 Bad request - `finished_at` filter must be combined with `success` status filter."));
    }
    let (after, before) = (updated_after.or(finished_after), updated_before.or(finished_before));
    let is_wanted = |deployment: &&Deployment| {
        let at = deployment.updated_at();
        wanted.is_none_or(|wanted| wanted == status(deployment.state()))
            && call.query("environment").is_none_or(|name| name == deployment.environment)
            && after.is_none_or(|after| at >= after)
            && before.is_none_or(|before| at <= before)
    };
    let mut deployments: Vec<&Deployment> = show.project.deployments.iter().filter(is_wanted).collect();
    if by_update || ["updated_at", "finished_at"].contains(&order) {
        deployments.sort_by_key(|deployment| deployment.updated_at());
    }
    if allowed(call, "sort", &["asc", "desc"])? == Some("desc") {
        deployments.reverse();
    }
    list(world, call, &deployments, |deployment| Ok(show.deployment(deployment)))
}
