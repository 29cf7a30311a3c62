//! What Slipway finds out about a release, each thing by itself: nothing here asks anything, and what is not known does not hold.

use std::collections::BTreeSet;

use super::inside::{Finding, Inside, named};
use super::reads::{BACKPORTS, BLOCKERS, Reads};
use super::{Book, Decision, Deed, Item, ItemState, Kind};
use crate::domain::config::{Automatic, Grant, ReadinessOptions, When};
use crate::domain::facts::{Blocker, Progress};
use crate::domain::names::{Sha, UserName};
use crate::domain::tracking::cut::line_of;
use crate::domain::tracking::green;

/// All that is known of a release.
pub struct Ground<'a> {
    pub options: &'a ReadinessOptions,
    /// The checks that `[cut]` names.
    pub checks: &'a [String],
    pub kind: Release<'a>,
    pub reads: Reads,
    pub progress: &'a Progress,
    pub book: &'a Book,
    /// What is in it; `None`: nobody has looked at this head.
    pub inside: Option<&'a Inside>,
}

/// What is released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Release<'a> {
    /// A line, as this version: `1.4`, `1.4.2`.
    Line(&'a str),
    /// What a release change request announces, which writes versions itself and has no backports.
    Request,
}

/// The book's word that checks were reported here before.
pub const REPORTED: &str = "checks";

/// The items that Slipway ticks, in the order of the file.
pub fn items(ground: &Ground) -> Vec<Item> {
    let mut once = BTreeSet::new();
    ground.options.automatic.iter().filter(|one| once.insert(**one)).filter_map(|one| ground.item(*one)).collect()
}

