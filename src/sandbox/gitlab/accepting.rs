//! Merging a merge request.

use axum::http::StatusCode;

use super::{
    answers::{no_record, refused},
    json::Presenter,
    projects::project,
    requests::request,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    merging::SquashOption,
    topic::Merge,
    world::{Kind, World},
};

/// In GitLab's order: whoever may not merge is told so first, and a request that cannot be merged before one whose head has moved.
pub fn merge(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (topic, change) = request(show, call)?;
    let squash = match show.project.rules.squash {
        SquashOption::Always => true,
        SquashOption::Never => false,
        SquashOption::DefaultOn | SquashOption::DefaultOff => call.flag("squash").unwrap_or(change.squash),
    };
    let method = if squash { Merge::Squash } else { Merge::MergeCommit };
    let (id, number, bot) = (show.project.id, topic.number, Kind::GitLab.bot());
    if world.permit_merge(id, number, bot, method).is_err() {
        return Err(refused(StatusCode::UNAUTHORIZED, "401 Unauthorized"));
    }
    if show.mergeability(topic, change).detailed != "mergeable" {
        return Err(refused(StatusCode::METHOD_NOT_ALLOWED, "405 Method Not Allowed"));
    }
    if call.text("sha").is_some_and(|sha| sha != change.head_sha) {
        return Err(refused(StatusCode::CONFLICT, format!("SHA does not match HEAD of source branch: {}", change.head_sha)));
    }
    world.merge(id, number, bot, method)?;
    let show = Presenter { world, project: world.repository(id)? };
    let (topic, change) = show.project.request(number).ok_or_else(no_record)?;
    Ok(Answer::ok(show.full_request(topic, change)?))
}
