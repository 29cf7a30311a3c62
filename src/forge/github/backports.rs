//! Which merged pull requests are to be backported to a branch, and which of them it has: because it came from where they landed, by a
//! commit that says what it was picked from, or by a pull request of its own that names the other one.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use super::GithubRepository;
use super::graphql::{CALL, Nodes, parse};
use super::read::unreadable;
use super::upstream::{Question, within};
use crate::domain::facts::{Detail, Details, Owed};
use crate::domain::names::{BranchName, Number, Sha};
use crate::domain::porting;
use crate::forge::Result;
use crate::forge::texts::picks;

/// The history of the branch is read so many hundreds of commits back, while there is something to be found in it.
const PAGES: usize = 10;

const HISTORY: &str = "pageInfo { hasNextPage endCursor } nodes { oid message committedDate }";

/// A commit is picked after it was made, as far as the clocks of those who made both agree.
const SKEW: SignedDuration = SignedDuration::from_hours(24);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Labelled {
    number: u64,
    title: String,
    base_ref_name: String,
    merge_commit: Option<Landed>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Landed {
    oid: String,
    committed_date: Timestamp,
}

/// A pull request that was merged into the branch.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Into {
    body: String,
    head_ref_name: String,
}

#[derive(Deserialize)]
pub struct Line {
    target: Option<Tip>,
}

#[derive(Deserialize)]
struct Tip {
    history: Option<Nodes<Written>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    oid: String,
    message: String,
    committed_date: Timestamp,
}

/// What carries a label, and where it landed.
struct Candidate<'a> {
    label: &'a str,
    owed: Owed,
    landed: Option<(Sha, Timestamp)>,
}

/// The labels that are asked about, as they are configured.
pub fn labels(details: &Details) -> impl Iterator<Item = &str> {
    details.iter().filter_map(|detail| if let Detail::Backports { label } = detail { Some(label.as_str()) } else { None })
}

/// Adds what must be known to a question, if anything is asked.
pub fn select(question: &mut Question, details: &Details, base: &BranchName) {
    const NEWEST: &str = "states: MERGED, first: 100, orderBy: { field: CREATED_AT, direction: DESC }";
    for (at, label) in labels(details).enumerate() {
        let label = question.variables.bind("[String!]", vec![label.replace("{branch}", base.as_str())]);
        let fields = "number title baseRefName mergeCommit { oid committedDate }";
        _ = write!(question.selection, "labelled{at}: pullRequests(labels: {label}, {NEWEST}) {{ nodes {{ {fields} }} }} ");
    }
    if labels(details).next().is_none() {
        return;
    }
    let into = question.variables.bind("String", base.as_str());
    _ = write!(question.selection, "into: pullRequests(baseRefName: {into}, {NEWEST}) {{ nodes {{ body headRefName }} }} ");
    question.branch("line", base, &format!("target {{ ... on Commit {{ history(first: 100) {{ {HISTORY} }} }} }}"));
}

