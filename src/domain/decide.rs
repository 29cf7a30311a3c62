//! Which event leads where, on one screen. Neither function can fail: a refusal is a plan that says so.

use super::commands::{self, Asking};
use super::config::Configuration;
use super::event::{Change, Delivery, Event, Nature};
use super::facts::{Facts, Need, Needs, Origin, State};
use super::names::Number;
use super::plan::{Action, Plan};
use super::{policy, release, rules};

/// What must be known before the event can be decided.
pub fn needs(delivery: &Delivery, config: &Configuration) -> Needs {
    match &delivery.event {
        Event::ChangeRequest { change: Change::Closed, .. } => Needs::new(),
        Event::ChangeRequest { number, change, .. } => change_request(*number, *change, config),
        Event::Comment { thread, body, .. } if delivery.actor.nature == Nature::Person => {
            commands::needs(&Asking { thread: *thread, config }, body)
        }
        Event::TagCreated { tag, .. } => release::needs(config, tag),
        _ => Needs::new(),
    }
}

fn change_request(number: Number, change: Change, config: &Configuration) -> Needs {
    let mut needs = match (config, change) {
        (Configuration::Absent, _) => return Needs::new(),
        (Configuration::Loaded { config, .. }, Change::Merged) if config.branches.delete_merged.is_empty() => return Needs::new(),
        (Configuration::Loaded { config, .. }, change) if change != Change::Merged => rules::needs(&config.rules),
        _ => Needs::new(),
    };
    needs.insert(Need::ChangeRequest(number));
    needs
}

/// What should be done about the event.
pub fn decide(delivery: &Delivery, config: &Configuration, facts: &Facts) -> Plan {
    match &delivery.event {
        Event::ChangeRequest { change: Change::Closed, .. } => Plan::nothing("a closed change request is not judged"),
        Event::ChangeRequest { change: Change::Merged, .. } => tidy_up(config, facts),
        Event::ChangeRequest { .. } if matches!(config, Configuration::Absent) => {
            Plan::nothing("there is no slipway.toml on the default branch")
        }
        Event::ChangeRequest { head, at, .. } => policy::judge(config, (head, *at), facts),
        Event::Comment { .. } if delivery.actor.nature == Nature::Bot => Plan::nothing("bots give no commands"),
        Event::Comment { thread, id, body } => {
            commands::answer(&Asking { thread: *thread, config }, (*id, &delivery.actor.name, body), facts)
        }
        Event::TagCreated { tag, commit } => release::publish(config, tag, commit, facts),
        Event::Push { .. } => Plan::nothing("no rule is about pushes"),
        Event::BranchCreated { .. } | Event::BranchDeleted { .. } => Plan::nothing("no rule is about branches"),
        Event::TagMoved { .. } | Event::TagDeleted { .. } => Plan::nothing("a release stays as it was published"),
    }
}

/// After a merge: the head branch goes, where the configuration says so.
fn tidy_up(config: &Configuration, facts: &Facts) -> Plan {
    let Configuration::Loaded { config, .. } = config else {
        return Plan::nothing("nothing is asked for after a merge");
    };
    if config.branches.delete_merged.is_empty() {
        return Plan::nothing("nothing is asked for after a merge");
    }
    let merged = facts.change_request.read().as_ref().filter(|request| request.state == State::Merged);
    let Some(head) = merged.map(|request| &request.head).filter(|head| head.origin == Origin::SameRepository) else {
        return Plan::nothing("the head branch is not this repository's");
    };
    if !config.branches.delete_merged.iter().any(|pattern| pattern.matches(head.branch.as_str())) {
        return Plan::nothing(format!("{} is kept after its merge", head.branch));
    }
    let delete = Action::DeleteBranch { branch: head.branch.clone(), at: head.sha.clone() };
    Plan::of("merged branches of this name are deleted", vec![delete])
}
