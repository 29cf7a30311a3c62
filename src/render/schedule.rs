//! When releases leave, in words: the issue that announces a train, and the answer to who asks for the schedule.

use serde_json::{Value, json};

use crate::domain::facts::CalendarAddress;
use crate::domain::names::UserName;
use crate::domain::schedule::{Date, Line, Step, Timetable};
use crate::domain::tracking::{Announcement, Fate};

pub fn announcement(announcement: &Announcement) -> Value {
    let Announcement { train, dates, manager, calendar, fate } = announcement;
    let left = match fate {
        Fate::Left { version, issue } => Some(json!({ "version": version, "issue": issue.map(|number| number.0) })),
        _ => None,
    };
    json!({
        "train": train,
        "dates": dates.iter().map(|row| json!({ "when": row.when, "what": row.what })).collect::<Vec<_>>(),
        "manager": manager.as_ref().map(UserName::as_str),
        "calendar": calendar.as_ref().map(address),
        "coming": *fate == Fate::Coming,
        "left": left,
        "missed": *fate == Fate::Missed,
        "cancelled": *fate == Fate::Cancelled,
    })
}

pub fn timetable(timetable: &Timetable, calendar: Option<&CalendarAddress>) -> Value {
    let Timetable { dates, lines, zone } = timetable;
    let date = |date: &Date| {
        let which = match (&date.version, &date.step) {
            (Some(version), _) => version.clone(),
            (None, Step::Window(reason)) => reason.clone(),
            (None, _) => String::new(),
        };
        json!({
            "when": zone.words(date.at),
            "until": date.until.map(|until| zone.words(until)),
            "late": date.is_late,
            "what": date.step.words(),
            "which": which,
            "who": date.manager.as_ref().map_or("", UserName::as_str),
        })
    };
    let line = |line: &Line| json!({ "version": line.version, "issue": line.issue.0, "who": line.manager.as_ref().map(UserName::as_str) });
    json!({
        "dates": dates.iter().map(date).collect::<Vec<_>>(),
        "lines": lines.iter().map(line).collect::<Vec<_>>(),
        "calendar": calendar.map(address),
    })
}

/// Paths alone lead nowhere on a forge.
pub fn address(CalendarAddress { page, feed }: &CalendarAddress) -> Value {
    json!({ "page": page, "feed": feed, "linked": page.starts_with("http") })
}
