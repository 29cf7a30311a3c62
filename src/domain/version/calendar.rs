//! Calendar versions (<https://calver.org>): a date, a count of the releases on it, or both, kept as the numbers of a semantic version.
//! The day is a fact; nothing here asks a clock.

use std::fmt;

use jiff::civil::Date;
use schemars::JsonSchema;
use semver::Version;
use serde::Deserialize;

use super::bump::Released;
use super::core;
use super::prerelease::{Channel, First};

/// What a calendar version is made of, such as `YYYY.0M.MICRO`: the year, finer parts of the date, and how often it was released on it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(title = "calendar format", with = "String")]
pub struct Format(Vec<Part>);

/// One of calver.org's tokens: what it stands for and how many digits it has at least.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Part {
    token: &'static str,
    unit: Unit,
    width: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Unit {
    Year,
    YearOfCentury,
    Month,
    Week,
    Day,
    Micro,
}

const PARTS: [Part; 10] = [
    Part { token: "YYYY", unit: Unit::Year, width: 4 },
    Part { token: "YY", unit: Unit::YearOfCentury, width: 1 },
    Part { token: "0Y", unit: Unit::YearOfCentury, width: 2 },
    Part { token: "MM", unit: Unit::Month, width: 1 },
    Part { token: "0M", unit: Unit::Month, width: 2 },
    Part { token: "WW", unit: Unit::Week, width: 1 },
    Part { token: "0W", unit: Unit::Week, width: 2 },
    Part { token: "DD", unit: Unit::Day, width: 1 },
    Part { token: "0D", unit: Unit::Day, width: 2 },
    Part { token: "MICRO", unit: Unit::Micro, width: 1 },
];

/// The date has its version already.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{last} is released already and {format} cannot count further; add MICRO to the format, or release on a later date")]
pub struct Taken {
    last: String,
    format: String,
}

impl TryFrom<String> for Format {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        use Unit::{Day, Micro, Month, Week, Year, YearOfCentury};
        let parts: Option<Vec<_>> = text.split('.').map(|token| PARTS.into_iter().find(|part| part.token == token)).collect();
        let parts = parts.unwrap_or_default();
        let units: Vec<_> = parts.iter().map(|part| part.unit).collect();
        // From the largest unit to the smallest, or later dates would not have higher versions.
        match units.as_slice() {
            [Year | YearOfCentury, Month | Week | Micro]
            | [Year | YearOfCentury, Month, Day | Micro]
            | [Year | YearOfCentury, Week, Micro] => Ok(Self(parts)),
            _ => Err(format!(
                "{text:?} is not a calendar format; join two or three of these by dots: a year (YYYY, YY, 0Y), \
                 then a month (MM, 0M) or a week (WW, 0W), then a day of the month (DD, 0D) or MICRO"
            )),
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tokens: Vec<_> = self.0.iter().map(|part| part.token).collect();
        f.write_str(&tokens.join("."))
    }
}

impl Format {
    /// Zeros in front are accepted whether or not the format has them. What cannot be a date is not a version: a repository that
    /// changes to calendar versions keeps its old tags, and `1.2.3` is none of `YYYY.MM.MICRO`.
    pub(super) fn parse(&self, text: &str) -> Option<Version> {
        let (numbers, rest) = text.split_at(text.find(['-', '+']).unwrap_or(text.len()));
        let numbers: Vec<_> = numbers.split('.').collect();
        if numbers.len() != self.0.len() {
            return None;
        }
        let numbers: Option<Vec<_>> = self.0.iter().zip(numbers).map(|(part, number)| part.unit.parse(number)).collect();
        let [major, minor, patch] = three(numbers?)?;
        Version::parse(&format!("{major}.{minor}.{patch}{rest}")).ok()
    }

    pub(super) fn print(&self, version: &Version) -> String {
        let numbers = [version.major, version.minor, version.patch];
        let numbers: Vec<_> = self.0.iter().zip(numbers).map(|(part, number)| format!("{number:0width$}", width = part.width)).collect();
        // What follows the numbers is written as in SemVer.
        let rest = Version { major: 0, minor: 0, patch: 0, ..version.clone() }.to_string();
        format!("{}{}", numbers.join("."), rest.strip_prefix("0.0.0").unwrap_or_default())
    }

