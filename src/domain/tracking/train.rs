//! Cutting without a comment: on a schedule, when a milestone closes, when a tag asks for it. What came of it is told by the issue that tracks
//! the release.

use super::cut::{Order, Start, line_of, trunk};
use super::told::Cause;
use super::{Course, Record, underway};
use crate::domain::config::{Config, CutOptions};
use crate::domain::event::{Delivery, Event, Repository};
use crate::domain::facts::{Facts, Needs};
use crate::domain::freeze::{Recurrence, Wrong, Zone};
use crate::domain::names::{BranchName, Moment};
use crate::domain::plan::{Follow, Plan};

/// How late a train may leave: after an outage, or while it waits for green checks.
const LATE: i64 = 12 * 3600;
/// How long what a train left undone is completed, should it have been cut off.
const COMPLETES: i64 = 3600;
/// How long it waits before it looks at the checks again.
const AGAIN: i64 = 1800;

/// When branches are cut by themselves.
#[derive(Debug, Clone)]
pub struct Schedule(Recurrence);

impl Schedule {
    /// # Errors
    /// It is none, with the key that says so.
    pub fn of(options: &CutOptions) -> Result<Option<Self>, Wrong> {
        let Some(cron) = &options.schedule else { return Ok(None) };
        let zone = Zone::named(&options.timezone).map_err(|meant| {
            let remedy = meant.map_or_else(|| "Name one as in `Europe/Berlin`.".to_owned(), |name| format!("Did you mean `{name}`?"));
            Wrong::new("timezone", format!("there is no time zone `{}`", options.timezone), remedy)
        })?;
        let wrong = |wrong: Wrong| match wrong.key {
            "cron" => Wrong { key: "schedule", ..wrong },
            _ => Wrong::new("schedule", format!("`{cron}` comes again all the time"), "Cut a branch once a day at most."),
        };
        // What it lasts only keeps a train from leaving every few hours.
        Recurrence::new(cron, "12h", zone).map(Self).map(Some).map_err(wrong)
    }

    fn next(&self, now: Moment) -> Option<Moment> {
        self.0.begins_after(now)
    }

    /// The last departure, if it is not too late for it.
    fn due(&self, now: Moment) -> Option<Moment> {
        self.0.begun_by(now).filter(|last| now.0.saturating_sub(last.0) <= LATE)
    }
}

/// Something that may cut a branch.
#[derive(Debug, Clone)]
pub enum Trigger<'a> {
    /// The trunk was pushed to, so whoever waits for a moment may have been restarted.
    Arm(Schedule),
    /// A moment has come, perhaps that of a train.
    Train(Schedule, Box<Order<'a>>),
    Order(Box<Order<'a>>),
}

/// What an event may cut.
pub fn trigger<'a>(config: &'a Config, delivery: &Delivery) -> Option<Trigger<'a>> {
    let order = |version: Option<String>, start: Option<Start>, cause, asked| {
        let trunk = trunk(config, &delivery.repository)?;
        let start = start.unwrap_or_else(|| Start::Green(trunk.clone()));
        Some(Box::new(Order { config, trunk, version, start, cause, asked }))
    };
    let schedule = || Schedule::of(&config.cut).ok().flatten();
    match &delivery.event {
        Event::Push { branch, .. } if is_trunk(config, &delivery.repository, branch) => schedule().map(Trigger::Arm),
        Event::Woken => Some(Trigger::Train(schedule()?, order(None, None, Cause::Schedule, String::new())?)),
        Event::MilestoneClosed { title } if config.cut.milestones => {
            let version = line_of(title.trim())?;
            let asked = format!("milestone:{version}");
            order(Some(version), None, Cause::Milestone, asked).map(Trigger::Order)
        }
        Event::TagCreated { tag, commit } => {
            let (before, after) = config.cut.tag.split_once('*')?;
            let version = line_of(tag.as_str().strip_prefix(before)?.strip_suffix(after)?)?;
            order(Some(version), Some(Start::At(commit.clone())), Cause::Tag, format!("tag:{tag}")).map(Trigger::Order)
        }
        _ => None,
    }
}

fn is_trunk(config: &Config, repository: &Repository, branch: &BranchName) -> bool {
    trunk(config, repository).as_ref() == Some(branch)
}

