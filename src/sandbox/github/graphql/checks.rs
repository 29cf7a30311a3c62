//! The part of the graph that is checks: the App's suite of a commit and the runs in it.

use serde_json::{Value, json};

use super::{
    conversations::any_of,
    execution::Asked,
    objects::{Found, Object, Page, Resolved, Sight},
};
use crate::sandbox::{
    github::{
        checks::{latest, suite_of},
        json::{html_url, node},
    },
    world::{Check, Repository},
};

/// The suites of a commit: one, of the App, once it has checks.
pub fn suites<'a>(sight: &Sight<'a>, repository: &'a Repository, sha: &str, asked: &Asked) -> Resolved<'a> {
    let filter = asked.argument("filterBy").cloned().unwrap_or_default();
    let is_ours = filter.get("appId").and_then(Value::as_u64).is_none_or(|id| id == sight.world.secrets.app_id);
    let has = |name: &str| repository.checks.iter().any(|check| check.sha == sha && check.name == name);
    let is_there = suite_of(repository, sha) != 0 && is_ours && any_of(filter.get("checkName"), has);
    let found: Vec<String> = is_there.then(|| sha.to_owned()).into_iter().collect();
    Page::of(sight, asked, "CheckSuiteConnection", found, |sha| Object::Suite(repository, sha))
}

pub fn of_suite<'a>(sight: &Sight<'a>, repository: &'a Repository, sha: &str, asked: &Asked) -> Resolved<'a> {
    let newest: Vec<&Check> = repository.checks.iter().rev().filter(|check| check.sha == sha).collect();
    let current = latest(&newest, |check| &check.name);
    let is_complete = current.iter().all(|check| check.status == "completed");
    let ends = |conclusion: &str| current.iter().any(|check| check.conclusion.as_deref() == Some(conclusion));
    let value: Value = match asked.name {
        "id" => node("CS", suite_of(repository, sha)).into(),
        "databaseId" => suite_of(repository, sha).into(),
        "status" => if is_complete { "COMPLETED" } else { "IN_PROGRESS" }.into(),
        "conclusion" if !is_complete => Value::Null,
        "conclusion" => {
            let worst =
                ["action_required", "timed_out", "cancelled", "failure", "neutral", "skipped"].into_iter().find(|worst| ends(worst));
            worst.unwrap_or("success").to_uppercase().into()
        }
        "app" => {
            let id = sight.world.secrets.app_id;
            let app = json!({"__typename": "App", "id": node("A", id), "databaseId": id, "name": "Slipway", "slug": "slipway"});
            return Ok(Found::Object(Object::Plain(app)));
        }
        "commit" => return Ok(Found::Object(Object::Commit(repository, Box::new(repository.git.commit(sha)?)))),
        _ => return runs(sight, repository, newest, asked),
    };
    Ok(value.into())
}

/// The runs of a suite, oldest first; with the type `LATEST`, the newest of each name.
fn runs<'a>(sight: &Sight<'a>, repository: &'a Repository, mut newest: Vec<&'a Check>, asked: &Asked) -> Resolved<'a> {
    let filter = asked.argument("filterBy").cloned().unwrap_or_default();
    let is_ours = filter.get("appId").and_then(Value::as_u64).is_none_or(|id| id == sight.world.secrets.app_id);
    newest.retain(|check| {
        is_ours
            && any_of(filter.get("checkName"), |name| check.name == name)
            && any_of(filter.get("status"), |status| check.status.eq_ignore_ascii_case(status))
            && any_of(filter.get("statuses"), |status| check.status.eq_ignore_ascii_case(status))
            && any_of(filter.get("conclusions"), |end| check.conclusion.as_ref().is_some_and(|own| own.eq_ignore_ascii_case(end)))
    });
    if filter.get("checkType").is_some_and(|kind| kind == "LATEST") {
        newest = latest(&newest, |check| &check.name);
    }
    newest.reverse();
    Page::of(sight, asked, "CheckRunConnection", newest, |check| Object::Plain(run(sight, repository, check)))
}

fn run(sight: &Sight, repository: &Repository, check: &Check) -> Value {
    let url = format!("{}/runs/{}", html_url(sight.world, repository), check.id);
    json!({
        "__typename": "CheckRun",
        "id": node("CR", check.id),
        "databaseId": check.id,
        "name": check.name,
        "status": check.status.to_uppercase(),
        "conclusion": check.conclusion.as_ref().map(|conclusion| conclusion.to_uppercase()),
        "title": check.title,
        "summary": check.summary,
        "text": check.text,
        "externalId": check.external_id.as_deref().unwrap_or_default(),
        "detailsUrl": check.details_url.as_ref().unwrap_or(&url),
        "startedAt": check.started_at.to_string(),
        "completedAt": check.completed_at.map(|at| at.to_string()),
        "url": url,
    })
}
