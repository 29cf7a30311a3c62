//! Taking a release back: it is marked as withdrawn, a change request takes its changes back where it was made, two issues track what is to be
//! done and what is to be learned, and everybody whose change was in it is told once. Its tag stays where it is.

use std::collections::BTreeSet;

use semver::Version;

use super::audit::{plain, quoted};
use super::config::{Config, Pattern, Strategy};
use super::convention::BREAKING;
use super::event::{Repository, Thread};
use super::facts::{Between, Facts, IssueKind, Line, OwnIssue, Ref};
use super::names::{BranchName, Number, TagName, UserName};
use super::plan::{Action, Cargo, CommentKey, Issue, IssueCourse, Note, Obstacle, Outcome, Port, Presence, Withdrawal};
use super::readiness::Book;
use super::release::Brought;
use super::tracking::Record;
use super::version::{Allowed, TagTemplate, is_latest};

/// How many paths and breaking changes are listed.
const MOST: usize = 30;

/// What the keys of the issues of rollbacks start with.
const KEYS: &str = "rollback:";

/// A release that somebody takes back.
pub struct Rollback<'a> {
    pub config: &'a Config,
    pub tag: &'a TagName,
    pub version: (&'a TagTemplate, &'a Version),
    pub line: &'a Line,
    pub brought: Brought,
    /// The branch that it was released from; `None`: no branch that is known has it.
    pub onto: Option<BranchName>,
    pub by: &'a UserName,
    pub reason: String,
    /// The comment that asks for it.
    pub asked: String,
    pub facts: &'a Facts,
}

/// What makes it risky to go back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Risks {
    /// The change requests that are taken back.
    pub requests: usize,
    /// Paths that are risky to take back, up to a limit, and how many there are beyond it.
    pub files: Vec<String>,
    pub more: usize,
    /// Whether there were more paths than were read.
    pub cut: bool,
    /// What the release notes call breaking.
    pub breaking: Vec<String>,
}

/// What all that is said goes by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    pub tag: TagName,
    /// The version to go back to, and that its changes are counted from.
    pub previous: TagName,
    /// What to use in its place: the highest version below it that is not withdrawn. `None`: all of them are.
    pub instead: Option<TagName>,
    pub by: UserName,
    pub reason: String,
}

/// What is said about a rollback.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    /// Above the notes of the release.
    Banner(Case),
    /// The change request that takes it back.
    Revert {
        case: Case,
        risks: Risks,
    },
    /// The issue that tracks it.
    Issue {
        case: Case,
        risks: Risks,
        branch: Option<BranchName>,
    },
    PostMortem {
        case: Case,
        template: Template,
    },
    /// To those whose change is in it.
    Withdrawn(Case),
    /// On the issues, where to find the rest.
    Links(Told),
}

/// The text of a post-mortem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Template {
    BuiltIn,
    Own(String),
    /// The repository names one that is not there.
    Missing(String),
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub case: Case,
    /// What people write before a change request's number.
    pub sigil: &'static str,
    /// Whether there was a release to withdraw.
    pub found: bool,
    /// The release that is the latest now, where that has changed.
    pub latest: Option<TagName>,
    pub issue: Option<Number>,
    pub post_mortem: Option<Number>,
    /// The change request that takes it back, or why there is none.
    pub revert: Result<Number, Option<Obstacle>>,
    /// The commands that take it back by hand, where Slipway could not.
    pub commands: Vec<String>,
    /// The change requests on which it was told.
    pub told: usize,
}

/// What the branches start with that take a release back.
const BRANCHES: &str = "slipway/rollback/";

/// The head branch of the change request that takes a release back.
fn branch(tag: &TagName) -> Option<BranchName> {
    BranchName::parse(&format!("{BRANCHES}{tag}")).ok()
}

/// The branches on which a released tag may be, as patterns.
pub fn names(config: &Config, repository: &Repository) -> BTreeSet<String> {
    let branches = &config.branches;
    let trunk = repository.default_branch.as_ref().map_or(branches.trunk.as_str(), BranchName::as_str);
    let main = (config.strategy == Strategy::Gitflow).then(|| branches.trunk.clone());
    [branches.release.clone(), branches.hotfix.clone(), trunk.to_owned()].into_iter().chain(main).collect()
}

