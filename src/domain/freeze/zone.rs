//! Time zones: when a clock on the wall first shows a time, and moments as people read them there. Their rules are those of the IANA
//! database that this program was built with; the machine's own is not asked.

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

use super::Wrong;
use crate::domain::config::nearest;
use crate::domain::names::Moment;

/// A zone of the IANA database (<https://www.iana.org/time-zones>).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Self(TimeZone::UTC)
    }
}

impl Zone {
    /// By its name, such as `Europe/Berlin`, in upper or lower case.
    ///
    /// # Errors
    /// There is none of that name. What is given back is the name that was probably meant, if one is close enough to be suggested.
    pub fn named(name: &str) -> Result<Self, Option<String>> {
        let zones = TimeZoneDatabase::bundled();
        zones.get(name).map(Self).map_err(|_| meant(name, &zones))
    }

    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// The moment of a local date and time such as `2026-12-20T18:00`, with seconds or without.
    ///
    /// # Errors
    /// The text is none; `key` says where it is written.
    pub fn moment(&self, key: &'static str, text: &str) -> Result<Moment, Wrong> {
        self.first(local_time(key, text)?).ok_or_else(|| not_a_time(key, text))
    }

    /// The first moment at which the clock shows this time or a later one. So a time that is skipped when clocks go forward is the moment
    /// at which they do, one that occurs twice is its first occurrence, and a later time is never an earlier moment.
    pub fn first(&self, time: DateTime) -> Option<Moment> {
        let found = self.0.to_ambiguous_timestamp(time);
        let stamp = match found.offset() {
            AmbiguousOffset::Gap { .. } => self.changed(found.later().ok()?)?,
            AmbiguousOffset::Unambiguous { .. } | AmbiguousOffset::Fold { .. } => found.earlier().ok()?,
        };
        Some(Moment(stamp.as_second()))
    }

    /// The latest time that the clock has shown up to a moment: what it shows, unless it was put back and has not caught up.
    pub fn latest(&self, at: Moment) -> DateTime {
        let at = stamp(at);
        let shown = |at: Timestamp| self.0.to_datetime(at);
        let before = self.changed(at).and_then(|change| change.checked_sub(SECOND).ok());
        before.map(shown).into_iter().fold(shown(at), DateTime::max)
    }

    /// When the clocks were changed last, at a moment or before it.
    fn changed(&self, at: Timestamp) -> Option<Timestamp> {
        let just_after = at.checked_add(SECOND).ok()?;
        Some(self.0.preceding(just_after).next()?.timestamp())
    }

    /// `Mon 2026-12-28 08:00 Europe/Berlin`.
    pub fn words(&self, at: Moment) -> String {
        format!("{} {}", stamp(at).to_zoned(self.0.clone()).strftime("%a %Y-%m-%d %H:%M"), self.name())
    }
}

/// A date and a time without a zone, with seconds or without.
fn local_time(key: &'static str, text: &str) -> Result<DateTime, Wrong> {
    let written = text.trim().replacen(' ', "T", 1);
    let read = |format| DateTime::strptime(format, &written);
    read("%Y-%m-%dT%H:%M").or_else(|_| read("%Y-%m-%dT%H:%M:%S")).map_err(|_| not_a_time(key, text))
}

fn not_a_time(key: &'static str, text: &str) -> Wrong {
    let remedy = "Write it as in `2026-12-20T18:00`; `timezone` says where.";
    Wrong::new(key, format!("`{text}` is not a local date and time"), remedy)
}

const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Moments that no calendar has are the first or the last that it has.
fn stamp(at: Moment) -> Timestamp {
    let end = if at.0 < 0 { Timestamp::MIN } else { Timestamp::MAX };
    Timestamp::from_second(at.0).unwrap_or(end)
}

/// Abbreviations such as `EST` are not suggested: for a name as short as `PST` they are all close, and all of them wrong.
fn meant(name: &str, zones: &TimeZoneDatabase) -> Option<String> {
    let plain = |name: &str| name.trim().to_lowercase().replace(' ', "_");
    let known: Vec<_> = zones.available().map(|name| name.to_string()).filter(|name| name.contains('/')).collect();
    let lower: Vec<_> = known.iter().map(|name| plain(name)).collect();
    let wanted = plain(name);
    let city = |name: &&str| name.rsplit('/').next() == wanted.rsplit('/').next();
    let found = lower.iter().map(String::as_str).find(city).or_else(|| nearest(&wanted, lower.iter().map(String::as_str)))?;
    known.iter().find(|name| plain(name) == found).cloned()
}
