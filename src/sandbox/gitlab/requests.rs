//! Merge requests.

use axum::http::StatusCode;
use jiff::Timestamp;
use serde_json::json;

use super::{
    answers::{allowed, asked_time, bad_request, invalid, is_rising, list, no_record, not_found, refused, required},
    json::{Presenter, diff, merged},
    json_topics::{is_draft, state},
    labels::has_labels,
    projects::project,
};
use crate::sandbox::{
    acts::{Edit, Proposal},
    api::{Answer, Call, Handled},
    topic::{Change, Topic},
    world::{Kind, World},
};

pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    allowed(call, "state", &["opened", "closed", "locked", "merged", "all"])?;
    allowed(call, "scope", &["created_by_me", "assigned_to_me", "reviews_for_me", "all"])?;
    let (after, before) = (asked_time(call, "updated_after")?, asked_time(call, "updated_before")?);
    let mut requests: Vec<_> = show.project.requests().filter(|(topic, change)| is_wanted(show, call, (topic, change))).collect();
    requests.retain(|(topic, _)| after.is_none_or(|at| topic.updated_at >= at) && before.is_none_or(|at| topic.updated_at <= at));
    match allowed(call, "order_by", &ORDERS)? {
        Some("updated_at") => requests.sort_by_key(|(topic, _)| topic.updated_at),
        Some("title") => requests.sort_by(|(one, _), (other, _)| one.title.cmp(&other.title)),
        // What is not merged comes last in either order.
        Some("merged_at") if is_rising(call)? => requests.sort_by_key(|(_, change)| (change.merged.is_none(), merged_at(change))),
        Some("merged_at") => requests.sort_by_key(|(_, change)| merged_at(change)),
        _ => {}
    }
    if !is_rising(call)? {
        requests.reverse();
    }
    list(world, call, &requests, |(topic, change)| Ok(show.request(topic, change)))
}

const ORDERS: [&str; 8] = ["created_at", "label_priority", "milestone_due", "popularity", "priority", "title", "updated_at", "merged_at"];

fn merged_at(change: &Change) -> Option<Timestamp> {
    change.merged.as_ref().map(|merged| merged.at)
}

fn is_wanted(show: Presenter, call: &Call, (topic, change): (&Topic, &Change)) -> bool {
    let wants = |name: &str, value: &str| call.query(name).is_none_or(|wanted| wanted == value);
    let numbers: Vec<&String> = call.query.iter().filter(|(name, _)| name == "iids[]").map(|(_, number)| number).collect();
    (call.query("state") == Some("all") || wants("state", state(topic)))
        && wants("source_branch", &change.head)
        && wants("target_branch", &change.base)
        && wants("source_project_id", &change.source.to_string())
        && wants("author_username", &topic.author)
        && (numbers.is_empty() || numbers.contains(&&topic.number.to_string()))
        && has_labels(call, topic)
        && show.in_milestone(call, topic)
        && wants("draft", &is_draft(topic, change).to_string())
        && call.query("search").is_none_or(|text| topic.title.contains(text))
}

/// The merge request that the path names.
pub fn request<'a>(show: Presenter<'a>, call: &Call) -> Result<(&'a Topic, &'a Change), Answer> {
    show.project.request(call.number("merge_request")).ok_or_else(no_record)
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (topic, change) = request(show, call)?;
    let mut full = show.full_request(topic, change)?;
    if call.query("include_diverged_commits_count") == Some("true") {
        let git = &show.project.git;
        let missed = git.branch(&change.base).map_or(Ok(Vec::new()), |base| git.log(&base, Some(&change.head_sha)))?;
        full = merged(full, json!({"diverged_commits_count": missed.len()}));
    }
    Ok(Answer::ok(full))
}

pub fn commits(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (_, change) = request(show, call)?;
    let mut commits = show.project.commits_of(change)?;
    commits.reverse();
    list(world, call, &commits, |commit| Ok(show.commit(commit)))
}

pub fn diffs(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (_, change) = request(show, call)?;
    list(world, call, &show.project.files_of(change)?, |change| Ok(diff(change)))
}

