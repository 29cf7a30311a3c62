//! Who may do what in a repository.

use serde_json::{Value, json};

use super::{
    apps::target,
    errors::{malformed, not_found},
    json::{list, user, with},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    world::{Kind, Role, World},
};

pub fn permissions_json(role: Role) -> Value {
    json!({
        "admin": role >= Role::Admin,
        "maintain": role >= Role::Maintain,
        "push": role >= Role::Write,
        "triage": role >= Role::Triage,
        "pull": true,
    })
}

/// GitHub's older word for a role, which knows three of them, and the name of the role.
fn words(role: Role) -> (&'static str, &'static str) {
    match role {
        Role::Read => ("read", "read"),
        Role::Triage => ("read", "triage"),
        Role::Write => ("write", "write"),
        Role::Maintain => ("write", "maintain"),
        Role::Admin => ("admin", "admin"),
    }
}

fn collaborator(world: &World, (login, role): &(String, Role)) -> Value {
    with(user(world, login), json!({"permissions": permissions_json(*role), "role_name": words(*role).1}))
}

pub fn permission(world: &mut World, call: &Call) -> Handled {
    let (repository, login) = (target(world, call)?, call.param("username"));
    world.find_user(login).ok_or_else(not_found)?;
    let role = repository.role(login);
    let (permission, role_name) = words(role);
    let somebody = collaborator(world, &(login.to_owned(), role));
    Ok(Answer::ok(json!({"permission": permission, "role_name": role_name, "user": somebody})))
}

/// Those who were given a role, and the owner; an App is none of them. A permission asks for those who have at least it.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let least = match call.query("permission") {
        None | Some("pull") => Role::Read,
        Some("triage") => Role::Triage,
        Some("push") => Role::Write,
        Some("maintain") => Role::Maintain,
        Some("admin") => Role::Admin,
        Some(other) => return Err(malformed(&format!("{other} is no permission."))),
    };
    let owner = [repository.owner().to_owned()].into_iter();
    let mut logins: Vec<String> = owner.chain(repository.roles.keys().cloned()).filter(|login| login != Kind::GitHub.bot()).collect();
    logins.sort_unstable();
    logins.dedup();
    let found: Vec<(String, Role)> = logins.into_iter().map(|login| (login.clone(), repository.role(&login))).collect();
    let found: Vec<&(String, Role)> = found.iter().filter(|(_, role)| *role >= least).collect();
    Ok(list(world, call, &found, |somebody| collaborator(world, somebody)))
}
