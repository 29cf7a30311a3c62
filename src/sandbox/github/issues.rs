//! Issues, which on GitHub pull requests are too: the object, labels, comments and reactions to comments.

use axum::http::StatusCode;
use serde_json::{Value, json};

use super::{
    apps::{app_json, target},
    errors::{custom, error, invalid, not_found},
    json::{association, html_url, label, list, node, repository_url, time, time_or_null, urls, user, with},
    milestones::milestone_json,
};
use crate::sandbox::{
    acts::Edit,
    api::{Answer, Call, Handled},
    topic::{Comment, Reaction, Topic, TopicKey},
    world::{Kind, Repository, World},
};

const REACTIONS: [&str; 8] = ["+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes"];

/// The most characters of a body.
const LONGEST: usize = 65_536;

pub fn labels_json(world: &World, repository: &Repository, topic: &Topic) -> Value {
    topic.labels.iter().map(|name| label(world, repository, name)).collect()
}

/// An issue, or a pull request in the form of one.
pub fn issue_json(world: &World, repository: &Repository, topic: &Topic) -> Value {
    let (api, html) = (repository_url(world, repository), html_url(world, repository));
    let number = topic.number;
    let page = if topic.change.is_some() { "pull" } else { "issues" };
    let links = urls(
        &format!("{api}/issues/{number}"),
        &[
            ("url", ""),
            ("labels_url", "/labels{/name}"),
            ("comments_url", "/comments"),
            ("events_url", "/events"),
            ("timeline_url", "/timeline"),
        ],
    );
    let own = json!({
        "id": topic.id,
        "node_id": node("I", topic.id),
        "repository_url": api,
        "html_url": format!("{html}/{page}/{number}"),
        "number": number,
        "state": if topic.is_open() { "open" } else { "closed" },
        "state_reason": topic.state_reason,
        "title": topic.title,
        "body": topic.body,
        "user": user(world, &topic.author),
        "labels": labels_json(world, repository, topic),
        "assignee": null,
        "assignees": [],
        "milestone": repository.milestone_of(topic).map(|milestone| milestone_json(world, repository, milestone)),
        "locked": false,
        "active_lock_reason": null,
        "comments": topic.comments.len(),
        "created_at": time(topic.created_at),
        "updated_at": time(topic.updated_at),
        "closed_at": time_or_null(topic.closed_at),
        "closed_by": topic.closed_by.as_ref().map(|login| user(world, login)),
        "author_association": association(repository, &topic.author),
        "performed_via_github_app": via_app(world, &topic.author),
        "reactions": rollup(&format!("{api}/issues/{number}/reactions"), &[]),
    });
    let issue = with(links, own);
    let Some(change) = &topic.change else { return issue };
    let html = format!("{html}/pull/{number}");
    let pull = json!({
        "url": format!("{api}/pulls/{number}"),
        "html_url": html,
        "diff_url": format!("{html}.diff"),
        "patch_url": format!("{html}.patch"),
        "merged_at": time_or_null(topic.merged().map(|merged| merged.at)),
    });
    with(issue, json!({"draft": change.draft, "pull_request": pull}))
}

fn via_app(world: &World, author: &str) -> Value {
    if author == Kind::GitHub.bot() { app_json(world) } else { Value::Null }
}

fn rollup(url: &str, reactions: &[Reaction]) -> Value {
    let count = |name: &str| reactions.iter().filter(|reaction| reaction.name == name).count();
    let counts = REACTIONS.iter().map(|name| ((*name).to_owned(), count(name).into())).collect();
    with(Value::Object(counts), json!({"url": url, "total_count": reactions.len()}))
}

pub fn comment_json(world: &World, repository: &Repository, topic: &Topic, comment: &Comment) -> Value {
    let (api, html) = (repository_url(world, repository), html_url(world, repository));
    let (page, number) = (if topic.change.is_some() { "pull" } else { "issues" }, topic.number);
    let url = format!("{api}/issues/comments/{}", comment.id);
    json!({
        "id": comment.id,
        "node_id": node("IC", comment.id),
        "url": url,
        "html_url": format!("{html}/{page}/{number}#issuecomment-{}", comment.id),
        "issue_url": format!("{api}/issues/{number}"),
        "body": comment.body,
        "user": user(world, &comment.author),
        "created_at": time(comment.created_at),
        "updated_at": time(comment.updated_at),
        "author_association": association(repository, &comment.author),
        "performed_via_github_app": via_app(world, &comment.author),
        "reactions": rollup(&format!("{url}/reactions"), &comment.reactions),
    })
}