impl GithubRepository<'_> {
    /// What is labelled for a branch, and which of it the branch has.
    pub(super) async fn read_owed(&self, branch: &BranchName, label: &str) -> Result<Vec<Owed>> {
        let details = Details::from([Detail::Backports { label: label.to_owned() }]);
        let mut question = Question::default();
        select(&mut question, &details, branch);
        let mut answers = self.ask_of_branches(question).await?;
        Ok(self.backports(branch, &details, &mut answers).await?.remove(label).unwrap_or_default())
    }

    /// Reads what `select` asked for.
    pub(super) async fn backports(
        &self,
        base: &BranchName,
        details: &Details,
        answers: &mut BTreeMap<String, Value>,
    ) -> Result<BTreeMap<String, Vec<Owed>>> {
        let mut take = |alias: &str| answers.remove(alias).unwrap_or_default();
        let into: Vec<Into> = parse::<Nodes<Into>>(take("into"))?.into_iter().collect();
        let line: Option<Line> = parse(take("line"))?;
        let mut all = Vec::new();
        for (at, label) in labels(details).enumerate() {
            for Labelled { number, title, base_ref_name, merge_commit } in parse::<Nodes<Labelled>>(take(&format!("labelled{at}")))? {
                let landed = merge_commit.map(|commit| Ok((Sha::parse(&commit.oid)?, commit.committed_date)));
                let landed = landed.transpose().map_err(unreadable(CALL))?;
                let there = base_ref_name == base.as_str() || into.iter().any(|request| request.brings(number, base));
                all.push(Candidate { label, owed: Owed { number: Number(number), title, there }, landed });
            }
        }
        self.look_for(base, &mut all, line).await?;
        let mut backports: BTreeMap<String, Vec<Owed>> = labels(details).map(|label| (label.to_owned(), Vec::new())).collect();
        for Candidate { label, owed, .. } in all {
            backports.entry(label.to_owned()).or_default().push(owed);
        }
        Ok(backports)
    }

    /// Marks those that the branch has or that its history tells of, as far back as there may be something to be found. With the second page
    /// it is asked whether the branch was made after something landed, which has it without a backport.
    async fn look_for(&self, base: &BranchName, all: &mut [Candidate<'_>], line: Option<Line>) -> Result<()> {
        let mut page = line.and_then(|line| line.target).and_then(|tip| tip.history);
        for at in 0..PAGES {
            let Some(history) = page.take() else { break };
            let (next, mut oldest) = (history.next(), Timestamp::MAX);
            let mut has = BTreeSet::new();
            for commit in history {
                oldest = oldest.min(commit.committed_date);
                has.extend(picks(&commit.message).chain(Sha::parse(&commit.oid)));
            }
            settle(all, &has);
            // What is further back is older than all that is still looked for.
            let may_be_further = |(_, landed): &(Sha, Timestamp)| oldest.duration_since(*landed) >= -SKEW;
            let open: Vec<Sha> = open(all).filter(|landed| may_be_further(landed)).map(|(sha, _)| sha.clone()).collect();
            let Some(next) = next.filter(|_| !open.is_empty()) else { break };
            let asked = if at == 0 { open.as_slice() } else { &[] };
            let (history, within) = self.further(base, next, asked).await?;
            settle(all, &within);
            page = history;
        }
        Ok(())
    }

    /// The next page of the history, and which of these commits the branch has.
    async fn further(&self, base: &BranchName, after: String, open: &[Sha]) -> Result<(Option<Nodes<Written>>, BTreeSet<Sha>)> {
        let mut question = Question::default();
        let after = question.variables.bind("String", after);
        question.branch("line", base, &format!("target {{ ... on Commit {{ history(first: 100, after: {after}) {{ {HISTORY} }} }} }}"));
        if !open.is_empty() {
            let fields: String = open.iter().enumerate().map(|(at, sha)| question.compare(&format!("c{at}"), sha, "status")).collect();
            question.branch("base", base, &fields);
        }
        let mut answers = self.ask_of_branches(question).await?;
        let line: Option<Line> = parse(answers.remove("line").unwrap_or_default())?;
        let within = within(open, answers.remove("base").unwrap_or_default())?;
        Ok((line.and_then(|line| line.target).and_then(|tip| tip.history), within))
    }
}

/// Where those landed that the branch is not known to have.
fn open<'a>(all: &'a [Candidate<'_>]) -> impl Iterator<Item = &'a (Sha, Timestamp)> {
    all.iter().filter(|candidate| !candidate.owed.there).filter_map(|candidate| candidate.landed.as_ref())
}

fn settle(all: &mut [Candidate<'_>], has: &BTreeSet<Sha>) {
    for Candidate { owed, landed, .. } in all {
        owed.there |= landed.as_ref().is_some_and(|(landed, _)| has.contains(landed));
    }
}

impl Into {
    /// Whether it says that it is the backport of the pull request with this number.
    fn brings(&self, number: u64, base: &BranchName) -> bool {
        let named = format!("Backport of #{number}");
        let says = |at: usize| self.body.get(at + named.len()..).is_none_or(|rest| !rest.starts_with(|next: char| next.is_ascii_digit()));
        porting::branch(Number(number), base).is_some_and(|head| self.head_ref_name == head.as_str())
            || self.body.match_indices(&named).any(|(at, _)| says(at))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_backport_names_what_it_brings_by_its_branch_or_in_its_description() {
        let base = BranchName::parse("release/1.2").unwrap();
        let into = |head: &str, body: &str| Into { body: body.to_owned(), head_ref_name: head.to_owned() };
        assert!(into("backport/7-to-release/1.2", "").brings(7, &base) && into("x", "Backport of #7.").brings(7, &base));
        assert!(!into("backport/7-to-release/1.3", "").brings(7, &base) && !into("x", "Backport of #71").brings(7, &base));
    }
}
