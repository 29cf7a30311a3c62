//! Brings the page of a release up to date: that of a line, which is its issue, and that of a change request, which is a comment. A page is
//! written where it differs, and its check is reported where it says something new.

use std::collections::BTreeSet;

use super::assess::{self, Ground, Release};
use super::inside::{Inside, Looking};
use super::item::{self, Contents};
use super::{Book, Decision, Deed, Item, Kind, Page, checklist, parts};
use crate::domain::changelog::Section;
use crate::domain::config::{ChecklistOptions, Config, Grant, Pattern, Place, ReadinessOptions};
use crate::domain::event::{Repository, Thread};
use crate::domain::facts::{Condition, Facts, IssueKind, Need, Needs, OwnIssue, Progress, ProgressWanted, Ref, Subject, Wanted};
use crate::domain::names::{BranchName, Number};
use crate::domain::plan::{Action, CommentKey, Follow, Issue, IssueCourse, Note};
use crate::domain::release::{line, releasing_on_command};
use crate::domain::schedule;
use crate::domain::tracking::{self, Record, Tracking};

use super::{change, verdict};

pub use super::reads::Reads;

/// A page, and how much of what it shows is read.
#[derive(Debug, Clone)]
pub struct Keeping<'a> {
    pub config: &'a Config,
    pub repository: &'a Repository,
    pub of: Of,
    pub reads: Reads,
}

/// Whose page it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// A line, by its branch or by the issue that tracks it.
    Line(Ref),
    /// A release change request into this branch.
    Release(Number, BranchName),
    /// Any other change request that a checklist is about, into this branch.
    Request(Number, BranchName),
}

/// A page as it is to be.
#[derive(Debug, Clone)]
pub struct Kept {
    pub actions: Vec<Action<Note>>,
    pub page: Page,
    /// What is released, as people say it.
    pub name: String,
    /// Where the page is, once it is there.
    pub thread: Thread,
    /// The page is to be looked at once more where it says something that nobody has looked at.
    pub follows: Vec<Follow>,
}

/// The book's word of the base that a change request had.
const BASE: &str = "base";

/// Whether something was decided about what a change request would bring to its base.
fn is_bound(deed: &Deed) -> bool {
    deed.is_answer() || matches!(deed, Deed::Waive { .. })
}

/// What holds in every repository of an organisation holds here too, where the repository's file does not say otherwise.
pub fn options(config: &Config) -> Option<&ReadinessOptions> {
    config.layers().filter_map(|layer| layer.readiness.as_ref()).last()
}

/// Whether nothing is released before it is ready.
pub fn is_gated(config: &Config) -> bool {
    config.layers().filter_map(|layer| layer.readiness.as_ref()).any(|options| options.gate)
}

/// Whether a branch is one from which a version is repaired.
pub fn place(config: &Config, branch: &BranchName) -> Option<Place> {
    let matches = |pattern: &str| Pattern::try_from(pattern.to_owned()).is_ok_and(|pattern| pattern.matches(branch.as_str()));
    match (matches(&config.branches.hotfix), matches(&config.branches.release)) {
        (true, _) => Some(Place::Hotfix),
        (false, true) => Some(Place::Release),
        (false, false) => None,
    }
}

impl<'a> Keeping<'a> {
    /// What must be known of the page of a change request, before it is known whose that is.
    pub fn on_any(config: &Config, repository: &Repository, number: Number) -> Needs {
        let places = [Place::Release, Place::ChangeRequest].into_iter();
        let files: BTreeSet<_> = places.flat_map(|place| item::files(&item::lists(config, place, None))).collect();
        // A release change request is asked about everything.
        let base = repository.default_branch.clone().unwrap_or_else(BranchName::main);
        let most = Keeping { config, repository, of: Of::Release(number, base), reads: Reads::Standing };
        files.into_iter().map(|path| Need::File(path.to_owned())).chain(most.needs()).collect()
    }

