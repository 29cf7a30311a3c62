//! Commit statuses. On GitLab they are jobs of an "external" pipeline: one that waits or runs is moved on, one that has
//! ended is followed by a new one, and moving to the same state is refused.

use super::{
    answers::{bad_request, invalid, list, not_found, required},
    projects::{commit_at, project},
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    world::{Kind, Repository, Status, World},
};

const STATES: [&str; 6] = ["pending", "running", "success", "failed", "canceled", "skipped"];

/// The latest of each name, or all of them, newest first.
pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let sha = commit_at(show.project, call.param("sha"))?;
    let wants = |name: &str, value: Option<&str>| call.query(name).is_none_or(|wanted| Some(wanted) == value);
    let jobs = show.jobs();
    let all = show.project.statuses.iter().chain(&jobs);
    let is_wanted = |status: &&Status| status.sha == sha && wants("ref", status.reference.as_deref()) && wants("name", Some(&status.name));
    let mut statuses: Vec<&Status> = all.filter(is_wanted).collect();
    statuses.sort_by_key(|status| std::cmp::Reverse(status.id));
    if call.query("all") != Some("true") {
        let mut seen = Vec::new();
        statuses.retain(|status| {
            let key = (&status.name, &status.reference);
            let is_latest = !seen.contains(&key);
            seen.push(key);
            is_latest
        });
    }
    if call.query("sort") != Some("desc") {
        statuses.reverse();
    }
    list(world, call, &statuses, |status| Ok(show.status(status)))
}

pub fn create(world: &mut World, call: &Call) -> Handled {
    let [state] = required(call, ["state"])?;
    if !STATES.contains(&state) {
        return Err(invalid("state does not have a valid value"));
    }
    let show = project(world, call)?;
    let project_id = show.project.id;
    let sha = commit_at(show.project, call.param("sha"))?;
    let reference = reference(show.project, call, &sha)?;
    let name = call.text("name").or(call.text("context")).unwrap_or("default");
    let waiting = show.project.statuses.iter().position(|status| {
        status.sha == sha
            && status.name == name
            && status.reference.as_ref() == Some(&reference)
            && matches!(status.state.as_str(), "pending" | "running")
    });
    if let Some(status) = waiting.and_then(|place| show.project.statuses.get(place)) {
        move_on(&status.state, state)?;
    }
    let waiting = waiting.and_then(|place| show.project.statuses.get(place)).cloned();
    let blank = Status { sha, reference: Some(reference), ..blank(name) };
    let status = updated(world, waiting.unwrap_or(blank), call);
    let status = world.post(project_id, status)?;
    Ok(Answer::created(project(world, call)?.status(&status)))
}

/// The branch that a status belongs to, if the call does not say so, is the first that holds the commit.
fn reference(project: &Repository, call: &Call, sha: &str) -> Result<String, Answer> {
    let named = call.text("ref").map(str::to_owned);
    let mut holding = project.git.branches_with(sha)?.into_iter();
    named.or_else(|| holding.next()).ok_or_else(|| not_found("References for commit"))
}

fn move_on(from: &str, to: &str) -> Result<(), Answer> {
    let event = match (from, to) {
        (_, "pending") => "enqueue",
        ("running", "running") => "run",
        _ => return Ok(()),
    };
    let reason = format!("Reason(s): Status cannot transition via \"{event}\"");
    Err(bad_request(format!("Cannot transition status via :{event} from :{from} ({reason})")))
}

fn blank(name: &str) -> Status {
    Status {
        id: 0,
        sha: String::new(),
        name: name.to_owned(),
        state: String::new(),
        description: None,
        target_url: None,
        reference: None,
        author: Kind::GitLab.bot().to_owned(),
        created_at: jiff::Timestamp::UNIX_EPOCH,
        updated_at: jiff::Timestamp::UNIX_EPOCH,
    }
}

/// The status as the call says it is now; one that is new gets its number.
fn updated(world: &mut World, mut status: Status, call: &Call) -> Status {
    let (id, now) = (world.next_id(), world.tick());
    if status.id == 0 {
        (status.id, status.created_at) = (id, now);
    }
    status.updated_at = now;
    call.text("state").unwrap_or_default().clone_into(&mut status.state);
    let replace = |field: &mut Option<String>, name: &str| {
        if let Some(text) = call.text(name) {
            *field = Some(text.to_owned());
        }
    };
    replace(&mut status.description, "description");
    replace(&mut status.target_url, "target_url");
    status
}