impl Trigger<'_> {
    pub fn needs(&self) -> Needs {
        match self {
            Self::Arm(_) => Needs::new(),
            Self::Train(_, order) | Self::Order(order) => order.needs(),
        }
    }

    pub fn plan(&self, facts: &Facts) -> Plan {
        let wake = |at: Option<Moment>| at.map(Follow::Wake).into_iter().collect();
        match self {
            Self::Arm(schedule) => {
                let at = if schedule.due(facts.now).is_some() { Some(facts.now) } else { schedule.next(facts.now) };
                Plan::nothing("a branch is cut when its time comes").followed_by(wake(at))
            }
            Self::Train(schedule, order) => {
                let next = schedule.next(facts.now);
                let Some(due) = schedule.due(facts.now).filter(|due| !has_left(order, *due, facts)) else {
                    return Plan::nothing("no branch is to be cut now").followed_by(wake(next));
                };
                let order = Order { asked: departure(due), ..(**order).clone() };
                let (plan, waits) = carry_out(&order, facts);
                let again = Moment(facts.now.0.saturating_add(AGAIN));
                let at = if waits { next.map_or(Some(again), |next| Some(next.min(again))) } else { next };
                plan.followed_by(wake(at))
            }
            Self::Order(order) if order.cause == Cause::Milestone && order.is_released(facts) => {
                Plan::nothing("the milestone's version is released already")
            }
            Self::Order(order) => carry_out(order, facts).0,
        }
    }
}

fn departure(at: Moment) -> String {
    format!("schedule:{}", at.0)
}

/// Whether the train of a moment has left, and nothing is to be completed any more.
fn has_left(order: &Order, at: Moment, facts: &Facts) -> bool {
    let branches = facts.trunk(&order.trunk, &order.config.branches.release).map(|trunk| &trunk.branches);
    let is_there = |record: &Record| branches.is_some_and(|branches| branches.contains_key(&record.branch));
    let left = underway::asked(facts, &departure(at)).map(|(_, record)| record);
    left.is_some_and(|record| is_there(&record) && facts.now.0.saturating_sub(at.0) > COMPLETES)
}

