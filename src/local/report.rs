//! The JSON of a range: its shape is a promise, so it is written out here, apart from what the core calls things.

use semver::Version;
use serde::Serialize;

use super::backtest::Past;
use crate::domain::changelog;
use crate::domain::changes;
use crate::domain::convention::BREAKING;
use crate::domain::release::outlook::Outlook;

/// One object a line, `next` without the tag's prefix.
#[derive(Serialize)]
pub struct Report<'o> {
    component: Option<&'o str>,
    previous: Option<String>,
    next: Option<String>,
    bump: Option<String>,
    sections: Vec<Section<'o>>,
    ignored: Vec<Ignored<'o>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    actual: Option<String>,
}

#[derive(Serialize)]
struct Section<'o> {
    title: &'o str,
    entries: Vec<Entry<'o>>,
}

#[derive(Serialize)]
struct Entry<'o> {
    sha: &'o str,
    r#type: &'o str,
    scope: Option<&'o str>,
    description: &'o str,
    breaking: bool,
    references: &'o [String],
}

#[derive(Serialize)]
struct Ignored<'o> {
    sha: &'o str,
    /// The end of a sentence that starts with "it".
    reason: String,
}

impl<'o> From<&'o Outlook> for Report<'o> {
    fn from(outlook: &'o Outlook) -> Self {
        let print = |version: &Version| outlook.component.template.scheme.print(version);
        Self {
            component: outlook.component.name.as_deref(),
            previous: outlook.previous.as_ref().map(|(_, version)| print(version)),
            next: outlook.printed(),
            bump: outlook.bump.map(|bump| bump.to_string()),
            sections: outlook.notes.sections.iter().map(Section::from).collect(),
            ignored: outlook.notes.ignored.iter().map(Ignored::from).collect(),
            actual: None,
        }
    }
}

impl<'o> From<&'o Past> for Report<'o> {
    fn from(past: &'o Past) -> Self {
        let scheme = &past.outlook.component.template.scheme;
        Self { next: Some(scheme.print(&past.next)), actual: Some(scheme.print(&past.actual)), ..Self::from(&past.outlook) }
    }
}

impl<'o> From<&'o changelog::Section> for Section<'o> {
    fn from(section: &'o changelog::Section) -> Self {
        let breaking = section.title == BREAKING;
        let entry = |entry: &'o changelog::Entry| Entry {
            sha: entry.sha.as_str(),
            r#type: &entry.kind,
            scope: entry.scope.as_deref(),
            description: &entry.text,
            breaking,
            references: &entry.references,
        };
        Self { title: &section.title, entries: section.entries.iter().map(entry).collect() }
    }
}

impl<'o> From<&'o changes::Ignored> for Ignored<'o> {
    fn from(ignored: &'o changes::Ignored) -> Self {
        Self { sha: ignored.sha.as_str(), reason: ignored.reason.to_string() }
    }
}