    fn readiness(&self) -> std::borrow::Cow<'a, ReadinessOptions> {
        options(self.config).map_or_else(|| std::borrow::Cow::Owned(ReadinessOptions::default()), std::borrow::Cow::Borrowed)
    }

    pub fn subject(&self) -> Subject {
        match &self.of {
            Of::Line(at) => Subject::Line(at.clone()),
            Of::Release(number, _) | Of::Request(number, _) => Subject::Request(*number),
        }
    }

    /// The line whose commits and files are looked at.
    fn at(&self) -> Option<Ref> {
        match &self.of {
            Of::Line(at) => Some(at.clone()),
            Of::Release(_, base) => Some(Ref::Branch(base.clone())),
            Of::Request(..) => None,
        }
    }

    /// The checklists that may be on it: which one an issue has shows when it is read.
    fn lists(&self, place: Place) -> Vec<&'a ChecklistOptions> {
        let base = match &self.of {
            Of::Line(_) => None,
            Of::Release(_, base) | Of::Request(_, base) => Some(base),
        };
        item::lists(self.config, place, base)
    }

    fn places(&self) -> Vec<Place> {
        match &self.of {
            Of::Line(Ref::Branch(branch)) => place(self.config, branch).into_iter().collect(),
            Of::Line(_) => vec![Place::Release, Place::Hotfix],
            Of::Release(..) => vec![Place::Release],
            Of::Request(..) => vec![Place::ChangeRequest],
        }
    }

    pub fn needs(&self) -> Needs {
        let readiness = self.readiness();
        let is_line = matches!(self.of, Of::Line(_));
        let (is_held_up, owes) = (self.reads.has_blockers() && !matches!(self.of, Of::Request(..)), self.reads.has_owed() && is_line);
        let blocker = if is_held_up { readiness.blocker.clone() } else { String::new() };
        let backport = if owes { self.config.backport.label.clone() } else { String::new() };
        let files: BTreeSet<_> = self.places().into_iter().flat_map(|place| item::files(&self.lists(place))).collect();
        let files = files.into_iter().map(|path| Need::File(path.to_owned()));
        let mut needs: Needs = files.chain([Need::Me]).collect();
        needs.insert(Need::Progress(ProgressWanted { of: self.subject(), blocker, backport }));
        if is_line {
            needs.insert(Need::Issues(IssueKind::Release));
        }
        if self.reads == Reads::Whole {
            match (&self.of, self.at()) {
                (_, Some(at)) => _ = needs.insert(Need::Between(wanted(self.config, at))),
                (Of::Request(number, _), None) => _ = needs.insert(Need::ChangeRequest(*number, change::details())),
                _ => {}
            }
        }
        needs
    }

    /// The page as it is to be, and what brings it there; `add`ed to what it remembers is what was decided just now.
    ///
    /// # Errors
    /// Why there is no page to keep, as a sentence without a dot.
    pub fn keep(&self, add: Option<Decision>, facts: &Facts) -> Result<Kept, String> {
        let progress = facts.progress(&self.subject());
        match &self.of {
            Of::Line(at) => {
                let issue = issue(at, facts).ok_or("no issue tracks the release")?;
                if issue.condition == Condition::Closed {
                    return Err(format!("the issue #{} is closed", issue.number));
                }
                let record = Record::of(issue).ok_or_else(|| format!("somebody has changed what #{} remembers", issue.number))?;
                let progress = progress.ok_or_else(|| format!("the branch {} is gone", record.branch))?;
                Ok(self.line((issue, record), progress, (add, facts)))
            }
            Of::Release(number, base) | Of::Request(number, base) => {
                let progress = progress.ok_or_else(|| "the change request is gone".to_owned())?;
                Ok(self.request((*number, base), progress, (add, facts)))
            }
        }
    }

    /// The page of a line's branch as it is now, whether its issue is open or not. It is asked for by another way than the branch.
    ///
    /// # Errors
    /// Why nobody can say how it stands.
    pub fn keep_of(&self, branch: &BranchName, facts: &Facts) -> Result<Kept, String> {
        let found = issue(&Ref::Branch(branch.clone()), facts).ok_or_else(|| format!("no issue tracks the release of {branch}"))?;
        let record = Record::of(found).ok_or_else(|| format!("somebody has changed what #{} remembers", found.number))?;
        let progress = facts.progress(&self.subject()).ok_or_else(|| format!("the branch {branch} is gone"))?;
        Ok(self.line((found, record), progress, (None, facts)))
    }

    fn line(&self, (issue, record): (&OwnIssue, Record), progress: &Progress, (add, facts): (Option<Decision>, &Facts)) -> Kept {
        let place = place(self.config, &record.branch).unwrap_or_default();
        let kind = Release::Line(&record.version);
        let Found { mut page, book, check } = self.find((kind, place), (progress, facts), (&record.book, add), Some(&issue.body));
        page.manager = book.manager.clone().or_else(|| schedule::manager(self.config, issue, &record));
        page.dates = schedule::dates(self.config, &record, facts.now);
        let tagged = tracking::released(self.config, &Record { book: book.clone(), ..record.clone() });
        page.released = tagged.filter(|(_, on)| *on == page.head).map(|(tag, _)| tag);
        page.tracking = Some(Tracking::of(self.config, self.repository, &record));
        let name = record.version.clone();
        let follows = self.reads.forgets(&record.book).then(|| Follow::Refresh(record.branch.clone())).into_iter().collect();
        let kept = Action::Issue(Issue {
            kind: IssueKind::Release,
            key: issue.key.clone(),
            title: issue.title.clone(),
            course: IssueCourse::Keep,
            seen: Some(issue.body.clone()),
            data: Some(Record { book, ..record }.write()),
            body: Note::Page(Box::new(page.clone())),
        });
        let actions = check.into_iter().chain([kept]).collect();
        Kept { actions, page, name, thread: Thread::Issue(issue.number), follows }
    }

    fn request(&self, (number, base): (Number, &BranchName), progress: &Progress, (add, facts): (Option<Decision>, &Facts)) -> Kept {
        let thread = Thread::ChangeRequest(number);
        let own = progress.comment.as_ref();
        let mut before = own.and_then(|own| own.data.as_deref()).map(Book::read).unwrap_or_default();
        // Of another base it is another release, though its commits are the same.
        if before.knows(BASE).is_some_and(|known| known != base.as_str()) {
            before.decisions.retain(|decision| decision.on != progress.head || !is_bound(&decision.deed));
        }
        before.set_known(BASE, Some(base.as_str()));
        let place = if matches!(self.of, Of::Release(..)) { Place::Release } else { Place::ChangeRequest };
        let current = own.map(|own| own.body.as_str());
        let Found { page, book, check } = self.find((Release::Request, place), (progress, facts), (&before, add), current);
        let mut actions: Vec<_> = check.into_iter().collect();
        // A change that is asked for nothing gets no comment; one that was, keeps it.
        if own.is_some() || !page.items.is_empty() {
            let body = Note::Page(Box::new(page.clone()));
            actions.push(Action::Remember { thread, key: CommentKey::Checklist, data: book.write(), body });
        }
        Kept { actions, page, name: format!("{}{number}", facts.sigil), thread, follows: Vec::new() }
    }

    /// What is found out, and what is remembered of it.
    fn find(
        &self,
        (kind, place): (Release, Place),
        (progress, facts): (&Progress, &Facts),
        (before, add): (&Book, Option<Decision>),
        current: Option<&str>,
    ) -> Found {
        let readiness = self.readiness();
        let mut book = match add {
            Some(decision) => before.clone().with(decision),
            None => before.clone(),
        };
        let lists = self.lists(place);
        let texts = |path: &str| facts.file(path).map(str::to_owned);
        let looked = self.look(&readiness, progress, facts);
        let notes = looked.as_ref().map(|(_, sections)| sections.clone());
        let inside = match looked {
            Some((inside, _)) => Some(inside.reduced(&lists, &texts)).inspect(|inside| inside.note(&mut book)),
            None => Inside::read(&book, &progress.head),
        };
        if !progress.checks.is_empty() {
            book.set_known(assess::REPORTED, Some("reported"));
        }
        let nothing = Contents::default();
        let has = inside.as_ref().map_or(&nothing, |inside| &inside.contents);
        let mut items = item::items(&lists, &texts, has);
        let (options, checks, reads) = (readiness.as_ref(), self.config.cut.checks.as_slice(), self.reads);
        let ground = Ground { options, checks, kind, reads, progress, book: &book, inside: inside.as_ref() };
        let is_release = place != Place::ChangeRequest;
        if is_release {
            items.extend(assess::items(&ground));
        }
        let verdict = verdict::of((&items, &ticked(current, &items)), (&book, &progress.head));
        let blockers = self.reads.has_blockers().then(|| ground.blocking().into_iter().cloned().collect());
        let (unanswered, found) = (ground.unanswered(), ground.found());
        for (name, finding) in found {
            book.set_known(name, Some(&finding.write()));
        }
        let page = Page {
            tracking: None,
            sigil: facts.sigil,
            head: progress.head.clone(),
            verdict,
            released: None,
            manager: None,
            dates: Vec::new(),
            answers: book.answers_on(&progress.head).into_iter().cloned().collect(),
            unanswered: if is_release { unanswered } else { Vec::new() },
            blockers,
            owed: self.reads.has_owed().then(|| progress.owed.clone()),
            notes: notes.filter(|_| is_release),
            log: book.decisions.clone(),
            who: (who_answers(self.config), Grant::in_words(&readiness.tick)),
            current: current.map(str::to_owned),
            items,
        };
        let asked = is_release && self::options(self.config).is_some();
        let check = if asked { verdict::report(&page, progress, &mut book) } else { None };
        Found { page, book, check }
    }

    /// What is in it, where that was read and is of this head.
    fn look(&self, readiness: &ReadinessOptions, progress: &Progress, facts: &Facts) -> Option<(Inside, Vec<Section>)> {
        if self.reads != Reads::Whole {
            return None;
        }
        let Some(at) = self.at() else {
            let request = facts.change_request.read().as_ref()?;
            return Some((change::inside(self.config, readiness, request), Vec::new()));
        };
        let found = facts.line(&at)?;
        let branch = BranchName::parse(&found.name).ok()?;
        let options = releasing_on_command(self.config, self.repository, &branch)?;
        let (between, me) = (facts.between.read().as_ref(), facts.me.read());
        let looking = Looking { config: self.config, readiness, options, branch: &branch, line: found, between, me };
        let (mut inside, sections) = looking.look();
        match self.of {
            // Its own commit writes versions and notes, and changes nothing else.
            Of::Release(..) => inside.head = progress.head.clone(),
            _ if inside.head != progress.head => return None,
            _ => {}
        }
        Some((inside, sections))
    }
}