    /// The version of a release on a day. MICRO counts from 0 within a date. A last version from a later date, be it by a clock
    /// that was wrong, is counted on from: versions never go back.
    ///
    /// # Errors
    /// When the format has no MICRO and its date has been released.
    pub fn next(&self, released: &Released, day: Date, channel: Option<&Channel>, first: First) -> Result<Version, Taken> {
        let today = self.on(day);
        let version = match released.latest() {
            Some(latest) if core(latest) >= today && latest.pre.is_empty() => self.count(latest)?,
            Some(latest) => core(latest).max(today),
            None => today,
        };
        let Some(channel) = channel else { return Ok(version) };
        if let Some(next) = channel.following(&version, &released.prereleases) {
            return Ok(next);
        }
        let next = channel.first(&version, first);
        match released.latest() {
            Some(latest) if next <= *latest => Ok(channel.first(&self.count(latest)?, first)),
            _ => Ok(next),
        }
    }

    fn on(&self, day: Date) -> Version {
        let weekly = self.0.iter().any(|part| part.unit == Unit::Week);
        let week = day.iso_week_date();
        // The days around New Year belong to a week of the other year.
        let year = if weekly { week.year() } else { day.year() };
        let numbers = self.0.iter().map(|part| match part.unit {
            Unit::Year => i64::from(year),
            Unit::YearOfCentury => i64::from(year) - 2000,
            Unit::Month => i64::from(day.month()),
            Unit::Week => i64::from(week.week()),
            Unit::Day => i64::from(day.day()),
            Unit::Micro => 0,
        });
        let numbers = numbers.map(|number| u64::try_from(number).unwrap_or(0)).collect();
        let [major, minor, patch] = three(numbers).unwrap_or_default();
        Version::new(major, minor, patch)
    }

    fn count(&self, last: &Version) -> Result<Version, Taken> {
        let Version { major, minor, patch, .. } = *last;
        match self.0.as_slice() {
            [_, Part { unit: Unit::Micro, .. }] => Ok(Version::new(major, minor.saturating_add(1), 0)),
            [_, _, Part { unit: Unit::Micro, .. }] => Ok(Version::new(major, minor, patch.saturating_add(1))),
            _ => Err(Taken { last: self.print(last), format: self.to_string() }),
        }
    }
}

impl Unit {
    fn parse(self, text: &str) -> Option<u64> {
        let number = text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())??;
        let range = match self {
            Self::Year => 1000..=9999,
            Self::YearOfCentury => 0..=999,
            Self::Month => 1..=12,
            Self::Week => 1..=53,
            Self::Day => 1..=31,
            Self::Micro => 0..=u64::MAX,
        };
        range.contains(&number).then_some(number)
    }
}

