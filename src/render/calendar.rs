//! When releases leave, as a calendar to subscribe to: iCalendar, <https://www.rfc-editor.org/rfc/rfc5545>.

use jiff::Timestamp;

use crate::domain::event::Repository;
use crate::domain::names::Moment;
use crate::domain::schedule::{Date, Step, Timetable};

/// Octets of a line, without its end (section 3.1).
const WIDTH: usize = 75;

/// The calendar as of a moment, and what it says but for that moment.
pub fn calendar(repository: &Repository, timetable: &Timetable, now: i64) -> (String, String) {
    let written = |stamp: Option<i64>| {
        let name = text(&format!("{} releases", repository.path));
        let mut lines = vec![
            "BEGIN:VCALENDAR".to_owned(),
            "VERSION:2.0".to_owned(),
            "PRODID:-//Slipway//Release schedule//EN".to_owned(),
            "CALSCALE:GREGORIAN".to_owned(),
            format!("NAME:{name}"),
            format!("X-WR-CALNAME:{name}"),
            "REFRESH-INTERVAL;VALUE=DURATION:PT1H".to_owned(),
        ];
        lines.extend(timetable.dates.iter().flat_map(|date| event(repository, date, stamp)));
        lines.push("END:VCALENDAR".to_owned());
        lines.iter().map(|line| fold(line) + "\r\n").collect::<String>()
    };
    (written(Some(now)), written(None))
}

/// A step is known by its train and its kind, also when its version is known and its time has changed.
fn event(repository: &Repository, date: &Date, stamp: Option<i64>) -> Vec<String> {
    let Date { at, until, step, version, manager, key, is_late } = date;
    let what = match (step, version) {
        (Step::Freeze, _) => "Freeze before the release train".to_owned(),
        (Step::Window(reason), _) => format!("Freeze: {reason}"),
        (Step::Cut, _) => "Release train leaves".to_owned(),
        (Step::Candidate, Some(version)) => format!("Candidate of {version}"),
        (Step::Candidate, None) => "Candidate of the release train".to_owned(),
        (Step::Final, Some(version)) => format!("Release of {version}"),
        (Step::Final, None) => "Release of the train".to_owned(),
    };
    let late = is_late.then(|| "It is late: it is done as soon as it can be.".to_owned());
    let about = manager.iter().map(|manager| format!("{manager} is in charge.")).chain(late).collect::<Vec<_>>().join(" ");
    let mut lines =
        vec!["BEGIN:VEVENT".to_owned(), format!("UID:{}", text(&format!("{key}@{}-{}.slipway", repository.forge, repository.id)))];
    lines.extend(stamp.map(|now| format!("DTSTAMP:{}", utc(Moment(now)))));
    lines.push(format!("DTSTART:{}", utc(*at)));
    lines.extend(until.map(|until| format!("DTEND:{}", utc(until))));
    lines.push(format!("SUMMARY:{}", text(&what)));
    lines.extend((!about.is_empty()).then(|| format!("DESCRIPTION:{}", text(&about))));
    lines.push("TRANSP:TRANSPARENT".to_owned());
    lines.push("END:VEVENT".to_owned());
    lines
}

/// A time in UTC (section 3.3.5). Moments that no calendar has are the last that it has.
fn utc(at: Moment) -> String {
    Timestamp::from_second(at.0).unwrap_or(Timestamp::MAX).strftime("%Y%m%dT%H%M%SZ").to_string()
}

/// Text as a value (section 3.3.11), on one line.
fn text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | ';' | ',' => escaped.extend(['\\', c]),
            '\n' => escaped.push_str("\\n"),
            c if c.is_control() => escaped.push(' '),
            c => escaped.push(c),
        }
    }
    escaped
}

/// A long line goes on in the next one, behind a space (section 3.1). No character is torn apart.
fn fold(line: &str) -> String {
    let (mut folded, mut room) = (String::with_capacity(line.len() + line.len() / 25), WIDTH);
    for c in line.chars() {
        if c.len_utf8() > room {
            folded.push_str("\r\n ");
            room = WIDTH - 1;
        }
        room -= c.len_utf8();
        folded.push(c);
    }
    folded
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::domain::event::ForgeKind;
    use crate::domain::freeze::Zone;
    use crate::domain::names::{RepoPath, UserName};

    pub(crate) fn repository() -> Repository {
        let path = RepoPath::parse("acme/app").unwrap();
        Repository { forge: ForgeKind::GitHub, id: 7, path, default_branch: None, tenant: None }
    }

    pub(crate) fn known(reason: &str) -> Timetable {
        let date = |at: i64, step: Step, version: Option<&str>| {
            let (until, key) = (matches!(step, Step::Window(_)).then_some(Moment(at + 3600)), format!("train-1-{}", step.words()));
            let manager = UserName::parse("mia").ok();
            Date { at: Moment(at), until, step, version: version.map(str::to_owned), manager, key, is_late: false }
        };
        let dates = vec![date(1_795_507_200, Step::Cut, None), date(1_795_510_800, Step::Window(reason.to_owned()), Some("1.4"))];
        Timetable { dates, lines: Vec::new(), zone: Zone::default() }
    }

    #[test]
    fn a_calendar_has_an_event_for_each_date() {
        let (text, revision) = calendar(&repository(), &known("a; b, c\\d\ne"), 1_795_000_000);
        let event = "BEGIN:VEVENT\r\nUID:train-1-cut@github-7.slipway\r\nDTSTAMP:20261118T110640Z\r\nDTSTART:20261124T080000Z\r\n\
                     SUMMARY:Release train leaves\r\nDESCRIPTION:mia is in charge.\r\nTRANSP:TRANSPARENT\r\nEND:VEVENT\r\n";
        assert!(text.starts_with("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:") && text.contains(event), "{text}");
        assert!(text.contains("DTEND:20261124T100000Z\r\nSUMMARY:Freeze: a\\; b\\, c\\\\d\\ne\r\n"), "{text}");
        assert_eq!(revision, calendar(&repository(), &known("a; b, c\\d\ne"), 0).1, "what it says does not differ by when it is read");
    }

    proptest! {
        #[test]
        fn no_line_is_too_long_and_what_was_folded_is_there(line in "\\PC{0,300}") {
            let folded = fold(&line);
            prop_assert!(folded.split("\r\n").all(|part| part.len() <= WIDTH), "{}", folded);
            prop_assert_eq!(folded.replace("\r\n ", ""), line);
        }

        #[test]
        fn what_people_wrote_stays_a_value(reason in "(?s).{0,200}") {
            let (text, _) = calendar(&repository(), &known(&reason), 0);
            let unfolded = text.replace("\r\n ", "");
            prop_assert!(text.split("\r\n").all(|line| line.len() <= WIDTH && !line.contains(['\r', '\n'])));
            prop_assert_eq!((unfolded.matches("\r\nBEGIN:").count(), unfolded.matches("\r\nSUMMARY:Freeze: ").count()), (2, 1));
        }
    }
}
