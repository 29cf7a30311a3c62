//! Protected branches and tags, which maintainers see and change.
//!
//! <https://docs.gitlab.com/api/protected_branches/>, <https://docs.gitlab.com/api/protected_tags/>

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    answers::{list, no_record, refused, required},
    json::Presenter,
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    protection::refs::{Access, DEVELOPER, MAINTAINER, NOBODY, ProtectedBranch, ProtectedTag, Who},
    world::{Kind, Role, World},
};

/// The project, for a maintainer.
fn maintained<'a>(world: &'a World, call: &Call) -> Result<Presenter<'a>, Answer> {
    let show = project(world, call)?;
    let may = show.project.role(Kind::GitLab.bot()) >= Role::Maintain;
    if may { Ok(show) } else { Err(refused(StatusCode::FORBIDDEN, "403 Forbidden")) }
}

impl Presenter<'_> {
    /// `ProtectedBranch`
    fn protected_branch(&self, protected: &ProtectedBranch) -> Value {
        json!({
            "id": protected.id,
            "name": protected.name,
            "push_access_levels": self.accesses(&protected.push),
            "merge_access_levels": self.accesses(&protected.merge),
            "allow_force_push": protected.allow_force_push,
            "unprotect_access_levels": self.accesses(&protected.unprotect),
            "code_owner_approval_required": protected.code_owner_approval_required,
            "inherited": false,
        })
    }

    /// `ProtectedTag`
    fn protected_tag(&self, protected: &ProtectedTag) -> Value {
        json!({"name": protected.name, "create_access_levels": self.accesses(&protected.create)})
    }

    /// `ProtectedRefAccess`
    fn accesses(&self, accesses: &[Access]) -> Value {
        let show = |access: &Access| {
            let (level, user, group, key) = match access.who {
                Who::Level(level) => (Some(level), None, None, None),
                Who::User(id) => (Some(MAINTAINER), Some(id), None, None),
                Who::Group(id) => (Some(MAINTAINER), None, Some(id), None),
                Who::DeployKey(id) => (Some(MAINTAINER), None, None, Some(id)),
            };
            json!({
                "id": access.id,
                "access_level": level,
                "access_level_description": self.described(access.who),
                "deploy_key_id": key,
                "user_id": user,
                "group_id": group,
            })
        };
        accesses.iter().map(show).collect()
    }

    fn described(&self, who: Who) -> String {
        match who {
            Who::Level(NOBODY) => "No one".to_owned(),
            Who::Level(DEVELOPER) => "Developers + Maintainers".to_owned(),
            Who::Level(MAINTAINER) => "Maintainers".to_owned(),
            Who::Level(_) => "Administrators".to_owned(),
            Who::User(id) => self.world.users.values().find(|user| user.id == id).map_or_else(String::new, |user| user.login.clone()),
            Who::Group(id) | Who::DeployKey(id) => id.to_string(),
        }
    }
}

pub fn branches(world: &mut World, call: &Call) -> Handled {
    let show = maintained(world, call)?;
    let wanted = |protected: &&ProtectedBranch| call.query("search").is_none_or(|text| protected.name.contains(text));
    let found: Vec<_> = show.project.protection.branches.iter().filter(wanted).collect();
    list(world, call, &found, |protected| Ok(show.protected_branch(protected)))
}

fn named<'a>(show: Presenter<'a>, call: &Call) -> Result<&'a ProtectedBranch, Answer> {
    show.project.protection.branches.iter().find(|protected| protected.name == call.param("name")).ok_or_else(no_record)
}

pub fn branch(world: &mut World, call: &Call) -> Handled {
    let show = maintained(world, call)?;
    Ok(Answer::ok(show.protected_branch(named(show, call)?)))
}

pub fn protect_branch(world: &mut World, call: &Call) -> Handled {
    let [name] = required(call, ["name"])?;
    let show = maintained(world, call)?;
    let project = show.project.id;
    if show.project.protection.branches.iter().any(|protected| protected.name == name) {
        return Err(refused(StatusCode::CONFLICT, format!("Protected branch '{name}' already exists")));
    }
    let protected = ProtectedBranch {
        id: world.next_id(),
        name: name.to_owned(),
        push: granted(world, call, ["push_access_level", "allowed_to_push"], Some(MAINTAINER))?,
        merge: granted(world, call, ["merge_access_level", "allowed_to_merge"], Some(MAINTAINER))?,
        unprotect: granted(world, call, ["unprotect_access_level", "allowed_to_unprotect"], None)?,
        allow_force_push: call.flag("allow_force_push") == Some(true),
        code_owner_approval_required: call.flag("code_owner_approval_required") == Some(true),
    };
    world.tick();
    world.repository_mut(project)?.protection.branches.push(protected.clone());
    let show = Presenter { world, project: world.repository(project)? };
    Ok(Answer::created(show.protected_branch(&protected)))
}

/// Those whom a call names to be let in: one level, or a list. Without either it is the level by default.
fn granted(world: &mut World, call: &Call, [level, listed]: [&str; 2], default: Option<u64>) -> Result<Vec<Access>, Answer> {
    let mut accesses = match call.body.get(listed).and_then(Value::as_array) {
        Some(entries) => entries.iter().map(|entry| access(world, entry)).collect::<Result<Vec<_>, _>>()?,
        None => Vec::new(),
    };
    let level = number(&call.body, level).or(default.filter(|_| accesses.is_empty()));
    if let Some(level) = level {
        accesses.push(Access { id: world.next_id(), who: Who::Level(checked_level(level)?) });
    }
    refuse_doubles(&accesses)?;
    Ok(accesses)
}

