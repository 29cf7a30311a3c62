//! GitLab's webhooks: what each happening looks like in the payloads of Push, Tag Push, Merge Request, Issue, Note and
//! Release hooks. GitLab sends them for what the bot itself does too. The objects in them are in `hook_json`.

use serde_json::{Value, json};

use super::{
    hook_json::{stamp, state_id},
    json::{Presenter, merged},
    json_topics::{is_draft_title, merge_commits},
};
use crate::sandbox::{
    git::{Commit, ZERO},
    happening::{
        CommentAction, Edited, Happening, MilestoneAction, Payload, Push, QueueAction, ReleaseAction, ReviewAction, TopicAction, What,
    },
    milestones::Milestone,
    protection::refs,
    topic::{Change, Comment, Topic},
    world::{Release, Repository, World},
};

/// GitLab names no more commits than this in a push.
const MOST_COMMITS: usize = 20;

/// The webhook for a happening, if GitLab sends one.
pub fn payload(world: &World, happening: &Happening) -> Option<Payload> {
    let project = world.repository(happening.repository).ok()?;
    let teller = Teller { show: Presenter { world, project }, actor: &happening.actor };
    match &happening.what {
        What::Pushed(push) => Some(teller.push(push)),
        What::Topic(key, action) => {
            let topic = project.topic(*key)?;
            Some(match &topic.change {
                Some(change) => teller.request(topic, change, action),
                None => teller.issue(topic, action),
            })
        }
        What::Review(number, _, action) => {
            let (topic, change) = project.request(*number)?;
            Some(teller.approval(topic, change, *action))
        }
        What::Comment(key, comment, action) => teller.note(project.topic(*key)?, comment, action),
        What::Release(release, action) => teller.release(release, action),
        What::Queue(_, QueueAction::Built(group, state)) => teller.pipeline(group, *state),
        What::Pipeline(pipeline) => teller.ran(pipeline),
        What::Jobs(sha, reference) => teller.jobs(sha, reference),
        What::Deployed(id) => teller.deployed(project.deployment(*id)?),
        What::Milestone(milestone, action) => Some(teller.milestone(milestone, *action)),
        _ => None,
    }
}

pub(super) struct Teller<'a> {
    pub show: Presenter<'a>,
    pub actor: &'a str,
}

