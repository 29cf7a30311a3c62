//! Releases.

use serde_json::{Map, Value, json};

use super::{
    apps::target,
    errors::{custom, invalid, not_found},
    json::{encoded, html_url, list, node, repository_url, time, time_or_null, user},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    pushing::{Latest, ReleaseDraft},
    world::{Kind, Release, Repository, World},
};

/// The most characters of a body.
const LONGEST: usize = 125_000;

pub fn release_json(world: &World, repository: &Repository, release: &Release) -> Value {
    let api = repository_url(world, repository);
    let url = format!("{api}/releases/{}", release.id);
    let tag = encoded(&release.tag);
    let archive = |format: &str| release.published_at.map(|_| format!("{api}/{format}/{tag}"));
    json!({
        "url": url,
        "html_url": format!("{}/releases/tag/{tag}", html_url(world, repository)),
        "assets_url": format!("{url}/assets"),
        "upload_url": format!("{url}/assets{{?name,label}}"),
        "tarball_url": archive("tarball"),
        "zipball_url": archive("zipball"),
        "id": release.id,
        "node_id": node("RE", release.id),
        "tag_name": release.tag,
        "target_commitish": release.target,
        "name": release.name,
        "body": release.body,
        "draft": release.draft,
        "prerelease": release.prerelease,
        "immutable": false,
        "created_at": time(release.created_at),
        "updated_at": time(release.published_at.unwrap_or(release.created_at)),
        "published_at": time_or_null(release.published_at),
        "author": user(world, &release.author),
        "assets": [],
    })
}

/// What an edit changed, as the webhook tells it.
pub fn changes(former: &Release, release: &Release) -> Value {
    let mut changes = Map::new();
    let mut note = |field: &str, [before, after]: [Option<&str>; 2]| {
        if before != after {
            changes.insert(field.to_owned(), json!({"from": before.unwrap_or_default()}));
        }
    };
    note("name", [former.name.as_deref(), release.name.as_deref()]);
    note("body", [former.body.as_deref(), release.body.as_deref()]);
    note("tag_name", [Some(&former.tag), Some(&release.tag)]);
    if release.latest_since.is_some() && former.latest_since != release.latest_since {
        changes.insert("make_latest".to_owned(), json!({"to": true}));
    }
    changes.into()
}

/// Newest first; the App sees drafts too.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let releases: Vec<&Release> = repository.releases.iter().rev().collect();
    Ok(list(world, call, &releases, |release| release_json(world, repository, release)))
}

pub fn get(world: &mut World, call: &Call) -> Handled {
    let id = target(world, call)?.id;
    answer(world, id, call.number("release")).map(Answer::ok)
}

fn answer(world: &World, repository: u64, id: u64) -> Result<Value, Answer> {
    let repository = world.repository(repository)?;
    let release = repository.release(id).ok_or_else(not_found)?;
    Ok(release_json(world, repository, release))
}

pub fn latest(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    Ok(Answer::ok(release_json(world, repository, repository.latest_release().ok_or_else(not_found)?)))
}

/// Drafts have no tag yet, so they are not found by one.
pub fn by_tag(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let is_it = |release: &&Release| !release.draft && release.tag == call.param("tag");
    let release = repository.releases.iter().find(is_it).ok_or_else(not_found)?;
    Ok(Answer::ok(release_json(world, repository, release)))
}

fn check_body(call: &Call) -> Result<(), Answer> {
    match call.text("body") {
        Some(body) if body.chars().count() > LONGEST => {
            Err(custom("Release", &format!("body is too long (maximum is {LONGEST} characters)")))
        }
        _ => Ok(()),
    }
}

/// A published tag has one release, and its tag or target must exist.
fn check_tag(repository: &Repository, release: &Release) -> Result<(), Answer> {
    let taken = |other: &Release| other.id != release.id && !other.draft && other.tag == release.tag;
    if !release.draft && repository.releases.iter().any(taken) {
        return Err(invalid("Release", "tag_name", "already_exists"));
    }
    let has_commit = |revision: &str| repository.git.resolve(revision).is_some();
    if repository.git.tag(&release.tag).is_none() && !has_commit(&release.target) {
        return Err(invalid("Release", "target_commitish", "invalid"));
    }
    Ok(())
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    check_body(call)?;
    let tag = call.text("tag_name").filter(|tag| git2::Reference::is_valid_name(&format!("refs/tags/{tag}")));
    let text = |field: &str| call.text(field).map(str::to_owned);
    let new = Release {
        id: 0,
        tag: tag.ok_or_else(|| invalid("Release", "tag_name", "invalid"))?.to_owned(),
        target: text("target_commitish").unwrap_or_else(|| repository.default_branch.clone()),
        name: text("name"),
        body: text("body"),
        draft: call.flag("draft") == Some(true),
        prerelease: call.flag("prerelease") == Some(true),
        milestones: Vec::new(),
        author: Kind::GitHub.bot().to_owned(),
        created_at: world.now(),
        published_at: None,
        latest_since: None,
    };
    check_tag(repository, &new)?;
    let id = repository.id;
    let Release { tag, target, name, body, draft, prerelease, .. } = new;
    let latest = if call.text("make_latest").is_none_or(|latest| latest == "true") { Latest::Taken } else { Latest::Left };
    let draft = ReleaseDraft { tag, target, name, body, draft, prerelease, latest, ..ReleaseDraft::default() };
    let release = world.release(id, Kind::GitHub.bot(), draft)?;
    answer(world, id, release).map(Answer::created)
}

pub fn update(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    check_body(call)?;
    let mut release = repository.release(call.number("release")).ok_or_else(not_found)?.clone();
    let text = |field: &str| call.text(field).map(str::to_owned);
    release.tag = text("tag_name").unwrap_or(release.tag);
    release.target = text("target_commitish").unwrap_or(release.target);
    release.name = text("name").or(release.name);
    release.body = text("body").or(release.body);
    release.draft = call.flag("draft").unwrap_or(release.draft);
    release.prerelease = call.flag("prerelease").unwrap_or(release.prerelease);
    // What is published now becomes the latest unless the call says otherwise; drafts and pre-releases never do.
    let is_new = release.published_at.is_none();
    release.latest_since = match call.text("make_latest") {
        _ if release.draft || release.prerelease => None,
        Some("true") => Some(world.now()),
        Some(_) => None,
        None if is_new => Some(world.now()),
        None => release.latest_since,
    };
    check_tag(repository, &release)?;
    let (id, release_id) = (repository.id, release.id);
    world.edit_release(id, Kind::GitHub.bot(), release)?;
    answer(world, id, release_id).map(Answer::ok)
}

pub fn delete(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let (id, release) = (repository.id, call.number("release"));
    repository.release(release).ok_or_else(not_found)?;
    world.delete_release(id, release, Kind::GitHub.bot())?;
    Ok(Answer::no_content())
}
