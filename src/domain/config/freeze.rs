//! `[freeze]`: when nothing is merged, and what may be merged all the same.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Pattern, Who};
use crate::domain::freeze::{Recurrence, Scope, When, Window, Wrong, Zone};

/// When nothing is merged, and what may be merged all the same.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FreezeOptions {
    /// The freezes that are planned.
    pub windows: Vec<WindowOptions>,
    /// What happens to change requests that change nothing but documentation.
    #[schemars(extend("default" = "pass"))]
    pub docs_only: Passage,
    /// Which paths are documentation.
    #[schemars(extend("default" = ["**/*.md", "docs/**"]))]
    pub docs: Vec<Pattern>,
    /// What happens to release change requests.
    #[schemars(extend("default" = "pass"))]
    pub release_requests: Passage,
    /// The label that lets a change request pass, if somebody who may exempt put it there; `""` for none.
    pub exempt_label: String,
    /// Who may declare a freeze, lift it, and exempt change requests from it; without it, `maintain`.
    pub who: Option<Who>,
}

/// What a freeze does to a kind of change request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Passage {
    /// They may be merged during a freeze.
    #[default]
    Pass,
    /// They wait as all others do.
    Hold,
}

/// A freeze that is planned: once, with `from` and `until`, or again and again, with `cron` and `duration`.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct WindowOptions {
    /// Why nothing is merged, for those who wait.
    pub reason: String,
    /// The branches into which nothing is merged; without it, all.
    #[serde(default)]
    pub branches: Vec<Pattern>,
    /// The paths that nothing is to change; without it, all.
    #[serde(default)]
    pub paths: Vec<Pattern>,
    /// Where the times are meant: a name of the [IANA database](https://en.wikipedia.org/wiki/List_of_tz_database_time_zones), such as
    /// `Europe/Berlin`. A time that is skipped when clocks go forward is the moment at which they do; one that occurs twice is its first
    /// occurrence.
    #[serde(default = "utc")]
    pub timezone: String,
    /// When it begins, such as `2026-12-20T18:00`.
    pub from: Option<LocalTime>,
    /// When it is over.
    pub until: Option<LocalTime>,
    /// When it begins each time: minute, hour, day of the month, month and day of the week, such as `0 18 * * FRI`.
    pub cron: Option<String>,
    /// How long it lasts each time, such as `2d 14h`, at most a year. Days are days of the calendar, and hours are hours, also where clocks
    /// change in between.
    pub duration: Option<String>,
}

/// A date and a time of a day, in quotes or as TOML writes them without.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(from = "Written")]
#[schemars(title = "local time", with = "String")]
pub struct LocalTime(String);

#[derive(Deserialize)]
#[serde(untagged, expecting = "a local date and time, such as 2026-12-20T18:00:00")]
enum Written {
    Text(String),
    Toml(toml::value::Datetime),
}

impl From<Written> for LocalTime {
    fn from(written: Written) -> Self {
        match written {
            Written::Text(text) => Self(text),
            Written::Toml(time) => Self(time.to_string()),
        }
    }
}

fn utc() -> String {
    "UTC".to_owned()
}

impl Default for FreezeOptions {
    fn default() -> Self {
        let docs = ["**/*.md", "docs/**"].into_iter().filter_map(|pattern| Pattern::try_from(pattern.to_owned()).ok());
        Self {
            windows: Vec::new(),
            docs_only: Passage::default(),
            docs: docs.collect(),
            release_requests: Passage::default(),
            exempt_label: "freeze-exempt".to_owned(),
            who: None,
        }
    }
}

impl FreezeOptions {
    /// The planned freezes. Those that cannot be meant are none; a file that has such a one was refused.
    pub fn windows(&self) -> Vec<Window> {
        self.windows.iter().filter_map(|options| Window::try_from(options).ok()).collect()
    }

    pub fn exempt_label(&self) -> Option<&str> {
        Some(self.exempt_label.as_str()).filter(|label| !label.is_empty())
    }

    /// Whether all of these paths are documentation. No path at all is not, and neither are paths that are not known (`None`).
    pub fn is_docs(&self, paths: Option<&[String]>) -> bool {
        let docs = |path: &String| self.docs.iter().any(|pattern| pattern.matches(path));
        paths.is_some_and(|paths| !paths.is_empty() && paths.iter().all(docs))
    }
}

impl TryFrom<&WindowOptions> for Window {
    type Error = Wrong;

    fn try_from(options: &WindowOptions) -> Result<Self, Wrong> {
        let WindowOptions { reason, branches, paths, timezone, from, until, cron, duration } = options;
        if reason.trim().is_empty() {
            return Err(Wrong::new("reason", "a freeze has no reason", "Say why nothing is merged: those who wait will read it."));
        }
        let zone = Zone::named(timezone).map_err(|meant| {
            let remedy = meant.map_or_else(|| "Name one as in `Europe/Berlin`.".to_owned(), |name| format!("Did you mean `{name}`?"));
            Wrong::new("timezone", format!("there is no time zone `{timezone}`"), remedy)
        })?;
        let either = "Write `from` and `until`, or `cron` and `duration`.";
        let when = match (from, until, cron, duration) {
            (Some(LocalTime(from)), Some(LocalTime(until)), None, None) => When::once(from, until, &zone)?,
            (None, None, Some(cron), Some(duration)) => When::Recurring(Box::new(Recurrence::new(cron, duration, zone.clone())?)),
            (Some(_), None, None, None) => return Err(Wrong::new("from", "a freeze has a beginning and no end", "Add `until`.")),
            (None, Some(_), None, None) => return Err(Wrong::new("until", "a freeze has an end and no beginning", "Add `from`.")),
            (None, None, Some(_), None) => return Err(Wrong::new("cron", "a freeze does not say how long it lasts", "Add `duration`.")),
            (None, None, None, Some(_)) => return Err(Wrong::new("duration", "a freeze does not say when it begins", "Add `cron`.")),
            (None, None, None, None) => return Err(Wrong::new("reason", "a freeze does not say when it is", either)),
            (_, _, Some(_), _) => return Err(Wrong::new("cron", "a freeze is planned both for once and again and again", either)),
            (_, _, None, Some(_)) => return Err(Wrong::new("duration", "a freeze that is planned for once has a duration", either)),
        };
        let scope = Scope { branches: branches.clone(), paths: paths.clone() };
        Ok(Self { reason: reason.clone(), scope, when, zone })
    }
}

#[cfg(test)]
mod tests;
