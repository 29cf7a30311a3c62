//! The labels of a repository.

use super::{
    apps::target,
    errors::{invalid, not_found},
    json::{label, list},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    world::World,
};

pub fn index(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let names: Vec<&String> = repository.labels.keys().collect();
    Ok(list(world, call, &names, |name| label(world, repository, name)))
}

pub fn get(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let (name, _) = repository.label(call.param("name")).ok_or_else(not_found)?;
    Ok(Answer::ok(label(world, repository, name)))
}

/// The color is six hexadecimal digits, without a `#`.
pub fn create(world: &mut World, call: &Call) -> Handled {
    let repository = target(world, call)?;
    let name = call.text("name").filter(|name| !name.trim().is_empty());
    let name = name.ok_or_else(|| invalid("Label", "name", "missing_field"))?;
    if repository.label(name).is_some() {
        return Err(invalid("Label", "name", "already_exists"));
    }
    let color = call.text("color");
    if color.is_some_and(|color| color.len() != 6 || !color.bytes().all(|digit| digit.is_ascii_hexdigit())) {
        return Err(invalid("Label", "color", "invalid"));
    }
    let id = repository.id;
    world.add_label(id, name, (color, call.text("description")))?;
    Ok(Answer::created(label(world, world.repository(id)?, name)))
}
