//! The pipeline of a merge request's head: the external one that commit statuses make, if there are any.

use serde_json::{Value, json};

use super::json::{Presenter, git_time, time};
use crate::sandbox::{topic::Change, world::Status};

impl Presenter<'_> {
    /// `Pipeline`; null when nobody posted a status for the head.
    pub fn head_pipeline(&self, change: &Change) -> Value {
        let of_head = |status: &&Status| status.sha == change.head_sha;
        let statuses: Vec<&Status> = self.project.statuses.iter().filter(of_head).collect();
        let (Some(first), Some(last)) = (statuses.first(), statuses.iter().map(|status| status.updated_at).max()) else {
            return Value::Null;
        };
        let state = state(&statuses);
        let is_over = !["pending", "running"].contains(&state);
        let committed = self.project.git.commit(&change.head_sha).ok().map(|commit| git_time(commit.committer.at));
        json!({
            "id": first.id,
            "iid": first.id,
            "project_id": self.project.id,
            "sha": first.sha,
            "ref": first.reference,
            "status": state,
            "source": "external",
            "created_at": time(first.created_at),
            "updated_at": time(last),
            "web_url": self.web_url(&format!("pipelines/{}", first.id)),
            "before_sha": crate::sandbox::git::ZERO,
            "tag": false,
            "yaml_errors": null,
            "user": self.user(&first.author),
            "started_at": time(first.created_at),
            "finished_at": is_over.then(|| time(last)),
            "committed_at": committed,
            "duration": null,
            "queued_duration": null,
            "coverage": null,
            "archived": false,
        })
    }
}

/// What the latest statuses of each name come to.
fn state(statuses: &[&Status]) -> &'static str {
    let is_latest = |place: usize, status: &Status| !statuses.iter().skip(place + 1).any(|later| later.name == status.name);
    let latest: Vec<&str> =
        statuses.iter().enumerate().filter(|(place, status)| is_latest(*place, status)).map(|(_, status)| status.state.as_str()).collect();
    let has = |state: &str| latest.contains(&state);
    let known = ["running", "failed", "canceled", "pending", "success", "skipped"];
    known.into_iter().find(|state| has(state)).unwrap_or("success")
}

/// `PipelineBasic`
pub fn basic(pipeline: &Value) -> Value {
    const FIELDS: [&str; 10] = ["id", "iid", "project_id", "sha", "ref", "status", "source", "created_at", "updated_at", "web_url"];
    let Some(fields) = pipeline.as_object() else { return Value::Null };
    let kept = fields.iter().filter(|(name, _)| FIELDS.contains(&name.as_str()));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}
