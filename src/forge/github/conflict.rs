//! What a conflict may be about. GitHub only says that there is one; so the files are those that both sides have changed, and what the
//! branch may lack are the commits before that touched them.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt::Write as _;

use serde::Deserialize;

use super::GithubRepository;
use super::graphql::{Nodes, Variables};
use super::running::Compared;
use super::upstream::{Question, within};
use crate::domain::names::{BranchName, Sha};
use crate::domain::plan::{Lacking, Obstacle};
use crate::forge::Result;
use crate::forge::error::absent;
use crate::forge::texts::picks;

/// Of so many files it is looked up who has touched them, and so many commits are looked for on the branch.
const FILES: usize = 10;
const CANDIDATES: usize = 50;
/// So many of those that it lacks are told.
const MOST: usize = 10;

#[derive(Deserialize)]
struct Read {
    at: Option<Touched>,
}

/// By an alias for each file.
#[derive(Deserialize)]
struct Touched {
    #[serde(flatten)]
    files: BTreeMap<String, Nodes<Commit>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Commit {
    oid: String,
    message_headline: String,
    committed_date: jiff::Timestamp,
    parents: Parents,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Parents {
    total_count: usize,
}

/// What did not fit: the change from one commit to another.
pub struct Misfit<'a> {
    pub at: &'a Sha,
    pub parent: &'a str,
    pub head: &'a str,
    pub way: Way,
}

/// Whether the change was to be made, from its parent on, or to be taken back, from its head on.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Way {
    There,
    Back,
}

impl GithubRepository<'_> {
    /// What did not fit onto a branch whose tip is `tip`.
    pub(super) async fn conflict(&self, misfit: &Misfit<'_>, (onto, tip): (&BranchName, &str)) -> Result<Obstacle> {
        let Misfit { at, parent, head, way } = *misfit;
        let from = if way == Way::There { parent } else { head };
        let changed: Option<Compared> = absent(self.get(&format!("/compare/{parent}...{head}?per_page=1")).await)?;
        let changed = changed.map(|compared| compared.paths()).unwrap_or_default();
        let there: Option<Compared> = absent(self.get(&format!("/compare/{from}...{tip}")).await)?;
        let (theirs, messages) = there.map(|there| (there.paths(), there.commits)).unwrap_or_default();
        let both: BTreeSet<String> = changed.intersection(&theirs).cloned().collect();
        // A file that was renamed is not in both.
        let files: Vec<String> = if both.is_empty() { changed } else { both }.into_iter().collect();
        let has: HashSet<Sha> = messages.iter().flat_map(|commit| picks(&commit.commit.message)).collect();
        // What is taken back was there, with all that it stands on.
        let lacking = if way == Way::There { self.lacking((parent, onto), &files, &has).await? } else { Vec::new() };
        Ok(Obstacle::Conflict { at: at.clone(), files, lacking })
    }

    /// The commits up to `parent` that touch the files and that the branch has neither itself nor picked, the oldest first.
    async fn lacking(&self, (parent, onto): (&str, &BranchName), files: &[String], has: &HashSet<Sha>) -> Result<Vec<Lacking>> {
        let (mut variables, mut selection) = (Variables::default(), String::new());
        for (at, path) in files.iter().take(FILES).enumerate() {
            let path = variables.bind("String", path.as_str());
            let fields = "nodes { oid messageHeadline committedDate parents(first: 1) { totalCount } }";
            _ = write!(selection, "h{at}: history(first: 20, path: {path}) {{ {fields} }} ");
        }
        if selection.is_empty() {
            return Ok(Vec::new());
        }
        let oid = variables.bind("GitObjectID", parent);
        let Read { at } = self.ask(variables, &format!("at: object(oid: {oid}) {{ ... on Commit {{ {selection} }} }}"), "").await?;
        let touched = at.into_iter().flat_map(|touched| touched.files.into_values()).flatten();
        let mut known = HashSet::new();
        let mut candidates: Vec<(jiff::Timestamp, Lacking)> = touched
            .filter(|commit| commit.parents.total_count < 2)
            .filter_map(|commit| {
                Some((commit.committed_date, Lacking { sha: Sha::parse(&commit.oid).ok()?, subject: commit.message_headline }))
            })
            .filter(|(_, lacking)| !has.contains(&lacking.sha) && known.insert(lacking.sha.clone()))
            .collect();
        candidates.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        candidates.truncate(CANDIDATES);
        let shas: Vec<Sha> = candidates.iter().map(|(_, lacking)| lacking.sha.clone()).collect();
        let mut question = Question::default();
        let fields: String = shas.iter().enumerate().map(|(at, sha)| question.compare(&format!("c{at}"), sha, "status")).collect();
        question.branch("onto", onto, &format!("name {fields}"));
        let there = within(&shas, self.ask_of_branches(question).await?.remove("onto").unwrap_or_default())?;
        let mut lacking: Vec<Lacking> =
            candidates.into_iter().map(|(_, lacking)| lacking).filter(|one| !there.contains(&one.sha)).collect();
        lacking.truncate(MOST);
        lacking.reverse();
        Ok(lacking)
    }
}
