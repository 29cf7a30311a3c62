//! The objects inside GitLab's webhook payloads. They differ from those of the REST API in names and detail, and write
//! times as `2026-01-05 09:00:00 UTC`.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    json::{Presenter, merged},
    json_topics::{is_draft, merge_commits, noteable_type, state},
    milestones,
};
use crate::sandbox::{
    git::{self, Commit},
    milestones::Milestone,
    topic::{Change, Comment, Topic},
};

pub fn stamp(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// GitLab's number for a state. 4 is "locked", in which a merge request is while it is being merged.
pub fn state_id(topic: &Topic) -> u8 {
    match state(topic) {
        "opened" => 1,
        "closed" => 2,
        _ => 3,
    }
}

impl Presenter<'_> {
    pub fn hook_user(&self, login: &str) -> Value {
        json!({
            "id": self.world.user(login).id,
            "name": login,
            "username": login,
            "avatar_url": null,
            "email": "[REDACTED]",
        })
    }

    pub fn hook_project(&self) -> Value {
        let (page, ssh, http) = (self.web_url(""), self.ssh_url(), self.http_url());
        json!({
            "id": self.project.id,
            "name": self.project.name(),
            "description": null,
            "web_url": page,
            "avatar_url": null,
            "git_ssh_url": ssh,
            "git_http_url": http,
            "namespace": self.project.owner(),
            "visibility_level": 0,
            "path_with_namespace": self.project.path,
            "default_branch": self.project.default_branch,
            "ci_config_path": null,
            "homepage": page,
            "url": ssh,
            "ssh_url": ssh,
            "http_url": http,
        })
    }

    /// The older, shorter description of the project, which payloads still carry.
    pub fn hook_repository(&self) -> Value {
        json!({
            "name": self.project.name(),
            "url": self.ssh_url(),
            "description": null,
            "homepage": self.web_url(""),
        })
    }

    /// The same, as pushes carry it.
    pub fn hook_pushed_repository(&self) -> Value {
        let more = json!({"git_http_url": self.http_url(), "git_ssh_url": self.ssh_url(), "visibility_level": 0});
        merged(self.hook_repository(), more)
    }

    pub fn hook_commit(&self, commit: &Commit) -> Value {
        json!({
            "id": commit.sha,
            "message": commit.message,
            "title": commit.subject(),
            "timestamp": commit.author.at.strftime("%Y-%m-%dT%H:%M:%S+00:00").to_string(),
            "url": self.web_url(&format!("commit/{}", commit.sha)),
            "author": {"name": commit.author.name, "email": commit.author.email},
        })
    }

    pub fn hook_commit_with_files(&self, commit: &Commit) -> Value {
        let (mut added, mut modified, mut removed) = (Vec::new(), Vec::new(), Vec::new());
        for file in self.project.git.changes_of(&commit.sha).unwrap_or_default() {
            match file.change {
                git::Change::Added => added.push(file.path),
                git::Change::Modified => modified.push(file.path),
                git::Change::Removed => removed.push(file.path),
                git::Change::Renamed => {
                    added.push(file.path);
                    removed.push(file.old_path);
                }
            }
        }
        merged(self.hook_commit(commit), json!({"added": added, "modified": modified, "removed": removed}))
    }

    pub fn hook_labels(&self, labels: &[String]) -> Value {
        let created = stamp(self.project.created_at);
        let show = |title: &String| {
            let label = self.project.label(title).map(|(_, label)| label);
            json!({
                "id": label.map(|label| label.id),
                "title": title,
                "color": label.map(|label| &label.color),
                "project_id": self.project.id,
                "created_at": created,
                "updated_at": created,
                "template": false,
                "description": label.and_then(|label| label.description.as_ref()),
                "type": "ProjectLabel",
                "group_id": null,
            })
        };
        labels.iter().map(show).collect()
    }

    /// What the payloads say alike about issues and merge requests.
    fn hook_topic(&self, topic: &Topic) -> Value {
        json!({
            "id": topic.id,
            "iid": topic.number,
            "author_id": self.world.user(&topic.author).id,
            "assignee_id": null,
            "assignee_ids": [],
            "title": topic.title,
            "description": topic.body,
            "state": state(topic),
            "state_id": state_id(topic),
            "created_at": stamp(topic.created_at),
            "updated_at": stamp(topic.updated_at),
            "updated_by_id": null,
            "last_edited_at": null,
            "last_edited_by_id": null,
            "milestone_id": self.milestone_id(topic.milestone),
            "labels": self.hook_labels(&topic.labels),
            "time_estimate": 0,
            "total_time_spent": 0,
            "time_change": 0,
            "human_time_estimate": null,
            "human_total_time_spent": null,
            "human_time_change": null,
            "url": self.topic_url(topic),
        })
    }

    pub fn hook_issue(&self, topic: &Topic) -> Value {
        let details = json!({
            "project_id": self.project.id,
            "closed_at": topic.closed_at.map(stamp),
            "confidential": false,
            "discussion_locked": null,
            "due_date": null,
            "moved_to_id": null,
            "duplicated_to_id": null,
            "relative_position": null,
            "severity": "unknown",
        });
        merged(self.hook_topic(topic), details)
    }

    pub fn hook_request(&self, topic: &Topic, change: &Change) -> Value {
        let source = self.world.repository(change.source).unwrap_or(self.project);
        let source = Presenter { world: self.world, project: source };
        let merger = change.merged.as_ref().map(|merged| self.world.user(&merged.by).id);
        let last_commit = self.project.git.commit(&change.head_sha).ok();
        let mergeability = self.mergeability(topic, change);
        let draft = is_draft(topic, change);
        let details = json!({
            "draft": draft,
            "work_in_progress": draft,
            "source_branch": change.head,
            "source_project_id": change.source,
            "target_branch": change.base,
            "target_project_id": self.project.id,
            "source": source.hook_project(),
            "target": self.hook_project(),
            "last_commit": last_commit.map(|commit| self.hook_commit(&commit)),
            "head_pipeline_id": self.head_pipeline(change).get("id"),
            "merge_commit_sha": merge_commits(change).0,
            "merge_error": null,
            "merge_params": {"force_remove_source_branch": change.remove_source},
            "merge_status": mergeability.status(),
            "detailed_merge_status": mergeability.detailed,
            "merge_user_id": merger,
            "merge_when_pipeline_succeeds": false,
            "prepared_at": stamp(topic.created_at),
            "reviewer_ids": [],
            "blocking_discussions_resolved": true,
            "first_contribution": false,
        });
        merged(self.hook_topic(topic), details)
    }

    /// The id of the milestone of a number.
    pub fn milestone_id(&self, number: Option<u64>) -> Option<u64> {
        self.project.milestone(number?).map(|milestone| milestone.id)
    }

    pub fn hook_milestone(&self, milestone: &Milestone) -> Value {
        json!({
            "id": milestone.id,
            "iid": milestone.number,
            "title": milestone.title,
            "description": milestone.description,
            "state": milestones::state(milestone),
            "created_at": stamp(milestone.created_at),
            "updated_at": stamp(milestone.updated_at),
            "due_date": null,
            "start_date": null,
            "group_id": null,
            "project_id": self.project.id,
        })
    }

    pub fn hook_note(&self, topic: &Topic, note: &Comment) -> Value {
        json!({
            "id": note.id,
            "note": note.body,
            "description": note.body,
            "author_id": self.world.user(&note.author).id,
            "noteable_id": topic.id,
            "noteable_type": noteable_type(topic),
            "project_id": self.project.id,
            "created_at": stamp(note.created_at),
            "updated_at": stamp(note.updated_at),
            "updated_by_id": note.editor.as_ref().map(|login| self.world.user(login).id),
            "discussion_id": format!("{:040x}", note.id),
            "attachment": null,
            "commit_id": null,
            "line_code": null,
            "position": null,
            "original_position": null,
            "change_position": null,
            "resolved_at": null,
            "resolved_by_id": null,
            "resolved_by_push": null,
            "st_diff": null,
            "system": false,
            "internal": false,
            "type": null,
            "url": self.note_url(topic, note),
        })
    }
}
