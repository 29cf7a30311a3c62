//! Issues.

use super::{
    answers::{no_record, required},
    notes::topic,
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    topic::TopicKey,
    world::{Kind, World},
};

pub fn create(world: &mut World, call: &Call) -> Handled {
    let [title] = required(call, ["title"])?;
    let (id, bot) = (project(world, call)?.project.id, Kind::GitLab.bot());
    let number = world.open_issue(id, bot, title, call.text("description"))?;
    if let Some(labels) = call.texts("labels") {
        world.set_labels(id, TopicKey::Issue(number), bot, &labels)?;
    }
    let show = project(world, call)?;
    let issue = show.project.topic(TopicKey::Issue(number)).ok_or_else(no_record)?;
    Ok(Answer::created(show.issue(issue)))
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    Ok(Answer::ok(show.issue(topic(show, call)?)))
}
