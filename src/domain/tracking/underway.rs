//! What comes with every branch that a release is run from: the issue that tracks it, the branch, the label that carries changes to it,
//! and its protection. The issue comes first: it remembers where the branch is to be, so that whatever was cut off is completed there.

use super::told::{Cause, Purpose, Standing, Tracking, Underway};
use super::{Record, development};
use crate::domain::config::{Config, Place, Strategy};
use crate::domain::facts::{Condition, Facts, IssueKind, Need, OwnIssue};
use crate::domain::names::BranchName;
use crate::domain::plan::{Action, Issue, IssueCourse, Note, Outcome};
use crate::domain::porting;
use crate::domain::protection::{self, Guard};
use crate::domain::readiness::{Contents, Page, item};

/// A branch that was asked for, and what it is for.
pub struct Branching<'a> {
    pub config: &'a Config,
    pub trunk: &'a BranchName,
    pub purpose: Purpose,
    pub cause: Cause,
}

/// What is to be done about it, and what is answered.
#[derive(Debug)]
pub struct Undertaking {
    pub actions: Vec<Action<Note>>,
    pub told: Underway,
}

/// What comes of asking for a branch.
#[derive(Debug)]
pub enum Course {
    Made(Box<Undertaking>),
    /// Something else has made it.
    There(Box<Underway>),
    Refused(Refusal),
}

/// Why there can be no such branch, and what to do instead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub why: String,
    pub remedy: String,
}

impl Refusal {
    pub fn new(why: impl Into<String>, remedy: impl Into<String>) -> Self {
        Self { why: why.into(), remedy: remedy.into() }
    }
}

/// The branch of a version, by a pattern with one `*`.
pub fn named(pattern: &str, version: &str) -> Result<BranchName, Refusal> {
    let name = pattern.replacen('*', version, 1);
    BranchName::parse(&name).map_err(|problem| Refusal::new(problem.to_string(), "Correct [branches] in slipway.toml."))
}

/// The record of what was asked for by the very same thing, with its issue.
pub fn asked<'f>(facts: &'f Facts, asked: &str) -> Option<(&'f OwnIssue, Record)> {
    let own = |issue: &'f OwnIssue| Some((issue, Record::of(issue).filter(|record| record.asked == asked)?));
    facts.issues(IssueKind::Release).iter().find_map(own)
}

/// The issue that tracks the release from a branch.
pub fn tracking<'f>(facts: &'f Facts, branch: &BranchName) -> Option<&'f OwnIssue> {
    facts.issues(IssueKind::Release).iter().find(|issue| issue.key == branch.as_str())
}

/// The guards that may be about a branch whose name starts so, or is this one: what must be known of the forge's protection.
pub fn guards_needed(config: &Config, pattern: &str) -> Option<Need> {
    let stem = |text: &str| text.split('*').next().unwrap_or_default().to_owned();
    let own = stem(pattern);
    let meets = |guard: &Guard| {
        let other = stem(guard.pattern().as_str());
        matches!(guard, Guard::Branch(_)) && (other.starts_with(&own) || own.starts_with(&other))
    };
    protection::needs(config.guards().into_iter().filter(meets).collect())
}

/// The label that carries a change to a branch, if there is one.
pub fn label(config: &Config, branch: &BranchName) -> Option<String> {
    porting::label(&config.backport, branch)
}

/// The branches that repairs are carried to, as `porting::forward` carries them.
pub fn forward(config: &Config, trunk: &BranchName, purpose: &Purpose) -> Vec<BranchName> {
    let carried = matches!(purpose, Purpose::Repair(_)) && config.backport.forward;
    let main = BranchName::parse(&config.branches.trunk).ok().filter(|_| config.strategy == Strategy::Gitflow);
    if carried { main.into_iter().chain([trunk.clone()]).collect() } else { Vec::new() }
}

