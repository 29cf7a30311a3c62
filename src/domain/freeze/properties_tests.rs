//! What holds for any freeze, against the slow way to find it: all of its recurrences, one by one.

use jiff::Span;
use jiff::civil::{Date, DateTime, date};
use jiff::tz::{TimeZone, TimeZoneDatabase};
use proptest::prelude::*;

use super::*;
use crate::domain::config::Config;

/// Where clocks change by an hour, by half of one and at midnight, in both hemispheres, with the days on which they go forward and back.
const ZONES: [(&str, [Date; 2]); 5] = [
    ("Europe/Berlin", [date(2027, 3, 28), date(2026, 10, 25)]),
    ("America/New_York", [date(2027, 3, 14), date(2026, 11, 1)]),
    ("America/Havana", [date(2027, 3, 14), date(2026, 11, 1)]),
    ("Australia/Lord_Howe", [date(2026, 10, 4), date(2027, 4, 4)]),
    ("Africa/Cairo", [date(2027, 4, 30), date(2026, 10, 29)]),
];

/// A recurrence at minutes and hours of days of the week, that can also be written down without cron, and a day to look at.
#[derive(Debug, Clone)]
struct Sample {
    minute: i8,
    hours: Vec<i8>,
    weekdays: Vec<i8>,
    days: i64,
    minutes: i64,
    zone: &'static str,
    day: Date,
}

fn sample() -> impl Strategy<Value = Sample> {
    // Most are about the hours in which clocks change, on days on which they do.
    let hours = prop_oneof![3 => prop::collection::btree_set(0..4_i8, 1..4), 1 => prop::collection::btree_set(0..24_i8, 1..4)];
    let weekdays = prop::collection::btree_set(0..7_i8, 0..3);
    let lasts = (prop_oneof![3 => Just(0), 1 => 1..3_i64], prop_oneof![1..120_i64, 1..1500_i64]);
    let place = (prop::sample::select(ZONES.to_vec()), 0..2_usize, prop_oneof![3 => Just(0), 1 => -2..3_i32]);
    (0..60_i8, hours, weekdays, lasts, place).prop_map(|(minute, hours, mut weekdays, (days, minutes), (zone, which, off))| {
        let (zone, changes) = zone;
        weekdays.insert(changes[which].weekday().to_sunday_zero_offset());
        let day = changes[which].checked_add(Span::new().days(off)).unwrap();
        Sample { minute, hours: hours.into_iter().collect(), weekdays: weekdays.into_iter().collect(), days, minutes, zone, day }
    })
}

