//! What is to be done about one change request on other branches: how far it is on each, what is opened, and what is noted.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::commit;
use crate::domain::config::{BackportOptions, Config};
use crate::domain::event::Thread;
use crate::domain::facts::{ChangeRequest, Source, State};
use crate::domain::names::{BranchName, UserName};
use crate::domain::plan::{Action, Cargo, CommentKey, Note, Obstacle, Outcome, Port};

use super::record::{self, Noted, Notes};
use super::table::{Progress, Row, Table};
use super::{Body, Kind, Words, branch, label, target};

/// How many paths or commits are noted of a conflict.
const MOST: usize = 12;

/// A title is cut here: forges refuse more than 255 characters.
const TITLE: usize = 240;

/// What commands ask for.
#[derive(Debug, Clone, Default)]
pub struct Orders {
    pub by: Option<UserName>,
    /// What is tried whatever came of it before.
    pub targets: BTreeSet<BranchName>,
    /// Of these, also where somebody has closed the change request.
    pub again: BTreeSet<BranchName>,
    /// What is not wanted any more, and why.
    pub waived: BTreeMap<BranchName, String>,
}

pub struct Errand<'a> {
    pub config: &'a Config,
    pub source: &'a Source,
    pub sigil: &'static str,
    /// The branches that get it without anybody asking.
    pub forward: BTreeSet<BranchName>,
    pub orders: Orders,
}

impl Errand<'_> {
    fn options(&self) -> &BackportOptions {
        &self.config.backport
    }

    fn request(&self) -> &ChangeRequest {
        &self.source.request
    }

    fn notes(&self) -> Notes {
        self.source.noted.as_deref().map(record::read).unwrap_or_default()
    }

    fn labelled(&self) -> BTreeSet<BranchName> {
        self.request().labels.iter().filter_map(|label| target(&self.options().label, label)).collect()
    }

    /// How far it is on each branch that it is wanted on, or is on its way to.
    pub fn rows(&self, outcomes: &[Outcome]) -> Vec<Row> {
        let (notes, labelled) = (self.notes(), self.labelled());
        let mut targets: BTreeSet<&BranchName> = self.source.targets.keys().chain(notes.keys()).chain(&labelled).collect();
        targets.extend(self.forward.iter().chain(&self.orders.targets).chain(self.orders.waived.keys()));
        targets.remove(&self.request().base);
        let row = |target: &BranchName| {
            let progress = self.progress((target, notes.get(target)), labelled.contains(target), outcomes)?;
            Some(Row::new(self.source, target.clone(), progress))
        };
        targets.into_iter().filter_map(row).collect()
    }

    fn progress(&self, (target, noted): (&BranchName, Option<&Noted>), is_labelled: bool, outcomes: &[Outcome]) -> Option<Progress> {
        let head = branch(self.request().number, target)?;
        let came = outcomes.iter().rev().find_map(|outcome| match outcome {
            Outcome::Request { branch, number } if *branch == head => Some(Progress::Open(*number)),
            Outcome::Stopped { branch, by } if *branch == head => Some(Progress::Stopped(by.clone())),
            _ => None,
        });
        if came.is_some() {
            return came;
        }
        let is_ordered = self.orders.targets.contains(target);
        let there = self.source.targets.get(target).and_then(|there| there.request);
        let waived = match (self.orders.waived.get(target), &self.orders.by, noted) {
            (Some(reason), Some(by), _) => Some((by, reason)),
            // The label says that it is wanted after all.
            (_, _, Some(Noted::Waived { by, reason })) if !is_labelled && !is_ordered => Some((by, reason)),
            _ => None,
        };
        match (there, waived) {
            (Some((number, State::Open)), _) => return Some(Progress::Open(number)),
            (Some((number, State::Merged)), _) => return Some(Progress::Merged(number)),
            (_, Some((by, reason))) => return Some(Progress::Waived { by: by.clone(), reason: reason.clone() }),
            (Some((number, State::Closed)), _) if !self.orders.again.contains(target) => return Some(Progress::Closed(number)),
            _ => {}
        }
        // Where a label could say that it is wanted, it is not once the label is taken off.
        let is_wanted = is_labelled || is_ordered || self.forward.contains(target) || self.options().label.is_empty() && noted.is_some();
        match noted {
            _ if !is_wanted => None,
            Some(Noted::Stopped(obstacle)) if !is_ordered => Some(Progress::Stopped(obstacle.clone())),
            Some(Noted::Pending(Some(by))) if !is_ordered => Some(self.waiting(Some(by.clone()))),
            _ => Some(self.waiting(self.orders.by.clone().filter(|_| is_ordered))),
        }
    }

    fn waiting(&self, by: Option<UserName>) -> Progress {
        let (commits, most) = (self.source.picks.len(), self.options().most);
        match self.request().state {
            State::Merged if commits == 0 => Progress::Unclear,
            State::Merged if commits > most => Progress::TooMany { commits, most },
            State::Merged => Progress::Due(by),
            State::Open | State::Closed => Progress::Pending(by),
        }
    }

    /// What is opened now.
    pub fn ports(&self) -> Vec<Action<Note>> {
        let port = |row: Row| match row.progress {
            Progress::Due(by) => self.port(row.target, by),
            _ => None,
        };
        self.rows(&[]).into_iter().filter_map(port).collect()
    }

    fn port(&self, target: BranchName, by: Option<UserName>) -> Option<Action<Note>> {
        let (request, picks) = (self.request(), &self.source.picks);
        let title = title(self.options(), request, &target);
        let told = commit::replacement(&request.body).or_else(|| {
            // What stands before the title keeps it from being read as a change.
            let is_lost = commit::title(&title).is_err() && commit::title(&request.title).is_ok();
            is_lost.then_some(request.title.as_str())
        });
        let body = Body {
            kind: if self.forward.contains(&target) { Kind::Forward } else { Kind::Backport },
            sigil: self.sigil,
            number: request.number,
            target: target.clone(),
            by,
            commits: picks.iter().map(|pick| pick.sha.clone()).collect(),
            note: told.map(harmless).filter(|text| !text.is_empty()),
        };
        let is_copied = |label: &&String| {
            super::target(&self.options().label, label).is_none() && self.options().labels.iter().any(|pattern| pattern.matches(label))
        };
        Some(Action::Port(Box::new(Port {
            cargo: Cargo::Picked(picks.clone()),
            branch: branch(request.number, &target)?,
            onto: target,
            title,
            body: Note::Port(Box::new(Words::Body(body))),
            labels: request.labels.iter().filter(is_copied).cloned().collect(),
        })))
    }

    /// The table, and what is noted in it.
    pub fn remember(&self, outcomes: &[Outcome]) -> Action<Note> {
        let rows = self.rows(outcomes);
        let notes: Notes = rows.iter().map(|row| (row.target.clone(), noted(&row.progress))).collect();
        Action::Remember {
            thread: Thread::ChangeRequest(self.request().number),
            key: CommentKey::Backports,
            data: record::write(&notes),
            body: Note::Port(Box::new(Words::Table(Table { sigil: self.sigil, rows }))),
        }
    }

    /// The labels of this template that are on it, or are not, by what commands ask for.
    pub fn label_of(&self, target: &BranchName) -> Option<(String, bool)> {
        label(self.options(), target).map(|label| {
            let is_set = self.request().labels.contains(&label);
            (label, is_set)
        })
    }
}

