use super::*;
use crate::domain::config::Config;

/// The freezes of these windows, with `reason` and the zone of Berlin before their lines.
fn berlin(windows: &[&str]) -> Freezes {
    let window = |(at, lines): (usize, &&str)| format!("[[freeze.windows]]\nreason = 'r{at}'\ntimezone = 'Europe/Berlin'\n{lines}\n");
    let text: String = windows.iter().enumerate().map(window).collect();
    Freezes { windows: Config::parse(&text).unwrap().freeze.unwrap_or_default().windows(), declared: Vec::new() }
}

const WEEKEND: &str = "cron = '0 18 * * FRI'\nduration = '2d 14h'";

fn at(text: &str) -> Moment {
    Moment(text.parse::<jiff::Timestamp>().unwrap().as_second())
}

fn main() -> BranchName {
    BranchName::parse("main").unwrap()
}

/// From when until when main is frozen at a moment, in words.
fn told(freezes: &Freezes, moment: &str) -> Option<String> {
    let freeze = freezes.frozen(at(moment), &main(), None)?;
    Some(format!("{} – {}", freeze.since_in_words(), freeze.until_in_words().unwrap_or_default()))
}

fn changes(freezes: &Freezes, after: &str, count: usize) -> Vec<String> {
    let next = |last: &Moment| freezes.next_change(*last);
    let moments = std::iter::successors(Some(at(after)), next).skip(1).take(count);
    moments.map(|moment| jiff::Timestamp::from_second(moment.0).unwrap().to_string()).collect()
}

fn declared(since: i64, until: Option<i64>) -> Declared {
    let by = UserName::parse("dana").unwrap();
    Declared {
        reason: "fire".to_owned(),
        by,
        since: Moment(since),
        until: until.map(Moment),
        scope: Scope::default(),
        zone: Zone::default(),
        issue: None,
    }
}

#[test]
fn a_window_holds_from_its_beginning_until_just_before_its_end() {
    let freezes = berlin(&["from = '2026-12-20T18:00'\nuntil = '2026-12-28T08:00'"]);
    let holds = "Sun 2026-12-20 18:00 Europe/Berlin – Mon 2026-12-28 08:00 Europe/Berlin";
    assert_eq!(told(&freezes, "2026-12-20T16:59:59Z"), None);
    assert_eq!(told(&freezes, "2026-12-20T17:00:00Z").unwrap(), holds);
    assert_eq!(told(&freezes, "2026-12-28T06:59:59Z").unwrap(), holds);
    assert_eq!(told(&freezes, "2026-12-28T07:00:00Z"), None);
    assert_eq!(changes(&freezes, "2026-01-01T00:00:00Z", 3), ["2026-12-20T17:00:00Z", "2026-12-28T07:00:00Z"]);
}

#[test]
fn a_weekend_ends_on_monday_at_eight_also_where_clocks_change_on_it() {
    let freezes = berlin(&[WEEKEND]);
    let spring = ["2027-03-26T17:00:00Z", "2027-03-29T06:00:00Z", "2027-04-02T16:00:00Z", "2027-04-05T06:00:00Z"];
    assert_eq!(changes(&freezes, "2027-03-24T00:00:00Z", 4), spring);
    assert_eq!(changes(&freezes, "2026-10-22T00:00:00Z", 2), ["2026-10-23T16:00:00Z", "2026-10-26T07:00:00Z"]);
}

#[test]
fn hours_are_hours_also_where_clocks_change() {
    let freezes = berlin(&["cron = '0 18 * * FRI'\nduration = '62h'"]);
    let end = "Fri 2027-03-26 18:00 Europe/Berlin – Mon 2027-03-29 09:00 Europe/Berlin";
    assert_eq!(told(&freezes, "2027-03-27T00:00:00Z").unwrap(), end);
}

#[test]
fn what_begins_in_a_skipped_hour_begins_when_clocks_go_forward() {
    let freezes = berlin(&["cron = '30 2 * * *'\nduration = '10m'"]);
    let around = ["2027-03-27T01:30:00Z", "2027-03-27T01:40:00Z", "2027-03-28T01:00:00Z", "2027-03-28T01:10:00Z", "2027-03-29T00:30:00Z"];
    assert_eq!(changes(&freezes, "2027-03-27T00:00:00Z", 5), around);
}

#[test]
fn what_begins_in_an_hour_that_occurs_twice_begins_in_the_first() {
    let freezes = berlin(&["cron = '30 2 * * *'\nduration = '10m'"]);
    let around = ["2026-10-25T00:30:00Z", "2026-10-25T00:40:00Z", "2026-10-26T01:30:00Z"];
    assert_eq!(changes(&freezes, "2026-10-24T12:00:00Z", 3), around);
    assert_eq!(told(&freezes, "2026-10-25T01:35:00Z"), None);
    let longer = berlin(&["cron = '30 2 * * *'\nduration = '45m'"]);
    assert_eq!(changes(&longer, "2026-10-25T01:10:00Z", 1), ["2026-10-25T01:15:00Z"]);
    let once = berlin(&["from = '2026-10-25T02:30'\nuntil = '2026-10-25T03:00'"]);
    assert_eq!(changes(&once, "2026-10-24T12:00:00Z", 3), ["2026-10-25T00:30:00Z", "2026-10-25T02:00:00Z"]);
}

