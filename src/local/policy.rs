//! What the rules would have refused: each merged change request of a branch, judged as far as the clone knows it. A rule that reads
//! more than that is counted with the reason, and never guessed.

mod known;
mod merges;
mod said;
mod shown;

use std::collections::BTreeMap;
use std::path::Path;

use super::Progress;
use super::clone::{LocalClone, sha};
use super::error::{Error, Result};
use super::setup::written;
use crate::domain::config::{Config, Mode, Strategy};
use crate::domain::facts::Details;
use crate::domain::names::{BranchName, Moment, Sha};
use crate::domain::rules::{self, RULES, Rule, Verdict};
use known::Past;
use merges::{Merge, Walked};

pub use shown::{Line, Summary, refused, replayed};

/// What is replayed.
pub struct Scope<'a> {
    /// The branch that was merged into; the one that `HEAD` is on unless given.
    pub branch: Option<&'a str>,
    /// A file in place of the one at `HEAD`.
    pub config: Option<&'a Path>,
    /// How many change requests at most.
    pub merges: usize,
}

/// What became of the replay.
pub struct Replay {
    pub branch: BranchName,
    /// Newest first.
    pub refused: Vec<Refused>,
    /// Each rule in force.
    pub rules: Vec<Tally>,
    /// How many change requests were looked at.
    pub merges: usize,
    /// How many commits on the branch came with none.
    pub others: usize,
}

/// A change request that would not have been merged.
pub struct Refused {
    pub commit: Sha,
    /// `#7`, or `!7`.
    pub label: Option<String>,
    pub at: Moment,
    /// The change request's, or else what the merge says first.
    pub title: String,
    /// Those that block.
    pub verdicts: Vec<Verdict>,
}

/// What one rule did.
pub struct Tally {
    pub rule: &'static str,
    pub mode: Mode,
    pub judged: usize,
    pub broken: usize,
    /// Those of the broken that would have kept a change request from being merged.
    pub refused: usize,
    /// By reason.
    pub unjudged: BTreeMap<&'static str, usize>,
}

/// Judges what was merged by the configuration as it is now.
///
/// # Errors
/// When the clone or the configuration cannot be read, there is no rule, or the history is cut.
pub fn replay(clone: &LocalClone, scope: &Scope, progress: Progress) -> Result<Replay> {
    if clone.is_shallow() {
        return Err(Error::Shallow { needed: "its beginning".to_owned() });
    }
    let (branch, tip) = clone.tip(scope.branch)?;
    let at = if scope.branch.is_none() || scope.config.is_some() { tip } else { clone.resolve(None)? };
    let strategy = suggested(clone);
    let config = written(clone, at, scope.config)?.ok_or(Error::NoConfig { strategy })?;
    let asked: Vec<(&Rule, Details)> = RULES.iter().filter_map(|rule| Some((rule, rules::needs_of(rule, &config)?))).collect();
    if asked.is_empty() {
        return Err(Error::NoRules { strategy });
    }
    let Walked { merges, others } = merges::walk(clone, (&branch, tip), scope.merges, progress)?;
    let tallies = asked.iter().map(|(rule, _)| tally(rule, &config)).collect();
    let mut replay = Replay { branch, refused: Vec::new(), rules: tallies, merges: merges.len(), others };
    for (at, merge) in merges.iter().enumerate() {
        replay.judge(clone, &config, &asked, merge)?;
        progress(replay.others + replay.merges + at);
    }
    Ok(replay)
}

impl Replay {
    fn judge(&mut self, clone: &LocalClone, config: &Config, asked: &[(&Rule, Details)], merge: &Merge) -> Result<()> {
        let home = clone.home();
        let past = Past::new(merge, &self.branch, home.as_ref());
        let lacks: Vec<_> = asked.iter().map(|(rule, details)| past.lacks(rule, details)).collect();
        let judged = || asked.iter().zip(&lacks).filter(|(_, lacks)| lacks.is_none()).map(|(asked, _)| asked);
        let details: Details = judged().flat_map(|(_, details)| details).cloned().collect();
        let (request, facts) = past.request(clone, &details)?;
        let verdicts: Vec<_> = judged().filter_map(|(rule, _)| rules::verdict(rule, config, &request, &facts)).collect();
        for (tally, lacks) in self.rules.iter_mut().zip(&lacks) {
            match (lacks, verdicts.iter().find(|verdict| verdict.rule == tally.rule)) {
                (Some(reason), _) => *tally.unjudged.entry(reason).or_default() += 1,
                (None, Some(verdict)) => tally.count(verdict),
                (None, None) => {}
            }
        }
        let verdicts: Vec<_> = verdicts.into_iter().filter(Verdict::blocks).collect();
        if !verdicts.is_empty() {
            let first = || merge.message.trim().lines().next().unwrap_or_default().to_owned();
            let title = merge.said.title.clone().unwrap_or_else(first);
            self.refused.push(Refused { commit: sha(merge.id), label: merge.said.label.clone(), at: merge.at, title, verdicts });
        }
        Ok(())
    }
}

impl Tally {
    fn count(&mut self, verdict: &Verdict) {
        self.judged += 1;
        self.broken += usize::from(verdict.is_broken());
        self.refused += usize::from(verdict.blocks());
    }
}

fn tally(rule: &Rule, config: &Config) -> Tally {
    let mode = config.effective(rule.name).unwrap_or_default();
    Tally { rule: rule.name, mode, judged: 0, broken: 0, refused: 0, unjudged: BTreeMap::new() }
}

/// The strategy that the branches look like.
fn suggested(clone: &LocalClone) -> &'static str {
    let develops = clone.tip(Some(BranchName::develop().as_str())).is_ok();
    if develops { Strategy::Gitflow } else { Strategy::GithubFlow }.as_str()
}
