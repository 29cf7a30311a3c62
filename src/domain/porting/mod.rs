//! What is carried to other branches: a change request that is merged into main and that release/1.4 is to have as well is picked onto a
//! branch `backport/7-to-release/1.4`, from which a change request into release/1.4 is opened. Labels say what is wanted, those change
//! requests say how far it is, and what neither can say is noted in the table that Slipway keeps on the first one.

mod errand;
mod matter;
mod record;
mod table;
#[cfg(test)]
pub(crate) mod tests;

use std::collections::BTreeSet;

use super::config::{BackportOptions, Config, Pattern, Strategy};
use super::event::Repository;
use super::names::{BranchName, Number, Sha, UserName};

pub use errand::{Errand, Orders};
pub use matter::{Matter, concludes, labelled, matters, plan, wanted};
pub use record::{Noted, Notes};
pub use table::{Progress, Row, Table};

/// What the branches start with from which backports are opened.
const BRANCHES: &str = "backport/";

/// The head branch of a backport; `None`: git allows no such name.
pub fn branch(number: Number, target: &BranchName) -> Option<BranchName> {
    BranchName::parse(&format!("{BRANCHES}{number}-to-{target}")).ok()
}

/// Which change request is carried to which branch by one from a branch of this name. Anybody may call a branch so.
pub fn origin(branch: &BranchName) -> Option<(Number, BranchName)> {
    let (number, target) = branch.as_str().strip_prefix(BRANCHES)?.split_once("-to-")?;
    Some((Number(number.parse().ok()?), BranchName::parse(target).ok()?))
}

/// The label that asks for a backport to a branch; `None`: none does.
pub fn label(options: &BackportOptions, target: &BranchName) -> Option<String> {
    (!options.label.is_empty()).then(|| options.label.replace("{branch}", target.as_str()))
}

/// The branch that a label asks for, if it is one of this template.
pub fn target(template: &str, label: &str) -> Option<BranchName> {
    let (before, after) = template.split_once("{branch}")?;
    BranchName::parse(label.strip_prefix(before)?.strip_suffix(after)?).ok()
}

/// The branches that get what is merged into a hotfix branch, without anybody asking. What came from elsewhere is there already.
pub fn forward(config: &Config, repository: &Repository, (head, base): (&BranchName, &BranchName)) -> BTreeSet<BranchName> {
    let branches = &config.branches;
    let is_hotfix = Pattern::try_from(branches.hotfix.clone()).is_ok_and(|pattern| pattern.matches(base.as_str()));
    if !config.backport.forward || !is_hotfix || origin(head).is_some() {
        return BTreeSet::new();
    }
    let named = |name: &String| BranchName::parse(name).ok();
    let mut trunks: BTreeSet<_> = match config.strategy {
        Strategy::Gitflow => [named(&branches.trunk), named(&branches.develop)].into_iter().flatten().collect(),
        _ => repository.default_branch.clone().or_else(|| named(&branches.trunk)).into_iter().collect(),
    };
    trunks.remove(base);
    trunks
}

/// The description of the change request that carries it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    pub kind: Kind,
    pub sigil: &'static str,
    pub number: Number,
    pub target: BranchName,
    /// Who asked for it, where a command did.
    pub by: Option<UserName>,
    pub commits: Vec<Sha>,
    /// How the change is told in the notes of the release that it gets into, where its title cannot be read for that.
    pub note: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Backport,
    Forward,
}

/// What is said about backports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Words {
    Table(Table),
    Body(Body),
}
