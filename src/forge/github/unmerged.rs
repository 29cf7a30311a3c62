//! What one branch has and another lacks on GitHub, and since when. A comparison lists the commits; those on the branch's own line are
//! found by following first parents from its tip.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::Value;

use super::GithubRepository;
use super::details::Named;
use super::graphql::{Nodes, Variables, parse};
use super::upstream::{Compared, Question};
use crate::domain::facts::{Detail, Details, Unmerged};
use crate::domain::names::{BranchName, Moment, Sha};
use crate::forge::Result;

/// How many commits are read at most.
const COMMITS: usize = 1000;

const LISTED: &str = "pageInfo { hasNextPage endCursor } nodes { oid committedDate parents(first: 1) { nodes { oid } } }";

#[derive(Deserialize)]
pub struct Branch {
    target: Option<Named>,
}

/// A branch at its tip, and the one that may lack what it has.
pub struct Pair<'a> {
    from: &'a BranchName,
    to: &'a BranchName,
    tip: Sha,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lacking {
    ahead_by: u64,
    commits: Nodes<Lacked>,
}

#[derive(Deserialize)]
struct More {
    commits: Nodes<Lacked>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Lacked {
    oid: String,
    committed_date: jiff::Timestamp,
    parents: Nodes<Named>,
}

/// By the commit: its first parent, and when it was committed.
type Lines = BTreeMap<String, (Option<String>, Moment)>;

/// Selects the tips of the branches whose commits another one may lack, as part of a query about the repository.
pub fn tips(details: &Details, variables: &mut Variables) -> String {
    let tip = |(at, from): (usize, &BranchName)| {
        let name = variables.bind("String!", format!("refs/heads/{from}"));
        format!("from{at}: ref(qualifiedName: {name}) {{ target {{ oid }} }} ")
    };
    sources(details).into_iter().enumerate().map(tip).collect()
}

/// What is to be compared, by the answer to what `tips` selected. A branch that is gone is not compared.
pub fn pairs<'a>(details: &'a Details, tips: &BTreeMap<String, Option<Branch>>) -> Vec<Pair<'a>> {
    let tip = |at: usize| Sha::parse(&tips.get(&format!("from{at}"))?.as_ref()?.target.as_ref()?.oid).ok();
    let known: BTreeMap<_, _> = sources(details).into_iter().enumerate().filter_map(|(at, from)| Some((from, tip(at)?))).collect();
    let pair = |(from, to)| Some(Pair { from, to, tip: known.get(from)?.clone() });
    asked(details).filter_map(pair).collect()
}

fn asked(details: &Details) -> impl Iterator<Item = (&BranchName, &BranchName)> {
    details.iter().filter_map(|detail| if let Detail::Unmerged { from, to } = detail { Some((from, to)) } else { None })
}

fn sources(details: &Details) -> BTreeSet<&BranchName> {
    asked(details).map(|(from, _)| from).collect()
}

/// Adds the comparisons to a question.
pub fn select(question: &mut Question, pairs: &[Pair<'_>]) {
    for (at, Pair { to, tip, .. }) in pairs.iter().enumerate() {
        let compare = question.compare("compare", tip, &format!("aheadBy commits(first: 100) {{ {LISTED} }}"));
        question.branch(&format!("unmerged{at}"), to, &compare);
    }
}

impl GithubRepository<'_> {
    /// Reads what `select` asked for.
    pub(super) async fn unmerged(
        &self,
        pairs: &[Pair<'_>],
        answers: &mut BTreeMap<String, Value>,
    ) -> Result<BTreeMap<(BranchName, BranchName), Unmerged>> {
        let mut unmerged = BTreeMap::new();
        for (at, pair) in pairs.iter().enumerate() {
            let answer = answers.remove(&format!("unmerged{at}")).unwrap_or_default();
            let Some(Compared { compare: Some(lacking) }) = parse::<Option<Compared<Lacking>>>(answer)? else { continue };
            let found = self.lacked(pair, lacking).await?;
            unmerged.extend(found.map(|found| ((pair.from.clone(), pair.to.clone()), found)));
        }
        Ok(unmerged)
    }

    async fn lacked(&self, pair: &Pair<'_>, Lacking { ahead_by, commits }: Lacking) -> Result<Option<Unmerged>> {
        let mut next = commits.next();
        let mut lines: Lines = commits.into_iter().map(Lacked::line).collect();
        while let Some(after) = next.take_if(|_| lines.len() < COMMITS) {
            let mut question = Question::default();
            let after = question.variables.bind("String", after);
            let compare = question.compare("compare", &pair.tip, &format!("commits(first: 100, after: {after}) {{ {LISTED} }}"));
            question.branch("more", pair.to, &compare);
            let answer = self.ask_of_branches(question).await?.remove("more").unwrap_or_default();
            let Some(Compared { compare: Some(More { commits }) }) = parse::<Option<Compared<More>>>(answer)? else { break };
            next = commits.next();
            lines.extend(commits.into_iter().map(Lacked::line));
        }
        Ok(oldest(&lines, &pair.tip, ahead_by).map(|oldest| Unmerged { commits: ahead_by, oldest }))
    }
}

impl Lacked {
    fn line(self) -> (String, (Option<String>, Moment)) {
        let parent = self.parents.into_iter().next().map(|parent| parent.oid);
        (self.oid, (parent, Moment(self.committed_date.as_second())))
    }
}

/// When the oldest commit of the tip's own line was committed. Where not all commits are known, the line may break off too soon: then
/// the oldest of all counts, so that nobody wins time by having too many.
fn oldest(lines: &Lines, tip: &Sha, all: u64) -> Option<Moment> {
    let of_all = lines.values().map(|(_, at)| *at).min();
    if (lines.len() as u64) < all {
        return of_all;
    }
    let own = std::iter::successors(lines.get(tip.as_str()), |(parent, _)| lines.get(parent.as_ref()?)).take(lines.len());
    own.map(|(_, at)| *at).min().or(of_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A merge at 30 of two commits, made at 1 and 2, into a line whose commit before is from 20.
    fn lines() -> Lines {
        let commit = |id: &str, parent: &str, at: i64| (id.repeat(40), (Some(parent.repeat(40)), Moment(at)));
        BTreeMap::from([commit("d", "a", 30), commit("a", "0", 20), commit("b", "0", 1), commit("c", "b", 2)])
    }

    fn since(tip: &str, all: u64) -> Option<i64> {
        oldest(&lines(), &Sha::parse(&tip.repeat(40)).unwrap(), all).map(|at| at.0)
    }

    #[test]
    fn what_was_merged_counts_from_its_merge() {
        assert_eq!((since("d", 4), since("c", 4)), (Some(20), Some(1)));
    }

    #[test]
    fn a_line_that_is_not_known_whole_gives_no_time() {
        assert_eq!((since("d", 5), since("f", 4)), (Some(1), Some(1)));
        assert_eq!(oldest(&Lines::new(), &Sha::parse(&"d".repeat(40)).unwrap(), 0), None);
    }
}
