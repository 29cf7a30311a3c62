//! Milestones.

use serde_json::{Value, json};

use super::{
    apps::target,
    errors::{invalid, not_found},
    json::{html_url, list, node, repository_url, time, time_or_null, user, with},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    milestones::{Milestone, MilestoneEdit, MilestoneState},
    world::{Kind, Repository, World},
};

/// None is ever due.
pub fn milestone_json(world: &World, repository: &Repository, milestone: &Milestone) -> Value {
    let number = milestone.number;
    let (open, closed) = repository.counts_of(milestone);
    let url = format!("{}/milestones/{number}", repository_url(world, repository));
    let place = json!({
        "html_url": format!("{}/milestone/{number}", html_url(world, repository)),
        "labels_url": format!("{url}/labels"),
        "url": url,
    });
    let own = json!({
        "id": milestone.id,
        "node_id": node("MI", milestone.id),
        "number": number,
        "title": milestone.title,
        "description": milestone.description,
        "creator": user(world, &milestone.author),
        "open_issues": open,
        "closed_issues": closed,
        "state": if milestone.is_open() { "open" } else { "closed" },
        "created_at": time(milestone.created_at),
        "updated_at": time(milestone.updated_at),
        "due_on": null,
        "closed_at": time_or_null(milestone.closed_at),
    });
    with(place, own)
}

/// The open ones, unless the client asks for others.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let state = call.query("state").unwrap_or("open");
    let is_wanted = |milestone: &&Milestone| state == "all" || milestone.is_open() == (state == "open");
    let milestones: Vec<&Milestone> = repository.milestones.iter().filter(is_wanted).collect();
    Ok(list(world, call, &milestones, |milestone| milestone_json(world, repository, milestone)))
}

pub fn get(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let milestone = repository.milestone(call.number("milestone")).ok_or_else(not_found)?;
    Ok(Answer::ok(milestone_json(world, repository, milestone)))
}

pub fn update(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let number = repository.milestone(call.number("milestone")).ok_or_else(not_found)?.number;
    let state = match call.text("state") {
        None => None,
        Some("open") => Some(MilestoneState::Open),
        Some("closed") => Some(MilestoneState::Closed),
        Some(_) => return Err(invalid("Milestone", "state", "invalid")),
    };
    let text = |field: &str| call.text(field).map(str::to_owned);
    let (id, edit) = (repository.id, MilestoneEdit { title: text("title"), description: text("description"), state });
    world.edit_milestone(id, number, Kind::GitHub.bot(), edit)?;
    get(world, call)
}
