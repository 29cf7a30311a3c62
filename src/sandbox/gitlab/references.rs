//! Branches and tags.

use std::cmp::Reverse;

use jiff::Timestamp;
use regex::Regex;
use serde_json::json;

use super::{
    answers::{allowed, bad_request, is_rising, list, not_found, required},
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::{Git, Tag},
    pushing::Mark,
    signing::{self, Key},
    world::{Kind, World},
};

/// `^x` finds names that start so, `x$` those that end so, other text those that contain it.
fn matches(name: &str, search: Option<&str>) -> bool {
    let Some(search) = search else { return true };
    match (search.strip_prefix('^'), search.strip_suffix('$')) {
        (Some(start), _) => name.starts_with(start),
        (None, Some(end)) => name.ends_with(end),
        (None, None) => name.contains(search),
    }
}

pub fn branches(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let mut branches = show.project.git.branches()?;
    let (search, regex) = (call.query("search"), call.query("regex"));
    if search.is_some() && regex.is_some() {
        return Err(bad_request("search, regex are mutually exclusive"));
    }
    let regex = regex.map(Regex::new).transpose().map_err(|problem| bad_request(problem.to_string()))?;
    branches.retain(|(name, _)| matches(name, search) && regex.as_ref().is_none_or(|regex| regex.is_match(name)));
    list(world, call, &branches, |(name, sha)| show.branch(name, sha))
}

pub fn branch(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let name = call.param("branch");
    let sha = show.project.git.branch(name).ok_or_else(|| not_found("Branch"))?;
    Ok(Answer::ok(show.branch(name, &sha)?))
}

pub fn create_branch(world: &mut World, call: &Call) -> Handled {
    let [name, from] = required(call, ["branch", "ref"])?;
    let project_id = {
        let show = project(world, call)?;
        if show.project.git.branch(name).is_some() {
            return Err(bad_request("Branch already exists"));
        }
        show.project.id
    };
    let reference = format!("refs/heads/{name}");
    let sha = world.repository(project_id)?.git.resolve(from);
    let sha = sha.ok_or_else(|| bad_request(format!("Failed to create branch '{name}': invalid reference name '{from}'")))?;
    if !git2::Reference::is_valid_name(&reference) {
        return Err(bad_request("Branch name is invalid"));
    }
    world.push(project_id, Kind::GitLab.bot(), &reference, Some(&sha))?;
    Ok(Answer::created(project(world, call)?.branch(name, &sha)?))
}

pub fn delete_branch(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (id, name) = (show.project.id, call.param("branch"));
    if show.project.git.branch(name).is_none() {
        return Err(not_found("Branch"));
    }
    if name == show.project.default_branch {
        return Err(bad_request("The default branch of a project cannot be deleted."));
    }
    world.push(id, Kind::GitLab.bot(), &format!("refs/heads/{name}"), None)?;
    Ok(Answer::no_content())
}

pub fn tags(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let git = &show.project.git;
    let mut tags = git.tags()?;
    tags.retain(|tag| matches(&tag.name, call.query("search")));
    match allowed(call, "order_by", &["name", "updated", "version"])?.unwrap_or("updated") {
        "name" => {}
        "version" => tags.sort_by_cached_key(|tag| version(&tag.name)),
        _ => tags.sort_by_cached_key(|tag| updated(git, tag)),
    }
    if !is_rising(call)? {
        tags.reverse();
    }
    list(world, call, &tags, |tag| show.tag(tag))
}

fn updated(git: &Git, tag: &Tag) -> Option<Timestamp> {
    let annotated = tag.annotation.as_ref().map(|annotation| annotation.tagger.at);
    annotated.or_else(|| git.commit(&tag.commit).ok().map(|commit| commit.committer.at))
}

/// Sorts versions by number, a pre-release before its release, and other names before all versions.
fn version(name: &str) -> (Option<semver::Version>, Reverse<String>) {
    (semver::Version::parse(name.trim_start_matches('v')).ok(), Reverse(name.to_owned()))
}

pub fn tag(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let tag = show.project.git.tag(call.param("tag")).ok_or_else(|| not_found("Tag"))?;
    Ok(Answer::ok(show.tag(&tag)?))
}

/// The signature of a tag, told as GitLab tells that of a commit.
pub fn signature(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let tag = show.project.git.tag(call.param("tag")).ok_or_else(|| not_found("Tag"))?;
    let message = tag.annotation.as_ref().map_or("", |annotation| &annotation.message);
    let (_, key) = signing::signature(message).ok_or_else(|| not_found("Signature"))?;
    let tagger = tag.annotation.as_ref().map(|annotation| &annotation.tagger);
    let known = tagger.filter(|_| key == Key::Known);
    Ok(Answer::ok(json!({
        "signature_type": "PGP",
        "verification_status": if known.is_some() { "verified" } else { "unknown_key" },
        "gpg_key_id": known.map(|_| 1),
        "gpg_key_primary_keyid": "8254AAB3FBD54AC9",
        "gpg_key_user_name": known.map(|person| &person.name),
        "gpg_key_user_email": known.map(|person| &person.email),
        "gpg_key_subkey_id": null,
    })))
}

pub fn create_tag(world: &mut World, call: &Call) -> Handled {
    let [name, at] = required(call, ["tag_name", "ref"])?;
    let show = project(world, call)?;
    let (id, git) = (show.project.id, &show.project.git);
    if git.tag(name).is_some() {
        return Err(bad_request(format!("Tag {name} already exists")));
    }
    if !git2::Reference::is_valid_name(&format!("refs/tags/{name}")) {
        return Err(bad_request("Tag name invalid"));
    }
    if git.resolve(at).is_none() {
        return Err(bad_request(format!("Target {at} is invalid")));
    }
    let message = call.text("message").filter(|message| !message.is_empty());
    world.tag(id, Kind::GitLab.bot(), &Mark { name, at, message })?;
    let show = project(world, call)?;
    let tag = show.project.git.tag(name).ok_or_else(|| not_found("Tag"))?;
    Ok(Answer::created(show.tag(&tag)?))
}

pub fn delete_tag(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (id, tag) = (show.project.id, call.param("tag"));
    if show.project.git.tag(tag).is_none() {
        return Err(not_found("Tag"));
    }
    world.push(id, Kind::GitLab.bot(), &format!("refs/tags/{tag}"), None)?;
    Ok(Answer::no_content())
}
