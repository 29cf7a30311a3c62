//! What follows a cut by itself: the first candidate of what a train has cut, and the version, once it is ready. The tags are the memory of
//! what was done, so any process may do it, and it is done once.

use super::train;
use super::{Record, underway};
use crate::domain::commands::{Given, Tagging, Wish, merging_needs};
use crate::domain::config::{Config, LineOptions};
use crate::domain::event::Repository;
use crate::domain::facts::{Condition, Facts, IssueKind, Line, Need, Needs, Ref};
use crate::domain::names::{BranchName, Moment, Sha, TagName};
use crate::domain::plan::Plan;
use crate::domain::readiness::Deed;
use crate::domain::readiness::assess::no_go;
use crate::domain::readiness::keep::{Keeping, Of, Reads, is_gated};
use crate::domain::release::{self, line};
use crate::domain::schedule::{Schedule, is_due};

/// A line on which a step of its train may be due.
#[derive(Debug, Clone)]
pub struct Onward<'a> {
    config: &'a Config,
    repository: &'a Repository,
    schedule: Schedule,
    branch: BranchName,
    options: LineOptions,
}

/// What is known of the lines that trains have cut.
#[derive(Debug, Default)]
pub struct Lines {
    /// Those on which a step is due.
    pub due: Vec<BranchName>,
    /// When the next step of one of them is.
    pub next: Option<Moment>,
}

/// What is open of all that trains have cut.
pub fn lines(config: &Config, schedule: &Schedule, facts: &Facts) -> Lines {
    let open = facts.issues(IssueKind::Release).iter().filter(|issue| issue.condition == Condition::Open);
    let trains: Vec<_> = open.filter_map(Record::of).filter_map(|record| Some((train::of(&record)?, record))).collect();
    let due = trains.iter().filter(|(train, record)| released(config, record).is_none() && step(schedule, *train, facts.now).is_some());
    let next = trains.iter().filter_map(|(train, _)| schedule.next_of(*train, facts.now)).min();
    Lines { due: due.map(|(_, record)| record.branch.clone()).collect(), next }
}

/// The newest tag of a version that is no candidate, as the page remembers it, and the commit that it is on.
pub fn released(config: &Config, record: &Record) -> Option<(TagName, Sha)> {
    record.book.decisions.iter().rev().find_map(|decision| {
        let Deed::Tagged { tag } = &decision.deed else { return None };
        let tag = TagName::parse(tag).ok().filter(|tag| tagged(config, record, tag) == Some(Tagged::Version))?;
        Some((tag, decision.on.clone()))
    })
}

/// What a tag means to the version that is recorded.
fn tagged(config: &Config, record: &Record, tag: &TagName) -> Option<Tagged> {
    let (component, version) = release::tagged(config, tag)?;
    let printed = component.template.scheme.print(&version);
    let is_own = printed.split('.').take(2).eq(record.version.split('.').take(2));
    is_own.then_some(if version.pre.is_empty() { Tagged::Version } else { Tagged::Candidate })
}

/// The steps that may be due of a train that has left, the first first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Steps {
    candidate: bool,
    release: bool,
}

/// A candidate that is too late is left out; a version is released as soon as it can be.
fn step(schedule: &Schedule, train: Moment, now: Moment) -> Option<Steps> {
    let candidate = schedule.candidate(train).is_some_and(|at| is_due(at, now));
    let release = schedule.release(train).is_some_and(|at| at <= now);
    (candidate || release).then_some(Steps { candidate, release })
}

impl<'a> Onward<'a> {
    pub fn of(config: &'a Config, repository: &'a Repository, (schedule, branch): (Schedule, &BranchName)) -> Option<Self> {
        let options = release::releasing_on_command(config, repository, branch).filter(|_| schedule.goes_on())?;
        Some(Self { config, repository, schedule, branch: branch.clone(), options })
    }

    pub fn needs(&self) -> Needs {
        let line = line::needs(self.config, Ref::Branch(self.branch.clone()));
        let page = self.page().map(|page| page.needs());
        let known = [Need::Issues(IssueKind::Release)].into_iter().chain(merging_needs(self.config, self.repository));
        line.into_iter().chain(page.into_iter().flatten()).chain(known).collect()
    }

    /// By which it is known whether it is ready, where that is asked for.
    fn page(&self) -> Option<Keeping<'a>> {
        let of = Of::Line(Ref::Branch(self.branch.clone()));
        is_gated(self.config).then_some(Keeping { config: self.config, repository: self.repository, of, reads: Reads::Whole })
    }

    pub fn plan(&self, facts: &Facts) -> Plan {
        let issue = underway::tracking(facts, &self.branch).filter(|issue| issue.condition == Condition::Open);
        let record = issue.and_then(Record::of);
        let steps = record.as_ref().and_then(train::of).and_then(|train| step(&self.schedule, train, facts.now));
        let (Some(record), Some(steps)) = (record, steps) else {
            return Plan::nothing(format!("nothing of a train is due on {}", self.branch));
        };
        let Some(line) = facts.line(&Ref::Branch(self.branch.clone())) else {
            return Plan::nothing(format!("the branch {} is gone", self.branch));
        };
        let tagged = self.tagged(&record, line);
        match tagged {
            Tagged::Version => Plan::nothing(format!("{} is released", record.version)),
            Tagged::Nothing if steps.candidate => self.tag(Wish::Candidate, line, facts),
            _ if steps.release => match no_go(&record.book, &line.window.head) {
                Some((by, _)) => Plan::observed(format!("the train tags nothing: {by} has said no-go")),
                None => self.tag(Wish::Final, line, facts),
            },
            _ => Plan::nothing(format!("{} has its candidate", record.version)),
        }
    }

    fn tagged(&self, record: &Record, line: &Line) -> Tagged {
        line.window.tags.iter().filter_map(|seen| tagged(self.config, record, &seen.tag)).max().unwrap_or(Tagged::Nothing)
    }

    fn tag(&self, wish: Wish, line: &Line, facts: &Facts) -> Plan {
        let given = Given { config: self.config, repository: self.repository, options: self.options.clone(), line };
        let tagging = Tagging { given: &given, branch: &self.branch, wish, component: None };
        match tagging.tags(facts) {
            Ok((actions, tags)) if !actions.is_empty() => {
                if let Some(refusal) = self.page().and_then(|page| tagging.held_up(&page, &tags, facts)) {
                    return Plan::observed(format!("the train tags nothing: {}", refusal.why));
                }
                let tags = tags.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
                Plan::of(format!("the train tags {tags}"), actions)
            }
            Ok(_) => Plan::nothing("it is tagged already"),
            Err(refusal) => Plan::observed(format!("the train tags nothing: {}", refusal.why)),
        }
    }
}

/// How far a version is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Tagged {
    Nothing,
    Candidate,
    Version,
}
