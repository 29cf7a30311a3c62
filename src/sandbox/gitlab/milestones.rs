//! A project's milestones. In paths they have their id, not the number that people see.

use serde_json::{Value, json};

use super::{
    answers::{allowed, invalid, list, no_record},
    json::{Presenter, merged, time},
    projects::project,
};
use crate::sandbox::{
    api::{Answer, Call, Handled},
    milestones::{Milestone, MilestoneEdit, MilestoneState},
    topic::Topic,
    world::{Kind, World},
};

/// "active" or "closed".
pub fn state(milestone: &Milestone) -> &'static str {
    if milestone.is_open() { "active" } else { "closed" }
}

impl Presenter<'_> {
    /// `Milestone`
    pub fn milestone(&self, milestone: &Milestone) -> Value {
        json!({
            "id": milestone.id,
            "iid": milestone.number,
            "project_id": self.project.id,
            "title": milestone.title,
            "description": milestone.description.as_deref().unwrap_or_default(),
            "state": state(milestone),
            "created_at": time(milestone.created_at),
            "updated_at": time(milestone.updated_at),
            "due_date": null,
            "start_date": null,
            "expired": false,
            "web_url": self.web_url(&format!("milestones/{}", milestone.number)),
        })
    }

    /// `MilestoneWithStats`
    pub fn milestone_with_stats(&self, milestone: &Milestone) -> Value {
        let issues = self.project.topics.iter().filter(|topic| topic.change.is_none() && topic.milestone == Some(milestone.number));
        let (open, closed): (Vec<&Topic>, Vec<&Topic>) = issues.partition(|issue| issue.is_open());
        let stats = json!({"issue_stats": {"total": open.len() + closed.len(), "closed": closed.len()}});
        merged(self.milestone(milestone), stats)
    }

    /// Whether a topic belongs to the milestone of the title that a list asks for.
    pub fn in_milestone(&self, call: &Call, topic: &Topic) -> bool {
        let own = self.project.milestone_of(topic);
        match call.query("milestone") {
            None => true,
            Some("None") => own.is_none(),
            Some("Any") => own.is_some(),
            Some(title) => own.is_some_and(|own| own.title == title),
        }
    }
}

fn find<'a>(show: Presenter<'a>, call: &Call) -> Result<&'a Milestone, Answer> {
    let id = call.number("milestone");
    show.project.milestones.iter().find(|milestone| milestone.id == id).ok_or_else(no_record)
}

pub fn index(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let wanted = allowed(call, "state", &["active", "closed", "all"])?.unwrap_or("all");
    let numbers: Vec<u64> = call.query.iter().filter(|(name, _)| name == "iids[]").filter_map(|(_, number)| number.parse().ok()).collect();
    let search = call.query("search").unwrap_or_default().to_lowercase();
    let is_wanted = |milestone: &&Milestone| {
        (wanted == "all" || wanted == state(milestone))
            && (numbers.is_empty() || numbers.contains(&milestone.number))
            && call.query("title").is_none_or(|title| title == milestone.title)
            && milestone.title.to_lowercase().contains(&search)
    };
    let milestones: Vec<&Milestone> = show.project.milestones.iter().rev().filter(is_wanted).collect();
    list(world, call, &milestones, |milestone| Ok(show.milestone(milestone)))
}

pub fn show(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    Ok(Answer::ok(show.milestone(find(show, call)?)))
}

const EDITABLE: [&str; 5] = ["title", "description", "start_date", "due_date", "state_event"];

pub fn update(world: &mut World, call: &Call) -> Handled {
    let show = project(world, call)?;
    let (id, number) = (show.project.id, find(show, call)?.number);
    if !EDITABLE.iter().any(|name| call.body.get(name).is_some()) {
        return Err(invalid(format!("{} are missing, at least one parameter must be provided", EDITABLE.join(", "))));
    }
    let state = match call.text("state_event") {
        None => None,
        Some("close") => Some(MilestoneState::Closed),
        Some("activate") => Some(MilestoneState::Open),
        Some(_) => return Err(invalid("state_event does not have a valid value")),
    };
    let text = |field: &str| call.text(field).map(str::to_owned);
    let edit = MilestoneEdit { title: text("title"), description: text("description"), state };
    world.edit_milestone(id, number, Kind::GitLab.bot(), edit)?;
    self::show(world, call)
}
