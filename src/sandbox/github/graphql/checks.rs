//! The part of the graph that is checks: the suites of a commit, the runs in them, and what they and the statuses come to.

use serde_json::{Value, json};

use super::{
    conversations::any_of,
    execution::Asked,
    objects::{Found, Object, Page, Resolved, Sight},
    proposals::actor_value,
};
use crate::sandbox::{
    github::{
        apps::{reporter_id, reporter_json},
        checks::{latest, suite_of},
        json::{html_url, node},
    },
    world::{Check, Repository, Status},
};

/// The checks of a commit, the newest first.
fn newest<'a>(repository: &'a Repository, sha: &str) -> Vec<&'a Check> {
    repository.checks.iter().rev().filter(|check| check.sha == sha).collect()
}

/// The newest of each name and App, in a list that has the newest first.
fn current<'a>(newest_first: &[&'a Check]) -> Vec<&'a Check> {
    latest(newest_first, |check| (check.reporter, check.name.clone()))
}

/// The suites of a commit: one of each App that has checks there.
pub fn suites<'a>(sight: &Sight<'a>, repository: &'a Repository, sha: &str, asked: &Asked) -> Resolved<'a> {
    let filter = asked.argument("filterBy").cloned().unwrap_or_default();
    let by = filter.get("appId").and_then(Value::as_u64);
    let mut first = latest(&newest(repository, sha).into_iter().rev().collect::<Vec<_>>(), |check| check.reporter);
    first.retain(|suite| {
        let has = |name: &str| newest(repository, sha).iter().any(|check| check.reporter == suite.reporter && check.name == name);
        by.is_none_or(|id| id == reporter_id(sight.world, suite.reporter)) && any_of(filter.get("checkName"), has)
    });
    Page::of(sight, asked, "CheckSuiteConnection", first, |suite| Object::Suite(repository, suite))
}

/// A suite, by its first check.
pub fn of_suite<'a>(sight: &Sight<'a>, repository: &'a Repository, suite: &Check, asked: &Asked) -> Resolved<'a> {
    let mut newest = newest(repository, &suite.sha);
    newest.retain(|check| check.reporter == suite.reporter);
    let current = current(&newest);
    let is_complete = current.iter().all(|check| check.status == "completed");
    let ends = |conclusion: &str| current.iter().any(|check| check.conclusion.as_deref() == Some(conclusion));
    let value: Value = match asked.name {
        "id" => node("CS", suite.id).into(),
        "databaseId" => suite.id.into(),
        "status" => if is_complete { "COMPLETED" } else { "IN_PROGRESS" }.into(),
        "conclusion" if !is_complete => Value::Null,
        "conclusion" => {
            let worst =
                ["action_required", "timed_out", "cancelled", "failure", "neutral", "skipped"].into_iter().find(|worst| ends(worst));
            worst.unwrap_or("success").to_uppercase().into()
        }
        "app" => {
            let app = reporter_json(sight.world, suite.reporter);
            let [id, database, name, slug] = ["node_id", "id", "name", "slug"].map(|field| app.get(field));
            let app = json!({"__typename": "App", "id": id, "databaseId": database, "name": name, "slug": slug});
            return Ok(Found::Object(Object::Plain(app)));
        }
        "commit" => return Ok(Found::Object(Object::Commit(repository, Box::new(repository.git.commit(&suite.sha)?)))),
        _ => return runs(sight, repository, newest, asked),
    };
    Ok(value.into())
}

/// The runs of a suite, oldest first; with the type `LATEST`, the newest of each name.
fn runs<'a>(sight: &Sight<'a>, repository: &'a Repository, mut newest: Vec<&'a Check>, asked: &Asked) -> Resolved<'a> {
    let filter = asked.argument("filterBy").cloned().unwrap_or_default();
    let by = filter.get("appId").and_then(Value::as_u64);
    newest.retain(|check| {
        by.is_none_or(|id| id == reporter_id(sight.world, check.reporter))
            && any_of(filter.get("checkName"), |name| check.name == name)
            && any_of(filter.get("status"), |status| check.status.eq_ignore_ascii_case(status))
            && any_of(filter.get("statuses"), |status| check.status.eq_ignore_ascii_case(status))
            && any_of(filter.get("conclusions"), |end| check.conclusion.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(end)))
    });
    if filter.get("checkType").is_some_and(|kind| kind == "LATEST") {
        newest = current(&newest);
    }
    newest.reverse();
    Page::of(sight, asked, "CheckRunConnection", newest, |check| Object::Run(repository, check))
}