fn reaction_json(world: &World, reaction: &Reaction) -> Value {
    json!({
        "id": reaction.id,
        "node_id": node("REA", reaction.id),
        "user": user(world, &reaction.user),
        "content": reaction.name,
        "created_at": time(reaction.created_at),
    })
}

fn found<'a>(world: &'a World, call: &Call) -> Result<(&'a Repository, &'a Topic), Answer> {
    let repository = target(world, call)?;
    let number = call.number("number");
    let topic = repository.topics.iter().find(|topic| topic.number == number).ok_or_else(not_found)?;
    Ok((repository, topic))
}

fn found_key(world: &World, call: &Call) -> Result<(u64, TopicKey), Answer> {
    found(world, call).map(|(repository, topic)| (repository.id, topic.key()))
}

fn found_comment<'a>(world: &'a World, call: &Call) -> Result<(&'a Repository, &'a Topic, &'a Comment), Answer> {
    let repository = target(world, call)?;
    let (topic, comment) = repository.comment(call.number("comment")).ok_or_else(not_found)?;
    Ok((repository, topic, comment))
}

/// The body of what is written, which must not be longer than GitHub takes.
fn checked_body<'a>(call: &'a Call, resource: &str) -> Result<Option<&'a str>, Answer> {
    let body = call.text("body");
    if body.is_some_and(|body| body.chars().count() > LONGEST) {
        return Err(custom(resource, &format!("body is too long (maximum is {LONGEST} characters)")));
    }
    Ok(body)
}

pub fn get(world: &mut World, call: &Call) -> Handled {
    let (repository, topic) = found(world, call)?;
    Ok(Answer::ok(issue_json(world, repository, topic)))
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let (id, bot) = (target(world, call)?.id, Kind::GitHub.bot());
    let body = checked_body(call, "Issue")?;
    let title = call.text("title").filter(|title| !title.is_empty());
    let title = title.ok_or_else(|| invalid("Issue", "title", "missing_field"))?;
    let number = world.open_issue_with(id, bot, (title, body), &call.texts("labels").unwrap_or_default())?;
    answer(world, id, TopicKey::Issue(number)).map(Answer::created)
}

fn answer(world: &World, repository: u64, key: TopicKey) -> Result<Value, Answer> {
    let repository = world.repository(repository)?;
    let topic = repository.topic(key).ok_or_else(not_found)?;
    Ok(issue_json(world, repository, topic))
}

pub fn update(world: &mut World, call: &Call) -> Handled {
    let ((id, key), bot) = (found_key(world, call)?, Kind::GitHub.bot());
    let body = checked_body(call, "Issue")?.map(str::to_owned);
    world.edit(id, key, bot, Edit { title: call.text("title").map(str::to_owned), body, base: None })?;
    if let Some(labels) = call.texts("labels") {
        world.set_labels(id, key, bot, &labels)?;
    }
    match call.text("state") {
        Some("closed") => world.close_as(id, key, bot, call.text("state_reason").unwrap_or("completed"))?,
        Some("open") => world.reopen(id, key, bot)?,
        _ => {}
    }
    answer(world, id, key).map(Answer::ok)
}

pub fn labels(world: &mut World, call: &Call) -> Handled {
    let (repository, topic) = found(world, call)?;
    Ok(list(world, call, &topic.labels, |name| label(world, repository, name)))
}

pub fn add_labels(world: &mut World, call: &Call) -> Handled {
    let (repository, topic) = found(world, call)?;
    let mut labels = topic.labels.clone();
    // The labels come in an object or as a bare list, each as its name or as an object with that.
    let items = call.body.get("labels").unwrap_or(&call.body).as_array().cloned().unwrap_or_default();
    labels.extend(items.iter().filter_map(|item| item.get("name").unwrap_or(item).as_str().map(str::to_owned)));
    let (id, key) = (repository.id, topic.key());
    world.set_labels(id, key, Kind::GitHub.bot(), &labels)?;
    label_list(world, call)
}

