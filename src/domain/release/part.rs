//! One component's part of a release, as its notes need it.

use crate::domain::changelog::Notes;
use crate::domain::config::Component;
use crate::domain::facts::{Line, Links};
use crate::domain::history::Tagged;
use crate::domain::names::Moment;

use semver::Version;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    pub component: Option<String>,
    pub version: String,
    pub previous: Option<String>,
    pub tag: String,
    pub previous_tag: Option<String>,
    /// The day of the newest change, in UTC: a release that is put off keeps its date until something comes in.
    pub date: String,
    pub notes: Notes,
    pub links: Links,
}

impl Part {
    /// `None`: git does not allow such a tag.
    pub fn new(
        line: &Line,
        (component, version): (&Component, &Version),
        previous: Option<&(Tagged, Version)>,
        notes: Notes,
    ) -> Option<Self> {
        let told = |sha| notes.entries().any(|entry| entry.sha == sha);
        let at = line.window.commits.iter().filter(|commit| told(commit.sha.clone())).map(|commit| commit.at).max();
        let newest = || line.window.commits.iter().map(|commit| commit.at).max().unwrap_or(Moment(0));
        let date = day(at.unwrap_or_else(newest));
        let scheme = &component.template.scheme;
        Some(Self {
            component: component.name.clone(),
            version: scheme.print(version),
            previous: previous.map(|(_, version)| scheme.print(version)),
            tag: component.template.write(version).ok()?.to_string(),
            previous_tag: previous.map(|(tagged, _)| tagged.tag.to_string()),
            date,
            notes,
            links: line.links.clone(),
        })
    }
}

fn day(at: Moment) -> String {
    let at = jiff::Timestamp::from_second(at.0).unwrap_or_default();
    at.to_zoned(jiff::tz::TimeZone::UTC).date().to_string()
}
