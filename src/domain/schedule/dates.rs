//! What happens when: the next trains with their steps, the freezes that are planned, and what is under way.

use super::Schedule;
use crate::domain::config::{Config, FreezeOptions};
use crate::domain::duty::Roster;
use crate::domain::facts::{Condition, OwnIssue};
use crate::domain::freeze::{Interval, Zone};
use crate::domain::names::{Moment, Number, UserName};
use crate::domain::readiness::page::DateRow;
use crate::domain::tracking::{Record, released, train};

/// How many trains are told of.
const TRAINS: usize = 3;
/// How many freezes of each window.
const FREEZES: usize = 3;

/// When releases leave, and what is on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timetable {
    /// The earliest first.
    pub dates: Vec<Date>,
    pub lines: Vec<Line>,
    /// In which it is told.
    pub zone: Zone,
}

/// Something that happens at a moment, or for a while.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Date {
    pub at: Moment,
    /// `None`: it takes no time.
    pub until: Option<Moment>,
    pub step: Step,
    /// Of which version, once that is known.
    pub version: Option<String>,
    pub manager: Option<UserName>,
    /// By which it is known when it is told again.
    pub key: String,
    /// It is late: it is done as soon as it can be.
    pub is_late: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Of the trunk, before a train.
    Freeze,
    Cut,
    Candidate,
    Final,
    /// A freeze that was planned, with its reason.
    Window(String),
}

/// A release on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub version: String,
    pub issue: Number,
    pub manager: Option<UserName>,
}

impl Step {
    /// In a word or two, without what people wrote.
    pub fn words(&self) -> &'static str {
        match self {
            Self::Freeze | Self::Window(_) => "freeze",
            Self::Cut => "cut",
            Self::Candidate => "candidate",
            Self::Final => "final",
        }
    }
}

/// What is to come, as of now, from Slipway's own issues of releases; `None`: nothing leaves by itself.
pub fn timetable(config: &Config, issues: &[OwnIssue], now: Moment) -> Option<Timetable> {
    let schedule = Schedule::of(config.train.as_ref()).ok()??;
    let open = issues.iter().filter(|issue| issue.condition == Condition::Open);
    // An issue about a rollback tracks no branch, and what is released is not on its way.
    let is_coming = |issue: &OwnIssue, record: &Record| issue.key == record.branch.as_str() && released(config, record).is_none();
    let known = open.filter_map(|issue| Some((issue, Record::of(issue)?)));
    let known: Vec<_> = known.filter(|(issue, record)| is_coming(issue, record)).collect();
    let lines = known.iter().map(|(issue, record)| {
        let (version, manager) = (record.version.clone(), manager(config, issue, record));
        Line { version, issue: issue.number, manager }
    });
    let trains = schedule.leaving(now).take(TRAINS).flat_map(|train| coming(config, &schedule, train));
    let under_way = known.iter().filter_map(|(issue, record)| Some((train::of(record)?, issue, record)));
    let under_way = under_way.flat_map(|(train, issue, record)| steps(&schedule, train, (record, manager(config, issue, record)), now));
    let mut dates: Vec<_> = trains.chain(under_way).chain(windows(config, now)).collect();
    dates.sort_by(|one, other| (one.at, &one.key).cmp(&(other.at, &other.key)));
    Some(Timetable { dates, lines: lines.collect(), zone: schedule.zone().clone() })
}

/// All steps of a train that has not left.
fn coming(config: &Config, schedule: &Schedule, train: Moment) -> Vec<Date> {
    let manager = on_duty(config, train);
    let date = |at: Moment, step: Step| {
        let key = format!("train-{}-{}", train.0, step.words());
        let until = (step == Step::Freeze).then_some(train);
        Date { at, until, step, version: None, manager: manager.clone(), key, is_late: false }
    };
    let freeze = schedule.freezes(train).map(|at| date(at, Step::Freeze));
    let after = [schedule.candidate(train).map(|at| date(at, Step::Candidate)), schedule.release(train).map(|at| date(at, Step::Final))];
    freeze.into_iter().chain([date(train, Step::Cut)]).chain(after.into_iter().flatten()).collect()
}

/// What is left of the steps of a train that has cut something.
fn steps(schedule: &Schedule, train: Moment, (record, manager): (&Record, Option<UserName>), now: Moment) -> Vec<Date> {
    let date = |at: Moment, step: Step| {
        let key = format!("train-{}-{}", train.0, step.words());
        Date { at, until: None, step, version: Some(record.version.clone()), manager: manager.clone(), key, is_late: at <= now }
    };
    let candidate = schedule.candidate(train).filter(|at| *at > now).map(|at| date(at, Step::Candidate));
    candidate.into_iter().chain(schedule.release(train).map(|at| date(at, Step::Final))).collect()
}

fn windows(config: &Config, now: Moment) -> Vec<Date> {
    let all = config.layers().filter_map(|layer| layer.freeze.as_ref()).flat_map(FreezeOptions::windows);
    let mut dates = Vec::new();
    for (at, window) in all.enumerate() {
        let mut since = now;
        for _ in 0..FREEZES {
            let found = window.around(since).or_else(|| window.around(window.next_change(since)?));
            let Some(Interval { since: begins, until }) = found else { break };
            let (step, key) = (Step::Window(window.reason.clone()), format!("window-{at}-{}", begins.0));
            dates.push(Date { at: begins, until: Some(until), step, version: None, manager: None, key, is_late: false });
            since = until;
        }
    }
    dates
}

/// Whose turn a moment is in.
pub fn on_duty(config: &Config, at: Moment) -> Option<UserName> {
    Some(roster(config)?.turn(at)?.who.clone())
}

/// Who is in charge of the version that an issue tracks: whoever took it over by a command, else whoever stands in for the version, else
/// whoever's turn it was when the branch was cut.
pub fn manager(config: &Config, issue: &OwnIssue, record: &Record) -> Option<UserName> {
    in_charge(roster(config).as_ref(), issue, record)
}

/// The same by a roster.
pub fn in_charge(roster: Option<&Roster>, issue: &OwnIssue, record: &Record) -> Option<UserName> {
    let cut = train::of(record).unwrap_or(issue.opened_at);
    let by_turn = || roster?.manager(&record.version, cut).cloned();
    record.book.manager.clone().or_else(by_turn)
}

fn roster(config: &Config) -> Option<Roster> {
    let duty = config.duty.as_ref().or_else(|| config.layers().find_map(|layer| layer.duty.as_ref()))?;
    Roster::try_from(duty).ok()
}

/// What happens when to what a train has cut, for its page; nothing, where something else has cut it.
pub fn dates(config: &Config, record: &Record, now: Moment) -> Vec<DateRow> {
    let schedule = Schedule::of(config.train.as_ref()).ok().flatten();
    schedule.zip(train::of(record)).map(|(schedule, train)| rows(&schedule, train, now)).unwrap_or_default()
}

/// The steps of one train.
pub fn rows(schedule: &Schedule, train: Moment, now: Moment) -> Vec<DateRow> {
    let steps = [
        (schedule.freezes(train), Step::Freeze),
        (Some(train), Step::Cut),
        (schedule.candidate(train), Step::Candidate),
        (schedule.release(train), Step::Final),
    ];
    let row = |(at, step): (Option<Moment>, Step)| {
        let at = at?;
        Some(DateRow { at, when: schedule.words(at), what: step.words().to_owned(), is_past: at <= now })
    };
    steps.into_iter().filter_map(row).collect()
}