pub fn remove_label(world: &mut World, call: &Call) -> Handled {
    let (repository, topic) = found(world, call)?;
    let name = call.param("name");
    if !topic.labels.iter().any(|label| label.eq_ignore_ascii_case(name)) {
        return Err(error(StatusCode::NOT_FOUND, "Label does not exist"));
    }
    let kept: Vec<String> = topic.labels.iter().filter(|label| !label.eq_ignore_ascii_case(name)).cloned().collect();
    let (id, key) = (repository.id, topic.key());
    world.set_labels(id, key, Kind::GitHub.bot(), &kept)?;
    label_list(world, call)
}

fn label_list(world: &World, call: &Call) -> Handled {
    let (repository, topic) = found(world, call)?;
    Ok(Answer::ok(labels_json(world, repository, topic)))
}

pub fn comments(world: &mut World, call: &Call) -> Handled {
    let (repository, topic) = found(world, call)?;
    Ok(list(world, call, &topic.comments, |comment| comment_json(world, repository, topic, comment)))
}

pub fn create_comment(world: &mut World, call: &Call) -> Handled {
    let (id, key) = found_key(world, call)?;
    let body = checked_body(call, "IssueComment")?.filter(|body| !body.trim().is_empty());
    let body = body.ok_or_else(|| invalid("IssueComment", "body", "missing_field"))?;
    let comment = world.comment(id, key, Kind::GitHub.bot(), body)?;
    comment_answer(world, id, comment).map(Answer::created)
}

fn comment_answer(world: &World, repository: u64, comment: u64) -> Result<Value, Answer> {
    let repository = world.repository(repository)?;
    let (topic, comment) = repository.comment(comment).ok_or_else(not_found)?;
    Ok(comment_json(world, repository, topic, comment))
}

pub fn comment(world: &mut World, call: &Call) -> Handled {
    let (repository, topic, comment) = found_comment(world, call)?;
    Ok(Answer::ok(comment_json(world, repository, topic, comment)))
}

pub fn update_comment(world: &mut World, call: &Call) -> Handled {
    let (repository, _, comment) = found_comment(world, call)?;
    let (id, comment) = (repository.id, comment.id);
    let body = checked_body(call, "IssueComment")?.ok_or_else(|| invalid("IssueComment", "body", "missing_field"))?;
    world.edit_comment(id, comment, Kind::GitHub.bot(), body)?;
    comment_answer(world, id, comment).map(Answer::ok)
}

pub fn delete_comment(world: &mut World, call: &Call) -> Handled {
    let (repository, _, comment) = found_comment(world, call)?;
    let (id, comment) = (repository.id, comment.id);
    world.delete_comment(id, comment, Kind::GitHub.bot())?;
    Ok(Answer::no_content())
}

pub fn reactions(world: &mut World, call: &Call) -> Handled {
    let (_, _, comment) = found_comment(world, call)?;
    let wanted = |reaction: &&Reaction| call.query("content").is_none_or(|name| reaction.name == name);
    let reactions: Vec<&Reaction> = comment.reactions.iter().filter(wanted).collect();
    Ok(list(world, call, &reactions, |reaction| reaction_json(world, reaction)))
}

/// A reaction that is there already is answered with 200 and made only once.
pub fn react(world: &mut World, call: &Call) -> Handled {
    let (repository, _, comment) = found_comment(world, call)?;
    let (id, comment_id, bot) = (repository.id, comment.id, Kind::GitHub.bot());
    let name = call.text("content").filter(|name| REACTIONS.contains(name));
    let name = name.ok_or_else(|| invalid("Reaction", "content", "invalid"))?;
    if let Some(made) = comment.reactions.iter().find(|made| made.user == bot && made.name == name) {
        return Ok(Answer::ok(reaction_json(world, made)));
    }
    let reaction = world.react(id, comment_id, bot, name)?;
    Ok(Answer::created(reaction_json(world, &reaction)))
}

pub fn unreact(world: &mut World, call: &Call) -> Handled {
    let (repository, _, comment) = found_comment(world, call)?;
    let (id, comment_id, reaction) = (repository.id, comment.id, call.number("reaction"));
    if !comment.reactions.iter().any(|made| made.id == reaction) {
        return Err(not_found());
    }
    world.unreact(id, comment_id, reaction)?;
    Ok(Answer::no_content())
}