fn three(mut numbers: Vec<u64>) -> Option<[u64; 3]> {
    numbers.resize(3, 0);
    numbers.try_into().ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn format(text: &str) -> Format {
        Format::try_from(text.to_owned()).unwrap()
    }

    /// `released` holds at most one stable version, and the pre-releases since.
    fn next(text: &str, released: &[&str], day: Date, channel: Option<&str>) -> Result<String, Taken> {
        let format = format(text);
        let (prereleases, stable): (Vec<_>, Vec<_>) =
            released.iter().map(|text| format.parse(text).unwrap()).partition(|version| !version.pre.is_empty());
        let released = Released { stable: stable.into_iter().max(), prereleases };
        let channel = channel.map(|name| Channel::try_from(name.to_owned()).unwrap());
        format.next(&released, day, channel.as_ref(), First::One).map(|version| format.print(&version))
    }

    #[test]
    fn a_new_date_starts_at_zero_and_the_same_date_counts_up() {
        let day = date(2026, 8, 5);
        for (format, last, expected) in [
            ("YYYY.0M.MICRO", None, "2026.08.0"),
            ("YYYY.0M.MICRO", Some("2026.07.4"), "2026.08.0"),
            ("YYYY.0M.MICRO", Some("2026.08.9"), "2026.08.10"),
            ("YYYY.MM.MICRO", Some("2025.12.1"), "2026.8.0"),
            ("YY.MICRO", Some("26.3"), "26.4"),
            ("0Y.0M", Some("26.04"), "26.08"),
            ("YYYY.0M.0D", Some("2026.08.04"), "2026.08.05"),
            ("YY.WW.MICRO", Some("26.31.2"), "26.32.0"),
        ] {
            assert_eq!(next(format, last.as_slice(), day, None).unwrap(), expected, "{format} after {last:?}");
        }
    }

    #[test]
    fn versions_never_go_back_when_the_last_one_is_from_a_later_date() {
        assert_eq!(next("YYYY.0M.MICRO", &["2026.09.2"], date(2026, 8, 5), None).unwrap(), "2026.09.3");
    }

    #[test]
    fn a_date_that_cannot_be_counted_is_refused_with_what_to_do() {
        let error = next("YYYY.0M.0D", &["2026.08.05"], date(2026, 8, 5), None).unwrap_err().to_string();
        assert_eq!(
            error,
            "2026.08.05 is released already and YYYY.0M.0D cannot count further; add MICRO to the format, or release on a later date"
        );
    }

    #[test]
    fn pre_releases_lead_to_the_version_of_their_date() {
        let (format, day) = ("YYYY.0M.MICRO", date(2026, 8, 5));
        assert_eq!(next(format, &["2026.08.0"], day, Some("rc")).unwrap(), "2026.08.1-rc.1");
        assert_eq!(next(format, &["2026.08.0", "2026.08.1-rc.1"], day, Some("rc")).unwrap(), "2026.08.1-rc.2");
        assert_eq!(next(format, &["2026.08.0", "2026.08.1-rc.1"], day, Some("beta")).unwrap(), "2026.08.2-beta.1");
        assert_eq!(next(format, &["2026.08.0", "2026.08.1-rc.1"], day, None).unwrap(), "2026.08.1");
        assert_eq!(next(format, &["2026.07.1-rc.1"], day, Some("rc")).unwrap(), "2026.08.0-rc.1");
    }

    #[test]
    fn the_first_days_of_a_year_may_belong_to_the_last_week_of_the_other() {
        assert_eq!(next("YYYY.0W.MICRO", &["2026.53.0"], date(2027, 1, 1), None).unwrap(), "2026.53.1");
    }

    #[test]
    fn zeros_in_front_may_be_missing_and_what_is_no_date_is_no_version() {
        let format = format("YYYY.0M.MICRO");
        assert_eq!(format.parse("2026.8.01"), Some(Version::new(2026, 8, 1)));
        assert_eq!(format.parse("2026.08.1-rc.1").unwrap().pre.as_str(), "rc.1");
        for text in ["1.2.3", "2026.13.0", "2026.00.0", "2026.08", "2026.08.1.1", "2026..1", "+026.08.1", "2026.08.1-", "", "-"] {
            assert_eq!(format.parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_format_goes_from_the_year_to_the_smallest_unit() {
        for text in ["YYYY", "MM.YYYY", "YYYY.DD", "YYYY.WW.DD", "YYYY.MICRO.MM", "YYYY.0M.0D.MICRO", "YYYY-MM", "yyyy.mm", ""] {
            assert!(Format::try_from(text.to_owned()).unwrap_err().contains("a year (YYYY, YY, 0Y), then"), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn each_release_is_above_the_last_and_reads_back_as_itself(
            days in prop::collection::vec((2000i16..2100, 1i8..13, 1i8..29, any::<bool>()), 1..8),
            text in prop::sample::select(vec!["YYYY.0M.MICRO", "YY.MICRO", "0Y.0W.MICRO", "YYYY.MM.MICRO"]),
        ) {
            let (format, rc) = (format(text), Channel::try_from("rc".to_owned()).unwrap());
            let mut released = Released::default();
            for (year, month, day, stable) in days {
                let channel = (!stable).then_some(&rc);
                let next = format.next(&released, date(year, month, day), channel, First::One).unwrap();
                prop_assert!(released.latest().is_none_or(|latest| next > *latest), "{next} after {released:?}");
                prop_assert_eq!(format.parse(&format.print(&next)), Some(next.clone()));
                if stable {
                    released = Released { stable: Some(next), prereleases: vec![] };
                } else {
                    released.prereleases.push(next);
                }
            }
        }

        #[test]
        fn no_text_makes_it_panic(text in r"[0-9.+v\-a-zß]{0,40}", day in (-9999i16..9999, 1i8..13, 1i8..29)) {
            for format in ["YYYY.0M.MICRO", "YY.MICRO", "YYYY.0M.0D"].map(format) {
                let prereleases = format.parse(&text).into_iter().collect();
                let _ = format.next(&Released { stable: None, prereleases }, date(day.0, day.1, day.2), None, First::One);
            }
            let _ = Format::try_from(text);
        }
    }
}
