//! GitLab's issues, merge requests, notes and award emoji as its REST API shows them.

use serde_json::{Value, json};

use super::{
    json::{Presenter, merged, time},
    pipelines::basic as basic_pipeline,
};
use crate::sandbox::{
    merging::{MergeMethod, Pipelines, SquashOption},
    topic::{Change, Comment, Reaction, Topic},
};

/// "opened", "closed" or "merged".
pub fn state(topic: &Topic) -> &'static str {
    match topic.state() {
        "open" => "opened",
        other => other,
    }
}

/// What GitLab calls the thing that a note is on.
pub fn noteable_type(topic: &Topic) -> &'static str {
    if topic.change.is_some() { "MergeRequest" } else { "Issue" }
}

/// The commits that GitLab reports of a merge: the merge commit, if there is one, and the squash commit.
pub fn merge_commits(change: &Change) -> (Option<&str>, Option<&str>) {
    let Some(merged) = &change.merged else { return (None, None) };
    let squash = merged.squash.as_deref();
    let merge = Some(merged.sha.as_str()).filter(|sha| *sha != change.head_sha && Some(*sha) != squash);
    (merge, squash)
}

/// On GitLab the title says that a merge request is a draft.
pub fn is_draft_title(title: &str) -> bool {
    title.starts_with("Draft:")
}

pub fn is_draft(topic: &Topic, change: &Change) -> bool {
    change.draft || is_draft_title(&topic.title)
}

/// Why a merge request cannot be merged, or that it can.
pub struct Mergeability {
    pub has_conflicts: bool,
    pub detailed: &'static str,
}

impl Mergeability {
    pub fn status(&self) -> &'static str {
        if self.has_conflicts { "cannot_be_merged" } else { "can_be_merged" }
    }
}

/// What an issue has and a merge request has not, wherever it is shown.
fn basics_of_issue() -> Value {
    json!({
        "type": "ISSUE",
        "issue_type": "issue",
        "merge_requests_count": 0,
        "due_date": null,
        "confidential": false,
    })
}

