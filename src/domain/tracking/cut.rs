//! Cutting a release branch, whoever or whatever asks for it: from which commit, as which version, and what comes with it. What exists is
//! left as it is; the same thing asking again completes what is missing.

use super::told::{Cause, Purpose};
use super::underway::{self, Branching, Course, Refusal};
use super::upcoming::Upcoming;
use super::{Record, green};
use crate::domain::config::{Config, Strategy};
use crate::domain::event::Repository;
use crate::domain::facts::{Condition, Depth, Facts, IssueKind, Need, Needs, Ref, Trunk, Wanted};
use crate::domain::names::{BranchName, Sha, UserName};
use crate::domain::readiness::Book;
use crate::domain::release::{self, line};

/// A branch that is to be cut.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    pub config: &'a Config,
    pub trunk: BranchName,
    /// As `1.4`; `None`: what the trunk would release next.
    pub version: Option<String>,
    pub start: Start,
    pub cause: Cause,
    /// What asks for it, so that the same is known when it comes again.
    pub asked: String,
}

/// Where a branch begins.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Start {
    /// At the newest commit of this branch whose checks are green.
    Green(BranchName),
    /// At the commit of the trunk that starts with these digits.
    Commit(String),
    At(Sha),
}

/// The branch that everything comes from.
pub fn trunk(config: &Config, repository: &Repository) -> Option<BranchName> {
    match config.strategy {
        Strategy::Gitflow => BranchName::parse(&config.branches.develop).ok(),
        _ => repository.default_branch.clone().or_else(|| BranchName::parse(&config.branches.trunk).ok()),
    }
}

/// The line that a version is of, as `1.4`: of `1.4`, `v1.4` or `1.4.0`.
pub fn line_of(text: &str) -> Option<String> {
    let bare = text.strip_prefix(['v', 'V']).unwrap_or(text);
    let parts: Vec<_> = bare.split('.').collect();
    let number = |part: &str| part.bytes().all(|b| b.is_ascii_digit()) && part.parse::<u64>().is_ok();
    match parts.as_slice() {
        [major, minor] | [major, minor, "0"] if number(major) && number(minor) => Some(format!("{major}.{minor}")),
        _ => None,
    }
}

impl Order<'_> {
    pub fn needs(&self) -> Needs {
        let pattern = self.config.branches.release.as_str();
        let about = self.version.as_deref().and_then(|version| underway::named(pattern, version).ok());
        let guards = underway::guards_needed(self.config, about.as_ref().map_or(pattern, BranchName::as_str));
        let line = self.reads_line().then(|| Need::Line(self.wanted()));
        let depth = match self.start {
            Start::Green(_) => Depth::Green,
            Start::Commit(_) => Depth::Commits,
            Start::At(_) => Depth::Names,
        };
        let known = [Need::Me, Need::Issues(IssueKind::Release), Need::Trunk(self.source().clone(), pattern.to_owned(), depth)];
        known.into_iter().chain(guards).chain(line).collect()
    }

    fn reads_line(&self) -> bool {
        self.version.is_none() || self.cause == Cause::Milestone || !self.config.cut.development.is_empty()
    }

    fn wanted(&self) -> Wanted {
        let mut wanted = line::wanted(self.config, Ref::Branch(self.trunk.clone()));
        if !self.config.cut.development.is_empty() {
            let files = self.config.components().into_iter().flat_map(|component| component.files);
            wanted.files.extend(files.map(|file| file.path));
        }
        wanted
    }

    /// The branch whose commits are looked at.
    fn source(&self) -> &BranchName {
        match &self.start {
            Start::Green(branch) => branch,
            Start::Commit(_) | Start::At(_) => &self.trunk,
        }
    }

    pub fn decide(&self, facts: &Facts) -> Course {
        let branching = Branching { config: self.config, trunk: &self.trunk, purpose: Purpose::Line, cause: self.cause.clone() };
        if let Some((_, record)) = underway::asked(facts, &self.asked) {
            return Course::Made(Box::new(branching.undertake(&record, facts)));
        }
        match self.begin(facts) {
            Ok(Begun::New(record)) => Course::Made(Box::new(branching.undertake(&record, facts))),
            Ok(Begun::There(version, branch)) => Course::There(Box::new(branching.there((&version, &branch), facts))),
            Err(refusal) => Course::Refused(refusal),
        }
    }

    fn begin(&self, facts: &Facts) -> Result<Begun, Refusal> {
        let pattern = self.config.branches.release.as_str();
        let source = self.source();
        let Some(trunk) = facts.trunk(source, pattern) else {
            return Err(Refusal::new(format!("there is no branch {source}"), "Name one that there is, or leave “from=” out."));
        };
        let version = match &self.version {
            Some(version) => version.clone(),
            None => Upcoming { config: self.config, trunk: &self.trunk, there: &trunk.branches, facts }.version()?,
        };
        let branch = underway::named(pattern, &version)?;
        if trunk.branches.contains_key(&branch) {
            return Ok(Begun::There(version, branch));
        }
        // Where the branch could not be made, or is gone, the issue says where it belongs.
        if let Some(issue) = underway::tracking(facts, &branch) {
            let remedy = format!("Reopen #{} to have the branch made again where it was, or name another version.", issue.number);
            let known = Record::of(issue).filter(|_| issue.condition == Condition::Open);
            return known.map(Begun::New).ok_or_else(|| Refusal::new(format!("{branch} was cut before, and is gone"), remedy));
        }
        let at = self.commit(trunk)?;
        let by = if let Cause::Person(by) = &self.cause { Some(UserName::clone(by)) } else { None };
        Ok(Begun::New(Record { branch, at, version, by, asked: self.asked.clone(), book: Book::default() }))
    }

    fn commit(&self, trunk: &Trunk) -> Result<Sha, Refusal> {
        match &self.start {
            Start::At(sha) => Ok(sha.clone()),
            Start::Green(branch) => green::newest(trunk, &self.config.cut.checks).cloned().map_err(|why| {
                let remedy = "Ask again when one is, or name a commit of the trunk, as in “from=3f2a9c1”.";
                Refusal::new(format!("{branch} cannot be cut from: {why}"), remedy)
            }),
            Start::Commit(digits) => {
                let found: Vec<_> = trunk.commits.iter().filter(|commit| commit.sha.as_str().starts_with(digits.as_str())).collect();
                match found.as_slice() {
                    [commit] => Ok(commit.sha.clone()),
                    [] => {
                        let why = format!("{digits} is none of the newest {} commits of {}", trunk.commits.len(), self.trunk);
                        Err(Refusal::new(why, "Name one of them, or the branch that it is on."))
                    }
                    _ => Err(Refusal::new(format!("several commits start with {digits}"), "Write more digits.")),
                }
            }
        }
    }

    /// Whether a version of this line is released already, on whichever branch.
    pub fn is_released(&self, facts: &Facts) -> bool {
        let (Some(version), Some(line)) = (&self.version, facts.line(&Ref::Branch(self.trunk.clone()))) else { return false };
        let of_line = |tag| {
            let (component, found) = release::tagged(self.config, tag)?;
            let printed = component.template.scheme.print(&found);
            (found.pre.is_empty() && line_of(&printed.split('.').take(2).collect::<Vec<_>>().join(".")).as_ref() == Some(version))
                .then_some(())
        };
        line.window.tags.iter().any(|tagged| of_line(&tagged.tag).is_some())
    }
}

enum Begun {
    New(Record),
    There(String, BranchName),
}
