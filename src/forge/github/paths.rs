//! The paths that commits touch, for those alone that may be in a coming release. A pull request's list of files is that of its only
//! commit, of its squash and of its merge; every other commit is asked for on its own.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt::Write as _;

use futures::stream::{self, StreamExt as _, TryStreamExt as _};
use serde::Deserialize;

use super::GithubRepository;
use super::client::Page;
use super::graphql::{Nodes, Variables};
use crate::domain::facts::{Paths, Wanted};
use crate::domain::history::{Graph, Window};
use crate::domain::names::{Number, Sha};
use crate::forge::Result;

/// How many commits are asked for at the same time.
const ABREAST: usize = 4;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Pull {
    merge_commit: Option<Oid>,
    commits: Count,
    files: Option<Nodes<PullFile>>,
}

#[derive(Deserialize)]
struct Oid {
    oid: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Count {
    total_count: usize,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct PullFile {
    path: String,
    change_type: String,
}

#[derive(Deserialize)]
struct FullCommit {
    #[serde(default)]
    files: Vec<File>,
}

#[derive(Deserialize)]
struct File {
    filename: String,
    previous_filename: Option<String>,
}

impl GithubRepository<'_> {
    /// Fills in the paths, where they are wanted and not known yet.
    pub(super) async fn read_paths(&self, wanted: &Wanted, window: &mut Window) -> Result<()> {
        if wanted.paths == Paths::Unneeded {
            return Ok(());
        }
        let open = open(wanted, window);
        let numbers = window.requests.iter().filter(|request| request.commits.iter().any(|sha| open.contains(sha)));
        let numbers: Vec<Number> = numbers.map(|request| request.number).collect();
        let mut known = HashMap::new();
        for part in numbers.chunks(100) {
            for (number, pull) in self.pulls(part).await? {
                known.extend(pull.commit_of(window, number).zip(pull.paths()));
            }
        }
        let others = open.into_iter().filter(|sha| !known.contains_key(sha)).collect::<Vec<_>>();
        let asked = stream::iter(others).map(|sha| async move { Ok::<_, crate::forge::ForgeError>((self.paths_of(&sha).await?, sha)) });
        let asked: Vec<_> = asked.buffer_unordered(ABREAST).try_collect().await?;
        known.extend(asked.into_iter().map(|(paths, sha)| (sha, paths)));
        for commit in &mut window.commits {
            commit.files = commit.files.take().or_else(|| known.remove(&commit.sha));
        }
        Ok(())
    }

    async fn pulls(&self, numbers: &[Number]) -> Result<Vec<(Number, Pull)>> {
        let mut variables = Variables::default();
        let mut selection = String::new();
        for Number(number) in numbers {
            let value = variables.bind("Int!", *number);
            let fields =
                "mergeCommit { oid } commits { totalCount } files(first: 100) { pageInfo { hasNextPage } nodes { path changeType } }";
            _ = write!(selection, "p{number}: pullRequest(number: {value}) {{ {fields} }} ");
        }
        let mut read: BTreeMap<String, Option<Pull>> = self.ask(variables, &selection, "").await?;
        Ok(numbers.iter().filter_map(|number| Some((*number, read.remove(&format!("p{number}")).flatten()?))).collect())
    }

    /// `GET /repos/{owner}/{repo}/commits/{ref}`, against the first parent
    async fn paths_of(&self, sha: &Sha) -> Result<Vec<String>> {
        let mut paths = Vec::new();
        let mut page = Some(Page::First(format!("/commits/{sha}?per_page=100")));
        while let Some(at) = page {
            let (commit, next): (FullCommit, _) = self.page(at).await?;
            paths.extend(commit.files.into_iter().flat_map(|file| [Some(file.filename), file.previous_filename]).flatten());
            page = next;
        }
        Ok(paths)
    }
}

/// The commits that came since a version which one of the templates names, and whose paths are not known.
fn open(wanted: &Wanted, window: &Window) -> BTreeSet<Sha> {
    let graph = Graph::new(window);
    let Some(head) = graph.find(&window.head) else { return BTreeSet::new() };
    let ranges = wanted.tags.iter().map(|tags| {
        let anchor = graph.anchor(head, |tag| tags.read(tag).filter(|version| version.pre.is_empty()));
        graph.since(anchor.and_then(|(tagged, _)| graph.find(&tagged.commit)), head)
    });
    let commits = ranges.flat_map(|range| range.commits).filter_map(|at| graph.commit(at));
    commits.filter(|commit| commit.files.is_none()).map(|commit| commit.sha.clone()).collect()
}

impl Pull {
    /// Which commit has touched all that the pull request has. After a rebase none has, unless it is the only one.
    fn commit_of(&self, window: &Window, number: Number) -> Option<Sha> {
        let landed = self.merge_commit.as_ref()?;
        let commit = window.commits.iter().find(|commit| commit.sha.as_str() == landed.oid)?;
        let request = window.requests.iter().find(|request| request.number == number)?;
        let whole = match commit.parents.as_slice() {
            // The parent is another change: what stands here is a squash. Where it was not read, nobody can say.
            [parent] => {
                let read = window.commits.iter().any(|commit| commit.sha == *parent);
                self.commits.total_count == 1 || (read && !request.commits.contains(parent))
            }
            parents => parents.len() > 1,
        };
        whole.then(|| commit.sha.clone())
    }

