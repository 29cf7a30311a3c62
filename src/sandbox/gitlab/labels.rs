//! The labels of a project.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    answers::{list, not_found, refused, required},
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    labels::Label,
    topic::Topic,
    world::World,
};

/// `ProjectLabel`
fn label_json((name, label): (&String, &Label)) -> Value {
    json!({
        "id": label.id,
        "name": name,
        "description": label.description,
        "description_html": label.description.as_deref().unwrap_or_default(),
        "text_color": "#FFFFFF",
        "color": label.color,
        "archived": false,
        "subscribed": false,
        "priority": null,
        "is_project_label": true,
    })
}

/// Those whose name holds what is searched for, by name.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let search = call.query("search").unwrap_or_default().to_lowercase();
    let found: Vec<(&String, &Label)> = show.project.labels.iter().filter(|(name, _)| name.to_lowercase().contains(&search)).collect();
    list(world, call, &found, |label| Ok(label_json(*label)))
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let named = call.param("name");
    let by_id = |id: u64| show.project.labels.iter().find(|(_, label)| label.id == id);
    let found = named.parse().ok().and_then(by_id).or_else(|| show.project.label(named));
    Ok(Answer::ok(label_json(found.ok_or_else(|| not_found("Label"))?)))
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let [name, color] = required(call, ["name", "color"])?;
    let show = project(world, call)?;
    if show.project.label(name).is_some() {
        return Err(refused(StatusCode::CONFLICT, "Label already exists"));
    }
    let is_color = color.strip_prefix('#').is_none_or(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()));
    if !is_color {
        return Err(refused(StatusCode::BAD_REQUEST, json!({"color": ["must be a valid color code"]})));
    }
    let id = show.project.id;
    world.add_label(id, name, (Some(color), call.text("description")))?;
    let show = project(world, call)?;
    let made = show.project.label(name).ok_or_else(|| not_found("Label"))?;
    Ok(Answer::created(label_json(made)))
}

/// Whether a topic has all of the labels that a list asks for; `None` and `Any` are no labels there.
pub fn has_labels(call: &Call, topic: &Topic) -> bool {
    match call.query("labels").unwrap_or_default() {
        "None" => topic.labels.is_empty(),
        "Any" => !topic.labels.is_empty(),
        labels => labels.split(',').filter(|label| !label.is_empty()).all(|label| topic.labels.iter().any(|own| own == label)),
    }
}