struct Found {
    page: Page,
    book: Book,
    check: Option<Action<Note>>,
}

/// The history and files of a line, with the files that say its version.
pub fn wanted(config: &Config, at: Ref) -> Wanted {
    let mut wanted = line::wanted(config, at);
    wanted.files.extend(config.components().into_iter().flat_map(|component| component.files).map(|file| file.path));
    wanted
}

/// The issue that tracks a release, whatever became of it.
pub fn issue<'f>(at: &Ref, facts: &'f Facts) -> Option<&'f OwnIssue> {
    facts.issues(IssueKind::Release).iter().find(|issue| match at {
        Ref::Branch(branch) => issue.key == branch.as_str(),
        Ref::TrackedBy(number, _) => issue.number == *number,
        Ref::Underway => underway(facts.issues(IssueKind::Release)).is_some_and(|only| only.number == issue.number),
        _ => false,
    })
}

/// The issue of the one release that is on its way, where there is no other.
pub fn underway(issues: &[OwnIssue]) -> Option<&OwnIssue> {
    let mut open = issues.iter().filter(|issue| issue.condition == Condition::Open && Record::of(issue).is_some());
    open.next().filter(|_| open.next().is_none())
}

/// Those of the items that are ticked in a page.
pub fn ticked(current: Option<&str>, items: &[Item]) -> BTreeSet<String> {
    let ticks = checklist::ticks(current.and_then(|page| parts::part(page, "checklist")), items);
    ticks.into_iter().filter(|(_, is_ticked)| *is_ticked).map(|(id, _)| id).collect()
}

/// Whether an item is done: held by what Slipway found out, ticked or waived.
pub fn is_done(item: &Item, ticked: &BTreeSet<String>, (book, head): (&Book, &crate::domain::names::Sha)) -> bool {
    match &item.kind {
        Kind::Manual => ticked.contains(&item.id) || book.waiver(&item.id, head).is_some(),
        Kind::Automatic(state) => state.holds,
    }
}

/// Those who may say go, in words.
fn who_answers(config: &Config) -> String {
    let own = config.layers().filter_map(|layer| layer.commands.0.get("go")).last().cloned();
    let default = || [Grant::Maintain, Grant::ReleaseManager].into_iter().chain(may_answer(config)).collect();
    let mut grants: Vec<_> = own.unwrap_or_else(default);
    let mut once = BTreeSet::new();
    grants.retain(|grant| once.insert(grant.clone()));
    Grant::in_words(&grants)
}

/// Whose answers `[readiness]` waits for.
pub fn may_answer(config: &Config) -> Vec<Grant> {
    options(config).into_iter().flat_map(|options| options.teams.iter().chain(&options.reviewers)).cloned().collect()
}

#[cfg(test)]
pub(crate) mod tests;