fn list(numbers: &[i8]) -> String {
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

impl Sample {
    fn freezes(&self) -> Option<Freezes> {
        let Self { minute, days, minutes, zone, .. } = self;
        let cron = format!("{minute} {} * * {}", list(&self.hours), list(&self.weekdays));
        let recurrence = Recurrence::new(&cron, &format!("{days}d {minutes}m"), Zone::named(zone).unwrap()).ok()?;
        let (reason, zone) = ("rest".to_owned(), Zone::named(zone).unwrap());
        let window = Window { reason, scope: Scope::default(), when: When::Recurring(Box::new(recurrence)), zone };
        Some(Freezes { windows: vec![window], declared: Vec::new() })
    }

    /// Every recurrence that begins within `reach` days of the day.
    fn all(&self, reach: i32) -> Vec<Interval> {
        let zone = TimeZoneDatabase::bundled().get(self.zone).unwrap();
        let days = (-reach..reach).map(|day| self.day.checked_add(Span::new().days(day)).unwrap());
        let days = days.filter(|day| self.weekdays.contains(&day.weekday().to_sunday_zero_offset()));
        let times = days.flat_map(|day| self.hours.iter().map(move |hour| day.at(*hour, self.minute, 0, 0)));
        let one = |begin: DateTime| {
            let end = first(&zone, begin.checked_add(Span::new().days(self.days)).unwrap());
            Interval { since: Moment(first(&zone, begin)), until: Moment(end + self.minutes * 60) }
        };
        times.map(one).collect()
    }
}

/// The first moment at which the clock shows a time or a later one, by looking at the clock each minute.
fn first(zone: &TimeZone, time: DateTime) -> i64 {
    let start = time.to_zoned(zone.clone()).unwrap().timestamp().as_second() - 2 * 3600;
    let shows = |at: i64| zone.to_datetime(jiff::Timestamp::from_second(at).unwrap());
    (0..600).map(|minute| start + minute * 60).find(|at| shows(*at) >= time).unwrap()
}

fn main() -> BranchName {
    BranchName::parse("main").unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn frozen_is_what_is_within_a_recurrence_and_nothing_else(sample in sample(), off in 0..86_400_i64) {
        let Some(freezes) = sample.freezes() else { return Ok(()) };
        let at = Moment(sample.day.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second() + off);
        let all = sample.all(8);
        let edges = all.iter().flat_map(|one| [one.since.0 - 1, one.since.0, one.until.0 - 1, one.until.0]).map(Moment);
        for at in edges.filter(|edge| (edge.0 - at.0).abs() < 4 * 86_400).chain([at]) {
            let within = all.iter().any(|one| one.since <= at && at < one.until);
            let frozen = freezes.frozen(at, &main(), None);
            prop_assert_eq!(frozen.is_some(), within, "{:?}", at);
            prop_assert!(frozen.is_none_or(|found| found.since <= at && found.until.is_some_and(|until| until > at)));
        }
    }

    #[test]
    fn the_next_change_is_one_and_there_is_none_before_it(sample in sample(), off in 0..86_400_i64) {
        let Some(freezes) = sample.freezes() else { return Ok(()) };
        let at = Moment(sample.day.to_zoned(TimeZone::UTC).unwrap().timestamp().as_second() + off);
        let frozen = |at: i64| freezes.frozen(Moment(at), &main(), None).map(|found| (found.since, found.until));
        let next = freezes.next_change(at).unwrap();
        prop_assert!(next > at);
        prop_assert_eq!(frozen(next.0 - 1), frozen(at.0));
        prop_assert_ne!(frozen(next.0).is_some(), frozen(at.0).is_some());
        prop_assert!(frozen(at.0).is_none_or(|(_, until)| until == Some(next)));
        let edges = sample.all(8).into_iter().flat_map(|one| [one.since.0, one.until.0]);
        for edge in edges.filter(|edge| at.0 < *edge && *edge < next.0) {
            prop_assert_eq!(frozen(edge).is_some(), frozen(at.0).is_some(), "{} of {:?}", edge, next);
        }
    }

    #[test]
    fn any_text_is_read_or_refused(texts in prop::array::uniform5(text()), off in any::<i64>()) {
        let [zone, from, until, cron, lasts] = &texts;
        let zone = Zone::named(zone).unwrap_or_default();
        let _ = When::once(from, until, &zone);
        if let Ok(recurrence) = Recurrence::new(cron, lasts, zone) {
            prop_assert!(recurrence.around(Moment(off)).is_none_or(|found| found.holds(Moment(off))));
            prop_assert!(recurrence.begins_after(Moment(off)).is_none_or(|next| next > Moment(off)));
        }
        let _ = Config::parse(&format!("[[freeze.windows]]\nreason = 'a'\nfrom = {from}\nuntil = '{until}'\ncron = '{cron}'"));
    }
}

/// Anything, and what looks as if it were meant.
fn text() -> impl Strategy<Value = String> {
    let likely = prop_oneof!["[0-9*/,L#W?-]{1,4}( [0-9*/,L#W?-]{1,4}){4}", "[0-9]{1,20}[smhdw]( [0-9]{1,6}[smhdw])?", "@[a-z]{5,7}"];
    let dates = "[0-9]{1,5}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?";
    prop_oneof![any::<String>(), likely, dates.prop_map(|date| date)]
}