pub fn of_run<'a>(sight: &Sight<'a>, repository: &'a Repository, check: &'a Check, asked: &Asked) -> Found<'a> {
    let url = format!("{}/runs/{}", html_url(sight.world, repository), check.id);
    let value: Value = match asked.name {
        "id" => node("CR", check.id).into(),
        "databaseId" => check.id.into(),
        "name" => check.name.as_str().into(),
        "status" => check.status.to_uppercase().into(),
        "conclusion" => check.conclusion.as_ref().map(|conclusion| conclusion.to_uppercase()).into(),
        "title" => check.title.as_deref().into(),
        "summary" => check.summary.as_deref().into(),
        "text" => check.text.as_deref().into(),
        "externalId" => check.external_id.as_deref().unwrap_or_default().into(),
        "detailsUrl" => check.details_url.as_deref().unwrap_or(&url).into(),
        "startedAt" => check.started_at.to_string().into(),
        "completedAt" => check.completed_at.map(|at| at.to_string()).into(),
        "checkSuite" => return Found::maybe(suite_of(repository, check).map(|suite| Object::Suite(repository, suite))),
        _ => url.into(),
    };
    value.into()
}

/// What the newest checks and statuses of each name come to; nothing where there are none.
pub fn rollup<'a>(repository: &'a Repository, sha: &str) -> Found<'a> {
    let (checks, statuses) = (current(&newest(repository, sha)), statuses(repository, sha));
    let is_there = !checks.is_empty() || !statuses.is_empty();
    Found::maybe(is_there.then_some(Object::Rollup(repository, checks, statuses)))
}

/// The newest of each name, the newest first.
fn statuses<'a>(repository: &'a Repository, sha: &str) -> Vec<&'a Status> {
    let newest: Vec<&Status> = repository.statuses.iter().rev().filter(|status| status.sha == sha).collect();
    latest(&newest, |status| status.name.clone())
}

pub fn of_rollup<'a>(
    sight: &Sight<'a>,
    repository: &'a Repository,
    (checks, statuses): (&[&'a Check], &[&'a Status]),
    asked: &Asked,
) -> Resolved<'a> {
    let sha = checks.iter().map(|check| &check.sha).chain(statuses.iter().map(|status| &status.sha)).next();
    let value: Value = match asked.name {
        "id" => node("SCR", sha.map_or("", String::as_str)).into(),
        "state" => state(checks, statuses).into(),
        "commit" => {
            let commit = sha.and_then(|sha| repository.git.commit(sha).ok());
            return Ok(Found::maybe(commit.map(|commit| Object::Commit(repository, Box::new(commit)))));
        }
        _ => {
            let runs = checks.iter().rev().map(|check| Context::Run(check));
            let contexts = runs.chain(statuses.iter().rev().map(|status| Context::Status(status))).collect();
            return Page::of(sight, asked, "StatusCheckRollupContextConnection", contexts, |context| match context {
                Context::Run(check) => Object::Run(repository, check),
                Context::Status(status) => Object::Plain(context_value(sight, status)),
            });
        }
    };
    Ok(value.into())
}

enum Context<'a> {
    Run(&'a Check),
    Status(&'a Status),
}

/// `StatusState`
fn state(checks: &[&Check], statuses: &[&Status]) -> &'static str {
    let states = || statuses.iter().map(|status| status.state.as_str()).chain(checks.iter().map(|check| state_of(check)));
    let has = |wanted: &str| states().any(|state| state == wanted);
    match () {
        () if has("error") => "ERROR",
        () if has("failure") => "FAILURE",
        () if has("pending") => "PENDING",
        () => "SUCCESS",
    }
}

fn state_of(check: &Check) -> &'static str {
    match check.conclusion.as_deref() {
        None => "pending",
        Some("success" | "neutral" | "skipped") => "success",
        Some(_) => "failure",
    }
}

fn context_value(sight: &Sight, status: &Status) -> Value {
    json!({
        "__typename": "StatusContext",
        "id": node("SC", status.id),
        "context": status.name,
        "state": status.state.to_uppercase(),
        "description": status.description,
        "targetUrl": status.target_url,
        "createdAt": status.created_at.to_string(),
        "creator": actor_value(sight, &status.author),
    })
}
