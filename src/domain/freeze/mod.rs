//! Freezes: what may not be merged where, and until when. They are planned in the file or declared on the spot, and nothing here asks a
//! clock. Knows moments and scopes, and must not know what a freeze holds back.

use std::cmp::Reverse;

use super::config::Pattern;
use super::names::{BranchName, Moment, Number, UserName};

mod recurrence;
mod window;
mod zone;

pub use recurrence::{Lasting, Recurrence, after};
pub use window::{When, Window};
pub use zone::Zone;

/// All freezes of a repository, planned and declared.
#[derive(Debug, Clone, Default)]
pub struct Freezes {
    pub windows: Vec<Window>,
    pub declared: Vec<Declared>,
}

/// A freeze that somebody asked for and nobody has lifted.
#[derive(Debug, Clone)]
pub struct Declared {
    pub reason: String,
    pub by: UserName,
    pub since: Moment,
    /// `None`: until it is lifted.
    pub until: Option<Moment>,
    pub scope: Scope,
    /// In which people are told of it.
    pub zone: Zone,
    /// The issue that keeps it, once there is one.
    pub issue: Option<Number>,
}

/// What a freeze is about. Where a list is empty, it is about all of them.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    pub branches: Vec<Pattern>,
    pub paths: Vec<Pattern>,
}

/// A freeze that holds at the moment that was asked about.
#[derive(Debug, Clone, Copy)]
pub struct Freeze<'f> {
    pub reason: &'f str,
    pub since: Moment,
    /// The first moment at which it no longer holds; `None`: it holds until it is lifted.
    pub until: Option<Moment>,
    pub source: Source<'f>,
}

/// Where a freeze comes from.
#[derive(Debug, Clone, Copy)]
pub enum Source<'f> {
    Window(&'f Window),
    Declared(&'f Declared),
}

/// From the first moment to the last, without the last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub since: Moment,
    pub until: Moment,
}

/// What cannot be meant, and under which key of a window it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    pub key: &'static str,
    pub message: String,
    pub remedy: String,
}

impl Freezes {
    /// The freeze that holds for a branch at a moment; of several, the one that lasts longest. See [`Freezes::holding`].
    pub fn frozen(&self, at: Moment, branch: &BranchName, paths: Option<&[String]>) -> Option<Freeze<'_>> {
        self.holding(at, branch, paths).into_iter().next()
    }

    /// The freezes that hold for a branch at a moment, those that last longest first. `paths` are those that would change; where they
    /// are not known (`None`), they are taken to be within every scope.
    pub fn holding(&self, at: Moment, branch: &BranchName, paths: Option<&[String]>) -> Vec<Freeze<'_>> {
        let windows = self.windows.iter().filter(|window| window.scope.covers(branch, paths)).filter_map(|window| {
            let Interval { since, until } = window.around(at)?;
            Some(Freeze { reason: &window.reason, since, until: Some(until), source: Source::Window(window) })
        });
        let declared = self.declared.iter().filter(|declared| declared.holds(at) && declared.scope.covers(branch, paths));
        let declared = declared.map(|declared| {
            let Declared { reason, since, until, .. } = declared;
            Freeze { reason, since: *since, until: *until, source: Source::Declared(declared) }
        });
        let mut holding: Vec<_> = windows.chain(declared).collect();
        holding.sort_by_key(|freeze| (Reverse((freeze.until.is_none(), freeze.until)), freeze.since));
        holding
    }

    /// The next moment at which a freeze begins or ends; `None`: none ever does, unless somebody declares or lifts one.
    pub fn next_change(&self, after: Moment) -> Option<Moment> {
        let windows = self.windows.iter().filter_map(|window| window.next_change(after));
        windows.chain(self.declared.iter().filter_map(|declared| declared.next_change(after))).min()
    }
}

impl Freeze<'_> {
    /// `Fri 2026-12-18 18:00 Europe/Berlin`, in the zone in which it was planned or declared.
    pub fn since_in_words(&self) -> String {
        self.zone().words(self.since)
    }

    /// The same of the end, if it has one.
    pub fn until_in_words(&self) -> Option<String> {
        self.until.map(|until| self.zone().words(until))
    }

    pub fn zone(&self) -> Zone {
        match self.source {
            Source::Window(window) => window.zone.clone(),
            Source::Declared(declared) => declared.zone.clone(),
        }
    }
}

impl Declared {
    fn interval(&self) -> Interval {
        Interval { since: self.since, until: self.until.unwrap_or(Moment(i64::MAX)) }
    }

    fn holds(&self, at: Moment) -> bool {
        self.interval().holds(at)
    }

    fn next_change(&self, after: Moment) -> Option<Moment> {
        self.interval().next_change(after).filter(|next| self.until.is_some() || *next == self.since)
    }
}

impl Scope {
    pub fn covers(&self, branch: &BranchName, paths: Option<&[String]>) -> bool {
        let within = |patterns: &[Pattern], name: &str| patterns.iter().any(|pattern| pattern.matches(name));
        let here = self.branches.is_empty() || within(&self.branches, branch.as_str());
        here && (self.paths.is_empty() || paths.is_none_or(|paths| paths.iter().any(|path| within(&self.paths, path))))
    }
}

impl Interval {
    pub fn holds(self, at: Moment) -> bool {
        self.since <= at && at < self.until
    }

    fn next_change(self, after: Moment) -> Option<Moment> {
        [self.since, self.until].into_iter().find(|change| *change > after && self.since < self.until)
    }
}

impl Wrong {
    pub fn new(key: &'static str, message: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { key, message: message.into(), remedy: remedy.into() }
    }
}

#[cfg(test)]
mod properties_tests;
#[cfg(test)]
mod tests;