fn noted(progress: &Progress) -> Noted {
    match progress {
        Progress::Pending(by) | Progress::Due(by) => Noted::Pending(by.clone()),
        Progress::Open(_) | Progress::Merged(_) | Progress::Closed(_) => Noted::Opened,
        Progress::Waived { by, reason } => Noted::Waived { by: by.clone(), reason: reason.clone() },
        Progress::Stopped(obstacle) => Noted::Stopped(cut(obstacle.clone())),
        Progress::TooMany { .. } | Progress::Unclear => Noted::Pending(None),
    }
}

/// As much of it as a comment has room for.
fn cut(mut obstacle: Obstacle) -> Obstacle {
    match &mut obstacle {
        Obstacle::Conflict { files, lacking, .. } => {
            files.truncate(MOST);
            lacking.truncate(MOST);
            for lacking in lacking {
                lacking.subject = lacking.subject.chars().take(TITLE).collect();
            }
        }
        Obstacle::Workflows(paths) => paths.truncate(MOST),
        Obstacle::Empty | Obstacle::NoBase | Obstacle::Taken | Obstacle::TooMany(_) => {}
    }
    obstacle
}

/// Text for the notes as it may stand in a description that Slipway writes: no line of it is a quick action, and nobody is mentioned.
fn harmless(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.trim_start().starts_with('/'));
    let text = lines.collect::<Vec<_>>().join("\n");
    let mut before = ' ';
    let mut harmless = String::with_capacity(text.len());
    for c in text.trim().chars() {
        harmless.push(c);
        // An address of mail has its name before the sign. To forges only these are part of a word.
        if c == '@' && !(before.is_ascii_alphanumeric() || before == '_') {
            harmless.push('\u{200b}');
        }
        before = c;
    }
    harmless
}

/// The title by its template. What an earlier backport put before the change request's own is not put there twice.
fn title(options: &BackportOptions, request: &ChangeRequest, target: &BranchName) -> String {
    let number = request.number.to_string();
    let before = options.title.split("{title}").next().unwrap_or_default();
    let earlier = before.replace("{branch}", request.base.as_str());
    let own = request.title.strip_prefix(earlier.as_str()).filter(|own| !own.trim().is_empty()).unwrap_or(&request.title);
    // The user's text goes in last, so that nothing in it is taken for a placeholder.
    let whole = options.title.replace("{branch}", target.as_str()).replace("{number}", &number).replace("{title}", own.trim());
    let plain: String = whole.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    plain.trim().chars().take(TITLE).collect()
}