impl Teller<'_> {
    fn push(&self, push: &Push) -> Payload {
        let project = self.show.project;
        let tag = push.reference.strip_prefix("refs/tags/");
        let (event, kind) = if tag.is_some() { ("Tag Push Hook", "tag_push") } else { ("Push Hook", "push") };
        let target = push.after.as_deref().and_then(|_| project.git.resolve(&push.reference));
        let commits = match (&target, tag) {
            (Some(sha), Some(_)) => project.git.commit(sha).into_iter().collect(),
            (Some(sha), None) => self.pushed(push, sha),
            (None, _) => Vec::new(),
        };
        let annotation = tag.and_then(|tag| project.git.tag(tag)?.annotation);
        let latest = commits.iter().skip(commits.len().saturating_sub(MOST_COMMITS));
        let user = self.show.world.user(self.actor);
        let body = json!({
            "object_kind": kind,
            "event_name": kind,
            "before": push.before.as_deref().unwrap_or(ZERO),
            "after": push.after.as_deref().unwrap_or(ZERO),
            "ref": push.reference,
            "ref_protected": is_protected(project, &push.reference),
            "checkout_sha": target,
            "message": annotation.map(|annotation| annotation.message),
            "user_id": user.id,
            "user_name": user.login,
            "user_username": user.login,
            "user_email": null,
            "user_avatar": null,
            "project_id": project.id,
            "project": self.show.hook_project(),
            "commits": latest.map(|commit| self.show.hook_commit_with_files(commit)).collect::<Vec<_>>(),
            "total_commits_count": commits.len(),
            "push_options": {},
            "repository": self.show.hook_pushed_repository(),
        });
        let change = match (&push.before, &push.after) {
            (None, _) => "created",
            (_, None) => "deleted",
            _ => "moved",
        };
        Payload { event, body, summary: format!("{event} {} {change} in {}", push.reference, project.path) }
    }

    /// What a push brought, oldest first: on a new branch, what the default branch does not have.
    fn pushed(&self, push: &Push, after: &str) -> Vec<Commit> {
        let git = &self.show.project.git;
        let trunk = || git.branch(&self.show.project.default_branch);
        let known = push.before.clone().or_else(trunk);
        let mut commits = git.log(after, known.as_deref()).unwrap_or_default();
        commits.reverse();
        commits
    }

    fn request(&self, topic: &Topic, change: &Change, action: &TopicAction) -> Payload {
        let mut attributes = self.show.hook_request(topic, change);
        if let (TopicAction::Synchronized { before, .. }, Some(attributes)) = (action, attributes.as_object_mut()) {
            attributes.insert("oldrev".to_owned(), before.as_str().into());
        }
        let body = self.topic_payload("merge_request", topic, attributes, action);
        let (event, verb) = ("Merge Request Hook", verb(action));
        Payload { event, body, summary: format!("{event} {verb} {}!{}", self.show.project.path, topic.number) }
    }

    /// An approval that completes what is required, or breaks it when taken back, has a word of its own.
    fn approval(&self, topic: &Topic, change: &Change, action: ReviewAction) -> Payload {
        let (required, now) = (self.show.project.approvals_required, topic.approvals().len());
        let verb = match action {
            ReviewAction::Submitted if now < required => "approval",
            ReviewAction::Submitted => "approved",
            ReviewAction::Dismissed if required > 0 && now + 1 != required => "unapproval",
            ReviewAction::Dismissed => "unapproved",
        };
        let attributes = merged(self.show.hook_request(topic, change), json!({"action": verb}));
        let body = merged(self.about("merge_request", topic, &attributes), json!({"changes": {}}));
        let event = "Merge Request Hook";
        Payload { event, body, summary: format!("{event} {verb} {}!{}", self.show.project.path, topic.number) }
    }

    fn issue(&self, topic: &Topic, action: &TopicAction) -> Payload {
        let body = self.topic_payload("issue", topic, self.show.hook_issue(topic), action);
        let (event, verb) = ("Issue Hook", verb(action));
        Payload { event, body, summary: format!("{event} {verb} {}#{}", self.show.project.path, topic.number) }
    }

    fn topic_payload(&self, kind: &str, topic: &Topic, attributes: Value, action: &TopicAction) -> Value {
        let attributes = merged(attributes, json!({"action": verb(action)}));
        merged(self.about(kind, topic, &attributes), json!({"changes": self.changes(topic, action)}))
    }

    fn about(&self, kind: &str, topic: &Topic, attributes: &Value) -> Value {
        json!({
            "object_kind": kind,
            "event_type": kind,
            "user": self.show.hook_user(self.actor),
            "project": self.show.hook_project(),
            "object_attributes": attributes,
            "labels": self.show.hook_labels(&topic.labels),
            "repository": self.show.hook_repository(),
        })
    }

    fn changes(&self, topic: &Topic, action: &TopicAction) -> Value {
        let state = |previous: u8| json!({"state_id": {"previous": previous, "current": state_id(topic)}});
        match action {
            TopicAction::Edited(edited) => edits(topic, edited),
            TopicAction::Relabeled(before) => self.label_changes(before, &topic.labels),
            TopicAction::Remilestoned(before) => {
                let [previous, current] = [*before, topic.milestone].map(|number| self.show.milestone_id(number));
                json!({"milestone_id": {"previous": previous, "current": current}})
            }
            TopicAction::Closed => state(1),
            TopicAction::Merged => {
                let commit = topic.change.as_ref().and_then(|change| merge_commits(change).0);
                merged(state(4), json!({"merge_commit_sha": {"previous": null, "current": commit}}))
            }
            TopicAction::Reopened => state(2),
            // What is about single labels, stages and pins happens on GitHub alone.
            _ => json!({}),
        }
    }

    fn label_changes(&self, before: &[String], after: &[String]) -> Value {
        json!({"labels": {"previous": self.show.hook_labels(before), "current": self.show.hook_labels(after)}})
    }

    fn note(&self, topic: &Topic, note: &Comment, action: &CommentAction) -> Option<Payload> {
        // What an edited note said before is not told, and its author stands for whoever edited it: only `updated_by_id` says who that is.
        let (verb, user) = match action {
            CommentAction::Created => ("create", self.actor),
            CommentAction::Edited(_) => ("update", note.author.as_str()),
            CommentAction::Deleted => return None,
        };
        let (kind, sign, target) = match &topic.change {
            Some(change) => ("merge_request", '!', self.show.hook_request(topic, change)),
            None => ("issue", '#', self.show.hook_issue(topic)),
        };
        let mut body = json!({
            "object_kind": "note",
            "event_type": "note",
            "user": self.show.hook_user(user),
            "project_id": self.show.project.id,
            "project": self.show.hook_project(),
            "object_attributes": merged(self.show.hook_note(topic, note), json!({"action": verb})),
            "repository": self.show.hook_repository(),
        });
        if let Some(body) = body.as_object_mut() {
            body.insert(kind.to_owned(), target);
        }
        let event = "Note Hook";
        Some(Payload { event, body, summary: format!("{event} {verb} {}{sign}{}", self.show.project.path, topic.number) })
    }

    fn release(&self, release: &Release, action: &ReleaseAction) -> Option<Payload> {
        let verb = match action {
            // GitLab knows no drafts: a release is created and published at once, and told once its tag is there.
            ReleaseAction::Created | ReleaseAction::Released | ReleaseAction::Prereleased => return None,
            ReleaseAction::Published => "create",
            ReleaseAction::Edited(_) => "update",
            ReleaseAction::Deleted => "delete",
        };
        let git = &self.show.project.git;
        let commit = git.resolve(&format!("refs/tags/{}", release.tag)).and_then(|sha| git.commit(&sha).ok());
        let body = json!({
            "id": release.id,
            "created_at": stamp(release.created_at),
            "description": release.body,
            "name": super::json::release_name(release),
            "released_at": stamp(release.published_at.unwrap_or(release.created_at)),
            "tag": release.tag,
            "object_kind": "release",
            "project": self.show.hook_project(),
            "url": self.show.release_url(release),
            "action": verb,
            "assets": self.show.release_assets(release),
            "commit": commit.map(|commit| self.show.hook_commit(&commit)),
        });
        let event = "Release Hook";
        Some(Payload { event, body, summary: format!("{event} {verb} {} in {}", release.tag, self.show.project.path) })
    }

    fn milestone(&self, milestone: &Milestone, action: MilestoneAction) -> Payload {
        let verb = match action {
            MilestoneAction::Created => "create",
            MilestoneAction::Closed => "close",
            MilestoneAction::Reopened => "reopen",
        };
        let body = json!({
            "object_kind": "milestone",
            "event_type": "milestone",
            "project": self.show.hook_project(),
            "object_attributes": self.show.hook_milestone(milestone),
            "action": verb,
        });
        let event = "Milestone Hook";
        Payload { event, body, summary: format!("{event} {verb} {} in {}", milestone.title, self.show.project.path) }
    }
}

