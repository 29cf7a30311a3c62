//! What announces a train before there is anything to track: an issue of its own, with the dates, which is closed once the train has left.

use super::train::departure;
use super::{Record, underway};
use crate::domain::config::Config;
use crate::domain::facts::{CalendarAddress, Condition, Facts, IssueKind, Need, Needs};
use crate::domain::names::{Moment, Number, UserName};
use crate::domain::plan::{Action, Issue, IssueCourse, Note};
use crate::domain::readiness::page::DateRow;
use crate::domain::schedule::{self, Schedule, is_due};

/// What the issue that announces a train tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Announcement {
    /// `Tue 2026-11-24 09:00 Europe/Berlin`.
    pub train: String,
    pub dates: Vec<DateRow>,
    /// Whose turn it will be.
    pub manager: Option<UserName>,
    pub calendar: Option<CalendarAddress>,
    pub fate: Fate,
}

/// What has become of a train that was announced.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    Coming,
    /// It has cut this version, which this issue tracks, as far as that is known.
    Left {
        version: Option<String>,
        issue: Option<Number>,
    },
    /// Its time is over, and it has cut nothing.
    Missed,
    /// It leaves at another time now, or not at all.
    Cancelled,
}

pub fn needs(schedule: &Schedule) -> Needs {
    let known = [Need::Issues(IssueKind::Announcement), Need::Calendar];
    if schedule.is_announced() { known.into() } else { Needs::new() }
}

/// The announcements as they should be, where `left` is the train that leaves right now.
pub fn actions(config: &Config, schedule: &Schedule, (left, facts): (Option<Moment>, &Facts)) -> Vec<Action<Note>> {
    if !schedule.is_announced() {
        return Vec::new();
    }
    let known = facts.issues(IssueKind::Announcement);
    let ended = known.iter().filter(|issue| issue.condition == Condition::Open).filter_map(|issue| {
        let train = train(&issue.key)?;
        let fate = fate(schedule, train, (left, facts));
        (fate != Fate::Coming).then(|| keep(config, schedule, (train, fate), facts))
    });
    let is_open = |train: &Moment| known.iter().all(|issue| issue.key != key(*train) || issue.condition == Condition::Open);
    let coming = schedule.announced(facts.now).into_iter().filter(is_open);
    coming.map(|train| keep(config, schedule, (train, Fate::Coming), facts)).chain(ended).collect()
}

fn key(train: Moment) -> String {
    format!("train:{}", train.0)
}

fn train(key: &str) -> Option<Moment> {
    key.strip_prefix("train:")?.parse().ok().map(Moment)
}

fn fate(schedule: &Schedule, train: Moment, (left, facts): (Option<Moment>, &Facts)) -> Fate {
    if let Some((issue, Record { version, .. })) = underway::asked(facts, &departure(train)) {
        return Fate::Left { version: Some(version), issue: Some(issue.number) };
    }
    if left == Some(train) {
        return Fate::Left { version: None, issue: None };
    }
    match (train > facts.now, schedule.departs(train)) {
        (true, true) => Fate::Coming,
        (false, true) if is_due(train, facts.now) => Fate::Coming,
        (false, true) => Fate::Missed,
        (_, false) => Fate::Cancelled,
    }
}

fn keep(config: &Config, schedule: &Schedule, (train, fate): (Moment, Fate), facts: &Facts) -> Action<Note> {
    let course = if fate == Fate::Coming { IssueCourse::Keep } else { IssueCourse::Close };
    let announcement = Announcement {
        train: schedule.words(train),
        dates: schedule::rows(schedule, train, facts.now),
        manager: schedule::on_duty(config, train),
        calendar: facts.calendar.read().clone(),
        fate,
    };
    Action::Issue(Issue {
        kind: IssueKind::Announcement,
        key: key(train),
        title: format!("Release train of {}", announcement.train),
        course,
        seen: None,
        data: None,
        body: Note::Train(Box::new(announcement)),
    })
}
