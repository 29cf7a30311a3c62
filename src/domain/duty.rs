//! Who is the release manager: people take turns, each of as many days, one after the other. Turns begin where the day does in the
//! roster's zone. Nothing here asks a clock.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;

use super::config::{DutyOptions, SwapOptions};
use super::freeze::{Wrong, Zone};
use super::names::{Moment, UserName};
use super::tracking::cut::line_of;

#[derive(Debug, Clone)]
pub struct Roster {
    /// At least one.
    people: Vec<UserName>,
    since: Date,
    /// At least one.
    days: i64,
    zone: Zone,
    /// Who stands in, by the number of the turn.
    turns: BTreeMap<i64, UserName>,
    /// Who stands in, by the version as it was written.
    versions: BTreeMap<String, UserName>,
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
        let turn = self.number(self.zone.latest(at).date())?;
        let own = self.people.get(usize::try_from(turn).ok()?.checked_rem(self.people.len())?)?;
        let who = self.turns.get(&turn).unwrap_or(own);
        let begins = |turn: i64| {
            let day = self.since.checked_add(turn.checked_mul(self.days)?.days()).ok()?;
            self.zone.first(day.at(0, 0, 0, 0))
        };
        Some(Turn { who, since: begins(turn)?, until: begins(turn + 1)? })
    }

    /// The turn that a day is in, counted from the first.
    fn number(&self, day: Date) -> Option<i64> {
        Some(i64::from(self.since.until(day).ok()?.get_days()).div_euclid(self.days))
    }

    /// Who is in charge of a version whose branch is cut at a moment: whoever stands in for it, else whoever's turn that is.
    pub fn manager(&self, version: &str, cut: Moment) -> Option<&UserName> {
        let named = self.versions.get(version).or_else(|| self.versions.get(&line_of(version)?));
        named.or_else(|| Some(self.turn(cut)?.who))
    }

    /// Whether somebody has turns at all, or stands in for somebody.
    pub fn has(&self, user: &UserName) -> bool {
        self.people.iter().chain(self.turns.values()).chain(self.versions.values()).any(|name| is_same(name, user))
    }

    /// Whether it is somebody's turn.
    pub fn is_on_duty(&self, user: &UserName, at: Moment) -> bool {
        self.turn(at).is_some_and(|turn| is_same(turn.who, user))
    }
}

/// On both forges a name is the same in upper and lower case.
pub fn is_same(one: &UserName, other: &UserName) -> bool {
    one.as_str().eq_ignore_ascii_case(other.as_str())
}

impl TryFrom<&DutyOptions> for Roster {
    type Error = Wrong;

    fn try_from(options: &DutyOptions) -> Result<Self, Wrong> {
        let DutyOptions { roster, since, days, timezone, swap } = options;
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
        let (turns, versions) = (BTreeMap::new(), BTreeMap::new());
        let mut roster = Self { people, since, days: i64::from(*days), zone, turns, versions };
        swap.iter().try_for_each(|swap| roster.swap(swap))?;
        Ok(roster)
    }
}

impl Roster {
    fn swap(&mut self, swap: &SwapOptions) -> Result<(), Wrong> {
        let wrong = |message: String, remedy: &str| Err(Wrong::new("swap", message, remedy));
        let Ok(who) = UserName::parse(&swap.who) else {
            return wrong(format!("`{}` is no user name", swap.who), "Write it as the forge shows it, without `@`.");
        };
        let either = "Write `version = \"1.5\"`, or `day = \"2026-12-24\"`.";
        let before = match (&swap.version, &swap.day) {
            (Some(version), None) => self.versions.insert(line_of(version).unwrap_or_else(|| version.clone()), who),
            (None, Some(day)) => {
                let Ok(date) = Date::strptime("%Y-%m-%d", day) else {
                    return wrong(format!("`{day}` is not a date"), "Write it as in `2026-12-24`.");
                };
                match self.number(date).filter(|turn| *turn >= 0) {
                    Some(turn) => self.turns.insert(turn, who),
                    None => return wrong(format!("{day} is before the first turn"), "Name a day on or after `since`."),
                }
            }
            (None, None) => return wrong(format!("nobody knows when {who} stands in"), either),
            (Some(_), Some(_)) => return wrong(format!("{who} stands in both for a version and on a day"), either),
        };
        match before {
            None => Ok(()),
            Some(before) => wrong(format!("{before} stands in there already"), "Take one of the two out."),
        }
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
    fn whoever_stands_in_has_the_whole_turn_or_the_version() {
        let swap = "swap = [{ day = '2026-01-14', who = 'eve' }, { version = '1.5.0', who = 'bob' }]";
        let roster = read(&format!("roster = ['mia', 'max']\nsince = '2026-01-05'\n{swap}"));
        let turns =
            ["2026-01-11", "2026-01-12", "2026-01-18", "2026-01-19"].map(|day| on_duty(&roster, &format!("{day}T12:00:00Z")).unwrap());
        assert_eq!(turns, ["mia", "eve", "eve", "mia"]);
        let manager = |version| roster.manager(version, moment("2026-01-05T00:00:00Z")).unwrap().as_str();
        assert_eq!([manager("1.4"), manager("1.5"), manager("1.5.0")], ["mia", "bob", "bob"]);
        assert!(roster.has(&UserName::parse("Bob").unwrap()));
    }

    #[test]
    fn a_roster_that_cannot_be_meant_is_refused_with_its_place() {
        for (text, line, message) in [
            ("roster = []\nsince = '2026-01-05'", 2, "the roster names nobody"),
            ("roster = ['@mia']\nsince = '2026-01-05'", 2, "`@mia` is no user name"),
            ("roster = ['mia']\nsince = '5 January'", 3, "`5 January` is not a date"),
            ("roster = ['mia']\nsince = '2026-01-05'\ndays = 0", 4, "no turn lasts 0 days"),
            ("roster = ['mia']\nsince = '2026-01-05'\ntimezone = 'Europe/Berlim'", 4, "there is no time zone `Europe/Berlim`"),
            ("roster = ['mia']\nsince = '2026-01-05'\nswap = [{ day = '24.12.', who = 'max' }]", 4, "`24.12.` is not a date"),
            (
                "roster = ['mia']\nsince = '2026-01-05'\nswap = [{ day = '2026-01-04', who = 'max' }]",
                4,
                "2026-01-04 is before the first turn",
            ),
            ("roster = ['mia']\nsince = '2026-01-05'\nswap = [{ who = 'max' }]", 4, "nobody knows when max stands in"),
            ("roster = ['mia']\nsince = '2026-01-05'\nswap = [{ version = '1.5', who = '@max' }]", 4, "`@max` is no user name"),
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
