//! Issues.

use super::{
    answers::{allowed, asked_time, invalid, is_rising, list, no_record, required},
    json::Presenter,
    json_topics::state,
    labels::has_labels,
    notes::topic,
    projects::project,
    requests::new_labels,
};
use crate::sandbox::{
    acts::Edit,
    api::{Answer, Call, Handled},
    topic::{Topic, TopicKey},
    world::{Kind, World},
};

/// The newest first, unless the client asks for another order.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    allowed(call, "state", &["opened", "closed", "all"])?;
    allowed(call, "scope", &["created_by_me", "assigned_to_me", "all"])?;
    let (after, before) = (asked_time(call, "updated_after")?, asked_time(call, "updated_before")?);
    let mut issues: Vec<&Topic> =
        show.project.topics.iter().filter(|topic| topic.change.is_none() && is_wanted(show, call, topic)).collect();
    issues.retain(|issue| after.is_none_or(|at| issue.updated_at >= at) && before.is_none_or(|at| issue.updated_at <= at));
    match allowed(call, "order_by", &ORDERS)? {
        Some("updated_at") => issues.sort_by_key(|issue| issue.updated_at),
        Some("title") => issues.sort_by(|one, other| one.title.cmp(&other.title)),
        _ => {}
    }
    if !is_rising(call)? {
        issues.reverse();
    }
    list(world, call, &issues, |issue| Ok(show.issue(issue)))
}

const ORDERS: [&str; 10] = [
    "created_at",
    "due_date",
    "label_priority",
    "milestone_due",
    "popularity",
    "priority",
    "relative_position",
    "title",
    "updated_at",
    "weight",
];

fn is_wanted(show: Presenter, call: &Call, issue: &Topic) -> bool {
    let wants = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let numbers: Vec<&String> = call.query.iter().filter(|(name, _)| name == "iids[]").map(|(_, number)| number).collect();
    (call.query("state") == Some("all") || wants("state", state(issue)))
        && wants("author_username", &issue.author)
        && (call.query("scope") != Some("created_by_me") || issue.author == Kind::GitLab.bot())
        && (numbers.is_empty() || numbers.contains(&&issue.number.to_string()))
        && has_labels(call, issue)
        && show.in_milestone(call, issue)
        && call.query("search").is_none_or(|text| issue.title.contains(text) || issue.body.as_ref().is_some_and(|body| body.contains(text)))
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let [title] = required(call, ["title"])?;
    let (id, bot) = (project(world, call)?.project.id, Kind::GitLab.bot());
    let labels = call.texts("labels").unwrap_or_default();
    let number = world.open_issue_with(id, bot, (title, call.text("description")), &labels)?;
    let show = project(world, call)?;
    let issue = show.project.topic(TopicKey::Issue(number)).ok_or_else(no_record)?;
    Ok(Answer::created(show.issue(issue)))
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    Ok(Answer::ok(show.issue(topic(show, call)?)))
}

const EDITABLE: [&str; 6] = ["title", "description", "state_event", "labels", "add_labels", "remove_labels"];

pub fn update(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let topic = topic(show, call)?;
    if !EDITABLE.iter().any(|name| call.body.get(name).is_some()) {
        return Err(invalid(format!("{} are missing, at least one parameter must be provided", EDITABLE.join(", "))));
    }
    let event = call.text("state_event");
    if event.is_some_and(|event| !["close", "reopen"].contains(&event)) {
        return Err(invalid("state_event does not have a valid value"));
    }
    let (id, key, labels, bot) = (show.project.id, topic.key(), new_labels(topic, call), Kind::GitLab.bot());
    let text = |name: &str| call.text(name).map(str::to_owned);
    world.edit(id, key, bot, Edit { title: text("title"), body: text("description"), base: None })?;
    if let Some(labels) = labels {
        world.set_labels(id, key, bot, &labels)?;
    }
    match event {
        Some("close") => world.close(id, key, bot)?,
        Some(_) => world.reopen(id, key, bot)?,
        None => {}
    }
    self::show(world, call)
}
