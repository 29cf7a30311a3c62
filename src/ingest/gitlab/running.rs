//! What GitLab tells of pipelines and deployments.

use serde::Deserialize;

use super::{Payload, Unusable, ignored, named, told};
use crate::domain::event::Event;
use crate::domain::facts::DeployResult;
use crate::domain::names::{BranchName, Number, Sha};

/// The pipeline that started this one.
#[derive(Deserialize)]
pub(super) struct Cause {
    project: Option<Numbered>,
}

#[derive(Deserialize)]
struct Numbered {
    id: Option<u64>,
}

/// <https://docs.gitlab.com/user/project/integrations/webhook_events/#pipeline-events>
pub(super) fn pipeline(payload: &Payload) -> Result<Event, Unusable> {
    let pipeline = payload.attributes()?;
    match told("object_attributes.status", pipeline.status.as_deref())? {
        // One that waits for somebody to start a job has passed as far as it goes.
        "success" | "failed" | "canceled" | "skipped" | "manual" => ended(payload),
        "created" | "pending" | "running" | "waiting_for_resource" | "preparing" => train(payload),
        other => ignored(format!("a pipeline that is {other} has not ended")),
    }
}

/// Statuses that are reported from outside make or change a pipeline too, and nothing in the hook tells whose they are: Slipway's own end
/// here as well, and lead to nothing more, since by then there is nothing to write.
fn ended(payload: &Payload) -> Result<Event, Unusable> {
    let (pipeline, project) = (payload.attributes()?, payload.project.as_ref().and_then(|project| project.id));
    let cause = payload.source_pipeline.as_ref().and_then(|cause| cause.project.as_ref()).and_then(|project| project.id);
    if cause.is_some() && cause == project {
        return ignored("the pipeline that this one is part of says the same");
    }
    // The branch of a fork may be called as one of the project is.
    let request = payload.merge_request.as_ref();
    let is_of_fork = request.is_some_and(|request| request.source_project_id != request.target_project_id);
    let name = pipeline.name.as_deref().filter(|_| pipeline.tag != Some(true) && !is_of_fork);
    let sha = told("object_attributes.sha", pipeline.sha.as_deref())?;
    Ok(Event::Checked {
        branch: name.and_then(|name| BranchName::parse(name).ok()),
        head: named("object_attributes.sha", Sha::parse(sha))?,
    })
}

/// A merge train runs its pipeline on a commit that it has made for it. The hook names the source branch as its ref, so it is told by
/// the commit, which is not the merge request's head; a train's own ref follows from the number.
/// (<https://docs.gitlab.com/ci/pipelines/merge_trains/>)
fn train(payload: &Payload) -> Result<Event, Unusable> {
    let request = payload.merge_request.as_ref().and_then(|request| request.iid);
    let Some(number) = request else { return ignored("the branch's pipeline has not ended") };
    let sha = told("object_attributes.sha", payload.attributes()?.sha.as_deref())?;
    let name = format!("refs/merge-requests/{number}/train");
    Ok(Event::Queued { number: Number(number), head: named("object_attributes.sha", Sha::parse(sha))?, name })
}

/// The full name of the commit stands in its address only.
/// (<https://docs.gitlab.com/user/project/integrations/webhook_events/#deployment-events>)
pub(super) fn deployment(payload: &Payload) -> Result<Event, Unusable> {
    let result = match told("status", payload.status.as_deref())? {
        "success" => DeployResult::Succeeded,
        "failed" => DeployResult::Failed,
        other => return ignored(format!("nothing asks about a deployment that is {other}")),
    };
    let environment = told("environment", payload.environment.as_deref())?.to_owned();
    let address = told("commit_url", payload.commit_url.as_deref())?;
    let name = address.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    Ok(Event::Deployed { environment, head: named("commit_url", Sha::parse(name))?, result })
}
