//! The members of a project, those that it has from the groups above it among them.

use serde_json::{Value, json};

use super::{
    answers::{list, no_record},
    json::{Presenter, access_level, merged, time},
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    world::{Role, User, World},
};

impl Presenter<'_> {
    /// What a member may do. Whoever may only read the project as anybody may is none, and a nested group is nobody.
    fn member_role(&self, login: &str) -> Option<Role> {
        let own = self.project.role(login);
        let is_own = own > Role::Read || self.project.roles.contains_key(login);
        let inherited = self.world.inherited_role(self.project.owner(), login);
        is_own.then_some(own).max(inherited).filter(|_| !login.contains('/'))
    }

    /// `Member`
    fn member(&self, login: &str, role: Role) -> Value {
        let membership = json!({
            "access_level": access_level(role),
            "created_at": time(self.project.created_at),
            "expires_at": null,
            "membership_state": "active",
        });
        merged(self.user(login), membership)
    }
}

/// Those whose name holds what is asked for, by number.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let query = call.query("query").unwrap_or_default().to_lowercase();
    let named = world.users.values().filter(|person| person.login.to_lowercase().contains(&query));
    let mut members: Vec<(&User, Role)> = named.filter_map(|person| Some((person, show.member_role(&person.login)?))).collect();
    members.sort_by_key(|(person, _)| person.id);
    list(world, call, &members, |(person, role)| Ok(show.member(&person.login, *role)))
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let id = call.number("user_id");
    let person = world.users.values().find(|person| person.id == id).ok_or_else(no_record)?;
    let role = show.member_role(&person.login).ok_or_else(no_record)?;
    Ok(Answer::ok(show.member(&person.login, role)))
}
