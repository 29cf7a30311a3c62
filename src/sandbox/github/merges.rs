//! Merging one branch into another without a pull request.

use axum::http::StatusCode;

use super::{
    apps::target,
    commits::commit_json,
    errors::{error, malformed},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::Outcome,
    protection::workflows::Withheld,
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
