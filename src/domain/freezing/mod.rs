//! What a freeze holds back: one check on each open change request, and the issues that keep the freezes that somebody declared. An open
//! issue is a freeze, and closing it is the thaw.

mod check;
mod issue;
mod record;
#[cfg(test)]
pub(crate) mod tests;
mod wake;

use std::sync::LazyLock;

use super::commands;
use super::config::{Config, Configuration, FreezeOptions, Passage, Who};
use super::event::Repository;
use super::facts::{Condition, Detail, Details, Facts, IssueKind, OwnIssue};
use super::freeze::{Declared, Freezes, Scope, Zone};
use super::names::{BranchName, Moment, UserName};
use super::plan::{Action, Follow, Issue, IssueCourse, Note};
use super::schedule::Schedule;
use super::tracking::cut::trunk;

pub use check::{Exemption, Standing, judge, judge_queued, needs, report, standing};
pub use issue::{issue_needs, judge_issue};
pub use record::{Lifted, Record};
pub use wake::{wake_needs, woken};

/// The name by which the check is set aside.
pub const NAME: &str = "freeze";

/// What holds where only the trains freeze something.
static DEFAULT: LazyLock<FreezeOptions> = LazyLock::new(FreezeOptions::default);

/// What the files ask of freezes: the organisation's part can only be added to.
#[derive(Debug, Clone)]
pub struct Freezing<'a> {
    config: &'a Config,
    /// At least one.
    options: Vec<&'a FreezeOptions>,
    /// What freezes the trunk before each of its trains.
    trains: Option<(BranchName, Schedule)>,
}

impl<'a> Freezing<'a> {
    /// `None` where no file has a table for it, and no train freezes anything.
    pub fn of(config: &'a Configuration, repository: &Repository) -> Option<Self> {
        let Configuration::Loaded { config, .. } = config else { return None };
        Self::asked(config, repository)
    }

    pub fn asked(config: &'a Config, repository: &Repository) -> Option<Self> {
        let trains = config.train.as_ref().filter(|train| train.freeze.is_some());
        let trains = trains.and_then(|train| trunk(config, repository).zip(Schedule::of(Some(train)).ok().flatten()));
        let mut options: Vec<_> = config.layers().filter_map(|layer| layer.freeze.as_ref()).collect();
        if options.is_empty() && trains.is_some() {
            options.push(&DEFAULT);
        }
        (!options.is_empty()).then_some(Self { config, options, trains })
    }

    /// Whether there may be freezes at all.
    pub fn is_asked(config: &Config) -> bool {
        config.layers().any(|layer| layer.freeze.is_some()) || config.train.as_ref().is_some_and(|train| train.freeze.is_some())
    }

    /// Who may close and reopen the issue of a freeze, and exempt by a label; and use the commands, where `[commands]` says nothing of them.
    pub fn who(&self) -> Who {
        self.options.iter().filter_map(|options| options.who).max().unwrap_or_default()
    }

    /// Those who may use a command about freezes, in words.
    fn those_who_may(&self, verb: &str) -> String {
        commands::those_who_may(self.config, verb, Some(NAME))
    }

    /// The labels that exempt, unless one of the files wants none.
    pub fn labels(&self) -> Vec<&'a str> {
        self.options.iter().map(|options| options.exempt_label()).collect::<Option<_>>().unwrap_or_default()
    }

    /// All freezes, planned and declared. An issue whose record was edited is a freeze of everything, since nobody can say of what it was.
    pub fn freezes(&self, facts: &Facts) -> Freezes {
        let open = facts.issues(IssueKind::Freeze).iter().filter(|issue| issue.condition == Condition::Open);
        let declared = open.map(|issue| Record::of(issue).map_or_else(|| spoilt(issue, facts.me.read()), |record| record.declared));
        let trains = self.trains.iter().flat_map(|(trunk, schedule)| schedule.windows(trunk, facts.now));
        Freezes { windows: self.options.iter().flat_map(|options| options.windows()).chain(trains).collect(), declared: declared.collect() }
    }

    /// What must be known about a change request. Its files tell whether it is documentation, and whether a freeze of some paths is about it.
    fn details(&self) -> Details {
        let labels = self.labels().into_iter().map(|label| Detail::Setter(label.to_owned()));
        labels.chain([Detail::Overrides, Detail::Files]).collect()
    }

    pub fn releases_pass(&self) -> bool {
        self.options.iter().all(|options| options.release_requests == Passage::Pass)
    }

    fn are_docs(&self, paths: Option<&[String]>) -> bool {
        self.options.iter().all(|options| options.docs_only == Passage::Pass && options.is_docs(paths))
    }

    /// When to look again: at once where a freeze is over whose issue is still open, else when the next one begins or ends.
    fn look_again(&self, facts: &Facts) -> Option<Follow> {
        let over = facts.issues(IssueKind::Freeze).iter().any(|issue| is_over(issue, facts.now));
        let next = if over { Some(facts.now) } else { self.freezes(facts).next_change(facts.now) };
        next.map(Follow::Wake)
    }
}

