//! What a release contains, and how it is told: found out when its head moves, and remembered of that commit alone. On any other commit
//! nothing of it counts.

use std::collections::BTreeSet;

use super::Book;
use super::item::{self, Contents};
use crate::domain::changelog::{Notes, Section};
use crate::domain::config::{ChecklistOptions, Config, LineOptions, ReadinessOptions, When};
use crate::domain::convention::BREAKING;
use crate::domain::facts::{Between, Line};
use crate::domain::files;
use crate::domain::history::Graph;
use crate::domain::names::{BranchName, Sha, UserName};
use crate::domain::release::Releasing;
use crate::domain::release::line::Situation;
use crate::domain::release::outlook::{Forced, Next, Outlook, Refusal};

use super::update;

/// Something that was looked at, and in a few words what was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub holds: bool,
    pub says: String,
}

impl Finding {
    pub fn good(says: impl Into<String>) -> Self {
        Self { holds: true, says: says.into() }
    }

    pub fn bad(says: impl Into<String>) -> Self {
        Self { holds: false, says: says.into() }
    }

    /// As the book keeps it.
    pub fn write(&self) -> String {
        format!("{}{}", if self.holds { '+' } else { '-' }, self.says)
    }

    /// What `write` has written.
    pub fn read(text: &str) -> Option<Self> {
        let (sign, says) = text.split_at_checked(1)?;
        Some(Self { holds: sign == "+", says: says.to_owned() })
    }
}

/// What is in a release at a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inside {
    pub head: Sha,
    /// Of its paths those alone that an item asks for.
    pub contents: Contents,
    pub notes: Finding,
    /// `None`: no file says the version.
    pub versions: Option<Finding>,
    /// The versions that would be released.
    pub next: Vec<String>,
}

const WHENS: [(When, &str); 3] =
    [(When::Migration, "migration"), (When::Breaking, "breaking"), (When::MajorDependency, "major-dependency")];
/// Under these names the book keeps it.
const HEAD: &str = "head";
const HAS: &str = "has";
const PATHS: &str = "paths";
const NOTES: &str = "notes";
const VERSIONS: &str = "versions";
const NEXT: &str = "next";

impl Inside {
    /// What was remembered of this commit.
    pub fn read(book: &Book, head: &Sha) -> Option<Self> {
        book.knows(HEAD).filter(|known| *known == head.as_str())?;
        let lines = |name| book.knows(name).unwrap_or_default().lines().filter(|line| !line.is_empty()).map(str::to_owned);
        let has: BTreeSet<_> = lines(HAS).collect();
        let finding = |name| book.knows(name).and_then(Finding::read);
        Some(Self {
            head: head.clone(),
            contents: Contents {
                whens: WHENS.into_iter().filter(|(_, name)| has.contains(*name)).map(|(when, _)| when).collect(),
                paths: lines(PATHS).collect(),
            },
            notes: finding(NOTES)?,
            versions: finding(VERSIONS),
            next: lines(NEXT).collect(),
        })
    }

    pub fn note(&self, book: &mut Book) {
        let has: Vec<_> = WHENS.into_iter().filter(|(when, _)| self.contents.whens.contains(when)).map(|(_, name)| name).collect();
        let text = |text: String| Some(text).filter(|text| !text.is_empty());
        book.set_known(HEAD, Some(self.head.as_str()));
        book.set_known(HAS, text(has.join("\n")).as_deref());
        book.set_known(PATHS, text(self.contents.paths.join("\n")).as_deref());
        book.set_known(NOTES, Some(&self.notes.write()));
        book.set_known(VERSIONS, self.versions.as_ref().map(Finding::write).as_deref());
        book.set_known(NEXT, text(self.next.join("\n")).as_deref());
    }
}

/// What is looked at.
pub struct Looking<'a> {
    pub config: &'a Config,
    pub readiness: &'a ReadinessOptions,
    /// How the line releases; which channel it has does not matter to what it leads to.
    pub options: LineOptions,
    pub branch: &'a BranchName,
    pub line: &'a Line,
    /// `None`: there is no version before.
    pub between: Option<&'a Between>,
    pub me: &'a UserName,
}