/// A number, which a form sends as text.
fn number(object: &Value, name: &str) -> Option<u64> {
    let value = object.get(name)?;
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}

fn checked_level(level: u64) -> Result<u64, Answer> {
    let is_known = [NOBODY, DEVELOPER, MAINTAINER, 60].contains(&level);
    if is_known { Ok(level) } else { Err(unprocessable("Access level is not included in the list")) }
}

fn unprocessable(message: &str) -> Answer {
    refused(StatusCode::UNPROCESSABLE_ENTITY, json!([message]))
}

fn refuse_doubles(accesses: &[Access]) -> Result<(), Answer> {
    let is_double = accesses.iter().enumerate().any(|(place, access)| accesses.iter().skip(place + 1).any(|other| other.who == access.who));
    if is_double { Err(unprocessable("Access levels access level has already been taken")) } else { Ok(()) }
}

fn access(world: &mut World, entry: &Value) -> Result<Access, Answer> {
    let who = match ["access_level", "user_id", "group_id", "deploy_key_id"].map(|name| number(entry, name)) {
        [_, Some(id), ..] if world.users.values().any(|user| user.id == id) => Who::User(id),
        [_, Some(_), ..] => return Err(unprocessable("User is not a member of the project")),
        [_, _, Some(id), _] => Who::Group(id),
        [_, _, _, Some(id)] => Who::DeployKey(id),
        [Some(level), ..] => Who::Level(checked_level(level)?),
        _ => return Err(unprocessable("Access level can't be blank")),
    };
    Ok(Access { id: world.next_id(), who })
}

pub fn change_branch(world: &mut World, call: &Call) -> Handled {
    let show = maintained(world, call)?;
    let (project, mut protected) = (show.project.id, named(show, call)?.clone());
    protected.push = changed(world, call, "allowed_to_push", protected.push)?;
    protected.merge = changed(world, call, "allowed_to_merge", protected.merge)?;
    protected.unprotect = changed(world, call, "allowed_to_unprotect", protected.unprotect)?;
    protected.allow_force_push = call.flag("allow_force_push").unwrap_or(protected.allow_force_push);
    protected.code_owner_approval_required = call.flag("code_owner_approval_required").unwrap_or(protected.code_owner_approval_required);
    world.tick();
    let kept = world.repository_mut(project)?.protection.branches.iter_mut().find(|kept| kept.id == protected.id);
    *kept.ok_or_else(no_record)? = protected.clone();
    let show = Presenter { world, project: world.repository(project)? };
    Ok(Answer::ok(show.protected_branch(&protected)))
}

/// A list after a change: entries with an id change or (with `_destroy`) end one, those without one add another.
fn changed(world: &mut World, call: &Call, listed: &str, mut accesses: Vec<Access>) -> Result<Vec<Access>, Answer> {
    for entry in call.body.get(listed).and_then(Value::as_array).into_iter().flatten() {
        let Some(id) = number(entry, "id") else {
            accesses.push(access(world, entry)?);
            continue;
        };
        let place = accesses.iter().position(|access| access.id == id).ok_or_else(no_record)?;
        if entry.get("_destroy").is_some_and(|destroy| destroy == true || destroy == 1) {
            accesses.remove(place);
        } else if let Some(held) = accesses.get_mut(place) {
            held.who = access(world, entry)?.who;
        }
    }
    refuse_doubles(&accesses)?;
    Ok(accesses)
}

pub fn unprotect_branch(world: &mut World, call: &Call) -> Handled {
    let show = maintained(world, call)?;
    let (project, id) = (show.project.id, named(show, call)?.id);
    world.tick();
    world.repository_mut(project)?.protection.branches.retain(|protected| protected.id != id);
    Ok(Answer::no_content())
}

pub fn tags(world: &mut World, call: &Call) -> Handled {
    let show = maintained(world, call)?;
    list(world, call, &show.project.protection.tags, |protected| Ok(show.protected_tag(protected)))
}

fn named_tag<'a>(show: Presenter<'a>, call: &Call) -> Result<&'a ProtectedTag, Answer> {
    show.project.protection.tags.iter().find(|protected| protected.name == call.param("name")).ok_or_else(no_record)
}

pub fn tag(world: &mut World, call: &Call) -> Handled {
    let show = maintained(world, call)?;
    Ok(Answer::ok(show.protected_tag(named_tag(show, call)?)))
}

pub fn protect_tag(world: &mut World, call: &Call) -> Handled {
    let [name] = required(call, ["name"])?;
    let show = maintained(world, call)?;
    let project = show.project.id;
    if show.project.protection.tags.iter().any(|protected| protected.name == name) {
        return Err(unprocessable("Name has already been taken"));
    }
    let create = granted(world, call, ["create_access_level", "allowed_to_create"], Some(MAINTAINER))?;
    let protected = ProtectedTag { name: name.to_owned(), create };
    world.tick();
    world.repository_mut(project)?.protection.tags.push(protected.clone());
    let show = Presenter { world, project: world.repository(project)? };
    Ok(Answer::created(show.protected_tag(&protected)))
}

pub fn unprotect_tag(world: &mut World, call: &Call) -> Handled {
    let show = maintained(world, call)?;
    let (project, name) = (show.project.id, named_tag(show, call)?.name.clone());
    world.tick();
    world.repository_mut(project)?.protection.tags.retain(|protected| protected.name != name);
    Ok(Answer::no_content())
}
