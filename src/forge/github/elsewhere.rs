//! What another line has that this one has not.

use serde::Deserialize;

use super::GithubRepository;
use super::client::Page;
use super::read::unreadable;
use crate::domain::history::{Elsewhere, Own, Tagged};
use crate::domain::names::{InvalidName, Sha};
use crate::forge::Result;
use crate::forge::error::absent;

const COMPARE: &str = "GET compare";

#[derive(Deserialize)]
struct Compared {
    commits: Vec<Commit>,
}

#[derive(Deserialize)]
struct Commit {
    sha: String,
    parents: Vec<Parent>,
    #[serde(rename = "commit")]
    text: Text,
}

#[derive(Deserialize)]
struct Parent {
    sha: String,
}

#[derive(Deserialize)]
struct Text {
    message: String,
}

impl GithubRepository<'_> {
    /// `GET /repos/{owner}/{repo}/compare/{basehead}` lists the commits, oldest first.
    pub(super) async fn read_elsewhere(&self, tag: &Tagged, head: &Sha, limit: usize) -> Result<Elsewhere> {
        let mut commits = Vec::new();
        let mut page = Some(Page::First(format!("/compare/{head}...{}?per_page=100", tag.commit)));
        while let Some(at) = page.take_if(|_| commits.len() < limit) {
            // What has no commit in common with the line is not found.
            let Some((compared, next)): Option<(Compared, _)> = absent(self.page(at).await)? else { break };
            for commit in compared.commits {
                commits.push(commit.own().map_err(unreadable(COMPARE))?);
            }
            page = next;
        }
        Ok(Elsewhere { tag: tag.clone(), commits })
    }
}

impl Commit {
    fn own(self) -> Result<Own, InvalidName> {
        let parents = self.parents.iter().map(|parent| Sha::parse(&parent.sha)).collect::<Result<_, _>>()?;
        Ok(Own { sha: Sha::parse(&self.sha)?, parents, message: self.text.message })
    }
}
