//! How a pull request and the branches around it lie to each other, which can only be asked once its head is known: one more query
//! for all of it. A comparison is made from a branch to a commit: the commit is ahead by what the branch lacks, and behind by what it
//! has besides.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::Value;

use super::GithubRepository;
use super::details::Refs;
use super::graphql::{Variables, parse};
use super::{backports, unmerged};
use crate::domain::facts::{Asked, ChangeRequest, Commit, Detail, Details, Known, Listed};
use crate::domain::names::{BranchName, Sha};
use crate::forge::Result;
use crate::forge::texts::picks;

/// How many commits are looked for on a branch.
const LOOKED_FOR: usize = 50;

#[derive(Deserialize)]
struct In {
    repository: Option<BTreeMap<String, Value>>,
}

#[derive(Deserialize)]
pub struct Compared<T> {
    pub compare: Option<T>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Distance {
    behind_by: u64,
}

/// Whether a branch has a commit.
#[derive(Deserialize)]
pub struct Place {
    status: String,
}

impl Place {
    /// The commit is the branch's tip, or something that the branch has come past.
    pub fn is_within(&self) -> bool {
        matches!(self.status.as_str(), "BEHIND" | "IDENTICAL")
    }
}

/// A question about branches, as part of a query about the repository.
#[derive(Default)]
pub struct Question {
    pub variables: Variables,
    pub selection: String,
}

impl Question {
    /// Selects something of a branch.
    pub fn branch(&mut self, alias: &str, branch: &BranchName, fields: &str) {
        let name = self.variables.bind("String!", format!("refs/heads/{branch}"));
        _ = write!(self.selection, "{alias}: ref(qualifiedName: {name}) {{ {fields} }} ");
    }

    /// Asks for a comparison with a commit; its alias may be missing, as where there is no such commit.
    pub fn compare(&mut self, alias: &str, commit: &Sha, fields: &str) -> String {
        let commit = self.variables.bind("String!", commit.as_str());
        format!("{alias}: compare(headRef: {commit}) {{ {fields} }} ")
    }
}

impl GithubRepository<'_> {
    pub(super) async fn read_lines(
        &self,
        request: &ChangeRequest,
        details: &Details,
        (commits, refs): (&Listed<Commit>, &Refs),
        known: &mut Known,
    ) -> Result<()> {
        let looked_for = looked_for(commits);
        let mut question = Question::default();
        let mut upstream = Vec::new();
        let pairs = unmerged::pairs(details, &refs.tips);
        unmerged::select(&mut question, &pairs);
        backports::select(&mut question, details, &request.base);
        for detail in details {
            match detail {
                Detail::Behind => {
                    let compare = question.compare("compare", &request.head.sha, "behindBy");
                    question.branch("behind", &request.base, &compare);
                }
                Detail::Upstream(branch) => {
                    let asked = looked_for.iter().enumerate();
                    let fields: String = asked.map(|(at, sha)| question.compare(&format!("c{at}"), sha, "status")).collect();
                    // A branch must be asked for something, also where no commit is looked for.
                    question.branch(&format!("u{}", upstream.len()), branch, &format!("name {fields}"));
                    upstream.push(branch);
                }
                // A branch that is gone lacks nothing, and nothing is asked about it.
                Detail::Unmerged { .. } => known.unmerged = Asked::Answered(BTreeMap::new()),
                _ => {}
            }
        }
        if question.selection.is_empty() {
            return Ok(());
        }
        let mut answers = self.ask_of_branches(question).await?;
        let mut take = |alias: &str| answers.remove(alias).unwrap_or_default();
        if details.contains(&Detail::Behind) {
            // Of a base that is gone nothing is lacking.
            let behind: Option<Compared<Distance>> = parse(take("behind"))?;
            known.behind = Asked::Answered(behind.and_then(|behind| behind.compare).map_or(0, |distance| distance.behind_by));
        }
        if !upstream.is_empty() {
            let mut has = BTreeMap::new();
            for (at, branch) in upstream.into_iter().enumerate() {
                has.insert(branch.clone(), within(&looked_for, take(&format!("u{at}")))?);
            }
            known.upstream = Asked::Answered(has);
        }
        if !pairs.is_empty() {
            known.unmerged = Asked::Answered(self.unmerged(&pairs, &mut answers).await?);
        }
        if backports::labels(details).next().is_some() {
            known.backports = Asked::Answered(self.backports(&request.base, details, &mut answers).await?);
        }
        Ok(())
    }

    /// Asks about branches; a comparison with a commit that is not there is null.
    pub(super) async fn ask_of_branches(&self, question: Question) -> Result<BTreeMap<String, Value>> {
        let Question { mut variables, selection } = question;
        let body = format!("{{ repository({}) {{ {selection} }} }}", self.here(&mut variables));
        let is_comparison =
            |alias: &str| alias == "compare" || alias.strip_prefix('c').is_some_and(|at| at.bytes().all(|byte| byte.is_ascii_digit()));
        let In { repository } = self.ask_for(&variables, &body, is_comparison).await?;
        Ok(repository.unwrap_or_default())
    }
}

/// The commits, without merges, and those that they were picked from.
fn looked_for(commits: &Listed<Commit>) -> Vec<Sha> {
    let own = commits.items.iter().filter(|commit| commit.parents < 2);
    let mut seen = BTreeSet::new();
    let all = own.flat_map(|commit| std::iter::once(commit.sha.clone()).chain(picks(&commit.message)));
    all.filter(|sha| seen.insert(sha.clone())).take(LOOKED_FOR).collect()
}

/// Those of the commits that the branch has, by the aliases of their comparisons.
pub fn within(commits: &[Sha], branch: Value) -> Result<BTreeSet<Sha>> {
    let Some(Value::Object(mut compared)) = Some(branch).filter(Value::is_object) else { return Ok(BTreeSet::new()) };
    let mut has = BTreeSet::new();
    for (at, commit) in commits.iter().enumerate() {
        let place: Option<Place> = parse(compared.remove(&format!("c{at}")).unwrap_or_default())?;
        has.extend(place.filter(Place::is_within).map(|_| commit.clone()));
    }
    Ok(has)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn sha(digit: char) -> Sha {
        Sha::parse(&digit.to_string().repeat(40)).unwrap()
    }

    fn commit(sha: Sha, parents: usize, message: &str) -> Commit {
        Commit { sha, message: message.to_owned(), parents, author_name: String::new(), author_email: String::new() }
    }

    #[test]
    fn commits_are_looked_for_with_those_that_they_were_picked_from_and_merges_are_not() {
        let picked = format!("fix: a\n\n(cherry picked from commit {})\n(cherry picked from commit abc)", sha('b'));
        let items = vec![commit(sha('a'), 1, &picked), commit(sha('c'), 2, "Merge"), commit(sha('b'), 1, "fix: b")];
        assert_eq!(looked_for(&Listed { items, cut: false }), [sha('a'), sha('b')]);
    }

    #[test]
    fn a_branch_has_what_is_its_tip_or_lies_behind_it() {
        let answer =
            json!({"name": "main", "c0": {"status": "BEHIND"}, "c1": {"status": "AHEAD"}, "c2": null, "c3": {"status": "IDENTICAL"}});
        let commits = ['a', 'b', 'c', 'd'].map(sha);
        assert_eq!(within(&commits, answer).unwrap(), BTreeSet::from([sha('a'), sha('d')]));
        assert!(within(&commits, Value::Null).unwrap().is_empty());
    }
}