#[test]
fn a_day_that_the_calendar_left_out_has_no_freeze() {
    let zone = Zone::named("Pacific/Apia").unwrap();
    let fridays = Recurrence::new("0 0 * * FRI", "1d", zone.clone()).unwrap();
    // The next day in Samoa after Thursday 2011-12-29 was a Saturday.
    let next = fridays.begins_after(at("2011-12-26T00:00:00Z")).unwrap();
    assert_eq!(zone.words(next), "Fri 2012-01-06 00:00 Pacific/Apia");
}

#[test]
fn recurrences_that_touch_or_overlap_are_one_stretch() {
    for (duration, end) in [("1d", "Sat 2026-11-28 18:00"), ("24h", "Sat 2026-11-28 18:00"), ("30h", "Sun 2026-11-29 00:00")] {
        let freezes = berlin(&[&format!("cron = '0 18 * * MON-FRI'\nduration = '{duration}'")]);
        let week = format!("Mon 2026-11-23 18:00 Europe/Berlin – {end} Europe/Berlin");
        assert_eq!(told(&freezes, "2026-11-25T12:00:00Z").unwrap(), week);
        assert_eq!(changes(&freezes, "2026-11-25T12:00:00Z", 2)[1], "2026-11-30T17:00:00Z");
    }
}

#[test]
fn of_several_freezes_the_one_that_lasts_longest_comes_first() {
    let mut freezes = berlin(&[WEEKEND, "from = '2026-11-27T12:00'\nuntil = '2026-12-01T12:00'"]);
    let reasons = |freezes: &Freezes| {
        freezes.holding(at("2026-11-28T12:00:00Z"), &main(), None).iter().map(|f| f.reason.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(reasons(&freezes), ["r1", "r0"]);
    freezes.declared.push(declared(0, None));
    assert_eq!(reasons(&freezes), ["fire", "r1", "r0"]);
}

#[test]
fn each_window_that_begins_or_ends_is_a_change() {
    let freezes = berlin(&[WEEKEND, "from = '2026-11-28T12:00'\nuntil = '2026-12-01T12:00'"]);
    let all = ["2026-11-27T17:00:00Z", "2026-11-28T11:00:00Z", "2026-11-30T07:00:00Z", "2026-12-01T11:00:00Z", "2026-12-04T17:00:00Z"];
    assert_eq!(changes(&freezes, "2026-11-25T12:00:00Z", 5), all);
}

#[test]
fn a_freeze_is_about_its_branches_and_paths() {
    let freezes = berlin(&[&format!("branches = ['release/*']\npaths = ['api/**']\n{WEEKEND}")]);
    let frozen = |branch: &str, paths: Option<&[&str]>| {
        let paths = paths.map(|paths| paths.iter().map(|path| (*path).to_owned()).collect::<Vec<_>>());
        freezes.frozen(at("2026-11-28T12:00:00Z"), &BranchName::parse(branch).unwrap(), paths.as_deref()).is_some()
    };
    assert!(frozen("release/1.x", Some(&["README.md", "api/a.rs"])) && frozen("release/1.x", None));
    assert!(!frozen("release/1.x", Some(&["README.md"])) && !frozen("release/1.x", Some(&[])));
    assert!(!frozen("main", Some(&["api/a.rs"])) && !frozen("main", None));
}

#[test]
fn a_declared_freeze_holds_until_its_end_or_until_it_is_lifted() {
    let open = Freezes { windows: Vec::new(), declared: vec![declared(100, None)] };
    let freeze = open.frozen(Moment(i64::MAX - 1), &main(), None).unwrap();
    assert!(freeze.until_in_words().is_none() && freeze.since_in_words() == "Thu 1970-01-01 00:01 UTC");
    assert!(matches!(freeze.source, Source::Declared(declared) if declared.by.as_str() == "dana"));
    assert_eq!((open.next_change(Moment(0)), open.next_change(Moment(100))), (Some(Moment(100)), None));
    let ends = Freezes { declared: vec![declared(100, Some(200)), declared(300, Some(250))], ..Freezes::default() };
    assert_eq!((ends.next_change(Moment(100)), ends.next_change(Moment(200))), (Some(Moment(200)), None));
    assert!(ends.frozen(Moment(200), &main(), None).is_none());
}

#[test]
fn a_repository_without_freezes_is_never_frozen() {
    let none = Freezes::default();
    assert!(none.frozen(Moment(0), &main(), None).is_none() && none.next_change(Moment(0)).is_none());
}

#[test]
fn moments_beyond_the_calendar_are_no_trouble() {
    let freezes = berlin(&[WEEKEND, "from = '2026-11-27T12:00'\nuntil = '2026-12-01T12:00'"]);
    for moment in [i64::MIN, i64::MIN / 2, -377_705_023_201, 253_402_207_200, 95_617_584_000, i64::MAX].map(Moment) {
        let found = (freezes.frozen(moment, &main(), None).is_some(), freezes.next_change(moment));
        assert!(found.1.is_none_or(|next| next > moment), "{moment:?}: {found:?}");
        assert!(Zone::named("europe/berlin").unwrap().words(moment).ends_with(" Europe/Berlin"));
    }
}
