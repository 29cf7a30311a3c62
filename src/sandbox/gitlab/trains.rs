//! The pipelines of merge trains: what their webhook tells, and what the API adds to it.

use serde_json::json;

use super::{
    answers::no_record,
    hook_json::stamp,
    hooks::Teller,
    json::{merged, time},
    json_topics::state,
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::ZERO,
    happening::{Payload, PipelineState},
    merging::queue::Group,
    protection::refs,
    world::World,
};

impl Teller<'_> {
    /// The webhook names the source branch as the reference, as of every pipeline of a merge request; only the API says that
    /// it is that of a train.
    pub fn pipeline(&self, group: &Group, pipeline: PipelineState) -> Option<Payload> {
        let show = self.show;
        let (topic, change) = show.project.request(group.number)?;
        let commit = show.project.git.commit(&group.sha).ok()?;
        let (status, detailed, finished) = match pipeline {
            PipelineState::Pending => ("pending", "pending", None),
            PipelineState::Success => ("success", "passed", Some(stamp(show.world.now()))),
        };
        let mergeability = show.mergeability(topic, change);
        let attributes = json!({
            "id": group.pipeline,
            "iid": group.pipeline,
            "name": null,
            "ref": change.head,
            "tag": false,
            "sha": group.sha,
            "before_sha": ZERO,
            "source": "merge_request_event",
            "status": status,
            "detailed_status": detailed,
            "stages": ["test"],
            "created_at": stamp(commit.committer.at),
            "finished_at": finished,
            "duration": finished.as_ref().map(|_| 1),
            "queued_duration": null,
            "protected_ref": !refs::of_branch(show.project, &change.head).is_empty(),
            "variables": [],
            "url": show.web_url(&format!("pipelines/{}", group.pipeline)),
        });
        let body = json!({
            "object_kind": "pipeline",
            "object_attributes": attributes,
            "merge_request": {
                "id": topic.id,
                "iid": topic.number,
                "title": topic.title,
                "source_branch": change.head,
                "source_project_id": change.source,
                "target_branch": change.base,
                "target_project_id": show.project.id,
                "state": state(topic),
                "merge_status": mergeability.status(),
                "detailed_merge_status": mergeability.detailed,
                "url": show.topic_url(topic),
            },
            "user": show.hook_user(self.actor),
            "project": show.hook_project(),
            "commit": show.hook_commit(&commit),
            "builds": [],
        });
        let event = "Pipeline Hook";
        Some(Payload { event, body, summary: format!("{event} {status} {}!{}", show.project.path, group.number) })
    }
}

/// The pipeline of a train that is under way.
pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let id = call.number("pipeline");
    let group = show.project.queue.iter().find(|group| group.pipeline == id).ok_or_else(no_record)?;
    let at = time(show.project.git.commit(&group.sha)?.committer.at);
    let basics = json!({
        "id": id,
        "iid": id,
        "project_id": show.project.id,
        "sha": group.sha,
        "ref": group.reference,
        "status": "pending",
        "source": "merge_request_event",
        "created_at": at,
        "updated_at": at,
        "web_url": show.web_url(&format!("pipelines/{id}")),
    });
    let details = json!({
        "name": null,
        "before_sha": ZERO,
        "tag": false,
        "yaml_errors": null,
        "user": show.user(&group.by),
        "started_at": null,
        "finished_at": null,
        "committed_at": null,
        "duration": null,
        "queued_duration": null,
        "coverage": null,
        "archived": false,
    });
    Ok(Answer::ok(merged(basics, details)))
}
