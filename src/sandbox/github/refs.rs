//! References of the git data API.

use serde_json::{Value, json};

use super::{
    apps::target,
    errors::{invalid, not_found, unprocessable},
    json::{encoded, ref_node, repository_url},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    git::Reference,
    world::{Kind, Repository, World},
};

fn ref_json(world: &World, repository: &Repository, reference: &Reference) -> Value {
    let api = repository_url(world, repository);
    let (kind, path) = if reference.annotated { ("tag", "tags") } else { ("commit", "commits") };
    json!({
        "ref": reference.name,
        "node_id": ref_node(repository, &reference.name),
        "url": format!("{api}/git/{}", encoded(&reference.name)),
        "object": {"type": kind, "sha": reference.sha, "url": format!("{api}/git/{path}/{}", reference.sha)},
    })
}

/// The full name of the reference in the path, which comes without `refs/`.
fn named(call: &Call) -> String {
    format!("refs/{}", call.param("ref"))
}

fn missing() -> Answer {
    unprocessable("Reference does not exist")
}

pub fn get(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let reference = repository.git.reference(&named(call)).ok_or_else(not_found)?;
    Ok(Answer::ok(ref_json(world, repository, &reference)))
}

pub fn matching(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let references = repository.git.references(&named(call))?;
    let references = references.iter().map(|reference| ref_json(world, repository, reference)).collect();
    Ok(Answer::ok(Value::Array(references)))
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let (name, sha) = (call.text("ref").unwrap_or_default(), call.text("sha").unwrap_or_default());
    if !is_well_formed(name) {
        return Err(unprocessable(&format!("{name} is not a valid ref name.")));
    }
    if repository.git.resolve(sha).is_none() {
        return Err(unprocessable("Object does not exist"));
    }
    if repository.git.reference(name).is_some() {
        return Err(unprocessable("Reference already exists"));
    }
    if is_in_the_way(repository, name) {
        return Err(unprocessable("Reference update failed"));
    }
    let id = repository.id;
    world.push(id, Kind::GitHub.bot(), name, Some(sha))?;
    answer(world, call, name).map(Answer::created)
}

/// `refs/` and at least one more slash.
fn is_well_formed(name: &str) -> bool {
    name.starts_with("refs/") && name.matches('/').count() >= 2 && git2::Reference::is_valid_name(name)
}

/// Whether a reference that is there is a folder of this name, or this name one of that.
pub fn is_in_the_way(repository: &Repository, name: &str) -> bool {
    let references = repository.git.references("refs/").unwrap_or_default();
    references.iter().any(|other| other.name.starts_with(&format!("{name}/")) || name.starts_with(&format!("{}/", other.name)))
}

pub fn update(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let (name, sha) = (named(call), call.text("sha").unwrap_or_default());
    let before = repository.git.reference(&name).ok_or_else(missing)?;
    if repository.git.resolve(sha).is_none() {
        return Err(unprocessable("Object does not exist"));
    }
    let forced = call.flag("force") == Some(true);
    let forward = !before.annotated && repository.git.is_ancestor(&before.sha, sha)?;
    if !forced && !forward {
        return Err(unprocessable("Update is not a fast forward"));
    }
    let id = repository.id;
    world.push(id, Kind::GitHub.bot(), &name, Some(sha))?;
    answer(world, call, &name).map(Answer::ok)
}

fn answer(world: &World, call: &Call, name: &str) -> Result<Value, Answer> {
    let repository = target(world, call)?;
    let reference = repository.git.reference(name).ok_or_else(missing)?;
    Ok(ref_json(world, repository, &reference))
}

pub fn delete(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let name = named(call);
    repository.git.reference(&name).ok_or_else(missing)?;
    if name == format!("refs/heads/{}", repository.default_branch) {
        return Err(invalid("Reference", "ref", "invalid"));
    }
    let id = repository.id;
    world.push(id, Kind::GitHub.bot(), &name, None)?;
    Ok(Answer::no_content())
}
