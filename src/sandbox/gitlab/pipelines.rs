//! Pipelines: those that CI runs, the external ones that statuses make where CI runs none, and those of merge trains.

use serde_json::{Value, json};

use super::{
    answers::{allowed, is_rising, list, no_record},
    hook_json::stamp,
    hooks::Teller,
    json::{Presenter, git_time, merged, time},
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    ci::Pipeline,
    git::{Commit, ZERO},
    happening::Payload,
    protection::refs,
    topic::Change,
    world::{Kind, Status, World},
};

impl Presenter<'_> {
    /// `Pipeline`; null when CI ran none for the head and nobody posted a status for it.
    pub fn head_pipeline(&self, change: &Change) -> Value {
        let of_head = |pipeline: &Value| pipeline.get("sha").and_then(Value::as_str) == Some(&change.head_sha);
        self.branch_pipelines().into_iter().filter(of_head).max_by_key(number).unwrap_or_default()
    }

    /// `PipelineBasic`, of the newest pipeline of a commit on any branch or tag.
    pub fn last_pipeline(&self, sha: &str) -> Value {
        let of_it = |pipeline: &Value| pipeline.get("sha").and_then(Value::as_str) == Some(sha);
        let newest = self.branch_pipelines().into_iter().filter(of_it).max_by_key(number);
        let basic = ["id", "iid", "project_id", "sha", "ref", "status", "source", "created_at", "updated_at", "web_url"];
        let Some(Value::Object(mut fields)) = newest else { return Value::Null };
        fields.retain(|name, _| basic.contains(&name.as_str()));
        Value::Object(fields)
    }

    /// What CI runs in its pipelines, one job in each, which is listed among the statuses.
    pub fn jobs(&self) -> Vec<Status> {
        let job = |pipeline: &Pipeline| Status {
            id: pipeline.id,
            sha: pipeline.sha.clone(),
            name: "build".to_owned(),
            state: pipeline.state.of_pipeline().to_owned(),
            description: None,
            target_url: Some(self.web_url(&format!("jobs/{}", pipeline.id))),
            reference: Some(pipeline.reference.clone()),
            author: pipeline.author.clone(),
            created_at: pipeline.created_at,
            updated_at: pipeline.updated_at,
        };
        self.project.pipelines.iter().map(job).collect()
    }

    /// All that are or were under way in the project.
    fn pipelines(&self) -> anyhow::Result<Vec<Value>> {
        let trains = self.project.queue.iter().map(|group| self.train(group)).collect::<anyhow::Result<Vec<_>>>()?;
        Ok([self.branch_pipelines(), trains].concat())
    }

    fn branch_pipelines(&self) -> Vec<Value> {
        let statuses = &self.project.statuses;
        let is_first = |place: usize, status: &Status| !statuses.iter().take(place).any(|earlier| is_with(earlier, status));
        let first = statuses.iter().enumerate().filter(|(place, status)| is_first(*place, status)).map(|(_, status)| status);
        let external = first.filter(|status| self.pipeline_with(status).is_none()).map(|status| self.external(status));
        external.chain(self.project.pipelines.iter().map(|pipeline| self.ran(pipeline))).collect()
    }

    /// The pipeline that CI ran where a status was posted.
    fn pipeline_with(&self, status: &Status) -> Option<&Pipeline> {
        let is_it = |pipeline: &&Pipeline| pipeline.sha == status.sha && Some(&pipeline.reference) == status.reference.as_ref();
        self.project.pipelines.iter().rev().find(is_it)
    }

    /// The number of the pipeline that a status is a job of.
    pub fn pipeline_id(&self, status: &Status) -> Option<u64> {
        let first = || self.project.statuses.iter().find(|other| is_with(other, status)).map(|first| first.id);
        self.pipeline_with(status).map(|pipeline| pipeline.id).or_else(first)
    }

    fn external(&self, first: &Status) -> Value {
        let (made, state) = self.made(first);
        self.pipeline(&made, state, "external")
    }

    /// The pipeline that statuses make where CI runs none, by the first of them, and what they come to.
    fn made(&self, first: &Status) -> (Pipeline, &'static str) {
        let jobs: Vec<&Status> = self.project.statuses.iter().filter(|status| is_with(status, first)).collect();
        let last = jobs.iter().map(|status| status.updated_at).max().unwrap_or(first.updated_at);
        let reference = first.reference.clone().unwrap_or_default();
        let (sha, author) = (first.sha.clone(), first.author.clone());
        let state = crate::sandbox::CiState::Pending;
        let made = Pipeline { id: first.id, sha, reference, state, author, created_at: first.created_at, updated_at: last };
        (made, state_of(&jobs))
    }

    /// One that CI ran; statuses that somebody posted meanwhile are jobs of it.
    fn ran(&self, pipeline: &Pipeline) -> Value {
        let is_job = |status: &&Status| self.pipeline_with(status).is_some_and(|own| own.id == pipeline.id);
        let jobs: Vec<&Status> = self.project.statuses.iter().filter(is_job).collect();
        let own = pipeline.state.of_pipeline();
        let state = worst(|state| state == own || latest(&jobs).contains(&state));
        self.pipeline(pipeline, state, "push")
    }

    fn pipeline(&self, pipeline: &Pipeline, state: &str, source: &str) -> Value {
        let is_over = !["pending", "running"].contains(&state);
        let committed = self.project.git.commit(&pipeline.sha).ok().map(|commit| git_time(commit.committer.at));
        json!({
            "id": pipeline.id,
            "iid": pipeline.id,
            "project_id": self.project.id,
            "sha": pipeline.sha,
            "ref": pipeline.reference,
            "status": state,
            "source": source,
            "created_at": time(pipeline.created_at),
            "updated_at": time(pipeline.updated_at),
            "web_url": self.web_url(&format!("pipelines/{}", pipeline.id)),
            "before_sha": ZERO,
            "tag": self.project.git.tag(&pipeline.reference).is_some(),
            "yaml_errors": null,
            "user": self.user(&pipeline.author),
            "started_at": time(pipeline.created_at),
            "finished_at": is_over.then(|| time(pipeline.updated_at)),
            "committed_at": committed,
            "duration": null,
            "queued_duration": null,
            "coverage": null,
            "archived": false,
        })
    }

    /// What the webhooks of all pipelines have in common.
    pub fn hook_pipeline(&self, actor: &str, commit: &Commit, attributes: &Value) -> Value {
        let more = json!({
            "iid": attributes.get("id"),
            "name": null,
            "tag": false,
            "sha": commit.sha,
            "before_sha": ZERO,
            "stages": ["test"],
            "queued_duration": null,
            "variables": [],
        });
        json!({
            "object_kind": "pipeline",
            "object_attributes": merged(more, attributes.clone()),
            "user": self.hook_user(actor),
            "project": self.hook_project(),
            "commit": self.hook_commit(commit),
            "builds": [],
        })
    }
}

