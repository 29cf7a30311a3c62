//! What an event about a change request is to backports: that it was merged, that its labels have changed, or that it is a backport itself.

use std::collections::BTreeSet;

use crate::domain::config::Config;
use crate::domain::event::{Change, Delivery, Event, Nature};
use crate::domain::facts::{Facts, Look, Need, Source, State};
use crate::domain::names::{BranchName, Number};
use crate::domain::plan::{Afterwards, Follow, Plan};
use crate::domain::release;

use super::{Errand, Orders, forward, origin, target};

/// A change request whose backports an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Matter {
    number: Number,
    /// The branches that get it without anybody asking.
    forward: BTreeSet<BranchName>,
    course: Course,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Course {
    /// It was merged, and is carried where it is wanted.
    Merged,
    /// Its labels have changed, before the merge or after it.
    Labelled,
    /// Something became of its backport to this branch. Nothing is opened for that.
    Backport(BranchName, Change),
}

pub fn matters(config: &Config, delivery: &Delivery) -> Vec<Matter> {
    let Event::ChangeRequest { number, change, branch: Some(branch), base, .. } = &delivery.event else { return Vec::new() };
    if release::is_ours(branch) {
        return Vec::new();
    }
    let forward = base.as_ref().map(|base| forward(config, &delivery.repository, (branch, base))).unwrap_or_default();
    let course = match change {
        Change::Merged => Some(Course::Merged),
        Change::Relabelled => Some(Course::Labelled),
        _ => None,
    };
    let course = course.filter(|_| !config.backport.label.is_empty() || !forward.is_empty());
    let own = course.map(|course| Matter { number: *number, forward, course });
    let by_people = *change != Change::Opened || delivery.actor.nature != Nature::Slipway;
    let moved = by_people && matches!(change, Change::Opened | Change::Reopened | Change::Closed | Change::Merged);
    let carried = origin(branch).filter(|_| moved).map(|(number, target)| {
        let (forward, course) = (BTreeSet::new(), Course::Backport(target, *change));
        Matter { number, forward, course }
    });
    own.into_iter().chain(carried).collect()
}

/// That labels ask for an open change request elsewhere.
pub fn wanted(number: Number) -> Matter {
    Matter { number, forward: BTreeSet::new(), course: Course::Labelled }
}

/// Looks at the labels of an open change request, which is read for its verdict anyway. Where the last one that asks was taken off, its
/// merge corrects the table.
pub fn labelled(config: &Config, facts: &Facts) -> Plan {
    let open = facts.change_request.read().as_ref().filter(|request| request.state == State::Open);
    match open.filter(|request| request.labels.iter().any(|label| target(&config.backport.label, label).is_some())) {
        Some(request) => Plan::nothing("a label asks for it on another branch").followed_by(vec![Follow::Carry(request.number)]),
        None => Plan::nothing("no label asks for it elsewhere"),
    }
}

impl Matter {
    pub fn need(&self, config: &Config) -> Need {
        let mut targets = self.forward.clone();
        if let Course::Backport(target, _) = &self.course {
            targets.insert(target.clone());
        }
        Need::Source(self.number, config.backport.label.clone(), targets)
    }

    fn errand<'a>(&self, config: &'a Config, source: &'a Source, facts: &Facts) -> Errand<'a> {
        Errand { config, source, sigil: facts.sigil, forward: self.forward.clone(), orders: Orders::default() }
    }

    /// Whether the forge shows already what the event told.
    fn is_shown(&self, source: &Source) -> bool {
        match &self.course {
            Course::Merged => source.request.state == State::Merged && !source.picks.is_empty(),
            Course::Backport(target, Change::Merged) => {
                let found = source.targets.get(target).and_then(|target| target.request);
                found.is_none_or(|(_, state)| state == State::Merged)
            }
            Course::Labelled | Course::Backport(..) => true,
        }
    }

    fn opens(&self) -> bool {
        !matches!(self.course, Course::Backport(..))
    }
}

/// What is opened, and where nothing is, what the table says.
pub fn plan(matter: &Matter, config: &Config, facts: &Facts) -> Plan {
    let Some(source) = facts.source(matter.number) else {
        return Plan::nothing("the change request is gone");
    };
    let errand = matter.errand(config, source, facts);
    let rows = errand.rows(&[]);
    let only_forward = source.request.state != State::Merged && rows.iter().all(|row| matter.forward.contains(&row.target));
    if source.noted.is_none() && (rows.is_empty() || only_forward) {
        return Plan::nothing("it is wanted on no other branch");
    }
    if facts.look == Look::More && !matter.is_shown(source) {
        return Plan::nothing("the forge's API lags behind its event").then(Afterwards::LookAgain);
    }
    let ports = if matter.opens() { errand.ports() } else { Vec::new() };
    if ports.is_empty() {
        return Plan::of("the table of backports is brought up to date", vec![errand.remember(&[])]);
    }
    Plan::of("it is wanted on other branches", ports).to_conclude()
}

/// The table, once it is known what was opened.
pub fn concludes(matter: &Matter, config: &Config, facts: &Facts) -> Option<Plan> {
    let errand = matter.errand(config, facts.source(matter.number)?, facts);
    let opened = matter.opens() && !errand.ports().is_empty();
    opened.then(|| Plan::of("what came of it", vec![errand.remember(&facts.outcomes)]))
}
