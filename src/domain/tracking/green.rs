//! Which commit a branch is cut from: the newest whose checks are green.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::domain::facts::{CheckState, Trunk};
use crate::domain::names::Sha;

/// What Slipway's own checks start with. They judge change requests, and say nothing of a commit of the trunk.
const OWN: &str = "slipway/";

/// Why there is no commit to cut from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotGreen {
    /// How many commits were looked at.
    pub looked: usize,
    /// `None`: the branch has no commit.
    pub newest: Option<Sha>,
    /// What keeps it from being green: the check, and what of it.
    pub wanting: Vec<(String, &'static str)>,
}

/// The newest commit on which all is green that is to be: the checks that are `named`, else those that the forge requires, else all that
/// were reported. Where nothing reports anything, there is nothing to wait for.
///
/// # Errors
/// There is none among those that were read.
pub fn newest<'t>(trunk: &'t Trunk, named: &[String]) -> Result<&'t Sha, NotGreen> {
    let own = |name: &&str| !name.starts_with(OWN);
    let mut wanted: Vec<&str> = named.iter().map(String::as_str).collect();
    if wanted.is_empty() {
        wanted = trunk.required.iter().map(String::as_str).filter(own).collect();
    }
    let reports = trunk.commits.iter().any(|commit| !commit.checks.is_empty());
    if wanted.is_empty() && !reports {
        return trunk.commits.first().map(|commit| &commit.sha).ok_or(NotGreen { looked: 0, newest: None, wanting: Vec::new() });
    }
    let green = trunk.commits.iter().find(|commit| wanting(&commit.checks, &wanted).is_empty());
    green.map(|commit| &commit.sha).ok_or_else(|| {
        let newest = trunk.commits.first();
        let wanting = newest.map(|newest| wanting(&newest.checks, &wanted)).unwrap_or_default();
        NotGreen { looked: trunk.commits.len(), newest: newest.map(|commit| commit.sha.clone()), wanting }
    })
}

/// What keeps one commit from being green, by the same rule: each check, and what of it. Where nothing is asked for and nothing reported, that
/// is nothing.
pub fn missing(checks: &BTreeMap<String, CheckState>, required: &BTreeSet<String>, named: &[String]) -> Vec<(String, &'static str)> {
    let mut wanted: Vec<&str> = named.iter().map(String::as_str).collect();
    if wanted.is_empty() {
        wanted = required.iter().map(String::as_str).filter(|name| !name.starts_with(OWN)).collect();
    }
    if wanted.is_empty() && checks.is_empty() { Vec::new() } else { wanting(checks, &wanted) }
}

fn wanting(checks: &BTreeMap<String, CheckState>, wanted: &[&str]) -> Vec<(String, &'static str)> {
    let word = |state: Option<&CheckState>| match state {
        Some(CheckState::Green) => None,
        Some(CheckState::Pending) => Some("is pending"),
        Some(CheckState::Red) => Some("is red"),
        None => Some("has not reported"),
    };
    if wanted.is_empty() {
        let reported = checks.iter().filter_map(|(name, state)| Some((name.clone(), word(Some(state))?)));
        let reported: Vec<_> = reported.collect();
        return if checks.is_empty() { vec![("any check".to_owned(), "has yet to report")] } else { reported };
    }
    wanted.iter().filter_map(|name| Some(((*name).to_owned(), word(checks.get(*name))?))).collect()
}

/// How many checks are named.
const MOST: usize = 5;

impl fmt::Display for NotGreen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(newest) = &self.newest else { return f.write_str("there is no commit on it") };
        let told: Vec<_> = self.wanting.iter().take(MOST).map(|(name, what)| format!("{name} {what}")).collect();
        match self.looked {
            1 => write!(f, "its newest commit is not green: on {}, {}", newest.short(), told.join(", "))?,
            looked => write!(f, "none of its newest {looked} commits is green: on {}, the newest, {}", newest.short(), told.join(", "))?,
        }
        match self.wanting.len().saturating_sub(MOST) {
            0 => Ok(()),
            more => write!(f, ", and {more} more are not green"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::facts::Checked;
    use crate::domain::history::tests::sha;

    /// Commits from the newest on, each with its checks, as `a ci+ build-`: green, red, or pending (`?`).
    fn trunk(commits: &[&str], required: &[&str]) -> Trunk {
        let state = |text: &str| match text.chars().last() {
            Some('+') => CheckState::Green,
            Some('-') => CheckState::Red,
            _ => CheckState::Pending,
        };
        let commit = |text: &&str| {
            let mut words = text.split(' ');
            let sha = sha(words.next().unwrap().chars().next().unwrap());
            Checked { sha, checks: words.map(|word| (word[..word.len() - 1].to_owned(), state(word))).collect() }
        };
        let required = required.iter().map(|name| (*name).to_owned()).collect();
        Trunk { commits: commits.iter().map(commit).collect(), required, ..Trunk::default() }
    }

    #[track_caller]
    fn check(commits: &[&str], (named, required): (&[&str], &[&str]), expected: Result<char, &str>) {
        let named: Vec<_> = named.iter().map(|name| (*name).to_owned()).collect();
        let trunk = trunk(commits, required);
        let found = newest(&trunk, &named).map_err(|why| why.to_string());
        assert_eq!(found, expected.map(sha).as_ref().map_err(|why| (*why).to_owned()));
    }

    #[test]
    fn the_newest_green_commit_is_found_by_all_that_was_reported() {
        check(&["c ci?", "b ci+ lint-", "a ci+ lint+"], (&[], &[]), Ok('a'));
        check(&["b", "a ci+"], (&[], &[]), Ok('a'));
    }

    #[test]
    fn where_nothing_reports_the_newest_is_taken() {
        check(&["b", "a"], (&[], &[]), Ok('b'));
        check(&["b", "a"], (&[], &["slipway/policy"]), Ok('b'));
        check(&[], (&[], &[]), Err("there is no commit on it"));
    }

    #[test]
    fn what_is_required_or_named_is_all_that_counts() {
        check(&["b ci+ lint-", "a ci+ lint+"], (&[], &["ci"]), Ok('b'));
        check(&["b ci+ lint-", "a ci+ lint+"], (&["lint"], &["ci"]), Ok('a'));
    }

    #[test]
    fn what_is_not_green_on_the_newest_is_told() {
        let why = "none of its newest 2 commits is green: on 6262626262, the newest, ci has not reported, lint is red, e2e is pending";
        check(&["b lint- e2e?", "a ci-"], (&["ci", "lint", "e2e"], &[]), Err(why));
        let why = "none of its newest 2 commits is green: on 6262626262, the newest, any check has yet to report";
        check(&["b", "a ci-"], (&[], &[]), Err(why));
    }
}
