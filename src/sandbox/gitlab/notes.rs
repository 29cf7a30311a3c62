//! Notes, which are the comments on issues and merge requests, and the emoji that they are awarded.

use super::{
    answers::{allowed, bad_request, is_rising, list, no_record, not_found, required},
    json::Presenter,
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    topic::{Comment, Topic, TopicKey},
    world::{Kind, World},
};

/// Some of the emoji that GitLab knows.
const EMOJI: [&str; 14] = [
    "eyes",
    "thumbsup",
    "thumbsdown",
    "rocket",
    "tada",
    "heart",
    "smile",
    "confused",
    "laughing",
    "warning",
    "x",
    "white_check_mark",
    "hourglass",
    "question",
];

/// The issue or merge request that the path names.
pub fn topic<'a>(show: Presenter<'a>, call: &Call) -> Result<&'a Topic, Answer> {
    let on_request = call.params.contains_key("merge_request");
    let key = if on_request { TopicKey::Request(call.number("merge_request")) } else { TopicKey::Issue(call.number("issue")) };
    show.project.topic(key).ok_or_else(no_record)
}

fn note<'a>(topic: &'a Topic, call: &Call) -> Result<&'a Comment, Answer> {
    let id = call.number("note");
    topic.comments.iter().find(|note| note.id == id).ok_or_else(|| not_found("Note"))
}

/// The numbers of the project and of the note that the path names.
fn ids(world: &World, call: &Call) -> Result<(u64, u64), Answer> {
    let show = project(world, call)?;
    Ok((show.project.id, note(topic(show, call)?, call)?.id))
}

pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let topic = topic(show, call)?;
    let mut notes: Vec<&Comment> = topic.comments.iter().collect();
    if allowed(call, "order_by", &["created_at", "updated_at"])? == Some("updated_at") {
        notes.sort_by_key(|note| note.updated_at);
    }
    if !is_rising(call)? {
        notes.reverse();
    }
    list(world, call, &notes, |note| Ok(show.note(topic, note)))
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let topic = topic(show, call)?;
    Ok(Answer::ok(show.note(topic, note(topic, call)?)))
}

/// The text of a note, which must say something.
fn text(call: &Call) -> Result<&str, Answer> {
    let [body] = required(call, ["body"])?;
    if body.trim().is_empty() {
        return Err(bad_request("400 Bad request - Note {:note=>[\"can't be blank\"]}"));
    }
    Ok(body)
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (id, key) = (show.project.id, topic(show, call)?.key());
    let note = world.comment(id, key, Kind::GitLab.bot(), text(call)?)?;
    let show = project(world, call)?;
    let (topic, note) = show.project.comment(note).ok_or_else(no_record)?;
    Ok(Answer::created(show.note(topic, note)))
}

pub fn update(world: &mut World, call: &Call) -> Handled {
    let (project, note) = ids(world, call)?;
    world.edit_comment(project, note, Kind::GitLab.bot(), text(call)?)?;
    show(world, call)
}

pub fn delete(world: &mut World, call: &Call) -> Handled {
    let (project, note) = ids(world, call)?;
    world.delete_comment(project, note, Kind::GitLab.bot())?;
    Ok(Answer::no_content())
}

pub fn awards(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let note = note(topic(show, call)?, call)?;
    list(world, call, &note.reactions, |award| Ok(show.award(note, award)))
}

/// An emoji that cannot be awarded is "not found", with the reason in the middle of the message.
pub fn award(world: &mut World, call: &Call) -> Handled {
    let [name] = required(call, ["name"])?;
    let bot = Kind::GitLab.bot();
    let show = project(world, call)?;
    let (project_id, note_awarded) = (show.project.id, note(topic(show, call)?, call)?);
    if !EMOJI.contains(&name) {
        return Err(not_found("Award Emoji Name is not a valid emoji name"));
    }
    if note_awarded.reactions.iter().any(|award| award.user == bot && award.name == name) {
        return Err(not_found("Award Emoji Name has already been taken"));
    }
    let note_id = note_awarded.id;
    let award = world.react(project_id, note_id, bot, name)?;
    let show = project(world, call)?;
    Ok(Answer::created(show.award(note(topic(show, call)?, call)?, &award)))
}

pub fn take_award(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (project_id, note) = (show.project.id, note(topic(show, call)?, call)?);
    let award = note.reactions.iter().find(|award| award.id == call.number("award")).ok_or_else(no_record)?;
    if award.user != Kind::GitLab.bot() {
        return Err(super::unauthorized());
    }
    let (note, award) = (note.id, award.id);
    world.unreact(project_id, note, award)?;
    Ok(Answer::no_content())
}
