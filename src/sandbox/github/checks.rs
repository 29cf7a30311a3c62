//! Check runs and commit statuses.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    annotations,
    apps::{reporter_id, reporter_json, target},
    errors::{custom, error, invalid, not_found},
    json::{PAGE, linked, list, node, repository_url, time, time_or_null, user, with},
    pulls::pull_stub,
    repositories::repository_json,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    happening::{CheckAction, What},
    world::{Check, Kind, Reporter, Repository, Status, World},
};

/// The most characters of a check's summary and text.
const LONGEST: usize = 65_535;

/// How a check can end by a client's word.
const CONCLUSIONS: [&str; 7] = ["action_required", "cancelled", "failure", "neutral", "success", "skipped", "timed_out"];

pub fn check_json(world: &World, repository: &Repository, check: &Check) -> Value {
    let url = format!("{}/check-runs/{}", repository_url(world, repository), check.id);
    let page = format!("{}/{}/runs/{}", world.url, repository.path, check.id);
    let is_head = |change: &crate::sandbox::topic::Change| change.head_sha == check.sha && change.source == repository.id;
    let pulls = repository.requests().filter(|(topic, change)| topic.is_open() && is_head(change));
    json!({
        "id": check.id,
        "node_id": node("CR", check.id),
        "head_sha": check.sha,
        "external_id": check.external_id.as_deref().unwrap_or_default(),
        "url": url,
        "html_url": page,
        "details_url": check.details_url.as_ref().unwrap_or(&page),
        "status": check.status,
        "conclusion": check.conclusion,
        "started_at": time(check.started_at),
        "completed_at": time_or_null(check.completed_at),
        "output": {
            "title": check.title,
            "summary": check.summary,
            "text": check.text,
            "annotations_count": check.annotations.len(),
            "annotations_url": format!("{url}/annotations"),
        },
        "name": check.name,
        "check_suite": {"id": suite_of(repository, check).map(|first| first.id)},
        "app": reporter_json(world, check.reporter),
        "pull_requests": pulls.map(|(topic, _)| pull_stub(world, repository, topic)).collect::<Vec<_>>(),
    })
}

/// The first check of a suite, which is what one App reported of a commit. The suite goes by its id.
pub fn suite_of<'a>(repository: &'a Repository, check: &Check) -> Option<&'a Check> {
    repository.checks.iter().find(|other| other.sha == check.sha && other.reporter == check.reporter)
}

/// The newest run of each name in the suite of a check.
pub fn current<'a>(repository: &'a Repository, check: &Check) -> Vec<&'a Check> {
    let is_beside = |other: &&Check| other.sha == check.sha && other.reporter == check.reporter;
    let newest: Vec<&Check> = repository.checks.iter().rev().filter(is_beside).collect();
    latest(&newest, |check| check.name.clone())
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let sha = call.text("head_sha").unwrap_or_default();
    let sha = repository.git.resolve(sha).ok_or_else(|| no_commit(sha))?;
    let name = call.text("name").ok_or_else(|| invalid("CheckRun", "name", "missing_field"))?.to_owned();
    let repository = repository.id;
    let (id, started_at) = (world.next_id(), world.tick());
    let check = Check {
        id,
        reporter: Reporter::Own,
        sha,
        name,
        status: "queued".to_owned(),
        conclusion: None,
        title: None,
        summary: None,
        text: None,
        annotations: Vec::new(),
        external_id: None,
        details_url: None,
        started_at,
        completed_at: None,
    };
    let check = changed(check, call, started_at)?;
    let is_complete = check.conclusion.is_some();
    world.repository_mut(repository)?.checks.push(check);
    world.tell(repository, Kind::GitHub.bot(), What::Check(id, CheckAction::Created))?;
    if is_complete {
        world.end_check(repository, Kind::GitHub.bot(), id)?;
    }
    answer(world, repository, id).map(Answer::created)
}

/// The check with what the call says about it. A conclusion completes it.
fn changed(mut check: Check, call: &Call, now: Timestamp) -> Result<Check, Answer> {
    let text = |field: &str| call.text(field).map(str::to_owned);
    check.status = text("status").unwrap_or(check.status);
    check.external_id = text("external_id").or(check.external_id);
    check.details_url = text("details_url").or(check.details_url);
    if let Some(output) = call.body.get("output") {
        let text = |field: &str| output.get(field).and_then(Value::as_str).map(str::to_owned);
        check.title = text("title").or(check.title);
        check.summary = text("summary").or(check.summary);
        check.text = text("text").or(check.text);
        check.annotations.extend(annotations::given(output)?);
    }
    if [&check.summary, &check.text].into_iter().flatten().any(|text| text.chars().count() > LONGEST) {
        return Err(custom("CheckRun", &format!("Only {LONGEST} characters are allowed")));
    }
    if let Some(conclusion) = text("conclusion") {
        if !CONCLUSIONS.contains(&conclusion.as_str()) {
            return Err(invalid("CheckRun", "conclusion", "invalid"));
        }
        check.conclusion = Some(conclusion);
        check.completed_at = Some(now);
        "completed".clone_into(&mut check.status);
    } else if check.status != "completed" {
        (check.conclusion, check.completed_at) = (None, None);
    }
    Ok(check)
}

pub fn update(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let check = repository.check(call.number("check")).ok_or_else(not_found)?.clone();
    let (repository, id, was_complete) = (repository.id, check.id, check.conclusion.is_some());
    let check = changed(check, call, world.tick())?;
    let completes = check.conclusion.is_some() && !was_complete;
    if let Some(kept) = world.repository_mut(repository)?.checks.iter_mut().find(|check| check.id == id) {
        *kept = check;
    }
    if completes {
        world.end_check(repository, Kind::GitHub.bot(), id)?;
    }
    answer(world, repository, id).map(Answer::ok)
}

