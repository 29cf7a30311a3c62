//! What is looked at after it has happened: pushes to protected branches, their deletion, and tags. A breach becomes one issue, whose key
//! says what happened to which ref at which commit, so that no delivery of it opens a second one.

mod branches;
mod incident;
mod repair;
mod tags;
#[cfg(test)]
mod tests;

pub use incident::{Fate, Happening, Incident, Memory, plain};
pub use repair::{quoted, restore as restoring};

use super::commands;
use super::config::{AuditOptions, Config, Deletions, Handling, Mode};
use super::event::{Delivery, Event, Nature};
use super::facts::{Facts, Need, Needs};
use super::plan::{Action, Afterwards, Issue, IssueCourse, Note, Plan};
use super::release;

/// What one file of the policy asks for, and how much that weighs there.
#[derive(Clone, Copy)]
struct Watch<'a> {
    options: &'a AuditOptions,
    mode: Mode,
}

/// What one file of the policy makes of an event.
enum Judged {
    Fine(String),
    /// The forge may not show yet what would allow it.
    NotYet(String),
    Breach(Happening),
}

/// Whether somebody wants to know about the event.
pub fn concerns(config: &Config, delivery: &Delivery) -> bool {
    watches(config, delivery).next().is_some()
}

fn watches<'a>(config: &'a Config, delivery: &'a Delivery) -> impl Iterator<Item = Watch<'a>> {
    config.audits().map(|(options, mode)| Watch { options, mode }).filter(|watch| watch.looks_at(config, delivery))
}

impl Watch<'_> {
    fn looks_at(&self, config: &Config, delivery: &Delivery) -> bool {
        let Self { options, .. } = self;
        let tags = &options.tags;
        match &delivery.event {
            Event::Push { branch, .. } => {
                let direct = options.direct_pushes == Handling::Report && !self.allows(delivery);
                options.protects(branch).is_some() && !branches::is_queue(branch) && (direct || options.force_pushes == Handling::Report)
            }
            Event::BranchDeleted { branch, .. } => {
                options.protects(branch).is_some() && options.deletions != Deletions::Allow && !release::is_own(branch)
            }
            Event::TagCreated { tag, .. } => delivery.actor.nature != Nature::Slipway && tags::has_rules(tags, config, tag),
            Event::TagMoved { tag, .. } => {
                tags.names(tag, config) && (tags.moved == Handling::Report || tags::has_rules(tags, config, tag))
            }
            Event::TagDeleted { tag, .. } => tags.names(tag, config) && tags.deleted == Handling::Report,
            _ => false,
        }
    }

    /// Whether whoever did it may push without a change request.
    fn allows(&self, delivery: &Delivery) -> bool {
        self.options.allow.iter().any(|name| name == delivery.actor.name.as_str())
    }
}

/// What must be known before it can be judged.
pub fn needs(config: &Config, delivery: &Delivery) -> Needs {
    let watches: Vec<_> = watches(config, delivery).collect();
    if watches.is_empty() {
        return Needs::new();
    }
    let more = match &delivery.event {
        Event::Push { branch, before, after, .. } => {
            Needs::from([Need::Pushed { branch: branch.clone(), before: before.clone(), after: after.clone() }])
        }
        Event::BranchDeleted { branch, was } => branches::deletion_needs(&watches, (branch, was)),
        Event::TagCreated { tag, .. } => tags::needs(&watches, config, tag, Some(delivery.actor.nature)),
        Event::TagMoved { tag, .. } => tags::needs(&watches, config, tag, None).into_iter().chain([tags::ISSUES]).collect(),
        Event::TagDeleted { .. } => Needs::from([tags::ISSUES]),
        _ => Needs::new(),
    };
    more.into_iter().chain([Need::Me]).collect()
}

/// What follows from it. Of several files of the policy the one counts that makes most of it.
pub fn plan(config: &Config, delivery: &Delivery, facts: &Facts) -> Plan {
    if delivery.actor.name == *facts.me.read() {
        return Plan::nothing("Slipway did it itself");
    }
    let judge = |watch: Watch| {
        let judged = match &delivery.event {
            Event::Push { branch, before, after, .. } => {
                let direct = if watch.allows(delivery) { Handling::Allow } else { watch.options.direct_pushes };
                branches::push(watch, direct, (branch, before, after), facts)
            }
            Event::BranchDeleted { branch, was } => branches::deleted(watch, (branch, was), facts),
            Event::TagCreated { tag, .. } => tags::created(watch, config, tag, facts),
            Event::TagMoved { tag, before, after } => tags::moved(watch, config, (tag, before, after), facts),
            Event::TagDeleted { tag, was } => tags::deleted(tag, was, facts),
            _ => Judged::Fine("nothing is looked at here".to_owned()),
        };
        (watch.mode, judged)
    };
    let judged: Vec<_> = watches(config, delivery).map(judge).collect();
    let worst = judged.into_iter().max_by_key(|(mode, judged)| (judged.weight(), *mode));
    match worst {
        None => Plan::nothing("nothing is looked at here"),
        Some((_, Judged::Fine(why))) => Plan::nothing(why),
        Some((_, Judged::NotYet(why))) => Plan::nothing(why).then(Afterwards::LookAgain),
        Some((Mode::Off | Mode::Observe, Judged::Breach(happening))) => {
            Plan::observed(format!("{}, which is only observed", happening.title()))
        }
        Some((mode, Judged::Breach(happening))) => report(config, delivery, mode, happening),
    }
}

impl Judged {
    fn weight(&self) -> u8 {
        match self {
            Self::Fine(_) => 0,
            Self::NotYet(_) => 1,
            Self::Breach(_) => 2,
        }
    }
}

/// A deleted branch comes back at once where some file that is enforced asks for it.
fn report(config: &Config, delivery: &Delivery, mode: Mode, happening: Happening) -> Plan {
    let mut actions = Vec::new();
    let restores = |watch: Watch| watch.mode == Mode::Enforce && watch.options.deletions == Deletions::Restore;
    let happening = match happening {
        Happening::BranchDeleted { branch, was, .. } if mode == Mode::Enforce && watches(config, delivery).any(restores) => {
            actions.push(Action::MakeBranch { branch: branch.clone(), at: was.clone() });
            Happening::BranchDeleted { branch, was, fate: Fate::Restored }
        }
        other => other,
    };
    let incident = Incident { by: delivery.actor.name.clone(), who: commands::those_who_may(config, "restore", None), happening };
    let (title, data) = (incident.happening.title(), incident.happening.memory().to_string());
    let key = incident.happening.key();
    let issue = Issue {
        kind: tags::KIND,
        key,
        title: title.clone(),
        course: IssueCourse::Report,
        seen: None,
        data: Some(data),
        body: Note::Incident(Box::new(incident)),
    };
    actions.push(Action::Issue(issue));
    Plan::of(title, actions)
}