fn is_protected(project: &Repository, reference: &str) -> bool {
    let branch = |name: &str| !refs::of_branch(project, name).is_empty();
    let tag = |name: &str| !refs::of_tag(project, name).is_empty();
    reference.strip_prefix("refs/heads/").is_some_and(branch) || reference.strip_prefix("refs/tags/").is_some_and(tag)
}

fn verb(action: &TopicAction) -> &'static str {
    match action {
        TopicAction::Opened => "open",
        TopicAction::Closed => "close",
        TopicAction::Merged => "merge",
        TopicAction::Reopened => "reopen",
        _ => "update",
    }
}

fn edits(topic: &Topic, edited: &Edited) -> Value {
    let mut changes = serde_json::Map::new();
    let mut put = |name: &str, previous: Value, current: Value| {
        changes.insert(name.to_owned(), json!({"previous": previous, "current": current}));
    };
    if let Some(title) = &edited.title {
        put("title", title.as_str().into(), topic.title.as_str().into());
        let drafts = (is_draft_title(title), is_draft_title(&topic.title));
        if topic.change.is_some() && drafts.0 != drafts.1 {
            put("draft", drafts.0.into(), drafts.1.into());
        }
    }
    if let Some(body) = &edited.body {
        put("description", body.clone().into(), topic.body.clone().into());
    }
    if let (Some(former), Some(change)) = (&edited.base, &topic.change) {
        put("target_branch", former.branch.as_str().into(), change.base.as_str().into());
        put("merge_status", "can_be_merged".into(), "unchecked".into());
    }
    changes.into()
}
