//! Groups and their members.

use serde_json::{Value, json};

use super::{
    answers::{list, no_record, not_found},
    json::{access_level, merged, time, user},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    world::{Kind, Role, User, World},
};

/// Those of the group that the path names by its full path, and of the groups above it.
pub fn members(world: &mut World, call: &Call) -> Handled {
    let group = call.param("id");
    if !world.has_group(Kind::GitLab, group) {
        return Err(not_found("Group"));
    }
    let members: Vec<(&User, Role)> =
        world.users.values().filter_map(|person| Some((person, world.inherited_role(group, &person.login)?))).collect();
    list(world, call, &members, |(person, role)| Ok(membership(world, person, *role)))
}

/// A member of the group that the path names by its full path, or of a group above it.
pub fn member(world: &mut World, call: &Call) -> Handled {
    let (group, id) = (call.param("id"), call.number("user_id"));
    if !world.has_group(Kind::GitLab, group) {
        return Err(not_found("Group"));
    }
    let person = world.users.values().find(|person| person.id == id).ok_or_else(no_record)?;
    let role = world.inherited_role(group, &person.login).ok_or_else(no_record)?;
    Ok(Answer::ok(membership(world, person, role)))
}

/// `Member`
fn membership(world: &World, person: &User, role: Role) -> Value {
    let membership = json!({
        "access_level": access_level(role),
        "created_at": time(person.created_at),
        "expires_at": null,
        "membership_state": "active",
    });
    merged(user(world, &person.login), membership)
}
