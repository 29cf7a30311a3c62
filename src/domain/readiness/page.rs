//! The page of a release, before it is in words.

pub use super::parts::{CHECKLIST, merge, part};
pub use super::undo::undone;

use super::book::Decision;
use super::item::Item;
use crate::domain::changelog::Section;
use crate::domain::facts::{Blocker, Facts, Owed};
use crate::domain::names::{Moment, Sha, TagName, UserName};
use crate::domain::tracking::{Record, Tracking};

/// All that a page shows. A part that is `None` was not looked at, and stays as it is on the page; one that is empty is told to be empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What the release is; `None`: it is a change request, whose page is a comment with the checklist, the sign-offs and the log.
    pub tracking: Option<Tracking>,
    pub sigil: &'static str,
    /// The commit that would be released.
    pub head: Sha,
    /// Ready, or what keeps it from being so, a few words each.
    pub verdict: Verdict,
    /// The version's tag, where it is on this very commit.
    pub released: Option<TagName>,
    pub manager: Option<UserName>,
    /// What happens when, the earliest first; in the zone of the train, already in words.
    pub dates: Vec<DateRow>,
    pub items: Vec<Item>,
    /// Those who have answered on this commit, the newest answer of each, and who has not: teams as they are named in the file.
    pub answers: Vec<Decision>,
    pub unanswered: Vec<String>,
    pub blockers: Option<Vec<Blocker>>,
    pub owed: Option<Vec<Owed>>,
    /// What the next version would tell.
    pub notes: Option<Vec<Section>>,
    pub log: Vec<Decision>,
    /// Who may answer, and who may tick, in words.
    pub who: (String, String),
    /// The text that is there now, without Slipway's mark: what people wrote in it stays.
    pub current: Option<String>,
}

impl Page {
    /// What is known when the branch is made: the rest is told as soon as that is there.
    pub fn at_the_cut(tracking: Tracking, (items, record): (Vec<Item>, &Record), facts: &Facts) -> Self {
        Self {
            tracking: Some(tracking),
            sigil: facts.sigil,
            head: record.at.clone(),
            verdict: Verdict::Waiting { wanting: vec!["all of it to be looked at".to_owned()] },
            released: None,
            manager: record.book.manager.clone(),
            dates: Vec::new(),
            items,
            answers: Vec::new(),
            unanswered: Vec::new(),
            blockers: Some(Vec::new()),
            owed: Some(Vec::new()),
            notes: None,
            log: record.book.decisions.clone(),
            who: ("whoever may release".to_owned(), "whoever may write".to_owned()),
            current: None,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Ready,
    /// Somebody has said no-go on this commit.
    NoGo {
        by: UserName,
        reason: String,
    },
    /// So many items are open, of the automatic and of all.
    Waiting {
        wanting: Vec<String>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DateRow {
    pub at: Moment,
    /// As people read it: `Tue 2026-11-24 09:00 Europe/Berlin`.
    pub when: String,
    /// `cut`, `freeze`, `candidate`, `final`, in words.
    pub what: String,
    pub is_past: bool,
}
