//! The webhooks about what is reported on commits and where they are deployed.

use serde_json::{Value, json};

use super::{
    apps::reporter_json,
    checks::{check_json, current, suite_of},
    commits::commit_json,
    deployments::{deployment_json, step_json},
    hooks::Hook,
    json::{node, repository_url, time, with},
    pulls::pull_stub,
};
use crate::sandbox::{
    deploying::Deployment,
    happening::{CheckAction, Payload},
    topic::Change,
    world::{Check, Status},
};

/// How many branches a status names at most.
const MOST_BRANCHES: usize = 10;

impl Hook<'_> {
    pub fn check(&self, check: &Check, action: CheckAction) -> Payload {
        let action = match action {
            CheckAction::Created => "created",
            CheckAction::Completed => "completed",
        };
        let suite = with(self.suite(check), json!({"status": check.status, "conclusion": check.conclusion}));
        let object = with(check_json(self.world, self.repository, check), json!({"check_suite": suite}));
        self.payload("check_run", &format!(" {}", check.name), json!({"action": action, "check_run": object}))
    }

    /// All runs of a suite have ended, of which this is one.
    pub fn suite_ended(&self, check: &Check) -> Option<Payload> {
        let commit = self.repository.git.commit(&check.sha).ok()?;
        let runs = current(self.repository, check);
        let suite = self.suite(check);
        let person = |name: &str, email: &str| json!({"name": name, "email": email});
        let more = json!({
            "status": "completed",
            "conclusion": conclusion(&runs),
            "latest_check_runs_count": runs.len(),
            "check_runs_url": format!("{}/check-runs", suite.get("url").and_then(Value::as_str)?),
            "rerequestable": true,
            "runs_rerequestable": true,
            "head_commit": {
                "id": commit.sha,
                "tree_id": commit.tree,
                "message": commit.message,
                "timestamp": time(commit.committer.at),
                "author": person(&commit.author.name, &commit.author.email),
                "committer": person(&commit.committer.name, &commit.committer.email),
            },
        });
        let about = format!(" of {}", suite.pointer("/app/slug").and_then(Value::as_str)?);
        Some(self.payload("check_suite", &about, json!({"action": "completed", "check_suite": with(suite, more)})))
    }

    fn suite(&self, check: &Check) -> Value {
        let id = suite_of(self.repository, check).map_or(check.id, |first| first.id);
        let branches = self.repository.git.branches().unwrap_or_default();
        let branch = branches.into_iter().find(|(_, tip)| *tip == check.sha).map(|(name, _)| name);
        let is_head = |change: &Change| change.head_sha == check.sha && change.source == self.repository.id;
        let pulls = self.repository.requests().filter(|(topic, change)| topic.is_open() && is_head(change));
        json!({
            "id": id,
            "node_id": node("CS", id),
            "head_branch": branch,
            "head_sha": check.sha,
            "before": null,
            "after": check.sha,
            "url": format!("{}/check-suites/{id}", repository_url(self.world, self.repository)),
            "app": reporter_json(self.world, check.reporter),
            "pull_requests": pulls.map(|(topic, _)| pull_stub(self.world, self.repository, topic)).collect::<Vec<_>>(),
            "created_at": time(check.started_at),
            "updated_at": time(check.completed_at.unwrap_or(check.started_at)),
        })
    }

    pub fn status(&self, status: &Status) -> Option<Payload> {
        let git = &self.repository.git;
        let api = repository_url(self.world, self.repository);
        let branch = |name: String| {
            let sha = git.branch(&name)?;
            Some(json!({"name": name, "commit": {"sha": sha, "url": format!("{api}/commits/{sha}")}, "protected": false}))
        };
        let branches = git.branches_with(&status.sha).unwrap_or_default().into_iter().take(MOST_BRANCHES).filter_map(branch);
        let commit = commit_json(self.world, self.repository, &git.commit(&status.sha).ok()?);
        let body = json!({
            "id": status.id,
            "sha": status.sha,
            "name": self.repository.path,
            "avatar_url": null,
            "target_url": status.target_url,
            "context": status.name,
            "description": status.description,
            "state": status.state,
            "commit": commit,
            "branches": branches.collect::<Vec<_>>(),
            "created_at": time(status.created_at),
            "updated_at": time(status.updated_at),
        });
        Some(self.payload("status", &format!(" {} {}", status.name, status.state), body))
    }

    pub fn deployment(&self, deployment: &Deployment) -> Payload {
        let object = deployment_json(self.world, self.repository, deployment);
        let body = json!({"action": "created", "deployment": object, "workflow": null, "workflow_run": null});
        self.payload("deployment", &format!(" to {}", deployment.environment), body)
    }

    pub fn deployed(&self, deployment: &Deployment) -> Option<Payload> {
        let step = step_json(self.world, self.repository, (deployment, deployment.steps.last()?));
        let about = format!(" to {} {}", deployment.environment, step.get("state").and_then(Value::as_str)?);
        let object = deployment_json(self.world, self.repository, deployment);
        let runs = json!({"check_run": null, "workflow": null, "workflow_run": null});
        let body = json!({"action": "created", "deployment": object, "deployment_status": step});
        Some(self.payload("deployment_status", &about, with(body, runs)))
    }
}

/// What the runs of a suite come to.
fn conclusion(runs: &[&Check]) -> &'static str {
    let ends = |conclusion: &str| runs.iter().any(|check| check.conclusion.as_deref() == Some(conclusion));
    let worst = ["action_required", "timed_out", "cancelled", "failure", "neutral", "skipped"].into_iter().find(|worst| ends(worst));
    worst.unwrap_or("success")
}
