//! Stretches of time that come again and again: when they begin, as a cron expression says, and how long each lasts. Hours are hours, and
//! days are days of the calendar, as in <https://www.rfc-editor.org/rfc/rfc5545#section-3.3.6>: from Friday 18:00, `2d 14h` lasts until
//! Monday 08:00 and `62h` for 62 hours, also where clocks change in between.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{DateTime, date};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, ToSpan};

use super::{Interval, Wrong, Zone};
use crate::domain::config::nearest;
use crate::domain::names::Moment;

/// How many recurrences are looked at in either direction to find where an unbroken stretch begins and ends.
const UNBROKEN: usize = 1000;

/// Recurrences are found on the clock on the wall, and only then made moments; each begins when that clock first shows its time or a
/// later one. None is left out where clocks go forward, and none comes twice where they go back.
#[derive(Debug, Clone)]
pub struct Recurrence {
    cron: Cron,
    lasts: Lasting,
    zone: Zone,
}

/// How long something lasts: from a minute to a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lasting {
    days: i32,
    rest: SignedDuration,
}

impl Recurrence {
    /// # Errors
    /// The expression is none, or names a date that never comes; the duration is none; or it hardly ever ends.
    pub fn new(cron: &str, duration: &str, zone: Zone) -> Result<Self, Wrong> {
        let (parsed, lasts) = (expression(cron)?, Lasting::read(duration)?);
        let recurrence = Self { cron: parsed, lasts, zone };
        let Some(mut last) = recurrence.next(date(2026, 1, 1).at(0, 0, 0, 0)) else {
            let remedy = "Choose a day that the month has.";
            return Err(Wrong::new("cron", format!("the date of `{cron}` never comes"), remedy));
        };
        let mut until = recurrence.lasting_from(last).map(|found| found.until);
        for _ in 0..UNBROKEN {
            let Some((next, found)) = recurrence.next(last).and_then(|next| Some((next, recurrence.lasting_from(next)?))) else {
                return Ok(recurrence);
            };
            if Some(found.since) > until {
                return Ok(recurrence);
            }
            (last, until) = (next, Some(found.until));
        }
        let message = format!("with {duration} from each `{cron}`, a freeze begins again before it ends, a thousand times in a row");
        Err(Wrong::new("duration", message, "Let it last less long, or begin less often."))
    }

    /// The unbroken stretch in which a moment is, from recurrences that overlap or touch. Where more than a thousand do, it is longer than is
    /// said.
    pub fn around(&self, at: Moment) -> Option<Interval> {
        let last = self.search(self.zone.latest(at), Direction::Back, true)?;
        // Those before it end no later.
        let mut found = self.lasting_from(last).filter(|found| found.holds(at))?;
        let mut earlier = last;
        for _ in 0..UNBROKEN {
            let Some(previous) = self.search(earlier, Direction::Back, false) else { break };
            let Some(touching) = self.lasting_from(previous).filter(|previous| previous.until >= found.since) else { break };
            (earlier, found.since) = (previous, touching.since);
        }
        let mut later = last;
        for _ in 0..UNBROKEN {
            let Some(next) = self.next(later) else { break };
            let Some(touching) = self.lasting_from(next).filter(|next| next.since <= found.until) else { break };
            (later, found.until) = (next, touching.until);
        }
        Some(found)
    }

    /// When a recurrence begins next.
    pub fn begins_after(&self, at: Moment) -> Option<Moment> {
        let mut last = self.zone.latest(at);
        for _ in 0..UNBROKEN {
            last = self.next(last)?;
            let found = self.lasting_from(last)?;
            // Where a whole day was left out of the calendar, nothing is left of what began and ended on it.
            if found.since < found.until {
                return Some(found.since);
            }
        }
        None
    }

    /// When a recurrence began last, at a moment or before it.
    pub fn begun_by(&self, at: Moment) -> Option<Moment> {
        self.zone.first(self.search(self.zone.latest(at), Direction::Back, true)?)
    }

    fn lasting_from(&self, begin: DateTime) -> Option<Interval> {
        Some(Interval { since: self.zone.first(begin)?, until: self.lasts.from(begin, &self.zone)? })
    }

    fn next(&self, after: DateTime) -> Option<DateTime> {
        self.search(after, Direction::On, false)
    }

    /// In UTC no time is left out or occurs twice, so it stands for the clock on the wall.
    fn search(&self, from: DateTime, direction: Direction, inclusive: bool) -> Option<DateTime> {
        let from = from.to_zoned(TimeZone::UTC).ok()?;
        let found = match direction {
            Direction::On => self.cron.find_next_occurrence(&from, inclusive),
            Direction::Back => self.cron.find_previous_occurrence(&from, inclusive),
        };
        found.ok().map(|found| found.datetime())
    }
}