impl Branching<'_> {
    /// Brings about what the record says, as far as it is not there.
    pub fn undertake(&self, record: &Record, facts: &Facts) -> Undertaking {
        let mut told = self.told(record, facts);
        let mut actions = Vec::new();
        // Whoever has closed the issue is done with it.
        if tracking(facts, &record.branch).is_some_and(|issue| issue.condition == Condition::Closed) {
            return Undertaking { actions, told };
        }
        actions.push(self.issue(record, facts));
        actions.push(Action::MakeBranch { branch: record.branch.clone(), at: record.at.clone() });
        actions.extend(told.label.clone().map(|name| Action::MakeLabel { name, about: "Slipway carries the change to this branch." }));
        let (guards, remark) = self.protect(&record.branch, facts);
        actions.extend(guards.into_iter().map(|guard| Action::Protect(Box::new(guard))));
        told.remarks.extend(remark);
        if self.purpose == Purpose::Line {
            match development::propose(self.config, self.trunk, &record.version, facts) {
                Ok(Some((version, action))) => {
                    let branch = development::branch(self.trunk);
                    let came = |outcome: &Outcome| match outcome {
                        Outcome::Request { branch: from, number } if Some(from) == branch.as_ref() => Some(*number),
                        _ => None,
                    };
                    let number = facts.outcomes.iter().find_map(came).map(|number| format!("{}{number}", facts.sigil));
                    told.development = Some((version, number));
                    actions.push(action);
                }
                Ok(None) => {}
                Err(remark) => told.remarks.push(remark),
            }
        }
        Undertaking { actions, told }
    }

    fn told(&self, record: &Record, facts: &Facts) -> Underway {
        let came = |outcome: &Outcome| match outcome {
            Outcome::Issue { kind: IssueKind::Release, key, number } if key == record.branch.as_str() => Some(*number),
            _ => None,
        };
        let known = tracking(facts, &record.branch).map(|issue| issue.number);
        Underway {
            purpose: self.purpose.clone(),
            version: record.version.clone(),
            branch: record.branch.clone(),
            standing: Standing::Made(record.at.clone()),
            issue: facts.outcomes.iter().find_map(came).or(known),
            label: self.label(&record.branch),
            development: None,
            forward: self.forward(),
            remarks: Vec::new(),
        }
    }

    /// Said of a branch that something else has made.
    pub fn there(&self, (version, branch): (&str, &BranchName), facts: &Facts) -> Underway {
        let issue = tracking(facts, branch);
        Underway {
            purpose: self.purpose.clone(),
            version: version.to_owned(),
            branch: branch.clone(),
            standing: Standing::There(issue.and_then(Record::of).map(|record| record.at)),
            issue: issue.map(|issue| issue.number),
            label: None,
            development: None,
            forward: Vec::new(),
            remarks: Vec::new(),
        }
    }

    fn label(&self, branch: &BranchName) -> Option<String> {
        label(self.config, branch)
    }

    fn forward(&self) -> Vec<BranchName> {
        forward(self.config, self.trunk, &self.purpose)
    }

    fn issue(&self, record: &Record, facts: &Facts) -> Action<Note> {
        let title = match self.purpose {
            Purpose::Line => format!("Release {}", record.version),
            Purpose::Repair(_) => format!("Hotfix {}", record.version),
        };
        let place = if self.purpose == Purpose::Line { Place::Release } else { Place::Hotfix };
        // What files ask for, and what Slipway finds out, is told when the branch is there.
        let items = item::items(&item::lists(self.config, place, None), &|_| Some(String::new()), &Contents::default());
        let tracking = Tracking {
            purpose: self.purpose.clone(),
            version: record.version.clone(),
            branch: record.branch.clone(),
            at: record.at.clone(),
            cause: self.cause.clone(),
            label: self.label(&record.branch),
            forward: self.forward(),
        };
        let page = Page::at_the_cut(tracking, (items, record), facts);
        Action::Issue(Issue {
            kind: IssueKind::Release,
            key: record.branch.to_string(),
            title,
            course: IssueCourse::Report,
            seen: None,
            data: Some(record.write()),
            body: Note::Page(Box::new(page)),
        })
    }

    /// The guards of the branch of which nothing is in force yet, and what is to be said of the others: what somebody has protected otherwise
    /// is theirs to change.
    fn protect(&self, branch: &BranchName, facts: &Facts) -> (Vec<Guard>, Option<String>) {
        let guards = self.config.guards().into_iter();
        let own = guards.filter(|guard| matches!(guard, Guard::Branch(_)) && guard.pattern().matches(branch.as_str()));
        let own: Vec<_> = own.collect();
        if own.is_empty() {
            return (own, None);
        }
        let protection = facts.protection.read();
        let rows = protection::difference(&own, protection);
        let missing = protection::to_apply(&rows);
        match &protection.lack {
            Some(lack) if !missing.is_empty() || protection.found.is_empty() => {
                let what = "The forge does not protect the branch as slipway.toml has it, and Slipway cannot change that";
                return (Vec::new(), Some(format!("{what}: {}. {}", lack.why, lack.remedy)));
            }
            _ => {}
        }
        let is_bare = |guard: &Guard| rows.iter().filter(|row| row.guard == *guard).all(|row| row.has == "none");
        let (bare, others): (Vec<_>, Vec<_>) = missing.into_iter().partition(is_bare);
        let remark =
            "The forge protects the branch otherwise than slipway.toml has it: “/slipway sync” shows how, for an admin to confirm.";
        (bare, (!others.is_empty()).then(|| remark.to_owned()))
    }
}
