//! Which pages an event is about. What is about all pages, or about those that tell of a change request or an issue, leads to an event of its
//! own for each of them.

use std::collections::BTreeSet;

use super::keep::{Keeping, Kept, Of, Reads, issue, options, place};
use super::{Decision, Deed, item};
use crate::domain::config::{Config, Place};
use crate::domain::event::{Change, Delivery, Event};
use crate::domain::facts::{Condition, Facts, IssueKind, Look, Need, Needs, OwnIssue, Ref};
use crate::domain::names::{BranchName, Number, Sha, TagName};
use crate::domain::plan::{Afterwards, Follow, Plan};
use crate::domain::tracking::{Record, named};
use crate::domain::{porting, release};

/// What an event is to the pages.
#[derive(Debug, Clone)]
pub enum About<'a> {
    /// One of them, which may have come from this commit, of which something else is told by now.
    Page(Box<Keeping<'a>>, Option<Sha>),
    /// A version of one of them is tagged.
    Tagged(Box<Keeping<'a>>, TagName, Sha),
    /// A blocker of any of them; where there is one page alone, it is that.
    Blocker(Box<Keeping<'a>>),
    /// Of those that these labels of a change request are about.
    Request(&'a Config, &'a BTreeSet<String>),
    /// The release change request into a branch.
    Proposal(BranchName),
}

/// What an event is to the pages.
pub fn about<'a>(config: &'a Config, delivery: &'a Delivery) -> Vec<About<'a>> {
    let page = |of: Of, reads: Reads| Box::new(Keeping { config, repository: &delivery.repository, of, reads });
    let line = |branch: &BranchName, reads: Reads| page(Of::Line(Ref::Branch(branch.clone())), reads);
    match &delivery.event {
        Event::Push { branch, before, .. } if place(config, branch).is_some() => {
            vec![About::Page(line(branch, Reads::Whole), Some(before.clone()))]
        }
        Event::BranchCreated { branch, .. } if place(config, branch).is_some() => vec![About::Page(line(branch, Reads::Whole), None)],
        Event::Refreshed { branch } => vec![About::Page(line(branch, Reads::Standing), None)],
        Event::Checked { branch: Some(branch), .. } if place(config, branch).is_some() => {
            vec![About::Page(line(branch, Reads::Checks), None)]
        }
        Event::Checked { branch: Some(branch), .. } if options(config).is_some() => {
            release::base(branch).map(About::Proposal).into_iter().collect()
        }
        Event::TagCreated { tag, commit } => {
            let tagged = |branch: &BranchName| About::Tagged(line(branch, Reads::Standing), tag.clone(), commit.clone());
            released_from(config, tag).iter().map(tagged).collect()
        }
        Event::Issue { labels, .. } if labels.contains(&blocker(config)) => {
            vec![About::Blocker(page(Of::Line(Ref::Underway), Reads::Blockers))]
        }
        Event::ChangeRequest { .. } => of_request(config, delivery),
        _ => Vec::new(),
    }
}

/// The label that holds up releases; none is called by no name.
fn blocker(config: &Config) -> String {
    options(config).map_or_else(|| crate::domain::config::ReadinessOptions::default().blocker, |options| options.blocker.clone())
}

fn of_request<'a>(config: &'a Config, delivery: &'a Delivery) -> Vec<About<'a>> {
    let Event::ChangeRequest { number, change, branch, base: Some(base), labels, .. } = &delivery.event else { return Vec::new() };
    let is_about = |label: &String| *label == blocker(config) || porting::target(&config.backport.label, label).is_some();
    let mut about = Vec::new();
    // What becomes of a backport is told by the page of the line that it is for.
    let moved = matches!(change, Change::Opened | Change::Reopened | Change::Closed | Change::Merged);
    if moved && branch.as_ref().is_some_and(|branch| porting::origin(branch).is_some()) && place(config, base).is_some() {
        let of = Of::Line(Ref::Branch(base.clone()));
        let keeping = Keeping { config, repository: &delivery.repository, of, reads: Reads::Standing };
        about.push(About::Page(Box::new(keeping), None));
    } else if matches!(change, Change::Labelled | Change::Relabelled | Change::Closed | Change::Reopened | Change::Merged)
        && labels.iter().any(is_about)
    {
        about.push(About::Request(config, labels));
    }
    let looks = match change {
        Change::Opened | Change::Reopened | Change::Updated | Change::Retargeted | Change::Edited => Some(Reads::Whole),
        Change::Reconsidered => Some(Reads::Standing),
        Change::Labelled | Change::Closed | Change::Merged | Change::Amended | Change::Relabelled => None,
    };
    let of = of(config, (*number, branch.as_ref(), base));
    if let Some((reads, of)) = looks.zip(of).filter(|(reads, of)| *reads == Reads::Whole || matches!(of, Of::Release(..))) {
        about.push(About::Page(Box::new(Keeping { config, repository: &delivery.repository, of, reads }), None));
    }
    about
}

/// Whose page that of a change request is, if it has one: of a release change request where the file says what its releases wait for.
pub fn of(config: &Config, (number, branch, base): (Number, Option<&BranchName>, &BranchName)) -> Option<Of> {
    if branch.and_then(release::base).is_some() {
        let asked = options(config).is_some() || config.checklist.iter().any(|list| list.on == Place::Release);
        return asked.then(|| Of::Release(number, base.clone()));
    }
    let asked = !branch.is_some_and(release::is_ours) && !item::lists(config, Place::ChangeRequest, Some(base)).is_empty();
    asked.then(|| Of::Request(number, base.clone()))
}

/// The branches that a version may be released from, by their names.
fn released_from(config: &Config, tag: &TagName) -> BTreeSet<BranchName> {
    let Some((_, version)) = release::tagged(config, tag) else { return BTreeSet::new() };
    let semver::Version { major, minor, patch, .. } = version;
    let line = named(&config.branches.release, &format!("{major}.{minor}")).ok();
    let hotfix = named(&config.branches.hotfix, &format!("{major}.{minor}.{patch}")).ok().filter(|_| patch > 0);
    [line, hotfix].into_iter().flatten().collect()
}

impl About<'_> {
    pub fn needs(&self) -> Needs {
        match self {
            Self::Page(keeping, _) | Self::Tagged(keeping, ..) | Self::Blocker(keeping) => keeping.needs(),
            Self::Request(..) => Needs::from([Need::Issues(IssueKind::Release)]),
            Self::Proposal(base) => Needs::from([Need::Open(Some(base.clone()))]),
        }
    }

    pub fn plan(&self, delivery: &Delivery, facts: &Facts) -> Plan {
        match self {
            Self::Page(keeping, before) => {
                let stale = |before: &Sha| facts.progress(&keeping.subject()).is_some_and(|progress| progress.head == *before);
                if facts.look == Look::More && before.as_ref().is_some_and(stale) {
                    return Plan::nothing("the forge's API lags behind its event").then(Afterwards::LookAgain);
                }
                told(keeping.keep(None, facts))
            }
            Self::Tagged(keeping, tag, commit) => {
                let decision = Decision {
                    asked: format!("tag:{tag}"),
                    by: delivery.actor.name.clone(),
                    at: facts.now,
                    on: commit.clone(),
                    deed: Deed::Tagged { tag: tag.to_string() },
                };
                told(keeping.keep(Some(decision), facts))
            }
            Self::Blocker(keeping) if issue(&Ref::Underway, facts).is_some() => told(keeping.keep(None, facts)),
            Self::Blocker(_) => refresh(open(facts)),
            Self::Request(config, labels) => refresh(open(facts).filter(|issue| names(config, labels, issue))),
            Self::Proposal(base) => {
                let own = |branch: &BranchName| release::base(branch).as_ref() == Some(base);
                let found = facts.open.read().iter().filter(|request| own(&request.branch)).cloned().map(Follow::Reconsider).collect();
                Plan::nothing("the checks of a release change request have ended").followed_by(found)
            }
        }
    }
}

pub fn told(kept: Result<Kept, String>) -> Plan {
    match kept {
        Ok(kept) if kept.actions.is_empty() => Plan::nothing("its page asks for nothing"),
        Ok(kept) => Plan::of(format!("the page of {} is brought up to date", kept.name), kept.actions).followed_by(kept.follows),
        Err(why) => Plan::nothing(why),
    }
}

fn open(facts: &Facts) -> impl Iterator<Item = &OwnIssue> {
    facts.issues(IssueKind::Release).iter().filter(|issue| issue.condition == Condition::Open)
}

fn refresh<'f>(issues: impl Iterator<Item = &'f OwnIssue>) -> Plan {
    let pages: Vec<_> = issues.filter_map(Record::of).map(|record| Follow::Refresh(record.branch)).collect();
    let reason = if pages.is_empty() { "no page tells of it" } else { "what pages tell of has changed" };
    Plan::nothing(reason).followed_by(pages)
}

/// Whether one of the labels is about the page's release.
fn names(config: &Config, labels: &BTreeSet<String>, issue: &OwnIssue) -> bool {
    let target = |label: &String| porting::target(&config.backport.label, label).is_some_and(|branch| branch.as_str() == issue.key);
    labels.contains(&blocker(config)) || labels.iter().any(target)
}