/// The state of the pipeline of a commit on a reference, if there is one.
pub fn pipeline_state(world: &World, project: u64, place: &(String, String)) -> Option<String> {
    let project = world.repository(project).ok().filter(|project| project.kind == Kind::GitLab)?;
    let show = Presenter { world, project };
    let (_, full) = show.pipeline_at(place)?;
    full.get("status").and_then(Value::as_str).map(str::to_owned)
}

impl Presenter<'_> {
    /// The newest pipeline of a commit on a reference: one that CI ran, or else the external one.
    fn pipeline_at(&self, (sha, reference): &(String, String)) -> Option<(Pipeline, Value)> {
        let ran = self.project.pipelines.iter().rev().find(|pipeline| pipeline.sha == *sha && pipeline.reference == *reference);
        if let Some(ran) = ran {
            return Some((ran.clone(), self.ran(ran)));
        }
        let is_here = |status: &&Status| status.sha == *sha && status.reference.as_ref() == Some(reference);
        let first = self.project.statuses.iter().find(is_here)?;
        Some((self.made(first).0, self.external(first)))
    }
}

impl Teller<'_> {
    /// The webhook for one that CI runs.
    pub fn ran(&self, pipeline: &Pipeline) -> Option<Payload> {
        self.told(pipeline, &self.show.ran(pipeline))
    }

    /// The webhook for one that came to another state by a status that somebody posted.
    pub fn jobs(&self, sha: &str, reference: &str) -> Option<Payload> {
        let (pipeline, full) = self.show.pipeline_at(&(sha.to_owned(), reference.to_owned()))?;
        self.told(&pipeline, &full)
    }

    /// It names the user who made the pipeline, whoever moved it on. Statuses are no builds, so it does not list them.
    fn told(&self, pipeline: &Pipeline, full: &Value) -> Option<Payload> {
        let show = self.show;
        let commit = show.project.git.commit(&pipeline.sha).ok()?;
        let text = |name: &str| full.get(name).and_then(Value::as_str);
        let (status, source) = (text("status")?, text("source")?);
        let finished = full.get("finished_at").filter(|at| !at.is_null()).map(|_| stamp(pipeline.updated_at));
        let attributes = json!({
            "id": pipeline.id,
            "ref": pipeline.reference,
            "tag": full.get("tag"),
            "source": source,
            "stages": [if source == "external" { "external" } else { "test" }],
            "status": status,
            "detailed_status": if status == "success" { "passed" } else { status },
            "created_at": stamp(pipeline.created_at),
            "finished_at": finished,
            "duration": finished.as_ref().map(|_| 1),
            "protected_ref": !refs::of_branch(show.project, &pipeline.reference).is_empty(),
            "url": show.web_url(&format!("pipelines/{}", pipeline.id)),
        });
        let event = "Pipeline Hook";
        let body = show.hook_pipeline(&pipeline.author, &commit, &attributes);
        Some(Payload { event, body, summary: format!("{event} {status} {} {}", show.project.path, pipeline.reference) })
    }
}

