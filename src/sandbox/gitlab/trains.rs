//! The pipelines of merge trains: what their webhook tells, and what the API adds to it.

use serde_json::{Value, json};

use super::{
    hook_json::stamp,
    hooks::Teller,
    json::{Presenter, merged, time},
    json_topics::state,
};
use crate::sandbox::{
    git::ZERO,
    happening::{Payload, PipelineState},
    merging::queue::Group,
    protection::refs,
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
            "ref": change.head,
            "source": "merge_request_event",
            "status": status,
            "detailed_status": detailed,
            "created_at": stamp(commit.committer.at),
            "finished_at": finished,
            "duration": finished.as_ref().map(|_| 1),
            "protected_ref": !refs::of_branch(show.project, &change.head).is_empty(),
            "url": show.web_url(&format!("pipelines/{}", group.pipeline)),
        });
        let request = json!({
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
        });
        let body = merged(show.hook_pipeline(self.actor, &commit, &attributes), request);
        let event = "Pipeline Hook";
        Some(Payload { event, body, summary: format!("{event} {status} {}!{}", show.project.path, group.number) })
    }
}

impl Presenter<'_> {
    /// The pipeline of a train that is under way.
    pub fn train(&self, group: &Group) -> anyhow::Result<Value> {
        let (id, at) = (group.pipeline, time(self.project.git.commit(&group.sha)?.committer.at));
        let basics = json!({
            "id": id,
            "iid": id,
            "project_id": self.project.id,
            "sha": group.sha,
            "ref": group.reference,
            "status": "pending",
            "source": "merge_request_event",
            "created_at": at,
            "updated_at": at,
            "web_url": self.web_url(&format!("pipelines/{id}")),
        });
        let details = json!({
            "name": null,
            "before_sha": ZERO,
            "tag": false,
            "yaml_errors": null,
            "user": self.user(&group.by),
            "started_at": null,
            "finished_at": null,
            "committed_at": null,
            "duration": null,
            "queued_duration": null,
            "coverage": null,
            "archived": false,
        });
        Ok(merged(basics, details))
    }
}
