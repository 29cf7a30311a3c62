//! Merging one branch into another without a pull request, and merging a pull request.

use axum::http::StatusCode;

use serde_json::json;

use super::{
    apps::target,
    commits::commit_json,
    errors::{error, malformed, rule_violations},
    pulls::{found, merges_cleanly},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::Outcome,
    protection::{Violation, workflows::Withheld},
    topic::Merge,
    world::{Kind, World},
};

/// The base is a branch; the head is one too, or any commit of the repository's network. There is always a merge commit.
pub fn create(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let wanted = |field: &str| call.text(field).ok_or_else(|| malformed(&format!("\"{field}\" wasn't supplied.")));
    let (base, head) = (wanted("base")?, wanted("head")?);
    let missing = |side: &str| error(StatusCode::NOT_FOUND, &format!("{side} does not exist"));
    let git = &repository.git;
    let ours = git.branch(base).ok_or_else(|| missing("Base"))?;
    let theirs = git.branch(head).or_else(|| git.resolve(head)).ok_or_else(|| missing("Head"))?;
    if git.is_ancestor(&theirs, &ours)? {
        return Ok(Answer::no_content());
    }
    let message = call.text("commit_message").map_or_else(|| format!("Merge {head} into {base}"), str::to_owned);
    let id = repository.id;
    let Outcome::Commit(made) = world.merge_signed(id, [&ours, &theirs], &message)? else {
        return Err(error(StatusCode::CONFLICT, "Merge conflict"));
    };
    // Where GitHub itself makes the commit, it names the workflow that the App may not change.
    let pushed = world.push(id, Kind::GitHub.bot(), &format!("refs/heads/{base}"), Some(&made));
    pushed.map_err(|refusal| match refusal.downcast_ref::<Withheld>() {
        Some(withheld) => error(StatusCode::FORBIDDEN, &withheld.to_string()),
        None => refusal.into(),
    })?;
    let repository = target(world, call)?;
    Ok(Answer::created(commit_json(world, repository, &repository.git.commit(&made)?)))
}

/// As the caller saw it, if `sha` says so, and in one of the ways that the repository allows.
pub fn merge(world: &mut World, call: &Call) -> Handled {
    let (repository, topic, change) = found(world, call)?;
    if call.text("sha").is_some_and(|sha| sha != change.head_sha) {
        return Err(error(StatusCode::CONFLICT, "Head branch was modified. Review and try the merge again."));
    }
    let refused = |message: &str| error(StatusCode::METHOD_NOT_ALLOWED, message);
    if !topic.is_open() || change.draft || merges_cleanly(repository, topic, change) != Some(true) {
        return Err(refused("Pull Request is not mergeable"));
    }
    let settings = &repository.merging;
    let (method, is_allowed, name) = match call.text("merge_method").unwrap_or("merge") {
        "merge" => (Merge::MergeCommit, settings.merge_commit, "Merge commits"),
        "squash" => (Merge::Squash, settings.squash, "Squash merges"),
        "rebase" => (Merge::Rebase, settings.rebase, "Rebase merges"),
        other => return Err(malformed(&format!("{other} is not a member of [\"merge\", \"squash\", \"rebase\"]."))),
    };
    if !is_allowed {
        return Err(refused(&format!("{name} are not allowed on this repository.")));
    }
    let (id, number, bot) = (repository.id, topic.number, Kind::GitHub.bot());
    if let Err(problem) = world.permit_merge(id, number, bot, method) {
        let violation = problem.downcast::<Violation>()?;
        return Err(refused(&rule_violations(&violation)));
    }
    let sha = world.merge(id, number, bot, method)?;
    Ok(Answer::ok(json!({"sha": sha, "merged": true, "message": "Pull Request successfully merged"})))
}
