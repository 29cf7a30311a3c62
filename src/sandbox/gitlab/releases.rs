//! Releases. GitLab has no drafts, names a release by its tag, and makes a missing tag from `ref`.

use axum::http::StatusCode;

use super::{
    answers::{allowed, bad_request, is_rising, list, refused, required},
    json::Presenter,
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    pushing::{Mark, ReleaseDraft},
    world::{Kind, Release, World},
};

fn find<'a>(show: Presenter<'a>, tag: &str) -> Option<&'a Release> {
    show.project.releases.iter().find(|release| release.tag == tag)
}

pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let mut releases: Vec<&Release> = show.project.releases.iter().collect();
    match allowed(call, "order_by", &["released_at", "created_at"])? {
        Some("created_at") => releases.sort_by_key(|release| release.created_at),
        _ => releases.sort_by_key(|release| release.published_at),
    }
    if !is_rising(call)? {
        releases.reverse();
    }
    list(world, call, &releases, |release| show.release(release))
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let release = find(show, call.param("tag")).ok_or_else(|| refused(StatusCode::NOT_FOUND, "404 Not Found"))?;
    Ok(Answer::ok(show.release(release)?))
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let [tag] = required(call, ["tag_name"])?;
    let show = project(world, call)?;
    if find(show, tag).is_some() {
        return Err(refused(StatusCode::CONFLICT, "Release already exists"));
    }
    let milestones = milestones(show, call)?.unwrap_or_default();
    let id = show.project.id;
    if show.project.git.tag(tag).is_none() {
        let at = call.text("ref").ok_or_else(|| refused(StatusCode::UNPROCESSABLE_ENTITY, "Ref is not specified"))?;
        if show.project.git.resolve(at).is_none() {
            return Err(bad_request(format!("Target {at} is invalid")));
        }
        world.tag(id, Kind::GitLab.bot(), &Mark { name: tag, at, message: call.text("tag_message") })?;
    }
    let text = |name: &str| call.text(name).map(str::to_owned);
    let draft = ReleaseDraft { tag: tag.to_owned(), name: text("name"), body: text("description"), milestones, ..ReleaseDraft::default() };
    world.release(id, Kind::GitLab.bot(), draft)?;
    let show = project(world, call)?;
    let release = find(show, tag).ok_or_else(|| refused(StatusCode::NOT_FOUND, "404 Not Found"))?;
    Ok(Answer::created(show.release(release)?))
}

pub fn update(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let missing = || refused(StatusCode::NOT_FOUND, "Release does not exist");
    let mut edited = find(show, call.param("tag")).ok_or_else(missing)?.clone();
    let id = show.project.id;
    let text = |name: &str| call.text(name).map(str::to_owned);
    edited.name = text("name").or(edited.name);
    edited.body = text("description").or(edited.body);
    edited.milestones = milestones(show, call)?.unwrap_or(edited.milestones);
    world.edit_release(id, Kind::GitLab.bot(), edited)?;
    self::show(world, call)
}

/// The milestones that the call names, which must be there.
fn milestones(show: Presenter, call: &Call) -> Result<Option<Vec<String>>, Answer> {
    let named = call.texts("milestones");
    let is_unknown = |title: &&String| !show.project.milestones.iter().any(|milestone| milestone.title == **title);
    let unknown: Vec<&str> = named.iter().flatten().filter(is_unknown).map(String::as_str).collect();
    if unknown.is_empty() { Ok(named) } else { Err(bad_request(format!("Milestone(s) not found: {}", unknown.join(", ")))) }
}
