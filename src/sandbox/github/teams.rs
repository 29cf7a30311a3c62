//! Teams of an organisation.

use serde_json::json;

use super::{
    errors::not_found,
    json::{api_url, list, user},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    world::{Kind, Role, World},
};

/// Whether somebody belongs to a team.
pub fn membership(world: &mut World, call: &Call) -> Handled {
    let (org, team, login) = (call.param("org"), call.param("team_slug"), call.param("username"));
    let role = world.role_in(Kind::GitHub, &format!("{org}/{team}"), login).ok_or_else(not_found)?;
    let role = if role >= Role::Maintain { "maintainer" } else { "member" };
    let url = format!("{}/orgs/{org}/teams/{team}/memberships/{login}", api_url(world));
    Ok(Answer::ok(json!({"url": url, "role": role, "state": "active"})))
}

/// The members of a team, by login.
pub fn members(world: &mut World, call: &Call) -> Handled {
    let team = format!("{}/{}", call.param("org"), call.param("team_slug"));
    let members = world.members_of(Kind::GitHub, &team).ok_or_else(not_found)?;
    Ok(list(world, call, &members, |login| user(world, login)))
}