/// The one of these branches that a version was released from: the line or hotfix that it is for, else the trunk.
pub fn onto(config: &Config, repository: &Repository, version: &Version, found: &[BranchName]) -> Option<BranchName> {
    let branches = &config.branches;
    let is_for = |pattern: &str| {
        let allows = |branch: &&BranchName| Allowed::of_branch(pattern, branch.as_str()).is_some_and(|range| range.contains(version));
        found.iter().find(allows)
    };
    let named = |name: Option<&str>| found.iter().find(|branch| Some(branch.as_str()) == name);
    let main = || named(Some(branches.trunk.as_str()).filter(|_| config.strategy == Strategy::Gitflow));
    let trunk = || named(repository.default_branch.as_ref().map(BranchName::as_str));
    let is_line = |branch: &&BranchName| Pattern::try_from(branches.release.clone()).is_ok_and(|line| line.matches(branch.as_str()));
    let line = || found.iter().find(is_line).or_else(|| found.first());
    is_for(&branches.release).or_else(|| is_for(&branches.hotfix)).or_else(main).or_else(trunk).or_else(line).cloned()
}

impl Rollback<'_> {
    fn case(&self) -> Case {
        let Self { tag, brought, by, reason, .. } = self;
        let (previous, instead) = (brought.previous.tag.clone(), self.instead());
        Case { tag: (*tag).clone(), previous, instead, by: (*by).clone(), reason: reason.clone() }
    }

    /// A release is replaced by a release, a pre-release by whatever came before it.
    fn instead(&self) -> Option<TagName> {
        let version = self.version.1;
        let eligible = |other: &Version| other < version && (!version.pre.is_empty() || other.pre.is_empty());
        self.others().filter(|(other, _)| eligible(other)).max_by(|one, other| one.0.cmp(&other.0)).map(|(_, tag)| tag.clone())
    }

    /// The other versions that are not withdrawn.
    fn others(&self) -> impl Iterator<Item = (Version, &TagName)> {
        let withdrawn = |tag: &TagName| self.issues().iter().any(|issue| issue.key == key(tag));
        let tags = self.line.window.tags.iter().map(|tagged| &tagged.tag).filter(move |tag| *tag != self.tag && !withdrawn(tag));
        tags.filter_map(|tag| Some((self.version.0.read(tag)?, tag)))
    }

    fn risks(&self) -> Risks {
        let between = self.facts.between.read().clone().unwrap_or_default();
        let Between { files, cut } = between;
        let risky = |path: &String| self.config.rollback.risky.iter().any(|pattern| pattern.matches(path));
        let mut files: Vec<_> = files.into_iter().filter(risky).collect();
        let more = files.len().saturating_sub(MOST);
        files.truncate(MOST);
        let sections = self.brought.notes.sections.iter();
        let marked = sections.flat_map(|section| section.entries.iter().map(move |entry| (section.title == BREAKING, entry)));
        let breaking = marked.filter(|(heading, entry)| *heading || entry.breaking.is_some());
        let breaking = breaking.map(|(_, entry)| entry.breaking.clone().unwrap_or_else(|| entry.text.clone())).take(MOST).collect();
        Risks { requests: self.brought.requests.len(), files, more, cut, breaking }
    }

    /// The release that becomes the latest again: the highest that is left, if this one was higher than all.
    fn latest(&self) -> Option<TagName> {
        let others: Vec<_> = self.others().filter(|(other, _)| other.pre.is_empty()).collect();
        if !is_latest(self.version.1, others.iter().map(|(other, _)| other)) {
            return None;
        }
        others.into_iter().max_by(|one, other| one.0.cmp(&other.0)).map(|(_, tag)| tag.clone())
    }

    fn issues(&self) -> &[OwnIssue] {
        self.facts.issues(IssueKind::Release)
    }

    fn template(&self) -> Template {
        match &self.config.rollback.post_mortem {
            None => Template::BuiltIn,
            Some(path) => {
                // Where the configuration is from that names it.
                let text = self.facts.line(&Ref::Default).and_then(|line| line.files.get(path));
                text.map_or_else(|| Template::Missing(path.clone()), |text| Template::Own(text.clone()))
            }
        }
    }

    /// What is done at once.
    pub fn actions(&self) -> Vec<Action<Note>> {
        let say = |words: Words| Note::Rollback(Box::new(words));
        let withdrawal = Withdrawal { tag: self.tag.clone(), banner: say(Words::Banner(self.case())), latest: self.latest() };
        let issue = |kind, key, title, (data, words)| {
            Action::Issue(Issue { kind, key, title, course: IssueCourse::Report, seen: None, data, body: say(words) })
        };
        let tracking = Words::Issue { case: self.case(), risks: self.risks(), branch: self.onto.clone() };
        let learning = Words::PostMortem { case: self.case(), template: self.template() };
        let mut actions = vec![Action::WithdrawRelease(withdrawal)];
        actions.extend(self.port());
        actions.push(issue(IssueKind::Release, key(self.tag), format!("Roll back {}", self.tag), (self.record(), tracking)));
        actions.push(issue(IssueKind::PostMortem, plain(self.tag.as_str()), format!("Post-mortem of {}", self.tag), (None, learning)));
        actions.extend(self.told().map(|number| Action::Comment {
            thread: Thread::ChangeRequest(number),
            key: CommentKey::Withdrawn(self.tag.clone()),
            presence: Presence::Create,
            body: say(Words::Withdrawn(self.case())),
        }));
        actions
    }

    /// Who is told: nobody, where nobody is told of releases either.
    fn told(&self) -> impl Iterator<Item = Number> {
        self.brought.requests.iter().copied().filter(|_| self.config.release.comments)
    }

    fn port(&self) -> Option<Action<Note>> {
        let landings = self.brought.landings.iter().map(|(sha, _)| sha.clone()).collect();
        let cargo = Cargo::Reverted { since: self.brought.previous.commit.clone(), until: self.line.window.head.clone(), landings };
        Some(Action::Port(Box::new(Port {
            cargo,
            onto: self.onto.clone()?,
            branch: branch(self.tag)?,
            title: format!("revert: take back {}", self.tag),
            body: Note::Rollback(Box::new(Words::Revert { case: self.case(), risks: self.risks() })),
            labels: BTreeSet::new(),
        })))
    }

    fn record(&self) -> Option<String> {
        let (template, version) = self.version;
        let branch = self.onto.clone()?;
        let (at, by) = (self.line.window.head.clone(), Some(self.by.clone()));
        Some(Record { branch, at, version: template.scheme.print(version), by, asked: self.asked.clone(), book: Book::default() }.write())
    }

    /// What came of it, and where the issues say so.
    pub fn conclude(&self) -> (Vec<Action<Note>>, Told) {
        let (head, outcomes) = (branch(self.tag), &self.facts.outcomes);
        let number = |wanted: IssueKind, about: &str| {
            outcomes.iter().find_map(|outcome| match outcome {
                Outcome::Issue { kind, key, number } if *kind == wanted && key == about => Some(*number),
                _ => None,
            })
        };
        let revert = outcomes.iter().find_map(|outcome| match outcome {
            Outcome::Request { branch, number } if Some(branch) == head.as_ref() => Some(Ok(*number)),
            Outcome::Stopped { branch, by } if Some(branch) == head.as_ref() => Some(Err(Some(by.clone()))),
            _ => None,
        });
        let found = |outcome: &Outcome| matches!(outcome, Outcome::Withdrawn { tag, found: true } if tag == self.tag);
        let found = outcomes.iter().any(found);
        let revert = revert.unwrap_or(Err(None));
        let by_hand = !matches!(revert, Ok(_) | Err(Some(Obstacle::Empty)));
        let told = Told {
            case: self.case(),
            sigil: self.facts.sigil,
            found,
            latest: self.latest().filter(|_| found),
            issue: number(IssueKind::Release, &key(self.tag)),
            post_mortem: number(IssueKind::PostMortem, &plain(self.tag.as_str())),
            revert,
            commands: if by_hand { self.commands() } else { Vec::new() },
            told: self.told().count(),
        };
        let links = |number: Number| Action::Comment {
            thread: Thread::Issue(number),
            key: CommentKey::Withdrawn(self.tag.clone()),
            presence: Presence::Create,
            body: Note::Rollback(Box::new(Words::Links(told.clone()))),
        };
        (told.issue.into_iter().chain(told.post_mortem).map(links).collect(), told)
    }

    /// What takes it back by hand, the newest first; a merge with all that it brought to its first parent.
    fn commands(&self) -> Vec<String> {
        let Some(onto) = &self.onto else { return Vec::new() };
        let name = quoted(&format!("rollback/{}", self.tag));
        let mut reverts: Vec<(bool, Vec<&str>)> = Vec::new();
        for (sha, parents) in &self.brought.landings {
            let is_merge = *parents > 1;
            match reverts.last_mut() {
                Some((kind, shas)) if *kind == is_merge => shas.push(sha.short()),
                _ => reverts.push((is_merge, vec![sha.short()])),
            }
        }
        let revert = |(is_merge, shas): &(bool, Vec<&str>)| {
            format!("git revert --no-edit {}{}", if *is_merge { "--mainline 1 " } else { "" }, shas.join(" "))
        };
        let fetch = ["git fetch origin".to_owned(), format!("git switch --create {name} {}", quoted(&format!("origin/{onto}")))];
        let push = format!("git push --set-upstream origin {name}");
        fetch.into_iter().chain(reverts.iter().map(revert)).chain([push]).collect()
    }
}

/// By what the issue that tracks the rollback of a tag is found again.
pub fn key(tag: &TagName) -> String {
    format!("{KEYS}{}", plain(tag.as_str()))
}

#[cfg(test)]
mod tests;