pub fn closes_issues(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (topic, _) = request(show, call)?;
    list(world, call, &show.project.issues_closed_by(topic), |issue| Ok(show.basic_issue(issue)))
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let [title, head, base] = required(call, ["title", "source_branch", "target_branch"])?;
    let source = project(world, call)?;
    let target = target(source, call)?;
    check_branches(source, target, head, base)?;
    let (source, target) = (source.project.id, target.project.id);
    let proposal = Proposal {
        title: title.to_owned(),
        body: call.text("description").map(str::to_owned),
        source,
        head: head.to_owned(),
        base: base.to_owned(),
        draft: false,
        squash: call.flag("squash") == Some(true),
        remove_source: call.flag("remove_source_branch") == Some(true),
        labels: call.texts("labels").unwrap_or_default(),
    };
    let number = world.open_request(target, Kind::GitLab.bot(), proposal)?;
    let show = Presenter { world, project: world.repository(target)? };
    let (topic, change) = show.project.request(number).ok_or_else(no_record)?;
    Ok(Answer::created(show.full_request(topic, change)?))
}

/// The project that a request goes to: the source project itself unless the call names another.
fn target<'a>(source: Presenter<'a>, call: &Call) -> Result<Presenter<'a>, Answer> {
    let Some(named) = call.body.get("target_project_id") else { return Ok(source) };
    let id = named.as_u64().or_else(|| named.as_str()?.parse().ok());
    let found = source.world.repositories_of(Kind::GitLab).find(|project| Some(project.id) == id);
    found.map(|project| Presenter { world: source.world, project }).ok_or_else(|| not_found("Project"))
}

fn check_branches(source: Presenter, target: Presenter, head: &str, base: &str) -> Result<(), Answer> {
    if source.project.id == target.project.id && head == base {
        let message = "You can't use same project/branch for source and target";
        return Err(refused(StatusCode::UNPROCESSABLE_ENTITY, json!([message])));
    }
    for (show, side, branch) in [(source, "Source", head), (target, "Target", base)] {
        if show.project.git.branch(branch).is_none() {
            return Err(bad_request(json!([format!("{side} branch \"{branch}\" does not exist")])));
        }
    }
    let same = |(topic, change): &(&Topic, &Change)| {
        topic.is_open() && change.source == source.project.id && change.head == head && change.base == base
    };
    match target.project.requests().find(same) {
        None => Ok(()),
        Some((topic, _)) => {
            let message = format!("Another open merge request already exists for this source branch: !{}", topic.number);
            Err(refused(StatusCode::CONFLICT, json!([message])))
        }
    }
}

const EDITABLE: [&str; 9] =
    ["title", "description", "target_branch", "state_event", "labels", "add_labels", "remove_labels", "remove_source_branch", "squash"];

pub fn update(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (topic, _) = request(show, call)?;
    if !EDITABLE.iter().any(|name| call.body.get(name).is_some()) {
        return Err(invalid(format!("{} are missing, at least one parameter must be provided", EDITABLE.join(", "))));
    }
    if let Some(base) = call.text("target_branch")
        && show.project.git.branch(base).is_none()
    {
        return Err(bad_request(json!([format!("Target branch \"{base}\" does not exist")])));
    }
    let event = call.text("state_event");
    if event.is_some_and(|event| !["close", "reopen"].contains(&event)) {
        return Err(invalid("state_event does not have a valid value"));
    }
    let (id, key, labels) = (show.project.id, topic.key(), new_labels(topic, call));
    let text = |name: &str| call.text(name).map(str::to_owned);
    let edit = Edit { title: text("title"), body: text("description"), base: text("target_branch") };
    let bot = Kind::GitLab.bot();
    world.edit(id, key, bot, edit)?;
    if let Some(change) = &mut world.repository_mut(id)?.topic_mut(key)?.change {
        change.squash = call.flag("squash").unwrap_or(change.squash);
        change.remove_source = call.flag("remove_source_branch").unwrap_or(change.remove_source);
    }
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

/// The labels after the call: replaced by `labels`, then with `add_labels` and without `remove_labels`.
pub fn new_labels(topic: &Topic, call: &Call) -> Option<Vec<String>> {
    let (set, add, remove) = (call.texts("labels"), call.texts("add_labels"), call.texts("remove_labels"));
    if set.is_none() && add.is_none() && remove.is_none() {
        return None;
    }
    let mut labels = set.unwrap_or_else(|| topic.labels.clone());
    for label in add.unwrap_or_default() {
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    let removed = remove.unwrap_or_default();
    labels.retain(|label| !removed.contains(label));
    Some(labels)
}
