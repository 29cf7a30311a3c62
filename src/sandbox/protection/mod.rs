//! What protects branches and tags, and the refusal of what it does not allow.
//!
//! GitHub has rulesets, GitLab protected branches and tags; each is kept as its forge knows it. Rules hold for everybody who
//! pushes or merges, people and the bot alike.

pub mod refs;
pub mod rulesets;
pub mod workflows;

use std::fmt;

use self::{
    refs::{ProtectedBranch, ProtectedTag},
    rulesets::Ruleset,
};
use super::{
    topic::Merge,
    world::{Kind, Repository, World},
};

/// The settings of one repository.
#[derive(Default)]
pub struct Protection {
    /// GitHub's.
    pub rulesets: Vec<Ruleset>,
    /// GitLab's.
    pub branches: Vec<ProtectedBranch>,
    pub tags: Vec<ProtectedTag>,
}

impl Protection {
    /// One line about each, without ids; what a new project has is not worth one.
    pub fn lines(&self, repository: &Repository) -> Vec<String> {
        let usual = ProtectedBranch::initial(repository.id, &repository.default_branch);
        let mut lines = Vec::new();
        for Ruleset { terms, .. } in &self.rulesets {
            let (target, enforcement) = (terms.target.word(), terms.enforcement.word());
            let rules: Vec<String> = terms.rules.iter().map(ToString::to_string).collect();
            let about = format!("{} without {}", terms.include.join(" "), terms.exclude.join(" "));
            let bypass = terms.bypass_actors.len();
            lines.push(format!("ruleset {} {enforcement} {target} {about}, {bypass} bypass: {}", terms.name, rules.join(" ")));
        }
        for branch in self.branches.iter().filter(|branch| **branch != usual) {
            let [push, merge] = [&branch.push, &branch.merge].map(|access| refs::words(access));
            let flags = [(branch.allow_force_push, " forced"), (branch.code_owner_approval_required, " owned")];
            let flags: String = flags.iter().filter(|(is_set, _)| *is_set).map(|(_, flag)| *flag).collect();
            lines.push(format!("protected branch {} push {push} merge {merge}{flags}", branch.name));
        }
        lines.extend(self.tags.iter().map(|tag| format!("protected tag {} create {}", tag.name, refs::words(&tag.create))));
        lines
    }
}

/// Whether the App may change settings of repositories.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Administration {
    Granted,
    #[default]
    Withheld,
}

/// What the rules do not allow. It is an error of its own, as both forges answer it in their own way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    pub kind: Kind,
    /// What is broken, one a line.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Violation {}

/// A reference that somebody is about to create, move or delete.
pub struct Attempt<'a> {
    pub repository: &'a Repository,
    pub actor: &'a str,
    /// The full name.
    pub reference: &'a str,
    pub before: Option<String>,
    pub after: Option<&'a str>,
}

impl Attempt<'_> {
    pub fn is_creation(&self) -> bool {
        self.before.is_none() && self.after.is_some()
    }

    /// True when something that was there would be lost.
    pub fn is_forced(&self) -> bool {
        let (Some(before), Some(after)) = (&self.before, self.after) else { return false };
        !self.repository.git.is_ancestor(before, after).unwrap_or_default()
    }
}

impl World {
    /// Refuses a push that the rules do not allow.
    ///
    /// # Errors
    /// A `Violation`, `Withheld`, or that there is no such repository.
    pub fn permit(&self, repository: u64, actor: &str, reference: &str, to: Option<&str>) -> anyhow::Result<()> {
        let repository = self.repository(repository)?;
        let before = repository.git.reference(reference).map(|reference| reference.sha);
        let attempt = Attempt { repository, actor, reference, before, after: to };
        workflows::permit(&attempt)?;
        let broken = match repository.kind {
            Kind::GitHub => rulesets::broken_by_push(self, &attempt)?,
            Kind::GitLab => refs::broken_by_push(self, &attempt).map(str::to_owned).into_iter().collect(),
        };
        refuse(repository.kind, &broken)
    }

    /// Refuses a merge that the rules do not allow.
    ///
    /// # Errors
    /// A `Violation`, or that there is no such change request.
    pub fn permit_merge(&self, repository: u64, number: u64, by: &str, method: Merge) -> anyhow::Result<()> {
        let repository = self.repository(repository)?;
        let missing = || anyhow::anyhow!("there is no change request {number}");
        let (_, change) = repository.request(number).ok_or_else(missing)?;
        let broken = match repository.kind {
            Kind::GitHub => rulesets::broken_by_merge(self, repository, change, &rulesets::Merging { by, method }),
            Kind::GitLab => refs::broken_by_merge(self, repository, &change.base, by).map(str::to_owned).into_iter().collect(),
        };
        refuse(repository.kind, &broken)
    }
}

fn refuse(kind: Kind, broken: &[String]) -> anyhow::Result<()> {
    if broken.is_empty() { Ok(()) } else { Err(Violation { kind, message: broken.join("\n") }.into()) }
}
