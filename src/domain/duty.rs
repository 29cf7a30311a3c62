//! Who is the release manager: people take turns, each of as many days, one after the other. Turns begin where the day does in the
//! roster's zone. Nothing here asks a clock.

use jiff::ToSpan;
use jiff::civil::Date;

use super::config::DutyOptions;
use super::freeze::{Wrong, Zone};
use super::names::{Moment, UserName};

#[derive(Debug, Clone)]
pub struct Roster {
    /// At least one.
    people: Vec<UserName>,
    since: Date,
    /// At least one.
    days: i64,
    zone: Zone,
}

/// From the first moment to the last, without the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Turn<'r> {
    pub who: &'r UserName,
    pub since: Moment,
    pub until: Moment,
}

impl Roster {
    /// Whose turn a moment is in; `None` before the first, and where the calendar ends.
    pub fn turn(&self, at: Moment) -> Option<Turn<'_>> {
        let gone = i64::from(self.since.until(self.zone.latest(at).date()).ok()?.get_days());
        let turn = gone.div_euclid(self.days);
        let who = self.people.get(usize::try_from(turn).ok()?.checked_rem(self.people.len())?)?;
        let begins = |turn: i64| {
            let day = self.since.checked_add(turn.checked_mul(self.days)?.days()).ok()?;
            self.zone.first(day.at(0, 0, 0, 0))
        };
        Some(Turn { who, since: begins(turn)?, until: begins(turn + 1)? })
    }

    /// Whether somebody has turns at all.
    pub fn has(&self, user: &UserName) -> bool {
        self.people.iter().any(|name| is_same(name, user))
    }

    /// Whether it is somebody's turn.
    pub fn is_on_duty(&self, user: &UserName, at: Moment) -> bool {
        self.turn(at).is_some_and(|turn| is_same(turn.who, user))
    }
}

/// On both forges a name is the same in upper and lower case.
fn is_same(one: &UserName, other: &UserName) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

impl TryFrom<&DutyOptions> for Roster {
    type Error = Wrong;

    fn try_from(options: &DutyOptions) -> Result<Self, Wrong> {
        let DutyOptions { roster, since, days, timezone } = options;
        if roster.is_empty() {
            return Err(Wrong::new("roster", "the roster names nobody", "Name who takes turns, as in `roster = [\"mia\", \"max\"]`."));
        }
        let name = |name: &String| {
            let remedy = "Write it as the forge shows it, without `@`.";
            UserName::parse(name).map_err(|_| Wrong::new("roster", format!("`{name}` is no user name"), remedy))
        };
        let people = roster.iter().map(name).collect::<Result<_, _>>()?;
        let since = Date::strptime("%Y-%m-%d", since)
            .map_err(|_| Wrong::new("since", format!("`{since}` is not a date"), "Write it as in `2026-01-05`."))?;
        // So long that nobody means more, and short enough for any calendar.
        if !(1..=366).contains(days) {
            return Err(Wrong::new("days", format!("no turn lasts {days} days"), "Let it last from 1 to 366 days."));
        }
        let zone = Zone::named(timezone).map_err(|meant| {
            let remedy = meant.map_or_else(|| "Name one as in `Europe/Berlin`.".to_owned(), |name| format!("Did you mean `{name}`?"));
            Wrong::new("timezone", format!("there is no time zone `{timezone}`"), remedy)
        })?;
        Ok(Self { people, since, days: i64::from(*days), zone })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::config::Config;

    fn read(text: &str) -> Roster {
        Roster::try_from(&Config::parse(&format!("[duty]\n{text}")).unwrap().duty.unwrap()).unwrap()
    }

    fn moment(text: &str) -> Moment {
        Moment(text.parse::<jiff::Timestamp>().unwrap().as_second())
    }

    fn on_duty(roster: &Roster, at: &str) -> Option<String> {
        roster.turn(moment(at)).map(|turn| turn.who.to_string())
    }

    #[test]
    fn people_take_turns_of_a_week_and_begin_again() {
        let roster = read("roster = ['mia', 'max']\nsince = '2026-01-05'");
        assert_eq!(on_duty(&roster, "2026-01-04T23:59:59Z"), None);
        for (at, who) in [("2026-01-05T00:00:00Z", "mia"), ("2026-01-11T23:59:59Z", "mia"), ("2026-01-12T00:00:00Z", "max")] {
            assert_eq!(on_duty(&roster, at).as_deref(), Some(who), "{at}");
        }
        assert!(roster.is_on_duty(&UserName::parse("Mia").unwrap(), moment("2026-01-19T12:00:00Z")));
    }

    #[test]
    fn a_turn_begins_when_the_day_does_where_the_roster_is_meant() {
        let roster = read("roster = ['mia', 'max']\nsince = '2026-03-28'\ndays = 1\ntimezone = 'Europe/Berlin'");
        assert_eq!(on_duty(&roster, "2026-03-27T23:00:00Z").as_deref(), Some("mia"));
        // Clocks have gone forward since.
        assert_eq!(on_duty(&roster, "2026-03-29T21:59:59Z").as_deref(), Some("max"));
        assert_eq!(on_duty(&roster, "2026-03-29T22:00:00Z").as_deref(), Some("mia"));
    }

    #[test]
    fn a_roster_that_cannot_be_meant_is_refused_with_its_place() {
        for (text, line, message) in [
            ("roster = []\nsince = '2026-01-05'", 2, "the roster names nobody"),
            ("roster = ['@mia']\nsince = '2026-01-05'", 2, "`@mia` is no user name"),
            ("roster = ['mia']\nsince = '5 January'", 3, "`5 January` is not a date"),
            ("roster = ['mia']\nsince = '2026-01-05'\ndays = 0", 4, "no turn lasts 0 days"),
            ("roster = ['mia']\nsince = '2026-01-05'\ntimezone = 'Europe/Berlim'", 4, "there is no time zone `Europe/Berlim`"),
        ] {
            let problem = Config::parse(&format!("[duty]\n{text}")).unwrap_err();
            assert_eq!((problem.line, problem.message.as_str()), (line, message));
        }
    }

    proptest! {
        #[test]
        fn turns_follow_each_other_without_a_gap(people in 1..5_usize, days in 1..40_i64, after in 0..400_000_000_i64, zone in 0..5_usize) {
            let zone = ["UTC", "Europe/Berlin", "America/Havana", "Asia/Beirut", "Australia/Lord_Howe"][zone];
            let names: Vec<_> = (0..people).map(|n| format!("'p{n}'")).collect();
            let roster = read(&format!("roster = [{}]\nsince = '2020-02-29'\ndays = {days}\ntimezone = '{zone}'", names.join(", ")));
            let at = Moment(moment("2020-03-01T12:00:00Z").0 + after);
            let turn = roster.turn(at).unwrap();
            prop_assert!(turn.since <= at && at < turn.until);
            let next = roster.turn(turn.until).unwrap();
            prop_assert_eq!(next.since, turn.until);
            prop_assert_eq!(roster.turn(Moment(turn.until.0 - 1)).unwrap(), turn);
            let place = |turn: Turn<'_>| turn.who.as_str()[1..].parse::<usize>().unwrap();
            prop_assert_eq!(place(next), (place(turn) + 1) % people);
        }
    }
}