impl Presenter<'_> {
    pub fn topic_url(&self, topic: &Topic) -> String {
        let kind = if topic.change.is_some() { "merge_requests" } else { "issues" };
        self.web_url(&format!("{kind}/{}", topic.number))
    }

    pub fn note_url(&self, topic: &Topic, note: &Comment) -> String {
        format!("{}#note_{}", self.topic_url(topic), note.id)
    }

    /// What issues and merge requests have in common.
    fn topic(&self, topic: &Topic) -> Value {
        let sign = if topic.change.is_some() { '!' } else { '#' };
        let short = format!("{sign}{}", topic.number);
        let is_merged = topic.merged().is_some();
        let closed_by = topic.closed_by.as_deref().filter(|_| !is_merged);
        json!({
            "id": topic.id,
            "iid": topic.number,
            "project_id": self.project.id,
            "title": topic.title,
            "description": topic.body,
            "state": state(topic),
            "created_at": time(topic.created_at),
            "updated_at": time(topic.updated_at),
            "closed_at": topic.closed_at.filter(|_| !is_merged).map(time),
            "closed_by": self.maybe_user(closed_by),
            "labels": topic.labels,
            "milestone": self.project.milestone_of(topic).map(|milestone| self.milestone(milestone)),
            "assignees": [],
            "assignee": null,
            "author": self.user(&topic.author),
            "user_notes_count": topic.comments.len(),
            "upvotes": 0,
            "downvotes": 0,
            "discussion_locked": null,
            "imported": false,
            "imported_from": "none",
            "web_url": self.topic_url(topic),
            "references": {"short": short, "relative": short, "full": format!("{}{short}", self.project.path)},
            "time_stats": {
                "time_estimate": 0,
                "total_time_spent": 0,
                "human_time_estimate": null,
                "human_total_time_spent": null,
            },
            "task_completion_status": {"count": 0, "completed_count": 0},
        })
    }

    /// `IssueBasic`
    pub fn basic_issue(&self, topic: &Topic) -> Value {
        let mut issue = merged(self.topic(topic), basics_of_issue());
        if let Some(fields) = issue.as_object_mut() {
            fields.retain(|name, _| !["imported", "imported_from", "references"].contains(&name.as_str()));
        }
        issue
    }

    /// `Issue`
    pub fn issue(&self, topic: &Topic) -> Value {
        let details = json!({
            "has_tasks": false,
            "severity": "UNKNOWN",
            "subscribed": true,
            "moved_to_id": null,
            "service_desk_reply_to": null,
        });
        merged(merged(self.topic(topic), basics_of_issue()), details)
    }

    pub fn mergeability(&self, topic: &Topic, change: &Change) -> Mergeability {
        let git = &self.project.git;
        let base = git.branch(&change.base);
        let clean = base.as_ref().is_none_or(|base| git.merges_cleanly(base, &change.head_sha).unwrap_or(false));
        let is_ahead = base.is_none_or(|base| git.is_ancestor(&base, &change.head_sha).unwrap_or(false));
        let has_conflicts = topic.is_open() && !clean;
        let detailed = match (topic.is_open(), has_conflicts) {
            (false, _) => "not_open",
            (true, true) => "conflict",
            (true, false) if is_draft(topic, change) => "draft_status",
            (true, false) if topic.approvals().len() < self.project.approvals_required => "not_approved",
            (true, false) if !is_ahead && self.project.rules.method != MergeMethod::Merge => "need_rebase",
            (true, false) => self.lacking_success(change).unwrap_or("mergeable"),
        };
        Mergeability { has_conflicts, detailed }
    }

    /// Where pipelines must succeed, why this one's does not do.
    fn lacking_success(&self, change: &Change) -> Option<&'static str> {
        let pipeline = Some(self.head_pipeline(change)).filter(|_| self.project.rules.pipelines == Pipelines::MustSucceed)?;
        match pipeline.get("status").and_then(Value::as_str) {
            Some("success") => None,
            Some("pending" | "running") => Some("ci_still_running"),
            _ => Some("ci_must_pass"),
        }
    }

    /// `MergeRequestBasic`, as lists show it.
    pub fn request(&self, topic: &Topic, change: &Change) -> Value {
        let draft = is_draft(topic, change);
        let merge_user = self.maybe_user(change.merged.as_ref().map(|merged| merged.by.as_str()));
        let (merge_commit, squash_commit) = merge_commits(change);
        let mergeability = self.mergeability(topic, change);
        let squash_on_merge = match self.project.rules.squash {
            SquashOption::Always => true,
            SquashOption::Never => false,
            SquashOption::DefaultOn | SquashOption::DefaultOff => change.squash,
        };
        let details = json!({
            "merged_by": merge_user,
            "merge_user": merge_user,
            "merged_at": change.merged.as_ref().map(|merged| time(merged.at)),
            "target_branch": change.base,
            "source_branch": change.head,
            "reviewers": [],
            "source_project_id": change.source,
            "target_project_id": self.project.id,
            "draft": draft,
            "work_in_progress": draft,
            "merge_when_pipeline_succeeds": false,
            "merge_status": mergeability.status(),
            "detailed_merge_status": mergeability.detailed,
            "merge_after": null,
            "sha": change.head_sha,
            "merge_commit_sha": merge_commit,
            "squash_commit_sha": squash_commit,
            "should_remove_source_branch": null,
            "force_remove_source_branch": change.remove_source,
            "prepared_at": time(topic.created_at),
            "reference": format!("!{}", topic.number),
            "squash": change.squash || squash_commit.is_some(),
            "squash_on_merge": squash_on_merge || squash_commit.is_some(),
            "has_conflicts": mergeability.has_conflicts,
            "blocking_discussions_resolved": true,
        });
        merged(self.topic(topic), details)
    }

    /// `MergeRequest`, as asked for by its number.
    pub fn full_request(&self, topic: &Topic, change: &Change) -> anyhow::Result<Value> {
        let git = &self.project.git;
        let fork_point = git.merge_base(&change.base_sha, &change.head_sha)?;
        let changed = git.diff(fork_point.as_deref(), &change.head_sha)?.len();
        let pipeline = self.head_pipeline(change);
        let details = json!({
            "subscribed": topic.author == self.project.kind.bot(),
            "changes_count": changed.to_string(),
            "latest_build_started_at": null,
            "latest_build_finished_at": null,
            "first_deployed_to_production_at": null,
            "pipeline": basic_pipeline(&pipeline),
            "head_pipeline": pipeline,
            "diff_refs": {"base_sha": fork_point, "head_sha": change.head_sha, "start_sha": change.base_sha},
            "merge_error": null,
            "first_contribution": false,
            "user": {"can_merge": true},
        });
        Ok(merged(self.request(topic, change), details))
    }

    /// `Note`
    pub fn note(&self, topic: &Topic, note: &Comment) -> Value {
        json!({
            "id": note.id,
            "type": null,
            "body": note.body,
            "author": self.user(&note.author),
            "created_at": time(note.created_at),
            "updated_at": time(note.updated_at),
            "system": false,
            "noteable_id": topic.id,
            "noteable_type": noteable_type(topic),
            "project_id": self.project.id,
            "resolvable": false,
            "confidential": false,
            "internal": false,
            "imported": false,
            "imported_from": "none",
            "noteable_iid": topic.number,
            "commands_changes": {},
        })
    }

    /// `AwardEmoji`
    pub fn award(&self, note: &Comment, award: &Reaction) -> Value {
        json!({
            "id": award.id,
            "name": award.name,
            "user": self.user(&award.user),
            "created_at": time(award.created_at),
            "updated_at": time(award.created_at),
            "awardable_id": note.id,
            "awardable_type": "Note",
            "url": null,
        })
    }
}
