//! A branch on which a released version is repaired: from the version's tag, named by the next patch that is free.

use std::collections::BTreeSet;

use semver::Version;

use super::Record;
use super::told::{Cause, Purpose};
use super::underway::{self, Branching, Course, Refusal};
use crate::domain::config::{Component, Config};
use crate::domain::facts::{Depth, Facts, IssueKind, Lines, Need, Needs, Newcomers, Paths, Ref, TagsWanted, Wanted};
use crate::domain::history::Tagged;
use crate::domain::names::{BranchName, TagName, UserName};
use crate::domain::readiness::Book;
use crate::domain::release;

/// How many versions are named where the one that was asked for is none.
const NEAREST: usize = 3;

/// A version that is to be repaired.
#[derive(Debug, Clone)]
pub struct Repair<'a> {
    pub config: &'a Config,
    pub trunk: BranchName,
    pub component: Component,
    pub version: Version,
    pub by: UserName,
    /// What asks for it, so that the same is known when it comes again.
    pub asked: String,
}

/// The component and the version that somebody names: by a tag, or by a version of the only component or of this one.
///
/// # Errors
/// Why that is none.
pub fn named(config: &Config, text: &str, component: Option<&str>) -> Result<(Component, Version), Refusal> {
    if let Some(found) = TagName::parse(text).ok().and_then(|tag| release::tagged(config, &tag)) {
        return Ok(found);
    }
    let components = config.components();
    let wanted = |known: &&Component| component.is_none_or(|wanted| known.name.as_deref() == Some(wanted));
    let found: Vec<_> = components.iter().filter(wanted).collect();
    let [component] = found.as_slice() else {
        let names: Vec<_> = components.iter().filter_map(|component| component.name.as_deref()).collect();
        let remedy = match names.as_slice() {
            [] => "Leave “component=” out.".to_owned(),
            names => format!("Say which: component={}.", names.join(" or component=")),
        };
        let why = if found.is_empty() { "there is no such component" } else { "there are several components" };
        return Err(Refusal::new(why, remedy));
    };
    match component.template.scheme.forced(text) {
        Ok(version) => Ok(((*component).clone(), version)),
        Err(problem) => Err(Refusal::new(problem.to_string(), "Correct it and ask again.")),
    }
}

impl Repair<'_> {
    pub fn needs(&self) -> Needs {
        let guards = underway::guards_needed(self.config, &self.config.branches.hotfix);
        let branches = Need::Trunk(self.trunk.clone(), self.config.branches.hotfix.clone(), Depth::Names);
        let known = [Need::Me, Need::Issues(IssueKind::Release), Need::Line(self.wanted()), branches];
        known.into_iter().chain(guards).collect()
    }

    /// The tags, with the commits that they stand for. They are read as far back as one is found that is not above the version.
    fn wanted(&self) -> Wanted {
        let Version { major, minor, patch, .. } = self.version;
        let below = Some(Version::new(major, minor, patch.saturating_add(1)));
        Wanted {
            at: Ref::Branch(self.trunk.clone()),
            tags: BTreeSet::from([TagsWanted { template: self.component.template.clone(), below, lines: Lines::Own }]),
            files: BTreeSet::new(),
            proposals: BTreeSet::new(),
            paths: Paths::Unneeded,
            newcomers: Newcomers::Unneeded,
            standing: None,
            limit: 1,
        }
    }

    pub fn decide(&self, facts: &Facts) -> Course {
        match self.begin(facts) {
            Ok(Begun::New(record, tag)) => Course::Made(Box::new(self.branching(tag).undertake(&record, facts))),
            Ok(Begun::There(version, branch, tag)) => Course::There(Box::new(self.branching(tag).there((&version, &branch), facts))),
            Err(refusal) => Course::Refused(refusal),
        }
    }

    fn branching(&self, tag: TagName) -> Branching<'_> {
        let (purpose, cause) = (Purpose::Repair(tag), Cause::Person(self.by.clone()));
        Branching { config: self.config, trunk: &self.trunk, purpose, cause }
    }

    fn begin(&self, facts: &Facts) -> Result<Begun, Refusal> {
        let template = &self.component.template;
        let printed = template.scheme.print(&self.version);
        if !self.version.pre.is_empty() {
            return Err(Refusal::new(
                format!("{printed} is a candidate"),
                "Repair it on its release branch, and release the next one there.",
            ));
        }
        let versions = self.versions(facts);
        let Some((tagged, _)) = versions.iter().find(|(_, version)| *version == self.version) else {
            return Err(Refusal::new(format!("there is no tag of {printed}"), self.nearest(&versions)));
        };
        let tag = tagged.tag.clone();
        if let Some((_, record)) = underway::asked(facts, &self.asked) {
            return Ok(Begun::New(record, tag));
        }
        let version = self.next(&versions).ok_or_else(|| Refusal::new("there is no patch after it", "Release a minor version."))?;
        let pattern = self.config.branches.hotfix.as_str();
        let branch = underway::named(pattern, &version)?;
        let is_there = facts.trunk(&self.trunk, pattern).is_some_and(|trunk| trunk.branches.contains_key(&branch));
        if is_there || underway::tracking(facts, &branch).is_some() {
            return Ok(Begun::There(version, branch, tag));
        }
        let (at, by, asked) = (tagged.commit.clone(), Some(self.by.clone()), self.asked.clone());
        Ok(Begun::New(Record { branch, at, version, by, asked, book: Book::default() }, tag))
    }

    /// The versions of the component that are tagged, candidates left out.
    fn versions<'f>(&self, facts: &'f Facts) -> Vec<(&'f Tagged, Version)> {
        let tags = facts.line(&Ref::Branch(self.trunk.clone())).map(|line| line.window.tags.as_slice()).unwrap_or_default();
        let read = |tagged: &'f Tagged| Some((tagged, self.component.template.read(&tagged.tag).filter(|version| version.pre.is_empty())?));
        tags.iter().filter_map(read).collect()
    }

    /// The patch after the highest of the same minor version; with the component's name before it where there are several.
    fn next(&self, versions: &[(&Tagged, Version)]) -> Option<String> {
        let Version { major, minor, .. } = self.version;
        let patches =
            versions.iter().filter(|(_, version)| (version.major, version.minor) == (major, minor)).map(|(_, version)| version.patch);
        let next = Version::new(major, minor, patches.max()?.checked_add(1)?);
        let printed = self.component.template.scheme.print(&next);
        Some(match &self.component.name {
            Some(name) if self.config.component.len() > 1 => format!("{}-{printed}", name.replace('/', "-")),
            _ => printed,
        })
    }

    fn nearest(&self, versions: &[(&Tagged, Version)]) -> String {
        let mut sorted: Vec<_> = versions.iter().map(|(_, version)| version).collect();
        sorted.sort();
        sorted.dedup();
        let above = sorted.iter().position(|version| **version > self.version).unwrap_or(sorted.len());
        let first = above.saturating_sub(NEAREST - 1);
        let near = sorted.iter().skip(first).take(NEAREST).map(|version| self.component.template.scheme.print(version));
        match near.collect::<Vec<_>>().as_slice() {
            [] => "No version is released yet.".to_owned(),
            near => format!("The nearest versions are {}.", near.join(", ")),
        }
    }
}

enum Begun {
    New(Record, TagName),
    There(String, BranchName, TagName),
}