    /// `None`: the list is cut, or names only one side of a file that was moved.
    fn paths(self) -> Option<Vec<String>> {
        let files = self.files.filter(|files| !files.has_more())?;
        files.into_iter().map(|file| Some(file.path).filter(|_| file.change_type != "RENAMED")).collect()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::history::{Author, Commit, MergedRequest};
    use crate::domain::names::Moment;

    fn sha(digit: char) -> Sha {
        Sha::parse(&digit.to_string().repeat(40)).unwrap()
    }

    /// A line of commits, the newest first, all brought by one pull request as far as `brought` says.
    fn window(digits: &str, brought: &str) -> Window {
        let parents = digits.chars().skip(1).map(|digit| vec![sha(digit)]).chain([vec![sha('f')]]);
        let commit = |(digit, parents)| {
            let (message, at, author) = (String::new(), Moment(0), Author::default());
            Commit { sha: sha(digit), parents, message, at, author, files: None }
        };
        let request = MergedRequest {
            number: Number(1),
            label: String::new(),
            title: String::new(),
            body: String::new(),
            branch: None,
            author: None,
            closes: Vec::new(),
            commits: brought.chars().map(sha).collect(),
        };
        let commits = digits.chars().zip(parents).map(commit).collect();
        Window { head: sha('a'), commits, whole: false, complete_since: vec![], tags: vec![], elsewhere: vec![], requests: vec![request] }
    }

    fn pull(commits: usize, change: &str, more: bool) -> Pull {
        serde_json::from_value(json!({
            "mergeCommit": {"oid": sha('a').as_str()}, "commits": {"totalCount": commits},
            "files": {"pageInfo": {"hasNextPage": more}, "nodes": [{"path": "api/x", "changeType": change}]},
        }))
        .unwrap()
    }

    #[test]
    fn a_squash_touches_what_its_request_touches_and_the_last_of_a_rebase_does_not() {
        assert_eq!(pull(3, "ADDED", false).commit_of(&window("ab", "a"), Number(1)), Some(sha('a')));
        assert_eq!(pull(3, "ADDED", false).commit_of(&window("ab", "ab"), Number(1)), None);
        assert_eq!(pull(3, "ADDED", false).commit_of(&window("a", "a"), Number(1)), None, "its parent was not read");
        assert_eq!(pull(1, "ADDED", false).commit_of(&window("a", "a"), Number(1)), Some(sha('a')));
    }

    #[test]
    fn a_list_that_is_cut_or_moves_files_is_not_relied_on() {
        assert_eq!(pull(1, "MODIFIED", false).paths(), Some(vec!["api/x".to_owned()]));
        assert_eq!(pull(1, "MODIFIED", true).paths(), None);
        assert_eq!(pull(1, "RENAMED", false).paths(), None);
    }
}
