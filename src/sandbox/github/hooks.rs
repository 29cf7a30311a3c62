//! GitHub's webhook payloads: those of the events that the App is subscribed to, and of its installation.

use serde_json::{Value, json};

use super::{
    apps::{INSTALLATION, installation_json},
    issues::{comment_json, issue_json},
    json::{encoded, html_url, label, node, time, urls, user, with},
    milestones::milestone_json,
    pulls::{pull_json, simple_pull_json},
    releases::{self, release_json},
    repositories::repository_json,
    reviews::review_json,
    ruleset_hooks,
    rulesets::ruleset_json,
};
use crate::sandbox::{
    deliveries::HOOK,
    git::{Change, Commit, FileChange, ZERO},
    happening::{
        CommentAction, Edited, Happening, MilestoneAction, Payload, Push, ReleaseAction, ReviewAction, RulesetAction, TopicAction, What,
    },
    milestones::Milestone,
    protection::{Administration, rulesets::Ruleset},
    reviewing::{Review, Stage},
    topic::{Comment, Topic, TopicKey},
    world::{Release, Repository, World, email_of},
};

/// The webhook for what happened; None when there is none or the happening is gone from the world by now.
pub fn payload(world: &World, happening: &Happening) -> Option<Payload> {
    let repository = world.repository(happening.repository).ok()?;
    let hook = Hook { world, repository, actor: &happening.actor };
    match &happening.what {
        What::Pushed(push) => hook.push(push),
        What::ReferenceCreated(reference) => hook.reference("create", reference),
        What::ReferenceDeleted(reference) => hook.reference("delete", reference),
        What::Topic(key, action) => hook.topic(repository.topic(*key)?, action),
        What::Comment(key, comment, action) => Some(hook.comment(repository.topic(*key)?, comment, action)),
        What::Review(number, review, action) => Some(hook.review(repository.request(*number)?.0, review, *action)),
        What::Release(release, action) => Some(hook.release(release, action)),
        What::Check(id, action) => Some(hook.check(repository.check(*id)?, *action)),
        What::Ruleset(ruleset, action) => hook.ruleset(ruleset, action),
        What::Queue(number, action) => hook.queue(*number, action),
        What::Milestone(milestone, action) => Some(hook.milestone(milestone, *action)),
        What::Pipeline(_) | What::Jobs(..) => None,
        What::SuiteEnded(id) => hook.suite_ended(repository.check(*id)?),
        What::Status(status) => hook.status(status),
        What::DeploymentCreated(id) => Some(hook.deployment(repository.deployment(*id)?)),
        What::Deployed(id) => hook.deployed(repository.deployment(*id)?),
        What::Installed => Some(hook.installed()),
        What::Pinged => Some(hook.ping()),
    }
}

pub(super) struct Hook<'a> {
    pub world: &'a World,
    pub repository: &'a Repository,
    actor: &'a str,
}