/// An open issue whose freeze has an end that has come.
fn is_over(issue: &OwnIssue, now: Moment) -> bool {
    let ended = |record: Record| record.declared.until.is_some_and(|until| until <= now);
    issue.condition == Condition::Open && Record::of(issue).is_some_and(ended)
}

fn spoilt(issue: &OwnIssue, me: &UserName) -> Declared {
    Declared {
        reason: "the record of this freeze was edited".to_owned(),
        by: me.clone(),
        since: issue.opened_at,
        until: None,
        scope: Scope::default(),
        zone: Zone::default(),
        issue: Some(issue.number),
    }
}

/// What the issue of a freeze tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// `None` where the record was edited.
    pub terms: Option<Terms>,
    pub end: End,
    /// Who may lift it by closing the issue.
    pub who: Who,
    /// Those who may lift it by a command, as in “for …”.
    pub by_command: String,
}

/// A freeze in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    pub reason: String,
    /// `None`: it was planned in the file.
    pub by: Option<UserName>,
    pub since: String,
    pub until: Option<String>,
    pub branches: Vec<String>,
    pub paths: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum End {
    NotYet,
    /// Its time was over.
    Over,
    Lifted {
        by: UserName,
        at: String,
    },
}

/// The issue of a freeze that is declared.
pub fn declare(freezing: &Freezing, key: &str, record: &Record) -> Action<Note> {
    keep(key, issue::title(&record.declared.reason), Some(record), (IssueCourse::Stand, freezing))
}

/// The issue of a freeze that is lifted.
pub fn lift(freezing: &Freezing, issue: &OwnIssue, record: Option<&Record>) -> Action<Note> {
    keep(&issue.key, issue.title.clone(), record, (IssueCourse::Close, freezing))
}

/// The issue of a freeze as it is to be.
fn keep(key: &str, title: String, record: Option<&Record>, (course, freezing): (IssueCourse, &Freezing)) -> Action<Note> {
    let end = match (course, record) {
        (IssueCourse::Stand | IssueCourse::Report | IssueCourse::Keep, _) => End::NotYet,
        (IssueCourse::Close, Some(Record { lifted: Some(lifted), declared })) => {
            End::Lifted { by: lifted.by.clone(), at: declared.zone.words(lifted.at) }
        }
        (IssueCourse::Close, _) => End::Over,
    };
    let terms = record.map(Record::terms);
    let (who, by_command) = (freezing.who(), freezing.those_who_may("thaw"));
    Action::Issue(Issue {
        kind: IssueKind::Freeze,
        key: key.to_owned(),
        title,
        course,
        seen: None,
        data: record.map(Record::write),
        body: Note::FreezeRecord(Box::new(Told { terms, end, who, by_command })),
    })
}

/// What follows from commands that declare freezes or lift them: every open change request is judged again, and the end is waited for.
pub fn follows(effects: &[Action<Note>], facts: &Facts) -> Vec<Follow> {
    let about = |action: &'_ Action<Note>| match action {
        Action::Issue(issue) if issue.kind == IssueKind::Freeze => Some(issue.clone()),
        _ => None,
    };
    let freezes: Vec<_> = effects.iter().filter_map(about).collect();
    if freezes.is_empty() {
        return Vec::new();
    }
    let until = |issue: &Issue<Note>| Record::read(issue.data.as_deref()?, None)?.declared.until;
    let ends = freezes.iter().filter(|issue| issue.course == IssueCourse::Stand).filter_map(until).map(Follow::Wake);
    reconsider(facts).chain(ends).collect()
}

fn reconsider(facts: &Facts) -> impl Iterator<Item = Follow> {
    facts.open.read().iter().cloned().map(Follow::Reconsider)
}