impl Lasting {
    /// # Errors
    /// The text is none, as `2d 14h` is one.
    pub fn read(text: &str) -> Result<Self, Wrong> {
        lasting(text)
    }

    /// The end of what begins at a moment.
    pub fn after(self, begin: Moment, zone: &Zone) -> Option<Moment> {
        self.from(zone.latest(begin), zone)
    }

    /// The beginning of what ends at a moment.
    pub fn before(self, end: Moment, zone: &Zone) -> Option<Moment> {
        let day = zone.latest(end).checked_sub(i64::from(self.days).days()).ok()?;
        Some(Moment(zone.first(day)?.0.checked_sub(self.rest.as_secs())?))
    }

    fn from(self, begin: DateTime, zone: &Zone) -> Option<Moment> {
        let end = begin.checked_add(i64::from(self.days).days()).ok()?;
        Some(Moment(zone.first(end)?.0.checked_add(self.rest.as_secs())?))
    }
}

/// The end of what begins at a moment and lasts as long as `2d 14h` says.
///
/// # Errors
/// The duration is none.
pub fn after(begin: Moment, duration: &str, zone: &Zone) -> Result<Moment, Wrong> {
    let wrong = || Wrong::new("duration", format!("nothing lasts {duration} from now"), "Let it last less long.");
    Lasting::read(duration)?.after(begin, zone).ok_or_else(wrong)
}

#[derive(Debug, Clone, Copy)]
enum Direction {
    On,
    Back,
}

const FIELDS: &str = "minute (0-59), hour (0-23), day of the month (1-31), month (1-12 or JAN-DEC) and day of the week (0-7 or SUN-SAT)";

fn expression(text: &str) -> Result<Cron, Wrong> {
    let wrong = |message: String, remedy: String| Wrong::new("cron", message, remedy);
    let parser = CronParser::builder().seconds(Seconds::Disallowed).year(Year::Disallowed).build();
    let fields = text.split_whitespace().count();
    parser.parse(text).map_err(|error| {
        if fields != 5 {
            let remedy = format!("Write five, as in `0 18 * * FRI`: {FIELDS}.");
            return wrong(format!("`{text}` has {fields} fields"), remedy);
        }
        let remedy = named(text).map_or_else(|| format!("Its fields are {FIELDS}."), |name| format!("Did you mean `{name}`?"));
        let why = error.to_string();
        let why = why.split_once(": ").map_or(why.as_str(), |(_, why)| why).trim_end_matches('.');
        wrong(format!("`{text}` is not a cron expression: {why}"), remedy)
    })
}

/// The day or month that was probably meant, where another word stands for it.
fn named(text: &str) -> Option<&'static str> {
    const NAMES: [&str; 19] = [
        "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN", "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ];
    let mut words = text.split(|c: char| !c.is_alphabetic()).map(str::to_uppercase).filter(|word| word.chars().count() > 1);
    let word = words.find(|word| !NAMES.contains(&word.as_str()))?;
    NAMES.into_iter().find(|name| word.starts_with(name)).or_else(|| {
        // Names are compared with the word in lower case.
        let lower = NAMES.map(str::to_lowercase);
        let meant = nearest(&word, lower.iter().map(String::as_str))?;
        NAMES.into_iter().find(|name| name.eq_ignore_ascii_case(meant))
    })
}

fn lasting(text: &str) -> Result<Lasting, Wrong> {
    let wrong = |why: &str| Wrong::new("duration", format!("`{text}` {why}"), "Write days, hours and minutes, as in `2d 14h` or `90m`.");
    let span: Span = text.trim().parse().map_err(|_| wrong("is not a duration"))?;
    if span.get_years() != 0 || span.get_months() != 0 {
        return Err(wrong("has years or months, which are not all equally long"));
    }
    let days = span.get_weeks().saturating_mul(7).saturating_add(span.get_days());
    let rest = Span::new().try_hours(span.get_hours()).and_then(|rest| rest.try_minutes(span.get_minutes()));
    let rest = rest.and_then(|rest| rest.try_seconds(span.get_seconds()));
    let rest = rest.and_then(SignedDuration::try_from).map_err(|_| wrong("is not a duration"))?;
    let all = i64::from(days).saturating_mul(86_400).saturating_add(rest.as_secs());
    match all {
        ..60 => Err(wrong("is less than a minute")),
        60..=31_622_400 => Ok(Lasting { days, rest }),
        _ => Err(wrong("is more than a year")),
    }
}