fn answer(world: &World, repository: u64, id: u64) -> Result<Value, Answer> {
    let repository = world.repository(repository)?;
    let check = repository.check(id).ok_or_else(not_found)?;
    Ok(check_json(world, repository, check))
}

pub fn get(world: &mut World, call: &Call) -> Handled {
    let id = target(world, call)?.id;
    answer(world, id, call.number("check")).map(Answer::ok)
}

/// The check runs of a commit, newest first; with the filter `latest`, the newest of each name.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let sha = resolved(repository, call)?;
    let wanted = |check: &&Check| {
        call.query("app_id").is_none_or(|app| app == reporter_id(world, check.reporter).to_string())
            && check.sha == sha
            && call.query("check_name").is_none_or(|name| check.name == name)
            && call.query("status").is_none_or(|status| check.status == status)
    };
    let mut checks: Vec<&Check> = repository.checks.iter().rev().filter(wanted).collect();
    if call.query("filter") != Some("all") {
        checks = latest(&checks, |check| (check.reporter, check.name.clone()));
    }
    let page = call.page(PAGE, world.page_size);
    let shown: Vec<_> = page.of(&checks).iter().map(|check| check_json(world, repository, check)).collect();
    let body = json!({"total_count": checks.len(), "check_runs": shown});
    Ok(linked(world, call, Answer::ok(body), page, checks.len()))
}

/// The first of each name, in a list that has the newest first.
pub fn latest<'a, T, N: PartialEq>(newest_first: &[&'a T], name: impl Fn(&T) -> N) -> Vec<&'a T> {
    let is_first = |index: usize, item: &T| newest_first.iter().position(|other| name(other) == name(item)) == Some(index);
    newest_first.iter().enumerate().filter(|(index, item)| is_first(*index, item)).map(|(_, item)| *item).collect()
}

fn resolved(repository: &Repository, call: &Call) -> Result<String, Answer> {
    repository.git.resolve(call.param("ref")).ok_or_else(|| no_commit(call.param("ref")))
}

/// The published description knows no 422 for these operations.
fn no_commit(sha: &str) -> Answer {
    error(StatusCode::NOT_FOUND, &format!("No commit found for SHA: {sha}"))
}

/// A status as the combined status of a commit shows it.
fn simple_status_json(world: &World, repository: &Repository, status: &Status) -> Value {
    let author = user(world, &status.author);
    json!({
        "url": format!("{}/statuses/{}", repository_url(world, repository), status.sha),
        "avatar_url": author.get("avatar_url"),
        "id": status.id,
        "node_id": node("SC", status.id),
        "state": status.state,
        "description": status.description,
        "target_url": status.target_url,
        "context": status.name,
        "created_at": time(status.created_at),
        "updated_at": time(status.updated_at),
    })
}

fn status_json(world: &World, repository: &Repository, status: &Status) -> Value {
    with(simple_status_json(world, repository, status), json!({"creator": user(world, &status.author)}))
}

pub fn create_status(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let sha = call.param("sha");
    let sha = repository.git.resolve(sha).ok_or_else(|| no_commit(sha))?;
    let state = call.text("state").filter(|state| ["error", "failure", "pending", "success"].contains(state));
    let state = state.ok_or_else(|| invalid("Status", "state", "invalid"))?.to_owned();
    if call.text("description").is_some_and(|text| text.chars().count() > 140) {
        return Err(custom("Status", "description is too long (maximum is 140 characters)"));
    }
    let repository = repository.id;
    let (id, now) = (world.next_id(), world.tick());
    let status = Status {
        id,
        sha,
        name: call.text("context").unwrap_or("default").to_owned(),
        state,
        description: call.text("description").map(str::to_owned),
        target_url: call.text("target_url").map(str::to_owned),
        reference: None,
        author: Kind::GitHub.bot().to_owned(),
        created_at: now,
        updated_at: now,
    };
    let status = world.post(repository, status)?;
    Ok(Answer::created(status_json(world, world.repository(repository)?, &status)))
}

fn statuses_of<'a>(repository: &'a Repository, sha: &str) -> Vec<&'a Status> {
    repository.statuses.iter().rev().filter(|status| status.sha == sha).collect()
}

pub fn statuses(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let statuses = statuses_of(repository, &resolved(repository, call)?);
    Ok(list(world, call, &statuses, |status| status_json(world, repository, status)))
}

pub fn combined(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let sha = resolved(repository, call)?;
    let statuses = latest(&statuses_of(repository, &sha), |status| status.name.clone());
    let any = |states: &[&str]| statuses.iter().any(|status| states.contains(&status.state.as_str()));
    let state = match () {
        () if any(&["error", "failure"]) => "failure",
        () if any(&["pending"]) || statuses.is_empty() => "pending",
        () => "success",
    };
    let url = format!("{}/commits/{sha}", repository_url(world, repository));
    let page = call.page(PAGE, world.page_size);
    let shown: Vec<_> = page.of(&statuses).iter().map(|status| simple_status_json(world, repository, status)).collect();
    let body = json!({
        "state": state,
        "statuses": shown,
        "sha": sha,
        "total_count": statuses.len(),
        "repository": repository_json(world, repository),
        "commit_url": url,
        "url": format!("{url}/status"),
    });
    Ok(linked(world, call, Answer::ok(body), page, statuses.len()))
}