/// Whether two statuses are jobs of the same pipeline.
fn is_with(one: &Status, other: &Status) -> bool {
    one.sha == other.sha && one.reference == other.reference
}

fn number(pipeline: &Value) -> u64 {
    pipeline.get("id").and_then(Value::as_u64).unwrap_or_default()
}

/// What the latest statuses of each name come to.
fn state_of(statuses: &[&Status]) -> &'static str {
    worst(|state| latest(statuses).contains(&state))
}

fn latest<'a>(statuses: &[&'a Status]) -> Vec<&'a str> {
    let is_latest = |place: usize, status: &Status| !statuses.iter().skip(place + 1).any(|later| later.name == status.name);
    statuses.iter().enumerate().filter(|(place, status)| is_latest(*place, status)).map(|(_, status)| status.state.as_str()).collect()
}

fn worst(has: impl Fn(&str) -> bool) -> &'static str {
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

pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let scope = allowed(call, "scope", &["running", "pending", "finished", "branches", "tags"])?;
    let order = allowed(call, "order_by", &["id", "status", "ref", "updated_at", "user_id"])?.unwrap_or("id");
    let order = if order == "user_id" { "id" } else { order };
    let is_wanted = |pipeline: &Value| {
        let text = |name: &str| pipeline.get(name).and_then(Value::as_str).unwrap_or_default();
        let is = |name: &str| call.query(name).is_none_or(|wanted| wanted == text(name));
        let is_tag = pipeline.get("tag") == Some(&Value::Bool(true));
        let is_in_scope = match scope {
            None => true,
            Some("branches") => !is_tag,
            Some("tags") => is_tag,
            Some("finished") => !["pending", "running"].contains(&text("status")),
            Some(state) => state == text("status"),
        };
        is_in_scope && ["ref", "sha", "status", "source"].into_iter().all(is)
    };
    let mut found = show.pipelines()?;
    found.retain(is_wanted);
    let key = |pipeline: &Value| (pipeline.get(order).filter(|_| order != "id").map(Value::to_string), number(pipeline));
    found.sort_by_cached_key(key);
    if !is_rising(call)? {
        found.reverse();
    }
    list(world, call, &found, |pipeline| Ok(basic(pipeline)))
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let id = call.number("pipeline");
    let found = show.pipelines()?.into_iter().find(|pipeline| number(pipeline) == id);
    Ok(Answer::ok(found.ok_or_else(no_record)?))
}
