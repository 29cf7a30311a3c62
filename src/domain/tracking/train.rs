//! Cutting without a comment: on a schedule, when a milestone closes, when a tag asks for it. What came of it is told by the issue that tracks
//! the release.

use super::cut::{Order, Start, line_of, trunk};
use super::onward::Onward;
use super::told::Cause;
use super::{Course, Record, announcement, onward, underway};
use crate::domain::config::Config;
use crate::domain::decide::changes_policy;
use crate::domain::event::{Delivery, Event, Repository};
use crate::domain::facts::{Facts, Needs};
use crate::domain::names::{BranchName, Moment};
use crate::domain::plan::{Follow, Plan};
use crate::domain::schedule::Schedule;

/// How long what a train left undone is completed, should it have been cut off.
const COMPLETES: i64 = 3600;
/// How long it waits before it looks at the checks again.
pub const AGAIN: i64 = 1800;

/// Something that may cut a branch.
#[derive(Debug, Clone)]
pub enum Trigger<'a> {
    /// The trunk was pushed to, so whoever waits for a moment may have been restarted.
    Arm(Schedule),
    /// The schedule itself may be another one: what it announces and freezes is looked at now.
    Anew,
    /// A moment has come, perhaps that of a train.
    Train(Schedule, Box<Order<'a>>),
    Order(Box<Order<'a>>),
    /// What a train has cut may be due.
    Onward(Box<Onward<'a>>),
}

/// What an event may cut.
pub fn trigger<'a>(config: &'a Config, delivery: &'a Delivery) -> Option<Trigger<'a>> {
    let order = |version: Option<String>, start: Option<Start>, cause, asked| {
        let trunk = trunk(config, &delivery.repository)?;
        let start = start.unwrap_or_else(|| Start::Green(trunk.clone()));
        Some(Box::new(Order { config, trunk, version, start, cause, asked }))
    };
    let schedule = || Schedule::of(config.train.as_ref()).ok().flatten();
    match &delivery.event {
        Event::Push { branch, commits, .. } if is_trunk(config, &delivery.repository, branch) => {
            let is_new = changes_policy(delivery, branch, commits.as_deref());
            schedule().map(|schedule| if is_new { Trigger::Anew } else { Trigger::Arm(schedule) })
        }
        Event::Woken => Some(Trigger::Train(schedule()?, order(None, None, Cause::Schedule, String::new())?)),
        Event::Refreshed { branch } => Onward::of(config, &delivery.repository, (schedule()?, branch)).map(Box::new).map(Trigger::Onward),
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
            Self::Arm(_) | Self::Anew => Needs::new(),
            Self::Train(schedule, order) => order.needs().into_iter().chain(announcement::needs(schedule)).collect(),
            Self::Order(order) => order.needs(),
            Self::Onward(onward) => onward.needs(),
        }
    }

    pub fn plan(&self, facts: &Facts) -> Plan {
        match self {
            Self::Arm(schedule) => {
                let wake = schedule.look_again(facts.now).map(Follow::Wake).into_iter().collect();
                Plan::nothing("a branch is cut when its time comes").followed_by(wake)
            }
            Self::Anew => Plan::nothing("the schedule may be another one").followed_by(vec![Follow::Wake(facts.now)]),
            Self::Train(schedule, order) => leave(schedule, order, facts),
            Self::Order(order) if order.cause == Cause::Milestone && order.is_released(facts) => {
                Plan::nothing("the milestone's version is released already")
            }
            Self::Order(order) => carry_out(order, facts).0,
            Self::Onward(onward) => onward.plan(facts),
        }
    }
}

/// All that is due of the trains at a moment, and when to look again.
fn leave(schedule: &Schedule, order: &Order, facts: &Facts) -> Plan {
    let due = schedule.due(facts.now).filter(|due| !has_left(order, *due, facts));
    let (plan, waits) = match due {
        Some(due) => carry_out(&Order { asked: departure(due), ..order.clone() }, facts),
        None => (Plan::nothing("no branch is to be cut now"), false),
    };
    let left = due.filter(|_| !plan.actions.is_empty());
    let announced = announcement::actions(order.config, schedule, (left, facts));
    let plan = if announced.is_empty() { plan } else { plan.and(Plan::of("the trains are announced", announced)) };
    let lines = onward::lines(order.config, schedule, facts);
    let again = (waits || !lines.due.is_empty()).then_some(Moment(facts.now.0.saturating_add(AGAIN)));
    let own = left.and_then(|train| schedule.next_of(train, facts.now));
    let wake = [schedule.next_step(facts.now), again, lines.next, own].into_iter().flatten().min();
    plan.followed_by(lines.due.into_iter().map(Follow::Refresh).chain(wake.map(Follow::Wake)).collect())
}

/// By which what a train has cut is known.
pub fn departure(at: Moment) -> String {
    format!("schedule:{}", at.0)
}

/// The train that has cut what is noted here, if one has.
pub fn of(record: &Record) -> Option<Moment> {
    record.asked.strip_prefix("schedule:")?.parse().ok().map(Moment)
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
    use crate::domain::facts::{Asked, CheckState, Checked, Condition, IssueKind, Line, Need, OwnIssue, Trunk};
    use crate::domain::history::tests::{sha, tagged};
    use crate::domain::names::{Number, TagName, UserName};
    use crate::domain::readiness::Book;

    const WEEKLY: &str = "train.cut = '0 9 * * TUE'\ntrain.timezone = 'Europe/Berlin'";
    /// Tue 2026-11-24 09:00 Europe/Berlin.
    const DEPARTURE: i64 = 1_795_507_200;

    /// What an event leads to at a moment, while the checks of the newest commit are in this state.
    fn told(text: &str, event: Event, at: (i64, CheckState), asked: Option<&str>) -> String {
        knowing(text, event, at, (asked, &[]))
    }

    fn announcement(key: &str, condition: Condition) -> OwnIssue {
        let (key, title, opened_at) = (key.to_owned(), "t".to_owned(), Moment(1));
        OwnIssue { body: String::new(), number: Number(5), key, title, condition, opened_at, data: None }
    }

    /// The same where these announcements are there.
    fn knowing(text: &str, event: Event, (now, state): (i64, CheckState), (asked, announced): (Option<&str>, &[OwnIssue])) -> String {
        let config = Config::parse(text).unwrap();
        let delivery = Delivery { event, ..delivery() };
        let Some(trigger) = trigger(&config, &delivery) else { return "nothing".to_owned() };
        let mut facts = Facts { now: Moment(now), ..Facts::default() };
        for need in trigger.needs() {
            match need {
                Need::Me => facts.me = Asked::Answered(UserName::parse("slipway[bot]").unwrap()),
                Need::Line(wanted) => _ = facts.lines.insert(wanted.at, Asked::Answered(Some(line()))),
                Need::Issues(kind @ IssueKind::Announcement) => _ = facts.issues.insert(kind, Asked::Answered(announced.to_vec())),
                Need::Issues(kind) => {
                    let (branch, at) = (BranchName::parse("release/1.1").unwrap(), sha('a'));
                    let record = |asked: &str| {
                        Record { branch, at, version: "1.1".into(), by: None, asked: asked.into(), book: Book::default() }.write()
                    };
                    let issue = asked.map(record).map(|data| OwnIssue {
                        body: String::new(),
                        number: Number(7),
                        key: "release/1.1".into(),
                        title: "t".into(),
                        condition: Condition::Open,
                        opened_at: Moment(1),
                        data: Some(data),
                    });
                    facts.issues.insert(kind, Asked::Answered(issue.into_iter().collect()));
                }
                Need::Calendar => facts.calendar = Asked::Answered(None),
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
        Event::Push { branch: BranchName::main(), before: sha('a'), after: sha('b'), commits: Some(Vec::new()) }
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
    fn a_new_schedule_is_announced_at_once() {
        let any = Event::Push { branch: BranchName::main(), before: sha('a'), after: sha('b'), commits: None };
        let told = told(WEEKLY, any, (DEPARTURE - 3 * DAY, CheckState::Green), None);
        assert_eq!(told, format!("the schedule may be another one\n- look again at {}", DEPARTURE - 3 * DAY));
    }

    const WHOLE: &str =
        "[train]\ncut = '0 9 * * TUE'\ntimezone = 'Europe/Berlin'\nannounce = '7d'\nfreeze = '1d'\ncandidate = '1h'\nfinal = '7d'";
    const DAY: i64 = 86_400;

    #[test]
    fn a_train_is_announced_in_time_and_once() {
        let at = |early: i64, known: &[OwnIssue]| knowing(WHOLE, Event::Woken, (DEPARTURE - early, CheckState::Green), (None, known));
        let told = at(6 * DAY, &[]);
        assert!(told.starts_with("the trains are announced\n- ") && told.contains("the issue slipway:train train:1795507200\n"), "{told}");
        assert!(told.contains("look again at 1795420800"), "the freeze comes next: {told}");
        let closed = announcement("train:1795507200", Condition::Closed);
        assert!(!at(6 * DAY, &[closed]).contains("slipway:train"), "whoever has closed it is done with it");
    }

    #[test]
    fn an_announcement_is_closed_when_its_train_has_left_or_never_will() {
        let at = |now: i64, asked, key: &str| {
            let told = knowing(WHOLE, Event::Woken, (now, CheckState::Red), (asked, &[announcement(key, Condition::Open)]));
            told.contains(&format!("close the issue slipway:train {key}"))
        };
        let own = "train:1795507200";
        assert!(at(DEPARTURE + 2 * 3600, Some("schedule:1795507200"), own));
        assert!(!at(DEPARTURE + 3600, None, own), "it may still leave");
        assert!(at(DEPARTURE + 13 * 3600, None, own), "it has missed its time");
        assert!(at(DEPARTURE - DAY, None, "train:1795507201"), "the schedule has changed");
    }

    #[test]
    fn what_a_train_has_cut_goes_on_in_time() {
        let at = |after: i64| told(WHOLE, Event::Woken, (DEPARTURE + after, CheckState::Green), Some("schedule:1795507200"));
        let page = "bring the page of release/1.1 up to date";
        assert!(!at(1800).contains(page) && at(1800).contains("look again at 1795510800"), "{}", at(1800));
        assert!(at(3600).contains(page) && !at(2 * DAY).contains(page) && at(7 * DAY).contains(page) && at(30 * DAY).contains(page));
    }

    #[test]
    fn a_candidate_is_tagged_when_it_is_due_and_the_version_after_it() {
        let refreshed = || Event::Refreshed { branch: BranchName::parse("release/1.1").unwrap() };
        let at = |after: i64| told(WHOLE, refreshed(), (DEPARTURE + after, CheckState::Green), Some("schedule:1795507200"));
        assert_eq!(at(60), "nothing of a train is due on release/1.1");
        assert_eq!(at(3600), "the train tags v1.1.0-rc.1\n- tag 6262626262 as v1.1.0-rc.1");
        assert_eq!(at(2 * DAY), "nothing of a train is due on release/1.1", "it is too late for a candidate");
        assert_eq!(at(9 * DAY), "the train tags v1.1.0\n- tag 6262626262 as v1.1.0");
        assert_eq!(
            told(WHOLE, refreshed(), (DEPARTURE + 9 * DAY, CheckState::Green), Some("issue-1:1:cut")),
            at(60),
            "somebody else cut it"
        );
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