/// The plan, and whether it may be another one later.
fn carry_out(order: &Order, facts: &Facts) -> (Plan, bool) {
    match order.decide(facts) {
        Course::Made(undertaking) => (Plan::of(format!("{} is cut", undertaking.told.branch), undertaking.actions), false),
        Course::There(there) => (Plan::nothing(format!("{} is there", there.branch)), false),
        Course::Refused(refusal) => (Plan::observed(format!("nothing is cut: {}", refusal.why)), true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::commands::tests::{delivery, line};
    use crate::domain::facts::{Asked, CheckState, Checked, Condition, Line, Need, OwnIssue, Trunk};
    use crate::domain::history::tests::{sha, tagged};
    use crate::domain::names::{Number, TagName, UserName};

    const WEEKLY: &str = "cut.schedule = '0 9 * * TUE'\ncut.timezone = 'Europe/Berlin'";
    /// Tue 2026-11-24 09:00 Europe/Berlin.
    const DEPARTURE: i64 = 1_795_507_200;

    /// What an event leads to at a moment, while the checks of the newest commit are in this state.
    fn told(text: &str, event: Event, (now, state): (i64, CheckState), asked: Option<&str>) -> String {
        let config = Config::parse(text).unwrap();
        let Some(trigger) = trigger(&config, &Delivery { event, ..delivery() }) else { return "nothing".to_owned() };
        let mut facts = Facts { now: Moment(now), ..Facts::default() };
        for need in trigger.needs() {
            match need {
                Need::Me => facts.me = Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
                Need::Line(wanted) => _ = facts.lines.insert(wanted.at, Asked::Answered(Some(line()))),
                Need::Issues(kind) => {
                    let (branch, at) = (BranchName::parse("release/1.1").unwrap(), sha('a'));
                    let record = |asked: &str| Record { branch, at, version: "1.1".into(), by: None, asked: asked.into() }.write();
                    let issue = asked.map(record).map(|data| OwnIssue {
                        number: Number(7),
                        key: "release/1.1".into(),
                        title: "t".into(),
                        condition: Condition::Open,
                        opened_at: Moment(1),
                        data: Some(data),
                    });
                    facts.issues.insert(kind, Asked::Answered(issue.into_iter().collect()));
                }
                Need::Trunk(branch, names, _) => {
                    let commit = Checked { sha: sha('b'), checks: [("ci".to_owned(), state)].into() };
                    let branches = asked.map(|_| (BranchName::parse("release/1.1").unwrap(), sha('a'))).into_iter().collect();
                    let trunk = Trunk { commits: vec![commit], branches, ..Trunk::default() };
                    facts.trunks.insert((branch, names), Asked::Answered(Some(trunk)));
                }
                other => panic!("load {other:?} here"),
            }
        }
        trigger.plan(&facts).to_string()
    }

    fn push() -> Event {
        Event::Push { branch: BranchName::main(), before: sha('a'), after: sha('b'), commits: None }
    }

    #[test]
    fn a_train_leaves_on_time_and_once() {
        let at = |late: i64, asked| told(WEEKLY, Event::Woken, (DEPARTURE + late, CheckState::Green), asked);
        insta::assert_snapshot!(at(60, None), @"
        release/1.1 is cut
        - open the issue slipway:release release/1.1
        - make branch release/1.1 at 6262626262
        - make the label backport release/1.1
        - look again at 1796112000
        ");
        let waits = "no branch is to be cut now\n- look again at 1796112000";
        assert_eq!([at(2 * 3600, Some("schedule:1795507200")), at(13 * 3600, None)], [waits, waits]);
        assert_eq!(at(-60, None), "no branch is to be cut now\n- look again at 1795507200");
    }

    #[test]
    fn a_train_that_was_cut_off_is_completed_where_it_began() {
        let begun = told(WEEKLY, Event::Woken, (DEPARTURE + 600, CheckState::Red), Some("schedule:1795507200"));
        assert!(begun.contains("- make branch release/1.1 at 6161616161"), "{begun}");
    }

    #[test]
    fn a_train_waits_for_green_checks() {
        insta::assert_snapshot!(told(WEEKLY, Event::Woken, (DEPARTURE + 60, CheckState::Pending), None), @"
        nothing is cut: main cannot be cut from: its newest commit is not green: on 6262626262, ci is pending
        - look again at 1795509060
        ");
    }

    #[test]
    fn a_push_to_the_trunk_sets_the_clock() {
        insta::assert_snapshot!(told(WEEKLY, push(), (DEPARTURE - 60, CheckState::Green), None), @"
        a branch is cut when its time comes
        - look again at 1795507200
        ");
        insta::assert_snapshot!(told(WEEKLY, push(), (DEPARTURE + 60, CheckState::Green), None), @"
        a branch is cut when its time comes
        - look again at 1795507260
        ");
        assert_eq!(told("", push(), (DEPARTURE, CheckState::Green), None), "nothing");
    }

    #[test]
    fn closing_a_milestone_cuts_its_branch_unless_it_is_released() {
        let closed = |title: &str| {
            let event = Event::MilestoneClosed { title: title.to_owned() };
            told("cut.milestones = true", event, (DEPARTURE, CheckState::Green), Some("issue-1:1:cut"))
        };
        for title in ["1.4", "1.4.0", "v1.4.0"] {
            assert!(
                closed(title).contains("- open the issue slipway:release release/1.4\n- make branch release/1.4 at 6262626262"),
                "{title}"
            );
        }
        assert_eq!(closed("1.0.0"), "the milestone's version is released already");
        assert_eq!(closed("1.1"), "release/1.1 is there");
        assert_eq!([closed("1.4.2"), closed("autumn")], ["nothing", "nothing"]);
    }

    #[test]
    fn a_tag_cuts_where_it_stands() {
        let pushed = |tag: &str| {
            let event = Event::TagCreated { tag: TagName::parse(tag).unwrap(), commit: sha('a') };
            told("cut.tag = 'cut/*'", event, (DEPARTURE, CheckState::Red), None)
        };
        assert!(pushed("cut/1.4").contains("make branch release/1.4 at 6161616161"), "{}", pushed("cut/1.4"));
        assert_eq!([pushed("cut/now"), pushed("v1.4.0")], ["nothing", "nothing"]);
    }

    #[test]
    fn a_version_is_released_whose_line_has_a_stable_tag() {
        let config = Config::parse("").unwrap();
        let order = |version: &str| Order {
            config: &config,
            trunk: BranchName::main(),
            version: Some(version.to_owned()),
            start: Start::Green(BranchName::main()),
            cause: Cause::Milestone,
            asked: String::new(),
        };
        let line = Line { window: tagged(line().window, &[("v1.4.2", 'a'), ("v1.5.0-rc.1", 'b')]), ..line() };
        let wanted = order("1.4").needs().into_iter().find_map(|need| if let Need::Line(wanted) = need { Some(wanted.at) } else { None });
        let facts = Facts { lines: [(wanted.unwrap(), Asked::Answered(Some(line)))].into(), ..Facts::default() };
        assert!(order("1.4").is_released(&facts) && !order("1.5").is_released(&facts));
    }
}