impl Hook<'_> {
    /// A payload with what all have: the repository, who did it and the installation.
    pub fn payload(&self, event: &'static str, about: &str, body: Value) -> Payload {
        let action = body.get("action").and_then(Value::as_str).map_or(String::new(), |action| format!(" {action}"));
        let summary = format!("{event}{action} {}{about}", self.repository.path);
        let common = json!({
            "repository": repository_json(self.world, self.repository),
            "sender": user(self.world, self.actor),
            "installation": {"id": INSTALLATION, "node_id": node("INS", INSTALLATION)},
        });
        Payload { event, body: with(common, body), summary }
    }

    fn push(&self, push: &Push) -> Option<Payload> {
        let (before, after) = (push.before.as_deref().unwrap_or(ZERO), push.after.as_deref().unwrap_or(ZERO));
        let git = &self.repository.git;
        let head = push.after.as_ref().and_then(|after| git.commit(&git.resolve(after)?).ok());
        let commits = self.pushed_commits(push).unwrap_or_default();
        let html = html_url(self.world, self.repository);
        let body = json!({
            "ref": push.reference,
            "before": before,
            "after": after,
            "created": push.before.is_none(),
            "deleted": push.after.is_none(),
            "forced": push.forced,
            "base_ref": null,
            "compare": match &push.before {
                Some(_) => format!("{html}/compare/{}...{}", before.get(..12)?, after.get(..12)?),
                None => format!("{html}/compare/{}", encoded(short(&push.reference))),
            },
            "commits": commits.iter().map(|commit| self.commit(commit)).collect::<Vec<_>>(),
            "head_commit": head.as_ref().map(|commit| self.commit(commit)),
            "pusher": {"name": self.actor, "email": email_of(self.actor)},
        });
        Some(self.payload("push", &format!(" {}", short(&push.reference)), body))
    }

    /// What a branch gained, oldest first; a new branch gains what the default branch has not.
    fn pushed_commits(&self, push: &Push) -> Option<Vec<Commit>> {
        let git = &self.repository.git;
        let after = push.after.as_ref().filter(|_| push.reference.starts_with("refs/heads/"))?;
        let known = push.before.clone().or_else(|| git.branch(&self.repository.default_branch))?;
        let mut commits = git.log(after, Some(&known)).ok()?;
        commits.reverse();
        commits.truncate(2048);
        Some(commits)
    }

    fn commit(&self, commit: &Commit) -> Value {
        let files = self.repository.git.changes_of(&commit.sha).unwrap_or_default();
        let paths = |changes: &[Change]| {
            let chosen = files.iter().filter(|file| changes.contains(&file.change));
            chosen.map(|file| file.path.as_str()).collect::<Vec<_>>()
        };
        let old_path = |file: &FileChange| (file.change == Change::Renamed).then(|| file.old_path.clone());
        let mut removed: Vec<String> = files.iter().filter_map(old_path).collect();
        removed.extend(paths(&[Change::Removed]).into_iter().map(str::to_owned));
        let person = |name: &str, email: &str| json!({"name": name, "email": email, "username": name});
        json!({
            "id": commit.sha,
            "tree_id": commit.tree,
            "distinct": true,
            "message": commit.message,
            "timestamp": time(commit.committer.at),
            "url": format!("{}/commit/{}", html_url(self.world, self.repository), commit.sha),
            "author": person(&commit.author.name, &commit.author.email),
            "committer": person(&commit.committer.name, &commit.committer.email),
            "added": paths(&[Change::Added, Change::Renamed]),
            "removed": removed,
            "modified": paths(&[Change::Modified]),
        })
    }

    fn reference(&self, event: &'static str, reference: &str) -> Option<Payload> {
        let (kind, name) = match reference.strip_prefix("refs/heads/") {
            Some(branch) => ("branch", branch),
            None => ("tag", reference.strip_prefix("refs/tags/")?),
        };
        let body = json!({"ref": name, "ref_type": kind, "pusher_type": "user"});
        let more = match event {
            "create" => json!({"master_branch": self.repository.default_branch, "description": null}),
            _ => json!({}),
        };
        Some(self.payload(event, &format!(" {kind} {name}"), with(body, more)))
    }

    fn topic(&self, topic: &Topic, action: &TopicAction) -> Option<Payload> {
        let (event, field) = if topic.change.is_some() { ("pull_request", "pull_request") } else { ("issues", "issue") };
        let object = match topic.change {
            Some(_) => with(pull_json(self.world, self.repository, topic), json!({"number": topic.number})),
            None => issue_json(self.world, self.repository, topic),
        };
        let (action, more) = self.topic_action(topic, action)?;
        let body = with(json!({"action": action, field: object}), more);
        let body = match topic.key() {
            TopicKey::Request(number) => with(body, json!({"number": number})),
            TopicKey::Issue(_) => body,
        };
        Some(self.payload(event, &format!("#{}", topic.number), body))
    }

    /// GitHub's word for it and the fields that come with it.
    fn topic_action(&self, topic: &Topic, action: &TopicAction) -> Option<(&'static str, Value)> {
        let labeled = |name: &str| json!({"label": label(self.world, self.repository, name)});
        let milestoned = |number: u64| {
            let milestone = self.repository.milestone(number);
            json!({"milestone": milestone.map(|milestone| milestone_json(self.world, self.repository, milestone))})
        };
        Some(match action {
            TopicAction::Opened => ("opened", json!({})),
            TopicAction::Edited(former) => ("edited", json!({"changes": changes(former)})),
            TopicAction::Synchronized { before, after } => ("synchronize", json!({"before": before, "after": after})),
            TopicAction::Labeled(name) => ("labeled", labeled(name)),
            TopicAction::Unlabeled(name) => ("unlabeled", labeled(name)),
            TopicAction::Relabeled(_) | TopicAction::Remilestoned(_) => return None,
            TopicAction::Milestoned(number) => ("milestoned", milestoned(*number)),
            TopicAction::Demilestoned(number) => ("demilestoned", milestoned(*number)),
            TopicAction::Staged(Stage::Draft) => ("converted_to_draft", json!({})),
            TopicAction::Staged(Stage::Ready) => ("ready_for_review", json!({})),
            TopicAction::Pinned => ("pinned", json!({})),
            TopicAction::Unpinned => ("unpinned", json!({})),
            TopicAction::Closed => ("closed", json!({})),
            TopicAction::Merged => ("closed", topic.merged().map(|_| json!({}))?),
            TopicAction::Reopened => ("reopened", json!({})),
        })
    }

    fn comment(&self, topic: &Topic, comment: &Comment, action: &CommentAction) -> Payload {
        let body = json!({
            "issue": issue_json(self.world, self.repository, topic),
            "comment": comment_json(self.world, self.repository, topic, comment),
        });
        let more = match action {
            CommentAction::Created => json!({"action": "created"}),
            CommentAction::Edited(former) => json!({"action": "edited", "changes": {"body": {"from": former}}}),
            CommentAction::Deleted => json!({"action": "deleted"}),
        };
        self.payload("issue_comment", &format!("#{}", topic.number), with(body, more))
    }

    fn review(&self, topic: &Topic, review: &Review, action: ReviewAction) -> Payload {
        let action = match action {
            ReviewAction::Submitted => "submitted",
            ReviewAction::Dismissed => "dismissed",
        };
        let mut object = review_json(self.world, self.repository, topic, review);
        if let Some(state) = object.get_mut("state") {
            *state = super::reviews::state(review.verdict).to_lowercase().into();
        }
        let pull = simple_pull_json(self.world, self.repository, topic);
        let body = json!({"action": action, "review": object, "pull_request": pull});
        self.payload("pull_request_review", &format!("#{}", topic.number), body)
    }

    fn release(&self, release: &Release, action: &ReleaseAction) -> Payload {
        let body = json!({"release": release_json(self.world, self.repository, release)});
        let more = match action {
            ReleaseAction::Created => json!({"action": "created"}),
            ReleaseAction::Published => json!({"action": "published"}),
            ReleaseAction::Released => json!({"action": "released"}),
            ReleaseAction::Prereleased => json!({"action": "prereleased"}),
            ReleaseAction::Edited(former) => json!({"action": "edited", "changes": releases::changes(former, release)}),
            ReleaseAction::Deleted => json!({"action": "deleted"}),
        };
        self.payload("release", &format!(" {}", release.tag), with(body, more))
    }

    fn milestone(&self, milestone: &Milestone, action: MilestoneAction) -> Payload {
        let action = match action {
            MilestoneAction::Created => "created",
            MilestoneAction::Closed => "closed",
            MilestoneAction::Reopened => "opened",
        };
        let body = json!({"action": action, "milestone": milestone_json(self.world, self.repository, milestone)});
        self.payload("milestone", &format!(" {}", milestone.title), body)
    }

    /// Sent to Apps that may read the administration of a repository alone.
    fn ruleset(&self, ruleset: &Ruleset, action: &RulesetAction) -> Option<Payload> {
        if self.world.administration == Administration::Withheld {
            return None;
        }
        let more = match action {
            RulesetAction::Created => json!({"action": "created"}),
            RulesetAction::Edited(former) => json!({"action": "edited", "changes": ruleset_hooks::changes(former, &ruleset.terms)}),
            RulesetAction::Deleted => json!({"action": "deleted"}),
        };
        let body = json!({"repository_ruleset": ruleset_json(self.world, self.repository, ruleset)});
        Some(self.payload("repository_ruleset", &format!(" {}", ruleset.terms.name), with(body, more)))
    }

    fn installed(&self) -> Payload {
        let stub = |repository: &Repository| {
            json!({
                "id": repository.id,
                "node_id": node("R", repository.id),
                "name": repository.name(),
                "full_name": repository.path,
                "private": false,
            })
        };
        let owned = self.world.repositories_of(self.repository.kind).filter(|r| r.owner() == self.repository.owner());
        let body = json!({
            "action": "created",
            "installation": installation_json(self.world, self.repository.owner()),
            "repositories": owned.map(stub).collect::<Vec<_>>(),
            "requester": null,
        });
        without_repository(self.payload("installation", "", body))
    }

    fn ping(&self) -> Payload {
        let url = format!("{}/app/hook", super::json::api_url(self.world));
        let created = time(self.repository.created_at);
        let hook = json!({
            "type": "App",
            "id": HOOK,
            "name": "web",
            "active": true,
            "app_id": self.world.secrets.app_id,
            "events": super::apps::EVENTS,
            "config": {"content_type": "json", "insecure_ssl": "0", "url": self.world.url},
            "created_at": created,
            "updated_at": created,
        });
        let hook = with(hook, urls(&url, &[("deliveries_url", "/deliveries")]));
        let body = json!({"zen": "Keep it logically awesome.", "hook_id": HOOK, "hook": hook});
        without_repository(self.payload("ping", "", body))
    }
}

/// Events about the App itself name no repository.
fn without_repository(mut payload: Payload) -> Payload {
    if let Some(fields) = payload.body.as_object_mut() {
        fields.remove("repository");
    }
    payload
}

fn changes(former: &Edited) -> Value {
    let mut changes = json!({});
    if let Some(title) = &former.title {
        changes = with(changes, json!({"title": {"from": title}}));
    }
    if let Some(body) = &former.body {
        changes = with(changes, json!({"body": {"from": body.as_deref().unwrap_or_default()}}));
    }
    if let Some(base) = &former.base {
        changes = with(changes, json!({"base": {"ref": {"from": base.branch}, "sha": {"from": base.sha}}}));
    }
    changes
}

/// The name of a branch or tag.
fn short(reference: &str) -> &str {
    reference.strip_prefix("refs/heads/").or_else(|| reference.strip_prefix("refs/tags/")).unwrap_or(reference)
}