impl Looking<'_> {
    /// What is in it, and what its notes would say.
    pub fn look(&self) -> (Inside, Vec<Section>) {
        let options = LineOptions { channel: None, ..self.options.clone() };
        let Self { config, branch, line, me, .. } = *self;
        let situation = Situation { config, releasing: Releasing::Line(&options), branch, line, me, forced: Forced::new() };
        let outlooks = situation.decide().outlooks;
        let sections: Vec<_> = outlooks.iter().flat_map(|outlook| outlook.notes.sections.clone()).collect();
        let mut whens = BTreeSet::new();
        let nothing = Between::default();
        let between = self.between.unwrap_or(&nothing);
        let migrates = |path: &String| self.readiness.migrations.iter().any(|pattern| pattern.matches(path));
        // Of files that the forge does not list nobody knows that they migrate nothing.
        if between.cut || between.files.iter().any(migrates) {
            whens.insert(When::Migration);
        }
        if sections.iter().any(|section| section.title == BREAKING) {
            whens.insert(When::Breaking);
        }
        if self.updates(&outlooks) {
            whens.insert(When::MajorDependency);
        }
        let inside = Inside {
            head: line.window.head.clone(),
            contents: Contents { whens, paths: between.files.iter().cloned().collect() },
            notes: told(&outlooks),
            versions: self.versions(&outlooks),
            next: outlooks.iter().filter_map(Outlook::printed).collect(),
        };
        (inside, sections)
    }

    /// Whether one of the changes brings a dependency in a new major version.
    fn updates(&self, outlooks: &[Outlook]) -> bool {
        let graph = Graph::new(&self.line.window);
        let Some(head) = graph.find(&graph.window.head) else { return false };
        let since = outlooks.iter().filter_map(|outlook| outlook.previous.as_ref()).find_map(|(tagged, _)| graph.find(&tagged.commit));
        let range = graph.since(since, head).commits;
        let commits = range.iter().filter_map(|at| graph.commit(*at));
        let shas: BTreeSet<_> = commits.clone().map(|commit| &commit.sha).collect();
        let requests = graph.window.requests.iter().filter(|request| request.commits.iter().any(|sha| shas.contains(sha)));
        commits.map(|commit| commit.message.split_once('\n').unwrap_or((&commit.message, ""))).any(update::is_major)
            || requests.map(|request| (request.title.as_str(), request.body.as_str())).any(update::is_major)
    }

    /// Whether the files of each component that is released say its version.
    fn versions(&self, outlooks: &[Outlook]) -> Option<Finding> {
        let files = |outlook: &Outlook| outlook.component.files.clone();
        if outlooks.iter().all(|outlook| files(outlook).is_empty()) {
            return None;
        }
        let behind = outlooks.iter().find_map(|outlook| {
            let printed = outlook.printed()?;
            let says = |file| files::version(file, self.line.files.get(&file.path)?);
            let file = outlook.component.files.iter().find(|file| says(file).as_deref() != Some(printed.as_str()))?;
            Some(format!("{} does not say {printed}", file.path))
        });
        let printed: Vec<_> = outlooks.iter().filter(|outlook| !files(outlook).is_empty()).filter_map(Outlook::printed).collect();
        Some(match behind {
            Some(behind) => Finding::bad(behind),
            None if printed.is_empty() => Finding::good("there is nothing to release"),
            None => Finding::good(format!("they say {}", printed.join(", "))),
        })
    }
}

impl Inside {
    /// The same, with no more paths than it takes to know which items there are.
    #[must_use]
    pub fn reduced(mut self, lists: &[&ChecklistOptions], texts: &dyn Fn(&str) -> Option<String>) -> Self {
        let paths = std::mem::take(&mut self.contents.paths);
        if !item::asks_for_contents(lists) {
            return self;
        }
        let whens: BTreeSet<_> = WHENS.into_iter().map(|(when, _)| when).collect();
        let count = |paths: &[String]| item::items(lists, texts, &Contents { whens: whens.clone(), paths: paths.to_vec() }).len();
        let (all, mut kept) = (count(&paths), Vec::new());
        let mut found = count(&kept);
        for path in paths {
            if found == all {
                break;
            }
            kept.push(path);
            match count(&kept) {
                more if more > found => found = more,
                _ => _ = kept.pop(),
            }
        }
        self.contents.paths = kept;
        self
    }
}

/// How many are named of several.
const NAMED: usize = 3;

/// Whether the notes are complete: every commit is told or left out for a reason, and what breaks says so.
fn told(outlooks: &[Outlook]) -> Finding {
    let too_far = |outlook: &&Outlook| matches!(outlook.next, Next::Refused(Refusal::TooFar { .. }));
    if outlooks.iter().any(|outlook| too_far(&outlook)) {
        return Finding::bad("the version before is too far back");
    }
    let short = |sha: &Sha| sha.short().to_owned();
    let unread: BTreeSet<_> = outlooks.iter().flat_map(|outlook| outlook.notes.unread()).map(|ignored| short(&ignored.sha)).collect();
    if !unread.is_empty() {
        return Finding::bad(format!("{} cannot be read", named(unread.into_iter().collect())));
    }
    let bare = outlooks.iter().flat_map(|outlook| breaking(&outlook.notes)).filter(|entry| entry.breaking.is_none());
    let bare: BTreeSet<_> = bare.map(|entry| short(&entry.sha)).collect();
    if !bare.is_empty() {
        return Finding::bad(format!("{} does not say what breaks", named(bare.into_iter().collect())));
    }
    match outlooks.iter().flat_map(|outlook| outlook.notes.entries()).count() {
        0 => Finding::good("there is nothing to tell"),
        1 => Finding::good("one change is told"),
        more => Finding::good(format!("{more} changes are told")),
    }
}

fn breaking(notes: &Notes) -> impl Iterator<Item = &crate::domain::changelog::Entry> {
    notes.sections.iter().filter(|section| section.title == BREAKING).flat_map(|section| &section.entries)
}

/// `a, b, c and 2 more`
pub fn named(mut names: Vec<String>) -> String {
    let more = names.len().saturating_sub(NAMED);
    names.truncate(NAMED);
    let names = names.join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}