impl Ground<'_> {
    fn item(&self, automatic: Automatic) -> Option<Item> {
        let text = |text: &str| text.to_owned();
        let (text, finding) = match automatic {
            Automatic::Checks => (text("The checks are green"), self.checks()),
            Automatic::Blockers if self.options.blocker.is_empty() => return None,
            Automatic::Blockers => (text("No blocker is open"), self.blockers()),
            // A release change request carries nothing, and its versions are what it proposes.
            Automatic::Backports | Automatic::Versions if self.kind == Release::Request => return None,
            Automatic::Backports => (text("What is labelled for the branch is on it"), self.backports()),
            Automatic::Notes => (text("The notes are complete"), self.known(|inside| Some(inside.notes.clone()))?),
            Automatic::Migrations => {
                let found = self.inside.is_some_and(|inside| inside.contents.whens.contains(&When::Migration));
                let text = text("The migrations are reviewed");
                if found && self.options.reviewers.is_empty() {
                    return Some(Item { id: automatic.id().to_owned(), text, kind: Kind::Manual });
                }
                (text, found.then(|| self.migrations())?)
            }
            Automatic::Versions => (text("The version files say the version"), self.known(|inside| inside.versions.clone())?),
            Automatic::SignOffs => (text("Those who sign off have said go"), self.sign_offs()),
        };
        let head = &self.progress.head;
        let waived = self.book.waiver(automatic.id(), head).map(|(by, reason)| (by.clone(), reason.to_owned()));
        let state = ItemState { holds: finding.holds || waived.is_some(), says: finding.says, waived };
        Some(Item { id: automatic.id().to_owned(), text, kind: Kind::Automatic(state) })
    }

    /// What was found when the head moved. Of a head that nobody has looked at, nothing holds.
    fn known(&self, found: impl Fn(&Inside) -> Option<Finding>) -> Option<Finding> {
        match self.inside {
            Some(inside) => found(inside),
            None => Some(Finding::bad("this commit was not looked at yet")),
        }
    }

    fn checks(&self) -> Finding {
        let Progress { checks, required, .. } = self.progress;
        let missing = green::missing(checks, required, self.checks);
        if !missing.is_empty() {
            return Finding::bad(named(missing.into_iter().map(|(name, what)| format!("{name} {what}")).collect()));
        }
        match checks.len() {
            0 if self.book.knows(REPORTED).is_some() => Finding::bad("no check has reported yet"),
            0 => Finding::good("nothing checks this branch"),
            1 => Finding::good("one is green"),
            all => Finding::good(format!("{all} are green")),
        }
    }

    /// What was found, where it is not looked at now.
    fn remembered(&self, name: &str) -> Finding {
        self.book.knows(name).and_then(Finding::read).unwrap_or_else(|| Finding::bad("nobody has looked yet"))
    }

    /// What is to be remembered for the events that cannot change it. What a change request waits for is looked at each time.
    pub fn found(&self) -> Vec<(&'static str, Finding)> {
        if self.kind == Release::Request {
            return Vec::new();
        }
        let blockers = self.reads.has_blockers().then(|| (BLOCKERS, self.blockers()));
        let backports = self.reads.has_owed().then(|| (BACKPORTS, self.backports()));
        blockers.into_iter().chain(backports).collect()
    }

    fn blockers(&self) -> Finding {
        if !self.reads.has_blockers() {
            return self.remembered(BLOCKERS);
        }
        let labels: Vec<_> = self.blocking().into_iter().map(|blocker| blocker.label.clone()).collect();
        match labels.len() {
            0 => Finding::good("none is open"),
            1 => Finding::bad(format!("{} is open", named(labels))),
            _ => Finding::bad(format!("{} are open", named(labels))),
        }
    }

    /// Those that hold up this version.
    pub fn blocking(&self) -> Vec<&Blocker> {
        let next = self.inside.map(|inside| inside.next.as_slice()).unwrap_or_default();
        let own: Vec<&str> = match self.kind {
            Release::Line(version) => [version].into_iter().chain(next.iter().map(String::as_str)).collect(),
            Release::Request => next.iter().map(String::as_str).collect(),
        };
        // Where nobody knows yet what it will be called, every one of them holds it up.
        let holds = |title: &str| own.is_empty() || own.iter().any(|version| names(title, version));
        self.progress.blockers.iter().filter(|blocker| blocker.milestone.as_deref().is_none_or(holds)).collect()
    }

    fn backports(&self) -> Finding {
        if !self.reads.has_owed() {
            return self.remembered(BACKPORTS);
        }
        let owed: Vec<_> = self.progress.owed.iter().filter(|owed| !owed.there).map(|owed| owed.number.to_string()).collect();
        match (self.progress.owed.len(), owed.len()) {
            (0, _) => Finding::good("nothing is labelled for it"),
            (_, 0) => Finding::good("all of it is there"),
            (_, 1) => Finding::bad("one change is not there"),
            (_, more) => Finding::bad(format!("{more} changes are not there")),
        }
    }

    fn migrations(&self) -> Finding {
        let reviewed = self.said_go().find(|(_, teams)| self.options.reviewers.iter().any(|grant| teams.contains(&grant.written())));
        match reviewed {
            Some((by, _)) => Finding::good(format!("{by} has said go")),
            None => Finding::bad(format!("waits for {}", Grant::in_words(&self.options.reviewers))),
        }
    }

    fn sign_offs(&self) -> Finding {
        if let Some((by, _)) = no_go(self.book, &self.progress.head) {
            return Finding::bad(format!("{by} has said no-go"));
        }
        let (said, of) = match self.options.teams.as_slice() {
            [] => (self.said_go().count(), self.options.sign_offs),
            teams => (teams.len() - self.unanswered().len(), self.options.sign_offs.min(teams.len())),
        };
        let words = match of {
            0 => "none is asked for".to_owned(),
            of => format!("{} of {of} said go", said.min(of)),
        };
        Finding { holds: said >= of, says: words }
    }

    /// The teams of which nobody has said go on this commit, as the file names them.
    pub fn unanswered(&self) -> Vec<String> {
        let said: BTreeSet<_> = self.said_go().flat_map(|(_, teams)| teams).cloned().collect();
        self.options.teams.iter().map(Grant::written).filter(|team| !said.contains(team)).collect()
    }

    fn said_go(&self) -> impl Iterator<Item = (&UserName, &BTreeSet<String>)> {
        self.book.answers_on(&self.progress.head).into_iter().filter_map(|decision| match &decision.deed {
            Deed::Go { teams } => Some((&decision.by, teams)),
            _ => None,
        })
    }
}

/// Who has said no-go on this commit and stands by it; of several, the newest.
pub fn no_go<'b>(book: &'b Book, head: &Sha) -> Option<(&'b UserName, &'b str)> {
    book.answers_on(head).into_iter().rev().find_map(|decision| match decision {
        Decision { by, deed: Deed::NoGo { reason }, .. } => Some((by, reason.as_str())),
        _ => None,
    })
}

/// Whether a milestone is about a version, or about its line: `1.4` and `1.4.0` are about `1.4` and `1.4.0`, and of `1.4.2` only `1.4` and
/// `1.4.2` are.
fn names(title: &str, version: &str) -> bool {
    let bare = |text: &'_ str| text.trim().trim_start_matches(['v', 'V']).to_owned();
    let (title, version) = (bare(title), bare(version));
    let line: Vec<_> = version.split('.').take(2).collect();
    title == version || title == line.join(".") || line_of(&title).is_some_and(|line| line_of(&version) == Some(line))
}

#[cfg(test)]
pub(crate) mod tests;
